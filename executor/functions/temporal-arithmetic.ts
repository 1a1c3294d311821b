import { datetimeOverflow, intervalOverflow } from "../../catalog/runtime-errors.ts";
import { InternalError } from "../../catalog/errors.ts";
import type { DataType } from "../../catalog/types.ts";
import type { CalendarInterval, Value } from "../../catalog/values.ts";
import { addMonths, dayOfMicros, MICROS_PER_DAY, NANOS_PER_DAY } from "./calendar.ts";
import { dataError } from "./data-errors.ts";
import { timestampToString } from "./datetime-text.ts";
import type { ScalarCall } from "./scalar-function.ts";
import { failure } from "./scalar-function.ts";
import { timeZone, toInstantMicros, toLocalMicros } from "./time-zone.ts";

/** `+` and `-` over dates, times, timestamps and intervals; the types are those that the operators' signatures resolve to. */
export function addTemporal(operator: "+" | "-", left: Value, right: Value, call: ScalarCall): Value {
  const result = addParts(operator, left, right, call);
  return call.type.kind === "string" && result !== null ? timestampToString(result as bigint, call.timeZone) : result;
}

function addParts(operator: "+" | "-", left: Value, right: Value, call: ScalarCall): Value {
  const [leftType, rightType] = call.argTypes;
  if (operator === "+" && isInterval(leftType) && !isInterval(rightType)) return shiftBy(right, rightType, left, leftType, 1, call);
  if (operator === "+" && rightType.kind === "date") return addDays(right as number, left as number);
  if (isInterval(leftType) && isInterval(rightType)) return addIntervals(left, right, leftType, operator === "+" ? 1 : -1, call);
  if (isInterval(rightType)) return shiftBy(left, leftType, right, rightType, operator === "+" ? 1 : -1, call);
  if (operator === "-" && leftType.kind === rightType.kind) return difference(left, right, leftType, call);
  return addDays(left as number, operator === "+" ? (right as number) : -(right as number));
}

function isInterval(type: DataType): boolean {
  return type.kind === "interval_ym" || type.kind === "interval_dt" || type.kind === "calendar_interval";
}

/** Dates wrap at 32 bits as Java's ints do. */
function addDays(days: number, count: number): number {
  return (days + count) | 0;
}

/** Timestamps are subtracted as local times, so that a day with a change of clocks is still one day. */
function difference(left: Value, right: Value, type: DataType, call: ScalarCall): Value {
  switch (type.kind) {
    case "date":
      return BigInt((left as number) - (right as number)) * MICROS_PER_DAY;
    case "time":
      return ((left as bigint) - (right as bigint)) / 1000n;
    case "timestamp": {
      const zone = timeZone(call.timeZone);
      return toLocalMicros(left as bigint, zone) - toLocalMicros(right as bigint, zone);
    }
    default:
      return (left as bigint) - (right as bigint);
  }
}

function addIntervals(left: Value, right: Value, type: DataType, sign: 1 | -1, call: ScalarCall): Value {
  const tryName = sign === 1 ? "try_add" : "try_subtract";
  switch (type.kind) {
    case "interval_ym": {
      const months = (left as number) + sign * (right as number);
      if (months !== (months | 0)) throw intervalOverflow(tryName, call.span);
      return months;
    }
    case "interval_dt": {
      const micros = (left as bigint) + BigInt(sign) * (right as bigint);
      if (BigInt.asIntN(64, micros) !== micros) throw intervalOverflow(tryName, call.span);
      return micros;
    }
    default: {
      const a = left as CalendarInterval;
      const b = right as CalendarInterval;
      const months = a.months + sign * b.months;
      const days = a.days + sign * b.days;
      const micros = a.micros + BigInt(sign) * b.micros;
      if (months !== (months | 0) || days !== (days | 0) || BigInt.asIntN(64, micros) !== micros) {
        if (call.mode === "legacy") return { months: months | 0, days: days | 0, micros: BigInt.asIntN(64, micros) };
        throw intervalOverflow(tryName, call.span);
      }
      return { months, days, micros };
    }
  }
}

function parts(interval: Value, type: DataType, sign: 1 | -1): CalendarInterval {
  switch (type.kind) {
    case "interval_ym":
      return { months: sign * (interval as number), days: 0, micros: 0n };
    case "interval_dt":
      return { months: 0, days: 0, micros: BigInt(sign) * (interval as bigint) };
    default: {
      const { months, days, micros } = interval as CalendarInterval;
      return { months: sign * months, days: sign * days, micros: BigInt(sign) * micros };
    }
  }
}

/** Months and days move the local date, microseconds the instant. */
function shiftBy(value: Value, type: DataType, interval: Value, intervalType: DataType, sign: 1 | -1, call: ScalarCall): Value {
  const by = parts(interval, intervalType, sign);
  switch (type.kind) {
    case "date":
      return shiftDate(value as number, by, intervalType, call);
    case "time": {
      const nanos = (value as bigint) + by.micros * 1000n;
      if (nanos < 0n || nanos >= NANOS_PER_DAY) throw datetimeOverflow(`add an interval to the time value`, call.span);
      return nanos;
    }
    case "timestamp": {
      if (by.months === 0 && by.days === 0) return inRange((value as bigint) + by.micros, call);
      const zone = timeZone(call.timeZone);
      return inRange(toInstantMicros(shiftLocal(toLocalMicros(value as bigint, zone), by), zone) + by.micros, call);
    }
    case "timestamp_ntz":
      return inRange(shiftLocal(value as bigint, by) + by.micros, call);
    default:
      throw new InternalError(`an interval is added to ${type.kind}`);
  }
}

/** Local microseconds moved by an interval's months and days. */
export function shiftLocal(local: bigint, by: CalendarInterval): bigint {
  const day = dayOfMicros(local);
  return local + BigInt(addMonths(day, by.months) + by.days - day) * MICROS_PER_DAY;
}

function inRange(micros: bigint, call: ScalarCall): bigint {
  if (BigInt.asIntN(64, micros) !== micros) throw datetimeOverflow("add an interval to a timestamp", call.span);
  return micros;
}

function shiftDate(days: number, by: CalendarInterval, intervalType: DataType, call: ScalarCall): Value {
  if (intervalType.kind === "interval_dt") return addDays(days, Number(by.micros / MICROS_PER_DAY));
  const moved = addMonths(days, by.months) + by.days;
  if (by.micros === 0n) return moved;
  if (call.mode === "legacy") return moved + Number(by.micros / MICROS_PER_DAY);
  return failure(call, () => dataError("INVALID_INTERVAL_WITH_MICROSECONDS_ADDITION", "22006", "Hours, minutes and seconds cannot be added to a date: cast it to a timestamp first.", { ansiConfig: '"spark.sql.ansi.enabled"' }, call));
}
