import type { NumberFormat } from "../../catalog/functions/number-format.ts";
import { parseNumberFormat } from "../../catalog/functions/number-format.ts";
import { decimalText } from "../../catalog/number-text.ts";
import type { DecimalType } from "../../catalog/types.ts";
import { invalidParameter, dataError } from "./data-errors.ts";
import { formatLocalTimestamp, formatTimestamp } from "./datetime-format.ts";
import { parseDecimal, rescale } from "./decimal-arithmetic.ts";
import type { ScalarCall, ScalarFunction } from "./scalar-function.ts";
import { define } from "./scalar-function.ts";

/** `to_char` and `to_number` over number formats. Source: Spark's `ToNumberParser`. */

/** What texts of a format look like; the digits are in the group `whole` and `fraction`. Fewer digits than nines fit, and then fewer separators. */
function expressionOf(format: NumberFormat): RegExp {
  const exact = format.groups.map((group) => `\\d{${group.length}}`);
  const fixed = format.groups[0]?.startsWith("0") === true;
  const alternatives = fixed
    ? [exact.join(",")]
    : format.groups.map((group, i) => [`\\d{${i === format.groups.length - 1 ? 0 : 1},${group.length}}`, ...exact.slice(i + 1)].join(","));
  const whole = `(?<whole>${alternatives.join("|")})`;
  const fraction = format.fraction === undefined ? "" : `(?:\\.(?<fraction>\\d{0,${format.fraction.length}}))?`;
  const number = `${format.dollar ? "\\$" : ""}${whole}${fraction}`;
  const sign = format.sign === undefined ? "" : format.sign.kind === "S" ? "(?<sign>[+-])?" : "(?<sign>-)?";
  if (format.sign?.kind === "PR") return new RegExp(`^(?:(?<bracket><)${number}>|${number.replace(/\?<\w+>/g, "")})$`);
  return new RegExp(format.sign?.atEnd === true ? `^${number}${sign}$` : `^${sign}${number}$`);
}

function toNumber(text: string, formatText: string, type: DecimalType): bigint | undefined {
  const trimmed = text.trim();
  const match = expressionOf(parseNumberFormat(formatText)).exec(trimmed);
  if (match === null) return undefined;
  const negative = match.groups?.sign === "-" || match.groups?.bracket === "<";
  const parsed = parseDecimal(trimmed.replace(/[^0-9.]/g, "").replace(/^\.?$/, "0"));
  if (parsed === undefined) return undefined;
  const unscaled = rescale(parsed.unscaled, parsed.scale, type.scale);
  return negative ? -unscaled : unscaled;
}

/** The value under a format, without its sign where the format has none; `#` in place of digits when it has too many. */
function toChar(unscaled: bigint, scale: number, formatText: string): string {
  const format = parseNumberFormat(formatText);
  const negative = unscaled < 0n;
  const [whole, fraction = ""] = decimalText(negative ? -unscaled : unscaled, scale).split(".");
  const pattern = format.groups.join("");
  const digits = whole === "0" && pattern === "" ? "" : whole;
  const tooLong = digits.length > pattern.length;
  const padded = tooLong ? "#".repeat(pattern.length) : digits.padStart(pattern.length, " ");
  let body = "";
  let at = 0;
  format.groups.forEach((group, i) => {
    if (i > 0) body += body.trim() === "" ? " " : ",";
    for (const symbol of group) {
      const c = padded[at++];
      body += c === " " && (symbol === "0" || /\d/.test(body)) ? "0" : c;
    }
  });
  const shown = format.fraction === undefined ? "" : `.${tooLong ? "#".repeat(format.fraction.length) : fraction.slice(0, format.fraction.length).padEnd(format.fraction.length, "0")}`;
  const number = body.trimStart() + shown;
  const blanks = " ".repeat(body.length - body.trimStart().length);
  const withDollar = format.dollar ? `$${number}` : number;
  switch (format.sign?.kind) {
    case undefined:
      return blanks + withDollar;
    case "PR":
      return negative ? `${blanks}<${withDollar}>` : `${blanks}${withDollar}  `;
    case "S":
    case "MI": {
      const mark = negative ? "-" : format.sign?.kind === "S" ? "+" : " ";
      return format.sign?.atEnd === true ? blanks + withDollar + mark : blanks + mark + withDollar;
    }
  }
}

function binaryText(bytes: Uint8Array, format: string, call: ScalarCall): string {
  const buffer = Buffer.from(bytes);
  switch (format.toLowerCase()) {
    case "base64":
      return buffer.toString("base64");
    case "hex":
      return buffer.toString("hex").toUpperCase();
    case "utf-8":
    case "utf8":
      return buffer.toString("utf8");
    default:
      throw invalidParameter("BINARY_FORMAT", "to_char", "format", `${format} is not base64, hex or utf-8`, { invalidFormat: `'${format}'` }, call);
  }
}

function decimalResult(call: ScalarCall): DecimalType {
  return call.type.kind === "decimal" ? call.type : { kind: "decimal", precision: 38, scale: 0 };
}

export const numberTextFunctions: readonly ScalarFunction[] = [
  define("to_number", ([text, format], call) => {
    const value = toNumber(text as string, format as string, decimalResult(call));
    if (value === undefined) throw dataError("INVALID_FORMAT.MISMATCH_INPUT", "42601", `'${text as string}' does not have the format ${format as string}.`, { inputType: '"STRING"', input: text as string, format: format as string }, call);
    return value;
  }),
  define("try_to_number", ([text, format], call) => toNumber(text as string, format as string, decimalResult(call)) ?? null),
  define("to_char", ([value, format], call) => {
    const type = call.argTypes[0];
    switch (type.kind) {
      case "timestamp":
        return formatTimestamp(value as bigint, format as string, call.timeZone);
      case "time":
        return formatLocalTimestamp((value as bigint) / 1000n, format as string, call.timeZone);
      case "binary":
        return binaryText(value as Uint8Array, format as string, call);
      default:
        return toChar(value as bigint, type.kind === "decimal" ? type.scale : 0, format as string);
    }
  }),
];
