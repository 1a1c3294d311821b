/**
 * JSON whose numbers keep their digits. JavaScript's own parser rounds integers beyond 2^53 and decimals beyond 15 digits; where a text has such
 * numbers, integers come as bigint and other numbers as `ExactNumber`. Everything else is as `JSON.parse` gives it.
 */
export type ExactJson = null | boolean | number | bigint | string | ExactNumber | readonly ExactJson[] | { readonly [key: string]: ExactJson };

/** A number with a point or an exponent that a double would round. */
export class ExactNumber {
  /** As it is written. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** So many digits and points in a row may be a number that a double cannot hold. */
const LONG_NUMBER = /[\d.]{16}/;

/** Raises SyntaxError for what is no JSON. */
export function parseExactJson(text: string): ExactJson {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text) as ExactJson;
  return (JSON.parse as ParseWithSource)(text, exactValue) as ExactJson;
}

/** `JSON.parse` as of ES2026, whose reviver sees a number's text. */
type ParseWithSource = (text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown) => unknown;

function exactValue(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value !== "number" || source === undefined || source.length < 16) return value;
  if (/^-?\d+$/.test(source)) return Number.isSafeInteger(value) ? value : BigInt(source);
  return new ExactNumber(source);
}

/** A number as a double; undefined for what is none. */
export function asDouble(json: ExactJson | undefined): number | undefined {
  if (typeof json === "number") return json;
  if (typeof json === "bigint") return Number(json);
  return json instanceof ExactNumber ? Number(json.text) : undefined;
}

/** A number without a fraction as bigint; undefined for what is none. */
export function asInteger(json: ExactJson | undefined): bigint | undefined {
  if (typeof json === "bigint") return json;
  return typeof json === "number" && Number.isSafeInteger(json) ? BigInt(json) : undefined;
}

/** The digits of a number; undefined for what is none. */
export function numberText(json: ExactJson | undefined): string | undefined {
  if (typeof json === "number" || typeof json === "bigint") return String(json);
  return json instanceof ExactNumber ? json.text : undefined;
}

/** Unscaled value of a decimal text (`-1.50`, `1E+3`) at a scale; undefined when digits would be lost, or it is no number. */
export function unscaledDecimal(text: string, scale: number): bigint | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole, fraction = "", exponent = "0"] = match;
  if (whole === "" && fraction === "") return undefined;
  const shift = scale - fraction.length + Number(exponent);
  if (Math.abs(shift) > 400) return undefined;
  let digits = BigInt(whole + fraction);
  if (shift >= 0) digits *= 10n ** BigInt(shift);
  else {
    const divisor = 10n ** BigInt(-shift);
    if (digits % divisor !== 0n) return undefined;
    digits /= divisor;
  }
  return sign === "-" ? -digits : digits;
}

/** `JSON.rawJSON` of ES2026: digits that go out as they are. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

/** JSON text in which numbers have all their digits. */
export function encodeExactJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? rawJSON(String(part)) : part instanceof ExactNumber ? rawJSON(part.text) : part));
}
