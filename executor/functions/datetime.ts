import { datetimeOverflow } from "../../catalog/runtime-errors.ts";
import { decimalText } from "../../catalog/number-text.ts";
import type { Value } from "../../catalog/values.ts";
import { addMonths, civilFromDays, dayOfMicros, dayOfYear, daysFromCivil, floorDiv, isoDayOfWeek, isoWeek, microsOfDay, MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, monthLength } from "./calendar.ts";
import { dataError } from "./data-errors.ts";
import { formatLocalTimestamp, formatTimestamp, MONTHS, WEEKDAYS } from "./datetime-format.ts";
import { cannotParse, instantOf, localOf, parseByPattern } from "./datetime-parse.ts";
import type { ParsedDatetime } from "./datetime-parse.ts";
import { pow10 } from "./decimal-arithmetic.ts";
import type { ScalarCall, ScalarFunction } from "./scalar-function.ts";
import { define } from "./scalar-function.ts";
import { timeZone, toInstantMicros, toLocalMicros } from "./time-zone.ts";
import { truncateLocal } from "./datetime-units.ts";

function ofDate(name: string, of: (days: number) => number): ScalarFunction {
  return define(name, ([days]) => of(days as number));
}

/** Units of date_trunc whose result is the beginning of a day of the calendar, at whatever offset. */
const WHOLE_DAYS: ReadonlySet<string> = new Set(["week", "month", "mon", "mm", "quarter", "year", "yyyy", "yy"]);

/** Local microseconds of a timestamp, or microseconds of a TIME. */
function localMicros(value: Value, call: ScalarCall, index = 0): bigint {
  switch (call.argTypes[index].kind) {
    case "timestamp":
      return toLocalMicros(value as bigint, timeZone(call.timeZone));
    case "time":
      return (value as bigint) / 1000n;
    default:
      return value as bigint;
  }
}

function ofClock(name: string, of: (microsOfDay: bigint) => Value): ScalarFunction {
  return define(name, ([value], call) => of(microsOfDay(localMicros(value, call))));
}

/** Sunday is 1. */
function dayOfWeek(days: number): number {
  return (isoDayOfWeek(days) % 7) + 1;
}

const DAY_NAMES: Readonly<Record<string, number>> = Object.fromEntries(WEEKDAYS.flatMap((name, i) => [name, name.slice(0, 3), name.slice(0, 2)].map((form) => [form.toUpperCase(), i + 1])));

function lastDayOfMonth(days: number): number {
  const { year, month } = civilFromDays(days);
  return daysFromCivil(year, month, monthLength(year, month));
}

/** Whole months when both are the same day of the month or both the last, else with 31-day fractions. Source: Spark's `DateTimeUtils.monthsBetween`. */
function monthsBetween(left: bigint, right: bigint, rounded: boolean): number {
  const [a, b] = [dayOfMicros(left), dayOfMicros(right)];
  const [x, y] = [civilFromDays(a), civilFromDays(b)];
  const months = x.year * 12 + x.month - (y.year * 12 + y.month);
  if (x.day === y.day || (a === lastDayOfMonth(a) && b === lastDayOfMonth(b))) return months;
  const seconds = Number(microsOfDay(left) / MICROS_PER_SECOND) - Number(microsOfDay(right) / MICROS_PER_SECOND);
  const result = months + ((x.day - y.day) * 86400 + seconds) / (31 * 86400);
  return rounded ? Math.round(result * 1e8) / 1e8 : result;
}

/** What a text says by a pattern, or NULL or CANNOT_PARSE_TIMESTAMP. */
function parsed(text: string, pattern: string, call: ScalarCall, func: string): ParsedDatetime | null {
  const result = parseByPattern(text, pattern);
  if (!("problem" in result)) return result;
  if (call.mode === "legacy") return null;
  throw cannotParse(result.problem, func);
}

