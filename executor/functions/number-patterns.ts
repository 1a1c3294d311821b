import { decimalText } from "../../catalog/number-text.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { decimalFromDouble, divideHalfEven, pow10 } from "./decimal-arithmetic.ts";
import { castToText } from "./cast-text.ts";
import { dataError } from "./data-errors.ts";
import type { ScalarCall, ScalarFunction } from "./scalar-function.ts";
import { define, defineWithNulls } from "./scalar-function.ts";

/** `format_number` and `format_string`: Java's `DecimalFormat` and `Formatter`. */

function asDecimal(value: Value, type: DataType): { readonly unscaled: bigint; readonly scale: number } | undefined {
  if (type.kind === "decimal") return { unscaled: value as bigint, scale: type.scale };
  if (type.kind === "float" || type.kind === "double") return decimalFromDouble(value as number);
  return { unscaled: BigInt(value as number | bigint), scale: 0 };
}

function grouped(digits: string, size: number): string {
  if (size <= 0) return digits;
  let out = "";
  for (let end = digits.length; end > 0; end -= size) out = digits.slice(Math.max(0, end - size), end) + (out === "" ? "" : `,${out}`);
  return out;
}

interface DecimalPattern {
  readonly prefix: string;
  readonly suffix: string;
  readonly grouping: number;
  readonly minimumWhole: number;
  readonly minimumFraction: number;
  readonly maximumFraction: number;
  readonly percent: boolean;
}

