import type { ValueOptions } from "./csv-options.ts";
import { unsupportedOption } from "./csv-options.ts";
import { dateDays, timestampMicros } from "./partition-values.ts";

const DECODER = new TextDecoder();

/** Days since 1970-01-01; undefined when the text is no date. */
export function parseDateText(bytes: Uint8Array, start: number, end: number, options: ValueOptions): number | undefined {
  if (options.dateFormat !== undefined && options.dateFormat !== "yyyy-MM-dd") throw unsupportedOption("dateFormat", options.dateFormat);
  return dateDays(DECODER.decode(bytes.subarray(start, end)));
}

/** Microseconds; undefined when the text is no timestamp. */
export function parseTimestampText(bytes: Uint8Array, start: number, end: number, kind: "timestamp" | "timestamp_ntz", options: ValueOptions): bigint | undefined {
  if (options.timestampFormat !== undefined) throw unsupportedOption("timestampFormat", options.timestampFormat);
  if (kind === "timestamp" && options.timeZone !== "UTC") throw unsupportedOption("timeZone", options.timeZone);
  return timestampMicros(DECODER.decode(bytes.subarray(start, end)));
}