function parsing(name: string, of: (found: ParsedDatetime, call: ScalarCall) => Value, func: string): ScalarFunction {
  return define(name, ([value, pattern], call) => {
    const type = call.argTypes[0];
    switch (type.kind) {
      case "date":
        return of({ days: value as number, micros: 0n, zone: undefined }, call);
      case "timestamp":
      case "timestamp_ntz": {
        const local = localMicros(value, call);
        return of({ days: dayOfMicros(local), micros: microsOfDay(local), zone: undefined }, call);
      }
      default: {
        const text = type.kind === "decimal" ? decimalText(value as bigint, type.scale) : String(value);
        const found = parsed(text, pattern as string, call, func);
        return found === null ? null : of(found, call);
      }
    }
  });
}

const DEFAULT_PATTERN = "yyyy-MM-dd HH:mm:ss";

function unixTimestamp(name: string): ScalarFunction {
  return define(name, ([value, pattern = DEFAULT_PATTERN], call) => {
    if (value === undefined) return floorDiv(call.queryTime, MICROS_PER_SECOND);
    switch (call.argTypes[0].kind) {
      case "date":
        return floorDiv(toInstantMicros(BigInt(value as number) * MICROS_PER_DAY, timeZone(call.timeZone)), MICROS_PER_SECOND);
      case "timestamp":
        return floorDiv(value as bigint, MICROS_PER_SECOND);
      case "timestamp_ntz":
        return floorDiv(value as bigint, MICROS_PER_SECOND);
      default: {
        const found = parsed(value as string, pattern as string, call, "try_to_timestamp");
        return found === null ? null : floorDiv(instantOf(found, call.timeZone), MICROS_PER_SECOND);
      }
    }
  });
}

function fieldOutOfBounds(message: string, call: ScalarCall): null {
  if (call.mode === "legacy") return null;
  throw dataError("DATETIME_FIELD_OUT_OF_BOUNDS.WITHOUT_SUGGESTION", "22023", `${message}.`, { rangeMessage: message }, call);
}

/** A date from its fields, or Java's words about the one that is out of range. */
function checkedDate(year: number, month: number, day: number): number | string {
  if (month < 1 || month > 12) return `Invalid value for MonthOfYear (valid values 1 - 12): ${month}`;
  if (day < 1 || day > 31) return `Invalid value for DayOfMonth (valid values 1 - 28/31): ${day}`;
  if (day > monthLength(year, month)) return day === 29 ? `Invalid date 'February 29' as '${year}' is not a leap year` : `Invalid date '${MONTHS[month - 1].toUpperCase()} ${day}'`;
  return daysFromCivil(year, month, day);
}

/** Local microseconds from the arguments of make_timestamp; `seconds` is unscaled decimal(16,6). */
function makeLocal(args: readonly Value[], call: ScalarCall): bigint | null {
  const [year, month, day, hour, minute, seconds] = args as [number, number, number, number, number, bigint];
  const days = checkedDate(year, month, day);
  if (typeof days === "string") return fieldOutOfBounds(days, call);
  const whole = Number(seconds / 1_000_000n);
  const fraction = seconds % 1_000_000n;
  if (hour < 0 || hour > 23) return fieldOutOfBounds(`Invalid value for HourOfDay (valid values 0 - 23): ${hour}`, call);
  if (minute < 0 || minute > 59) return fieldOutOfBounds(`Invalid value for MinuteOfHour (valid values 0 - 59): ${minute}`, call);
  if (whole === 60 && fraction !== 0n) {
    if (call.mode === "legacy") return null;
    throw dataError("INVALID_FRACTION_OF_SECOND", "22023", "The fraction of second 60 must be zero.", { secAndMicros: decimalText(seconds, 6).replace(/(\.\d*?)0+$/, "$1") }, call);
  }
  if (seconds < 0n || whole > 60) return fieldOutOfBounds(`Invalid value for SecondOfMinute (valid values 0 - 59): ${whole}`, call);
  return BigInt(days) * MICROS_PER_DAY + BigInt(hour) * MICROS_PER_HOUR + BigInt(minute) * MICROS_PER_MINUTE + seconds;
}

/** make_timestamp in its two forms: six fields, or a date and a time; a zone may follow. */
function makeTimestamp(name: string, withZone: boolean): ScalarFunction {
  return define(name, (args, call) => {
    const fields = args.length <= 3 ? 2 : 6;
    const local = fields === 2 ? BigInt(args[0] as number) * MICROS_PER_DAY + ((args[1] as bigint | undefined) ?? 0n) / 1000n : makeLocal(args, call);
    if (local === null || !withZone) return local;
    return toInstantMicros(local, timeZone((args[fields] as string | undefined) ?? call.timeZone));
  });
}

