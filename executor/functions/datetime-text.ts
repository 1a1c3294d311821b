import type { DataType } from "../../catalog/types.ts";
import { civilFromDays, dayOfMicros, daysFromCivil, microsOfDay, MICROS_PER_DAY, MICROS_PER_SECOND, monthLength } from "./calendar.ts";
import { isTimeZone, timeZone, toInstantMicros, toLocalMicros } from "./time-zone.ts";
import type { TimeZone } from "./time-zone.ts";

/**
 * Dates, times and timestamps as text in the forms that casts read and write.
 * Source of the accepted forms: Spark's `SparkDateTimeUtils.stringToDate`, `parseTimestampString`, `stringToTime`.
 */

export const MIN_LONG = -(2n ** 63n);
export const MAX_LONG = 2n ** 63n - 1n;

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

/** Four digits at least; a plus sign beyond 9999, as Java's formatter puts it. */
function yearText(year: number): string {
  if (year < 0) return `-${pad(-year, 4)}`;
  return year > 9999 ? `+${year}` : pad(year, 4);
}

export function dateToString(days: number): string {
  const { year, month, day } = civilFromDays(days);
  return `${yearText(year)}-${pad(month, 2)}-${pad(day, 2)}`;
}

/** `HH:mm:ss` and as many fraction digits as are not zero. */
function timeOfDayToString(micros: bigint): string {
  const seconds = Number(micros / MICROS_PER_SECOND);
  const fraction = Number(micros % MICROS_PER_SECOND);
  const clock = `${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}`;
  return fraction === 0 ? clock : `${clock}.${pad(fraction, 6).replace(/0+$/, "")}`;
}

/** A TIME value, nanoseconds since midnight. */
export function timeToString(nanos: bigint): string {
  const whole = timeOfDayToString((nanos / 1_000_000_000n) * MICROS_PER_SECOND);
  const fraction = nanos % 1_000_000_000n;
  return fraction === 0n ? whole : `${whole}.${fraction.toString().padStart(9, "0").replace(/0+$/, "")}`;
}

/** Microseconds of the local calendar. */
export function localTimestampToString(micros: bigint): string {
  return `${dateToString(dayOfMicros(micros))} ${timeOfDayToString(microsOfDay(micros))}`;
}

export function timestampToString(micros: bigint, zone: string): string {
  return localTimestampToString(toLocalMicros(micros, timeZone(zone)));
}

/** Cuts whitespace and control characters off both ends. Source: Spark's `UTF8String.trimAll`. */
export function trimAll(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

function isBlank(unit: number): boolean {
  return unit <= 32 || unit === 127;
}

function validDate(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > monthLength(year, month)) return undefined;
  return daysFromCivil(year, month, day);
}

const DATE_FORM = /^([+-]?\d{4,7})(?:-(\d{1,2})(?:-(\d{1,2})(?:[ T].*)?)?)?$/s;

/** Days since the epoch, or undefined when the text is no date. */
export function parseDate(text: string): number | undefined {
  const match = DATE_FORM.exec(trimAll(text));
  const days = match === null ? undefined : validDate(Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1));
  // Years have room for more days than 32 bits have.
  return days === undefined || days !== (days | 0) ? undefined : days;
}

const TIMESTAMP_FORM = /^(?:([+-]?\d{4,6})(?:-(\d{1,2})(?:-(\d{1,2})(?:[ T](.*))?)?)?|[Tt]?(\d{1,2}:.*))$/s;
const CLOCK_FORM = /^(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?)?\s*(\S.*)?$/s;

export interface ParsedTimestamp {
  /** Absent for a time of day alone. */
  readonly days: number | undefined;
  readonly micros: bigint;
  readonly zone: TimeZone | undefined;
}

/** The parts of a timestamp text, or undefined when it is none. */
function parseTimestampParts(text: string): ParsedTimestamp | undefined {
  const match = TIMESTAMP_FORM.exec(trimAll(text));
  if (match === null) return undefined;
  let days: number | undefined;
  if (match[1] !== undefined) {
    days = validDate(Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1));
    if (days === undefined) return undefined;
  }
  const clockText = match[4] ?? match[5];
  if (clockText === undefined || clockText === "") return { days, micros: 0n, zone: undefined };
  const clock = CLOCK_FORM.exec(clockText);
  if (clock === null) return undefined;
  const [, hour, minute, second, fraction, zoneText] = clock;
  if (minute === undefined && zoneText !== undefined) return undefined;
  if (Number(hour) > 23 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 59) return undefined;
  let zone: TimeZone | undefined;
  if (zoneText !== undefined) {
    const id = normalizeZone(zoneText.trim());
    if (!isTimeZone(id)) return undefined;
    zone = timeZone(id);
  }
  const seconds = Number(hour) * 3600 + Number(minute ?? 0) * 60 + Number(second ?? 0);
  return { days, micros: BigInt(seconds) * MICROS_PER_SECOND + BigInt((fraction ?? "").slice(0, 6).padEnd(6, "0")), zone };
}

/** Spark takes `+8:1` as `+08:01`. */
function normalizeZone(id: string): string {
  return id.replace(/([+-])(\d)(?=:|$)/, "$10$2").replace(/:(\d)$/, ":0$1");
}

/** An instant in microseconds; a text without zone is local in `zone`, one without date means today's. */
export function parseTimestamp(text: string, zone: string, today?: number): bigint | undefined {
  const parts = parseTimestampParts(text);
  if (parts === undefined) return undefined;
  const days = parts.days ?? today;
  if (days === undefined) return undefined;
  return inLongRange(toInstantMicros(BigInt(days) * MICROS_PER_DAY + parts.micros, parts.zone ?? timeZone(zone)));
}

/** Microseconds of the local calendar; a zone in the text is passed over, a time without date is no timestamp. */
export function parseTimestampNtz(text: string): bigint | undefined {
  const parts = parseTimestampParts(text);
  if (parts === undefined || parts.days === undefined) return undefined;
  return inLongRange(BigInt(parts.days) * MICROS_PER_DAY + parts.micros);
}

function inLongRange(micros: bigint): bigint | undefined {
  return micros < MIN_LONG || micros > MAX_LONG ? undefined : micros;
}

const TIME_FORM = /^[Tt]?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?(?:\s*([AaPp])[Mm])?$/;

/** Nanoseconds since midnight, cut to the type's precision. */
export function parseTime(text: string, type: DataType & { kind: "time" }): bigint | undefined {
  const match = TIME_FORM.exec(trimAll(text));
  if (match === null) return undefined;
  const [, hourText, minute, second = "0", fraction = "", half] = match;
  let hour = Number(hourText);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (half.toLowerCase() === "p" ? 12 : 0);
  }
  if (hour > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const nanos = BigInt(fraction.padEnd(9, "0"));
  return truncateTime(BigInt(hour * 3600 + Number(minute) * 60 + Number(second)) * 1_000_000_000n + nanos, type.precision);
}

export function truncateTime(nanos: bigint, precision: number): bigint {
  const unit = 10n ** BigInt(9 - precision);
  return nanos - (nanos % unit);
}
