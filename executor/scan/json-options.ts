import type { TextOptions } from "../../catalog/table.ts";
import type { ParseMode, ValueOptions } from "./text-options.ts";
import { flag, lowerCaseOptions, parseMode, samplingRatio, unsupportedOption, valueOptions } from "./text-options.ts";

/** Spark's JSON options with their defaults. Source: Spark's JSONOptions. */
export interface JsonOptions {
  readonly multiLine: boolean;
  readonly mode: ParseMode;
  readonly samplingRatio: number;
  readonly primitivesAsString: boolean;
  readonly values: ValueOptions;
}

export function jsonOptions(options: TextOptions): JsonOptions {
  const given = lowerCaseOptions(options);
  const encoding = given.get("encoding") ?? given.get("charset") ?? "UTF-8";
  if (!/^utf-?8$/i.test(encoding)) throw unsupportedOption("encoding", encoding);
  for (const name of ["allowComments", "allowUnquotedFieldNames", "allowSingleQuotes", "prefersDecimal", "inferTimestamp", "dropFieldIfAllNull"]) {
    const value = given.get(name.toLowerCase());
    if (value !== undefined && flag(name, value)) throw unsupportedOption(name, value);
  }
  return {
    multiLine: flag("multiLine", given.get("multiline")),
    mode: parseMode(given.get("mode")),
    samplingRatio: samplingRatio(given.get("samplingratio")),
    primitivesAsString: flag("primitivesAsString", given.get("primitivesasstring")),
    values: valueOptions(given),
  };
}