/** A `DecimalFormat` pattern such as `#,###.00`; undefined when it is none. */
function decimalPattern(pattern: string): DecimalPattern | undefined {
  const match = /^([^#0,.]*)([#,]*[0,]*)(?:\.(0*)(#*))?([^#0,.]*)$/.exec(pattern.split(";")[0]);
  if (match === null) return undefined;
  const [, prefix, whole, zeros = "", hashes = "", suffix] = match;
  const comma = whole.lastIndexOf(",");
  return { prefix, suffix, grouping: comma < 0 ? 0 : whole.length - comma - 1, minimumWhole: (whole.match(/0/g) ?? []).length, minimumFraction: zeros.length, maximumFraction: zeros.length + hashes.length, percent: suffix.includes("%") || prefix.includes("%") };
}

function applyPattern(value: Value, type: DataType, pattern: DecimalPattern): string {
  const parsed = asDecimal(value, type);
  if (parsed === undefined) return Number.isNaN(value) ? "NaN" : (value as number) > 0 ? "∞" : "-∞";
  const unscaled = pattern.percent ? parsed.unscaled * 100n : parsed.unscaled;
  const rounded = parsed.scale > pattern.maximumFraction ? divideHalfEven(unscaled, pow10(parsed.scale - pattern.maximumFraction)) : unscaled * pow10(pattern.maximumFraction - parsed.scale);
  const negative = rounded < 0n || (typeof value === "number" && Object.is(value, -0));
  const [whole, fraction = ""] = decimalText(rounded < 0n ? -rounded : rounded, pattern.maximumFraction).split(".");
  const digits = whole === "0" && pattern.minimumWhole === 0 ? "" : whole.padStart(pattern.minimumWhole, "0");
  let kept = fraction;
  while (kept.length > pattern.minimumFraction && kept.endsWith("0")) kept = kept.slice(0, -1);
  const text = grouped(digits, pattern.grouping) + (kept === "" ? "" : `.${kept}`);
  return `${negative ? "-" : ""}${pattern.prefix}${text === "" ? "0" : text}${pattern.suffix}`;
}

function formatNumber(value: Value, format: Value, type: DataType): Value {
  if (typeof format === "number") {
    if (format < 0) return null;
    return applyPattern(value, type, { prefix: "", suffix: "", grouping: 3, minimumWhole: 1, minimumFraction: format, maximumFraction: format, percent: false });
  }
  const pattern = format === "" ? { prefix: "", suffix: "", grouping: 3, minimumWhole: 1, minimumFraction: 0, maximumFraction: 0, percent: false } : decimalPattern(format as string);
  if (pattern === undefined) throw dataError("INVALID_FORMAT.MISMATCH_INPUT", "42601", `${String(format)} is not a number format.`, { format: String(format) });
  return applyPattern(value, type, pattern);
}

const SPECIFIER = /%(?:(\d+)\$)?([-#+ 0,(<]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g;

interface Specifier {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly conversion: string;
}

/** Java's `String.format` for the conversions that values of SQL types need. */
function formatString(format: string, args: readonly Value[], types: readonly DataType[], call: ScalarCall): string {
  let next = 0;
  return format.replace(SPECIFIER, (_all, position: string | undefined, flags: string, width: string | undefined, precision: string | undefined, conversion: string) => {
    if (conversion === "%") return "%";
    if (conversion === "n") return "\n";
    const index = position !== undefined ? Number(position) - 1 : flags.includes("<") ? next - 1 : next++;
    if (index < 0 || index >= args.length) {
      throw dataError("INVALID_PARAMETER_VALUE.ZERO_INDEX", "22023", `format_string: there is no argument ${index + 1}.`, { functionName: "`format_string`", parameter: "`strfmt`" }, call);
    }
    return formatOne(args[index], types[index], { flags, width: Number(width ?? 0), precision: precision === undefined ? undefined : Number(precision), conversion }, call);
  });
}

function justified(text: string, spec: Specifier): string {
  return spec.flags.includes("-") ? text.padEnd(spec.width) : text.padStart(spec.width);
}

function mismatch(value: Value, conversion: string, call: ScalarCall): Error {
  return dataError("INVALID_PARAMETER_VALUE.PATTERN", "22023", `format_string: %${conversion} does not take ${String(value)}.`, { functionName: "`format_string`", parameter: "`strfmt`", value: `'${conversion}'` }, call);
}

function formatOne(value: Value, type: DataType, spec: Specifier, call: ScalarCall): string {
  const upper = spec.conversion !== spec.conversion.toLowerCase();
  const text = formatBody(value, type, spec, call);
  return justified(upper ? text.toUpperCase() : text, spec);
}

function formatBody(value: Value, type: DataType, spec: Specifier, call: ScalarCall): string {
  const conversion = spec.conversion.toLowerCase();
  if (value === null) return conversion === "b" ? "false" : "null";
  switch (conversion) {
    case "s": {
      const text = castToText(value, type, call.mode, call.timeZone) ?? "null";
      return spec.precision === undefined ? text : text.slice(0, spec.precision);
    }
    case "b":
      return String(value !== false);
    case "c":
      return typeof value === "string" ? value : String.fromCodePoint(Number(value));
    case "d": {
      if (type.kind !== "byte" && type.kind !== "short" && type.kind !== "int" && type.kind !== "long") throw mismatch(value, conversion, call);
      const whole = BigInt(value as number | bigint);
      return signed(whole < 0n, spec.flags.includes(",") ? grouped((whole < 0n ? -whole : whole).toString(), 3) : (whole < 0n ? -whole : whole).toString(), spec);
    }
    case "x":
    case "o": {
      const bits = type.kind === "long" ? 64 : 32;
      if (typeof value !== "number" && typeof value !== "bigint") throw mismatch(value, conversion, call);
      const digits = BigInt.asUintN(bits, BigInt(value)).toString(conversion === "x" ? 16 : 8);
      const prefixed = spec.flags.includes("#") ? (conversion === "x" ? "0x" : "0") + digits : digits;
      return spec.flags.includes("0") ? prefixed.padStart(spec.width, "0") : prefixed;
    }
    case "f": {
      const parsed = asDecimal(value, type);
      if (parsed === undefined) return Number.isNaN(value) ? "NaN" : (value as number) > 0 ? "Infinity" : "-Infinity";
      const precision = spec.precision ?? 6;
      const rounded = parsed.scale > precision ? halfUp(parsed.unscaled, parsed.scale - precision) : parsed.unscaled * pow10(precision - parsed.scale);
      const [whole, fraction] = decimalText(rounded < 0n ? -rounded : rounded, precision).split(".");
      return signed(rounded < 0n, (spec.flags.includes(",") ? grouped(whole, 3) : whole) + (fraction === undefined ? "" : `.${fraction}`), spec);
    }
    case "e": {
      const number = type.kind === "decimal" ? Number(decimalText(value as bigint, type.scale)) : Number(value);
      return signed(number < 0, Math.abs(number).toExponential(spec.precision ?? 6).replace(/e([+-])(\d)$/, "e$10$2"), spec);
    }
    default:
      throw mismatch(value, spec.conversion, call);
  }
}

function halfUp(unscaled: bigint, digits: number): bigint {
  const unit = pow10(digits);
  const size = unscaled < 0n ? -unscaled : unscaled;
  const rounded = (size + unit / 2n) / unit;
  return unscaled < 0n ? -rounded : rounded;
}

function signed(negative: boolean, digits: string, spec: Specifier): string {
  const sign = negative ? (spec.flags.includes("(") ? "(" : "-") : spec.flags.includes("+") ? "+" : spec.flags.includes(" ") ? " " : "";
  const closing = negative && spec.flags.includes("(") ? ")" : "";
  const filled = spec.flags.includes("0") ? digits.padStart(spec.width - sign.length - closing.length, "0") : digits;
  return sign + filled + closing;
}

export const numberPatternFunctions: readonly ScalarFunction[] = [
  define("format_number", ([value, format], call) => formatNumber(value, format, call.argTypes[0])),
  defineWithNulls("format_string", ([format, ...args], call) => (format === null ? null : formatString(format as string, args, call.argTypes.slice(1), call))),
];
