import { SparrowError } from "../../catalog/errors.ts";
import type { TextOptions } from "../../catalog/table.ts";

export type ParseMode = "PERMISSIVE" | "DROPMALFORMED" | "FAILFAST";

/** How texts are read as values. */
export interface ValueOptions {
  /** Name of the column that takes the text of malformed rows, where a table has it. */
  readonly corruptRecord: string;
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

export function valueOptions(given: ReadonlyMap<string, string>): ValueOptions {
  return {
    corruptRecord: given.get("columnnameofcorruptrecord") ?? "_corrupt_record",
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
