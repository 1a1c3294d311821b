import { instantOf, localOf, parseByPattern } from "../functions/datetime-parse.ts";
import { parseDate, parseTimestamp, parseTimestampNtz } from "../functions/datetime-text.ts";
import type { ValueOptions } from "./text-options.ts";

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** Days since 1970-01-01; undefined when the text is no date. */
export function parseDateText(bytes: Uint8Array, start: number, end: number, options: ValueOptions): number | undefined {
  const text = DECODER.decode(bytes.subarray(start, end));
  if (options.dateFormat === undefined) return parseDate(text);
  const parsed = parseByPattern(text, options.dateFormat);
  return "problem" in parsed ? undefined : parsed.days;
}

/** Microseconds; undefined when the text is no timestamp. A text without zone is local in the options' zone. */
export function parseTimestampText(bytes: Uint8Array, start: number, end: number, kind: "timestamp" | "timestamp_ntz", options: ValueOptions): bigint | undefined {
  const text = DECODER.decode(bytes.subarray(start, end));
  if (options.timestampFormat === undefined) return kind === "timestamp" ? parseTimestamp(text, options.timeZone) : parseTimestampNtz(text);
  const parsed = parseByPattern(text, options.timestampFormat);
  if ("problem" in parsed) return undefined;
  return kind === "timestamp" ? instantOf(parsed, options.timeZone) : localOf(parsed);
}
