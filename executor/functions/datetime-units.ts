import type { CalendarInterval, Value } from "../../catalog/values.ts";
import { datetimeOverflow, intervalOverflow, sqlValue } from "../../catalog/runtime-errors.ts";
import { addMonths, civilFromDays, dayOfMicros, daysFromCivil, floorDiv, isoDayOfWeek, microsOfDay, MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, NANOS_PER_DAY } from "./calendar.ts";
import { dataError, invalidParameter } from "./data-errors.ts";
import { pow10 } from "./decimal-arithmetic.ts";
import { parseByPattern } from "./datetime-parse.ts";
import { parseTime, truncateTime } from "./datetime-text.ts";
import type { ScalarCall, ScalarFunction } from "./scalar-function.ts";
import { define } from "./scalar-function.ts";
import { timeZone, toInstantMicros, toLocalMicros } from "./time-zone.ts";

/** Functions that take a unit of time by name, make intervals and take them apart. */

const CLOCK_UNITS: Readonly<Record<string, bigint>> = { microsecond: 1n, millisecond: 1000n, second: MICROS_PER_SECOND, minute: MICROS_PER_MINUTE, hour: MICROS_PER_HOUR };

/** Cuts local microseconds to a unit; undefined for a name that is no unit. */
export function truncateLocal(local: bigint, unit: string): bigint | undefined {
  const clock = CLOCK_UNITS[unit];
  if (clock !== undefined) return floorDiv(local, clock) * clock;
  const days = dayOfMicros(local);
  const { year, month } = civilFromDays(days);
  const midnight = (day: number): bigint => BigInt(day) * MICROS_PER_DAY;
  switch (unit) {
    case "day":
    case "dd":
      return midnight(days);
    case "week":
      return midnight(days - isoDayOfWeek(days) + 1);
    case "month":
    case "mon":
    case "mm":
      return midnight(daysFromCivil(year, month, 1));
    case "quarter":
      return midnight(daysFromCivil(year, month - ((month - 1) % 3), 1));
    case "year":
    case "yyyy":
    case "yy":
      return midnight(daysFromCivil(year, 1, 1));
    default:
      return undefined;
  }
}

/** Months or microseconds of a unit of timestampadd and timestampdiff; days count as local days. */
const UNIT_SIZES: Readonly<Record<string, { readonly months?: number; readonly days?: number; readonly micros?: bigint }>> = {
  microsecond: { micros: 1n },
  millisecond: { micros: 1000n },
  second: { micros: MICROS_PER_SECOND },
  minute: { micros: MICROS_PER_MINUTE },
  hour: { micros: MICROS_PER_HOUR },
  day: { days: 1 },
  dayofyear: { days: 1 },
  week: { days: 7 },
  month: { months: 1 },
  quarter: { months: 3 },
  year: { months: 12 },
};

function unitSize(unit: string, call: ScalarCall): (typeof UNIT_SIZES)[string] {
  const size = UNIT_SIZES[unit.toLowerCase()];
  if (size === undefined) throw invalidParameter("DATETIME_UNIT", call.name, "unit", `${unit} is not a unit of time`, { invalidValue: `'${unit}'` }, call);
  return size;
}

function timestampAdd(unit: string, count: bigint, value: bigint, call: ScalarCall): bigint {
  const size = unitSize(unit, call);
  const checked = (micros: bigint): bigint => {
    if (BigInt.asIntN(64, micros) !== micros) throw datetimeOverflow(`add ${sqlValue(count, { kind: "long" })} ${unit} to a timestamp`, call.span);
    return micros;
  };
  if (size.micros !== undefined) return checked(value + size.micros * count);
  const local = call.type.kind === "timestamp" ? toLocalMicros(value, timeZone(call.timeZone)) : value;
  const days = dayOfMicros(local);
  const amount = Number(count);
  const moved = size.months === undefined ? days + (size.days ?? 0) * amount : addMonths(days, size.months * amount);
  if (!Number.isSafeInteger(moved) || Math.abs(moved) > 2 ** 40) throw datetimeOverflow(`add ${sqlValue(count, { kind: "long" })} ${unit} to a timestamp`, call.span);
  const result = local + BigInt(moved - days) * MICROS_PER_DAY;
  return checked(call.type.kind === "timestamp" ? toInstantMicros(result, timeZone(call.timeZone)) : result);
}