function instant(micros: bigint, operation: string, call: ScalarCall): bigint {
  if (BigInt.asIntN(64, micros) !== micros) throw datetimeOverflow(operation, call.span);
  return micros;
}

function timestampSeconds(value: Value, call: ScalarCall): Value {
  const type = call.argTypes[0];
  if (type.kind === "decimal") {
    const scaled = (value as bigint) * MICROS_PER_SECOND;
    if (scaled % pow10(type.scale) !== 0n) throw dataError("ROUNDING_NECESSARY", "22003", "Rounding necessary", {}, call);
    return instant(scaled / pow10(type.scale), "create a TIMESTAMP from seconds", call);
  }
  if (type.kind === "float" || type.kind === "double") return Number.isFinite(value) ? BigInt(Math.trunc((value as number) * 1e6)) : null;
  return instant(BigInt(value as number | bigint) * MICROS_PER_SECOND, `create a TIMESTAMP from ${BigInt(value as number | bigint)}L seconds since the epoch`, call);
}

function shiftZone(name: string, from: (call: ScalarCall, zone: string) => string, to: (call: ScalarCall, zone: string) => string): ScalarFunction {
  return define(name, ([value, zone], call) => toInstantMicros(toLocalMicros(value as bigint, timeZone(to(call, zone as string))), timeZone(from(call, zone as string))));
}

function secondsField(micros: bigint): bigint {
  return micros % MICROS_PER_MINUTE;
}

