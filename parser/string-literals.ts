/**
 * The value of a string token as written: quotes taken off, doubled quotes halved, escapes resolved.
 * `\%` and `\_` keep their backslash, for LIKE patterns. Source: Spark's SQL reference, "String Literal", and `unescapeSQLString`.
 */
export function stringValue(token: string): string {
  if (token[0] === "r" || token[0] === "R") return token.slice(2, -1);
  const quote = token[0];
  const body = token.slice(1, -1);
  if (!body.includes("\\")) return body.includes(quote) ? body.replaceAll(quote + quote, quote) : body;
  const out: string[] = [];
  let plain = 0;
  let i = 0;
  while (i < body.length) {
    const c = body[i];
    if (c !== "\\" && c !== quote) {
      i++;
      continue;
    }
    out.push(body.slice(plain, i));
    if (c === quote) {
      out.push(quote);
      i += 2;
    } else {
      const [value, length] = escape(body, i);
      out.push(value);
      i += length;
    }
    plain = i;
  }
  out.push(body.slice(plain));
  return out.join("");
}

const SINGLE_ESCAPES: Readonly<Record<string, string>> = { "0": "\0", b: "\b", n: "\n", r: "\r", t: "\t", Z: "\u001a", "%": "\\%", _: "\\_" };
const UNICODE_16 = /\\u([0-9a-fA-F]{4})/y;
const UNICODE_32 = /\\U([0-9a-fA-F]{8})/y;
const OCTAL = /\\([01][0-7]{2})/y;

function escape(body: string, at: number): [value: string, length: number] {
  const c = body[at + 1];
  switch (c) {
    case undefined:
      return ["\\", 1];
    case "u": {
      const hex = matchAt(UNICODE_16, body, at);
      if (hex !== undefined) return [String.fromCharCode(parseInt(hex, 16)), 6];
      break;
    }
    case "U": {
      const hex = matchAt(UNICODE_32, body, at);
      if (hex === undefined) break;
      const code = parseInt(hex, 16);
      return [code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd", 10];
    }
    case "0":
    case "1": {
      const octal = matchAt(OCTAL, body, at);
      if (octal !== undefined) return [String.fromCharCode(parseInt(octal, 8)), 4];
      break;
    }
  }
  return [SINGLE_ESCAPES[c] ?? c, 2];
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[1];
}

/** The name inside of backquotes, or of double quotes where those quote identifiers. */
export function quotedName(token: string): string {
  return token.slice(1, -1).replaceAll(token[0] + token[0], token[0]);
}