/** Whole units from start to end, towards zero. */
function timestampDiff(unit: string, start: bigint, end: bigint, call: ScalarCall): bigint {
  const size = unitSize(unit, call);
  const zoned = call.argTypes[1].kind === "timestamp";
  if (size.micros !== undefined) return (end - start) / size.micros;
  const from = zoned ? toLocalMicros(start, timeZone(call.timeZone)) : start;
  const to = zoned ? toLocalMicros(end, timeZone(call.timeZone)) : end;
  if (size.days !== undefined) return (to - from) / (BigInt(size.days) * MICROS_PER_DAY);
  const a = civilFromDays(dayOfMicros(from));
  const b = civilFromDays(dayOfMicros(to));
  let months = (b.year - a.year) * 12 + b.month - a.month;
  const position = (day: number, local: bigint): bigint => BigInt(day) * MICROS_PER_DAY + microsOfDay(local);
  if (months > 0 && position(b.day, to) < position(a.day, from)) months--;
  else if (months < 0 && position(b.day, to) > position(a.day, from)) months++;
  return BigInt(Math.trunc(months / (size.months ?? 1)));
}

const TIME_UNITS: Readonly<Record<string, bigint>> = { microsecond: 1000n, millisecond: 1_000_000n, second: 1_000_000_000n, minute: 60_000_000_000n, hour: 3_600_000_000_000n };

function timeUnit(unit: string, call: ScalarCall): bigint {
  const size = TIME_UNITS[unit.toLowerCase()];
  if (size === undefined) throw invalidParameter("TIME_UNIT", call.name, "unit", `${unit} is not a unit of a time of day`, { invalidValue: `'${unit}'` }, call);
  return size;
}

/** make_interval(years, months, weeks, days, hours, minutes, seconds); seconds unscaled decimal(18,6). */
function makeInterval(args: readonly Value[], call: ScalarCall): Value {
  const part = (i: number): bigint => BigInt((args[i] as number | undefined) ?? 0);
  const months = part(0) * 12n + part(1);
  const days = part(2) * 7n + part(3);
  const micros = part(4) * MICROS_PER_HOUR + part(5) * MICROS_PER_MINUTE + ((args[6] as bigint | undefined) ?? 0n);
  if (BigInt.asIntN(32, months) !== months || BigInt.asIntN(32, days) !== days || BigInt.asIntN(64, micros) !== micros) {
    if (call.mode === "legacy") return null;
    throw intervalOverflow(undefined, call.span);
  }
  return { months: Number(months), days: Number(days), micros };
}

function fieldOutOfBounds(message: string, call: ScalarCall): never {
  throw dataError("DATETIME_FIELD_OUT_OF_BOUNDS.WITHOUT_SUGGESTION", "22023", `${message}.`, { rangeMessage: message }, call);
}

/** Seconds as microseconds, cut. */
function decimalMicros(value: Value, call: ScalarCall): bigint {
  const type = call.argTypes[0];
  if (type.kind === "decimal") return ((value as bigint) * 1_000_000n) / pow10(type.scale);
  return type.kind === "float" || type.kind === "double" ? BigInt(Math.trunc((value as number) * 1e6)) : BigInt(value as number | bigint) * 1_000_000n;
}

function timeFrom(nanos: bigint, call: ScalarCall): bigint {
  if (nanos < 0n || nanos >= NANOS_PER_DAY) fieldOutOfBounds(`Invalid value for NanoOfDay (valid values 0 - 86399999999999): ${nanos}`, call);
  return nanos;
}

function makeTime(hour: number, minute: number, seconds: bigint, call: ScalarCall): bigint {
  const whole = seconds / 1_000_000n;
  if (hour < 0 || hour > 23) fieldOutOfBounds(`Invalid value for HourOfDay (valid values 0 - 23): ${hour}`, call);
  if (minute < 0 || minute > 59) fieldOutOfBounds(`Invalid value for MinuteOfHour (valid values 0 - 59): ${minute}`, call);
  if (seconds < 0n || whole > 59n) fieldOutOfBounds(`Invalid value for SecondOfMinute (valid values 0 - 59): ${whole}`, call);
  return BigInt(hour * 3600 + minute * 60) * 1_000_000_000n + seconds * 1000n;
}