export const datetimeFunctions: readonly ScalarFunction[] = [
  define("current_date", (_args, call) => dayOfMicros(toLocalMicros(call.queryTime, timeZone(call.timeZone)))),
  define("current_timestamp", (_args, call) => call.queryTime),
  define("localtimestamp", (_args, call) => toLocalMicros(call.queryTime, timeZone(call.timeZone))),
  define("current_time", ([precision = 6], call) => {
    const nanos = microsOfDay(toLocalMicros(call.queryTime, timeZone(call.timeZone))) * 1000n;
    return nanos - (nanos % 10n ** BigInt(9 - (precision as number)));
  }),
  define("current_timezone", (_args, call) => call.timeZone),
  ofDate("year", (days) => civilFromDays(days).year),
  ofDate("quarter", (days) => Math.ceil(civilFromDays(days).month / 3)),
  ofDate("month", (days) => civilFromDays(days).month),
  ofDate("day", (days) => civilFromDays(days).day),
  ofDate("dayofweek", dayOfWeek),
  ofDate("dayofweek_iso", isoDayOfWeek),
  ofDate("weekday", (days) => isoDayOfWeek(days) - 1),
  ofDate("dayofyear", dayOfYear),
  ofDate("weekofyear", (days) => isoWeek(days).week),
  ofDate("yearofweek", (days) => isoWeek(days).year),
  ofClock("hour", (micros) => Number(micros / MICROS_PER_HOUR)),
  ofClock("minute", (micros) => Number(micros / MICROS_PER_MINUTE) % 60),
  ofClock("second", (micros) => Number(micros / MICROS_PER_SECOND) % 60),
  ofClock("second_with_fraction", secondsField),
  define("monthname", ([days]) => MONTHS[civilFromDays(days as number).month - 1].slice(0, 3)),
  define("dayname", ([days]) => WEEKDAYS[isoDayOfWeek(days as number) - 1].slice(0, 3)),
  ofDate("last_day", lastDayOfMonth),
  define("next_day", ([days, name], call) => {
    const target = DAY_NAMES[(name as string).trim().toUpperCase()];
    if (target === undefined) {
      if (call.mode === "legacy") return null;
      throw dataError("ILLEGAL_DAY_OF_WEEK", "22009", `${name as string} is not a day of the week.`, { string: name as string }, call);
    }
    const step = (target - isoDayOfWeek(days as number) + 7) % 7;
    return (days as number) + (step === 0 ? 7 : step);
  }),
  define("add_months", ([days, months]) => addMonths(days as number, months as number)),
  define("months_between", ([a, b, rounded = true], call) => {
    const zone = timeZone(call.timeZone);
    return monthsBetween(toLocalMicros(a as bigint, zone), toLocalMicros(b as bigint, zone), rounded as boolean);
  }),
  define("date_add", ([days, count]) => ((days as number) + (count as number)) | 0),
  define("date_sub", ([days, count]) => ((days as number) - (count as number)) | 0),
  define("datediff", ([end, start]) => (end as number) - (start as number)),
  define("trunc", ([days, unit]) => {
    const name = (unit as string).toLowerCase();
    const local = ["year", "yyyy", "yy", "quarter", "month", "mon", "mm", "week"].includes(name) ? truncateLocal(BigInt(days as number) * MICROS_PER_DAY, name) : undefined;
    return local === undefined ? null : dayOfMicros(local);
  }),
  define("date_trunc", ([unit, value], call) => {
    const name = (unit as string).toLowerCase();
    const before = localMicros(value, call, 1);
    const local = truncateLocal(before, name);
    if (local === undefined || call.type.kind !== "timestamp") return local ?? null;
    const zone = timeZone(call.timeZone);
    if (WHOLE_DAYS.has(name)) return toInstantMicros(local, zone);
    // Of two instants with the same clock, that with the offset of the value. Source: Java's `ZonedDateTime.truncatedTo`.
    const near = (value as bigint) - (before - local);
    return toLocalMicros(near, zone) === local ? near : toInstantMicros(local, zone);
  }),
  define("date_format", ([value, pattern], call) =>
    call.argTypes[0].kind === "timestamp" ? formatTimestamp(value as bigint, pattern as string, call.timeZone) : formatLocalTimestamp(localMicros(value, call), pattern as string, call.timeZone),
  ),
  parsing("to_date_by_pattern", (found, call) => (found.zone === undefined ? found.days : dayOfMicros(toLocalMicros(instantOf(found, call.timeZone), timeZone(call.timeZone)))), "try_to_timestamp"),
  parsing("to_timestamp_by_pattern", (found, call) => instantOf(found, call.timeZone), "try_to_timestamp"),
  parsing("to_timestamp_ltz_by_pattern", (found, call) => instantOf(found, call.timeZone), "try_to_timestamp"),
  parsing("to_timestamp_ntz_by_pattern", (found) => localOf(found), "try_to_timestamp"),
  unixTimestamp("unix_timestamp"),
  unixTimestamp("to_unix_timestamp"),
  define("from_unixtime", ([seconds, pattern = DEFAULT_PATTERN], call) => formatTimestamp((seconds as bigint) * MICROS_PER_SECOND, pattern as string, call.timeZone)),
  shiftZone("from_utc_timestamp", () => "UTC", (_call, zone) => zone),
  shiftZone("to_utc_timestamp", (_call, zone) => zone, () => "UTC"),
  define("convert_timezone", (args, call) => {
    const [from, to, local] = args.length === 2 ? [call.timeZone, args[0] as string, args[1]] : [args[0] as string, args[1] as string, args[2]];
    return toLocalMicros(toInstantMicros(local as bigint, timeZone(from)), timeZone(to));
  }),
  define("make_date", ([year, month, day], call) => {
    const days = checkedDate(year as number, month as number, day as number);
    return typeof days === "string" ? fieldOutOfBounds(days, call) : days;
  }),
  makeTimestamp("make_timestamp", true),
  makeTimestamp("make_timestamp_ltz", true),
  makeTimestamp("make_timestamp_ntz", false),
  define("timestamp_seconds", ([value], call) => timestampSeconds(value, call)),
  define("timestamp_millis", ([value], call) => instant(BigInt(value as number | bigint) * 1000n, `create a TIMESTAMP from ${BigInt(value as number | bigint)}L milliseconds since the epoch`, call)),
  define("timestamp_micros", ([value]) => BigInt(value as number | bigint)),
  define("unix_seconds", ([value]) => floorDiv(value as bigint, MICROS_PER_SECOND)),
  define("unix_millis", ([value]) => floorDiv(value as bigint, 1000n)),
  define("unix_micros", ([value]) => value),
  define("unix_date", ([days]) => days),
  define("date_from_unix_date", ([days]) => days),
];

