import { SparrowError } from "../../catalog/errors.ts";
import type { TextOptions } from "../../catalog/table.ts";

export type ParseMode = "PERMISSIVE" | "DROPMALFORMED" | "FAILFAST";

/** Spark's CSV options with their defaults. Source: Spark's CSVOptions. */
export interface CsvOptions {
  readonly separator: Uint8Array;
  /** -1: values are never quoted. */
  readonly quote: number;
  /** -1: none. */
  readonly escape: number;
  /** -1: none. */
  readonly comment: number;
  readonly header: boolean;
  readonly inferSchema: boolean;
  readonly multiLine: boolean;
  readonly mode: ParseMode;
  readonly nullValue: Uint8Array;
  readonly trimLeft: boolean;
  readonly trimRight: boolean;
  readonly samplingRatio: number;
  readonly values: ValueOptions;
}

/** How texts are read as values. */
export interface ValueOptions {
  /** IANA zone for timestamps without one. */
  readonly timeZone: string;
  /** Spark datetime patterns; undefined: the forms that CAST takes. */
  readonly dateFormat: string | undefined;
  readonly timestampFormat: string | undefined;
  readonly nanValue: string;
  readonly positiveInfinity: string;
  readonly negativeInfinity: string;
}

/** Options under lower-case names: Spark does not look at their case. */
export function lowerCaseOptions(options: TextOptions): ReadonlyMap<string, string> {
  return new Map(Object.entries(options).map(([name, value]) => [name.toLowerCase(), value]));
}

export function csvOptions(options: TextOptions): CsvOptions {
  const given = lowerCaseOptions(options);
  const encoding = given.get("encoding") ?? given.get("charset") ?? "UTF-8";
  if (!/^(utf-?8|us-ascii)$/i.test(encoding)) throw unsupportedOption("encoding", encoding);
  if (given.get("linesep") !== undefined && given.get("linesep") !== "\n" && given.get("linesep") !== "\r\n") throw unsupportedOption("lineSep", String(given.get("linesep")));
  const separator = unescaped(given.get("sep") ?? given.get("delimiter") ?? ",");
  if (separator === "") throw unsupportedOption("sep", separator);
  return {
    separator: new TextEncoder().encode(separator),
    quote: oneByte("quote", given.get("quote") ?? '"'),
    escape: oneByte("escape", given.get("escape") ?? "\\"),
    comment: oneByte("comment", given.get("comment") ?? ""),
    header: flag("header", given.get("header")),
    inferSchema: flag("inferSchema", given.get("inferschema")),
    multiLine: flag("multiLine", given.get("multiline")),
    mode: parseMode(given.get("mode")),
    nullValue: new TextEncoder().encode(given.get("nullvalue") ?? ""),
    trimLeft: flag("ignoreLeadingWhiteSpace", given.get("ignoreleadingwhitespace")),
    trimRight: flag("ignoreTrailingWhiteSpace", given.get("ignoretrailingwhitespace")),
    samplingRatio: samplingRatio(given.get("samplingratio")),
    values: valueOptions(given),
  };
}

export function valueOptions(given: ReadonlyMap<string, string>): ValueOptions {
  return {
    timeZone: given.get("timezone") ?? "UTC",
    dateFormat: given.get("dateformat"),
    timestampFormat: given.get("timestampformat"),
    nanValue: given.get("nanvalue") ?? "NaN",
    positiveInfinity: given.get("positiveinf") ?? "Inf",
    negativeInfinity: given.get("negativeinf") ?? "-Inf",
  };
}

export function parseMode(value: string | undefined): ParseMode {
  const mode = (value ?? "PERMISSIVE").toUpperCase();
  if (mode === "PERMISSIVE" || mode === "DROPMALFORMED" || mode === "FAILFAST") return mode;
  throw unsupportedOption("mode", mode);
}

export function flag(name: string, value: string | undefined): boolean {
  if (value === undefined) return false;
  if (/^(true|false)$/i.test(value)) return value.toLowerCase() === "true";
  throw new SparrowError("INVALID_OPTION_VALUE", "22023", `The option ${name} must be true or false, not '${value}'.`, { option: name, value });
}

export function samplingRatio(value: string | undefined): number {
  const ratio = Number(value ?? "1");
  if (ratio > 0 && ratio <= 1) return ratio;
  throw new SparrowError("INVALID_OPTION_VALUE", "22023", `samplingRatio must be over 0 and at most 1, not '${value}'.`, { option: "samplingRatio", value: String(value) });
}

export function unsupportedOption(name: string, value: string): SparrowError {
  return new SparrowError("UNSUPPORTED_FEATURE.DATA_SOURCE_OPTION", "0A000", `The value '${value}' of the option ${name} is not supported.`, { option: name, value });
}

/** `\t` and the like, as Spark takes them in `sep`. */
function unescaped(text: string): string {
  return text.replace(/\\([tnrbf0\\"'])/g, (_, c: string) => ({ t: "\t", n: "\n", r: "\r", b: "\b", f: "\f", "0": "\0" })[c] ?? c);
}

function oneByte(name: string, text: string): number {
  const value = unescaped(text);
  if (value === "" || value === "\0") return -1;
  const bytes = new TextEncoder().encode(value);
  if (bytes.length !== 1) throw unsupportedOption(name, text);
  return bytes[0];
}