/** Fields of an interval by its type: (months, days, micros of what is left below a day). */
function fieldsOf(value: Value, call: ScalarCall): CalendarInterval {
  switch (call.argTypes[0].kind) {
    case "interval_ym":
      return { months: value as number, days: 0, micros: 0n };
    case "interval_dt":
      return { months: 0, days: Number((value as bigint) / MICROS_PER_DAY), micros: (value as bigint) % MICROS_PER_DAY };
    default:
      return value as CalendarInterval;
  }
}

function intervalField(name: string, of: (fields: CalendarInterval) => Value): ScalarFunction {
  return define(name, ([value], call) => of(fieldsOf(value, call)));
}

export const datetimeUnitFunctions: readonly ScalarFunction[] = [
  define("timestampadd", ([unit, count, value], call) => timestampAdd(unit as string, count as bigint, value as bigint, call)),
  define("timestampdiff", ([unit, start, end], call) => timestampDiff(unit as string, start as bigint, end as bigint, call)),
  define("make_interval", makeInterval),
  define("make_dt_interval", ([days = 0, hours = 0, minutes = 0, seconds = 0n], call) => {
    const micros = BigInt(days as number) * MICROS_PER_DAY + BigInt(hours as number) * MICROS_PER_HOUR + BigInt(minutes as number) * MICROS_PER_MINUTE + (seconds as bigint);
    if (BigInt.asIntN(64, micros) !== micros) throw intervalOverflow(undefined, call.span);
    return micros;
  }),
  define("make_ym_interval", ([years = 0, months = 0], call) => {
    const total = (years as number) * 12 + (months as number);
    if (total !== (total | 0)) throw intervalOverflow(undefined, call.span);
    return total;
  }),
  intervalField("interval_years", ({ months }) => Math.trunc(months / 12)),
  intervalField("interval_months", ({ months }) => months % 12),
  intervalField("interval_days", ({ days }) => days),
  intervalField("interval_hours", ({ micros }) => Number(micros / MICROS_PER_HOUR)),
  intervalField("interval_minutes", ({ micros }) => Number((micros / MICROS_PER_MINUTE) % 60n)),
  intervalField("interval_seconds", ({ micros }) => micros % MICROS_PER_MINUTE),
  define("make_time", ([hour, minute, seconds], call) => makeTime(hour as number, minute as number, seconds as bigint, call)),
  define("to_time", ([text, pattern], call) => {
    const nanos = pattern === undefined ? parseTime(text as string, { kind: "time", precision: 6 }) : timeByPattern(text as string, pattern as string);
    if (nanos !== undefined) return nanos;
    throw dataError("CANNOT_PARSE_TIME", "22010", `'${text as string}' is not a time of day.`, { input: `'${text as string}'`, format: `'${(pattern as string | undefined) ?? "HH:mm:ss.SSSSSS"}'` }, call);
  }),
  define("time_from_seconds", ([value], call) => timeFrom(decimalMicros(value, call) * 1000n, call)),
  define("time_from_millis", ([value], call) => timeFrom(BigInt(value as number | bigint) * 1_000_000n, call)),
  define("time_from_micros", ([value], call) => timeFrom(BigInt(value as number | bigint) * 1000n, call)),
  define("time_to_seconds", ([value]) => (value as bigint) / 1000n),
  define("time_to_millis", ([value]) => (value as bigint) / 1_000_000n),
  define("time_to_micros", ([value]) => (value as bigint) / 1000n),
  define("time_diff", ([unit, start, end], call) => ((end as bigint) - (start as bigint)) / timeUnit(unit as string, call)),
  define("time_trunc", ([unit, value], call) => {
    const size = timeUnit(unit as string, call);
    const cut = (value as bigint) - ((value as bigint) % size);
    return call.type.kind === "time" ? truncateTime(cut % NANOS_PER_DAY, call.type.precision) : cut;
  }),
];

function timeByPattern(text: string, pattern: string): bigint | undefined {
  const parsed = parseByPattern(text, pattern);
  return "problem" in parsed ? undefined : parsed.micros * 1000n;
}

