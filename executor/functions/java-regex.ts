import { SparrowError } from "../../catalog/errors.ts";

/**
 * Java regular expressions as JavaScript ones with the `u` flag. What differs is rewritten; what JavaScript cannot do (possessive
 * quantifiers, atomic groups, `\G`, unions and intersections of classes) is refused by name. Source: `java.util.regex.Pattern`.
 */

/** Java's line terminators, which `$` and `\Z` may stand before. */
const FINAL_TERMINATOR = "(?=(?:\\r\\n|[\\n\\r\\u0085\\u2028\\u2029])?(?![\\s\\S]))";
const JAVA_SPACE = " \\t\\n\\x0B\\f\\r";
const HORIZONTAL = " \\t\\xA0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000";
const VERTICAL = "\\n\\x0B\\f\\r\\x85\\u2028\\u2029";

/** POSIX and Java classes, as the inside of a bracket. */
const PROPERTY_CLASSES: Readonly<Record<string, string>> = {
  Lower: "a-z", Upper: "A-Z", ASCII: "\\x00-\\x7F", Alpha: "A-Za-z", Digit: "0-9", Alnum: "A-Za-z0-9",
  Punct: "!-\\/:-@\\[-`\\{-~", Graph: "!-~", Print: " -~", Blank: " \\t", Cntrl: "\\x00-\\x1F\\x7F", XDigit: "0-9a-fA-F", Space: JAVA_SPACE,
  javaLowerCase: "\\p{Ll}", javaUpperCase: "\\p{Lu}", IsAlphabetic: "\\p{Alphabetic}", IsLetter: "\\p{L}", IsDigit: "\\p{Nd}", IsUppercase: "\\p{Lu}", IsLowercase: "\\p{Ll}", IsPunctuation: "\\p{P}", IsWhite_Space: "\\p{White_Space}",
};

function unsupported(feature: string): SparrowError {
  return new SparrowError("UNSUPPORTED_FEATURE.REGEX", "0A000", `Regular expressions with ${feature} are not supported.`, { feature }, { origin: "user" });
}

interface Cursor {
  readonly pattern: string;
  at: number;
}

/** Source and flags of the JavaScript expression. */
function translateRegex(pattern: string): { readonly source: string; readonly flags: string } {
  let flags = "u";
  let start = 0;
  const leading = /^\(\?([imsu]+)\)/.exec(pattern);
  if (leading !== null) {
    for (const flag of leading[1]) if (flag !== "u" && !flags.includes(flag)) flags += flag;
    start = leading[0].length;
  }
  const cursor: Cursor = { pattern, at: start };
  return { source: translateSequence(cursor, flags.includes("m"), 0), flags };
}

/** Up to the end of the pattern or of the group that is open at `depth`. */
function translateSequence(cursor: Cursor, multiline: boolean, depth: number): string {
  const { pattern } = cursor;
  let out = "";
  let closers = "";
  while (cursor.at < pattern.length) {
    const c = pattern[cursor.at];
    if (c === ")" && depth > 0) break;
    switch (c) {
      case "\\":
        out += translateEscape(cursor, false);
        break;
      case "[":
        out += translateClass(cursor);
        break;
      case "(": {
        const inline = /^\(\?([imsu]*)(?:-([imsu]+))?\)/.exec(pattern.slice(cursor.at));
        if (inline !== null) {
          cursor.at += inline[0].length;
          const off = inline[2] === undefined ? "" : `-${inline[2].replace("u", "")}`;
          out += `(?${inline[1].replace("u", "")}${off}:`;
          closers += ")";
        } else {
          out += translateGroup(cursor, multiline, depth);
        }
        break;
      }
      case "$":
        cursor.at++;
        out += multiline ? "$" : FINAL_TERMINATOR;
        break;
      case "{":
      case "*":
      case "+":
      case "?":
        out += translateQuantifier(cursor);
        break;
      case "}":
      case "]":
        cursor.at++;
        out += `\\${c}`;
        break;
      default:
        cursor.at++;
        out += c;
    }
  }
  return out + closers;
}

