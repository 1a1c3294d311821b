import type { TextOptions } from "../../catalog/table.ts";
import type { ParseMode, ValueOptions } from "./text-options.ts";
import { flag, lowerCaseOptions, parseMode, samplingRatio, unsupportedOption, valueOptions } from "./text-options.ts";

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