function translateGroup(cursor: Cursor, multiline: boolean, depth: number): string {
  const { pattern } = cursor;
  const head = /^\((?:\?(?:[:=!>]|<[=!]|<[a-zA-Z][a-zA-Z0-9]*>|[imsu]*(?:-[imsu]+)?:))?/.exec(pattern.slice(cursor.at));
  const opening = head?.[0] ?? "(";
  if (opening === "(?>") throw unsupported("atomic groups");
  cursor.at += opening.length;
  const inner = translateSequence(cursor, multiline, depth + 1);
  if (pattern[cursor.at] !== ")") return opening + inner;
  cursor.at++;
  return `${opening}${inner})`;
}

function translateQuantifier(cursor: Cursor): string {
  const match = /^(?:[*+?]|\{\d+(?:,\d*)?\})([+?]?)/.exec(cursor.pattern.slice(cursor.at));
  if (match === null) {
    cursor.at++;
    return "\\{";
  }
  if (match[1] === "+") throw unsupported("possessive quantifiers");
  cursor.at += match[0].length;
  return match[0];
}

/** An escape outside of (or inside) a bracket; the cursor stands on the backslash. */
function translateEscape(cursor: Cursor, inClass: boolean): string {
  const { pattern } = cursor;
  const next = pattern[cursor.at + 1];
  if (next === undefined) throw new SyntaxError("\\ at end of pattern");
  if (next === "Q") {
    const end = pattern.indexOf("\\E", cursor.at + 2);
    const text = pattern.slice(cursor.at + 2, end < 0 ? undefined : end);
    cursor.at = end < 0 ? pattern.length : end + 2;
    return text.replace(/[\\^$.*+?()[\]{}|/-]/g, (c) => (c === "-" && !inClass ? c : `\\${c}`));
  }
  cursor.at += 2;
  const bracket = (inside: string): string => (inClass ? inside : `[${inside}]`);
  switch (next) {
    case "s": return bracket(JAVA_SPACE);
    case "S": return inClass ? "\\S" : `[^${JAVA_SPACE}]`;
    case "h": return bracket(HORIZONTAL);
    case "v": return bracket(VERTICAL);
    case "H": return `[^${HORIZONTAL}]`;
    case "V": return `[^${VERTICAL}]`;
    case "R": return "(?:\\r\\n|[\\n\\x0B\\f\\r\\x85\\u2028\\u2029])";
    case "A": return "(?<![\\s\\S])";
    case "z": return "(?![\\s\\S])";
    case "Z": return FINAL_TERMINATOR;
    case "a": return "\\x07";
    case "e": return "\\x1B";
    case "G": throw unsupported("\\G");
    case "X": throw unsupported("\\X");
    case "p":
    case "P": return translateProperty(cursor, next === "P", inClass);
    case "x": {
      const braced = /^\{([0-9a-fA-F]+)\}/.exec(pattern.slice(cursor.at));
      if (braced === null) return "\\x";
      cursor.at += braced[0].length;
      return `\\u{${braced[1]}}`;
    }
    case "0": {
      const octal = /^[0-3]?[0-7]{1,2}/.exec(pattern.slice(cursor.at));
      if (octal === null) throw new SyntaxError("illegal octal escape sequence");
      cursor.at += octal[0].length;
      return `\\u{${Number.parseInt(octal[0], 8).toString(16)}}`;
    }
  }
  if (/[a-zA-Z0-9]/.test(next)) return `\\${next}`;
  return /[\^$\\.*+?()[\]{}|/]/.test(next) || (inClass && next === "-") ? `\\${next}` : next;
}

function translateProperty(cursor: Cursor, negated: boolean, inClass: boolean): string {
  const match = /^(?:\{(\^?)([^}]+)\}|([A-Z]))/.exec(cursor.pattern.slice(cursor.at));
  if (match === null) throw new SyntaxError("illegal character property");
  cursor.at += match[0].length;
  const name = match[2] ?? match[3];
  const negative = negated !== (match[1] === "^");
  const inside = PROPERTY_CLASSES[name];
  if (inside !== undefined) {
    if (inClass && negative) throw unsupported(`\\P{${name}} inside of a class`);
    return inClass ? inside : `[${negative ? "^" : ""}${inside}]`;
  }
  const script = name.replace(/^Is(?=[A-Z][a-z]+)/, "Script=").replace(/^In.*/, (block) => {
    throw unsupported(`\\p{${block}}`);
  });
  return `\\${negative ? "P" : "p"}{${script.replace(/^Is/, "")}}`;
}

function translateClass(cursor: Cursor): string {
  const { pattern } = cursor;
  let out = "[";
  cursor.at++;
  if (pattern[cursor.at] === "^") {
    out += "^";
    cursor.at++;
  }
  let first = true;
  while (cursor.at < pattern.length) {
    const c = pattern[cursor.at];
    if (c === "]" && !first) {
      cursor.at++;
      return `${out}]`;
    }
    first = false;
    if (c === "[") throw unsupported("a class inside of a class");
    if (c === "&" && pattern[cursor.at + 1] === "&") throw unsupported("intersections of classes");
    if (c === "\\") {
      out += translateEscape(cursor, true);
      continue;
    }
    cursor.at++;
    out += c === "]" ? "\\]" : c === "-" && (pattern[cursor.at] === "]" || out.endsWith("[") || out.endsWith("[^")) ? "\\-" : c;
  }
  throw new SyntaxError("unclosed character class");
}

const compiled = new Map<string, RegExp>();
const MAX_COMPILED = 500;

/** The pattern compiled with further flags (`g`), kept for later calls. `functionName` is for the message of a pattern that is none. */
export function compileRegex(pattern: string, moreFlags: string, functionName: string): RegExp {
  const key = `${moreFlags}/${pattern}`;
  let regex = compiled.get(key);
  if (regex === undefined) {
    try {
      const { source, flags } = translateRegex(pattern);
      regex = new RegExp(source, flags + moreFlags);
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw new SparrowError("INVALID_PARAMETER_VALUE.PATTERN", "22023", `${functionName}: ${pattern} is not a regular expression: ${cause.message}.`, { functionName: `\`${functionName}\``, parameter: "`regexp`", value: `'${pattern}'` }, { origin: "data", cause });
    }
    if (compiled.size >= MAX_COMPILED) compiled.clear();
    compiled.set(key, regex);
  }
  regex.lastIndex = 0;
  return regex;
}
