import type { CallExpr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import { DATE } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { i32, i64, select } from "../wasm/instructions.ts";
import { civilFromDays, daysFromCivil, monthLength, weekday } from "./civil.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue, ValueRange } from "./emitted-value.ts";
import { failWhere } from "./failure.ts";
import type { FunctionEmitter, FunctionEmitters } from "./function-emitter.ts";
import { anyNull, oneLane } from "./null-flags.ts";

function takesDate(call: CallExpr): boolean {
  return typeOf(call.args[0]).kind === "date";
}

function between(min: number, max: number): ValueRange {
  return { min: BigInt(min), max: BigInt(max) };
}

/** A field of a date, within bounds. */
function dateField(range: ValueRange | undefined, emit: (days: Val, ctx: EmitContext) => Val): FunctionEmitter {
  return {
    accepts: takesDate,
    cost: 15,
    emit: ([date], call, ctx) => ({ ...oneLane(ctx.f, call.type, emit(date.lanes[0], ctx), date.isNull), range }),
  };
}

/** The Thursday of the ISO week: its year is the week's. */
function thursday(days: Val): Val {
  return i32.add(i32.sub(days, weekday(days)), i32.const(3));
}

function startOfYear(days: Val, ctx: EmitContext): Val {
  const { f } = ctx;
  return daysFromCivil(f, f.reusable(civilFromDays(f, days).year), i32.const(1), i32.const(1));
}

/** The same day some months on; the last day of the month where there is no such day. */
export function addMonths(days: Val, months: Val, ctx: EmitContext): Val {
  const { f } = ctx;
  const civil = civilFromDays(f, days);
  const total = f.reusable(i64.add(i64.add(i64.mul(i64.extendI32S(civil.year), i64.const(12n)), i64.extendI32S(i32.sub(civil.month, i32.const(1)))), i64.extendI32S(months)));
  const down = select(i64.ltS(total, i64.const(0n)), i64.const(11n), i64.const(0n));
  const year = f.reusable(i32.wrapI64(i64.divS(i64.sub(total, down), i64.const(12n))));
  const month = f.reusable(i32.add(i32.wrapI64(i64.sub(total, i64.mul(i64.extendI32S(year), i64.const(12n)))), i32.const(1)));
  const day = f.reusable(civil.day);
  const longest = f.reusable(monthLength(year, month));
  return daysFromCivil(f, year, month, select(i32.ltS(day, longest), day, longest));
}

/** The start of the unit that the day lies in; undefined for a name that is no unit of days. */
export function truncateDays(days: Val, unit: string, ctx: EmitContext): Val | undefined {
  const { f } = ctx;
  switch (unit) {
    case "year":
    case "yyyy":
    case "yy":
      return startOfYear(days, ctx);
    case "quarter": {
      const civil = civilFromDays(f, days);
      const before = f.reusable(i32.sub(civil.month, i32.const(1)));
      const month = f.reusable(i32.add(i32.mul(i32.divU(before, i32.const(3)), i32.const(3)), i32.const(1)));
      return daysFromCivil(f, f.reusable(civil.year), month, i32.const(1));
    }
    case "month":
    case "mon":
    case "mm":
      return i32.sub(days, i32.sub(civilFromDays(f, days).day, i32.const(1)));
    case "week":
      return i32.sub(days, weekday(days));
    default:
      return undefined;
  }
}

const DATE_UNITS: readonly string[] = ["year", "yyyy", "yy", "quarter", "month", "mon", "mm", "week"];

function literalUnit(call: CallExpr, index: number): string | undefined {
  const arg = call.args[index];
  return arg.kind === "literal" && typeof arg.value === "string" ? arg.value.toLowerCase() : undefined;
}

function moveDays(operator: "add" | "sub"): FunctionEmitter {
  return {
    accepts: (call) => takesDate(call) && ["byte", "short", "int"].includes(typeOf(call.args[1]).kind),
    emit: ([date, days], _call, ctx) => oneLane(ctx.f, DATE, i32[operator](date.lanes[0], days.lanes[0]), anyNull(ctx.f, [date, days])),
  };
}

const DAY_NAMES: readonly string[] = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];

/** Monday is 0; undefined for a name that is no day of the week. */
function literalWeekday(call: CallExpr): number | undefined {
  const name = literalUnit(call, 1)?.trim().toUpperCase();
  const index = DAY_NAMES.findIndex((day) => name === day || name === day.slice(0, 3) || name === day.slice(0, 2));
  return index < 0 ? undefined : index;
}

/** Functions of dates; those of timestamps in the session's zone come with a cast to DATE inside. */
export const dateFunctionEmitters: FunctionEmitters = {
  "year": dateField(between(-5_900_000, 5_900_000), (days, { f }) => civilFromDays(f, days).year),
  "quarter": dateField(between(1, 4), (days, { f }) => i32.divU(i32.add(civilFromDays(f, days).month, i32.const(2)), i32.const(3))),
  "month": dateField(between(1, 12), (days, { f }) => civilFromDays(f, days).month),
  "day": dateField(between(1, 31), (days, { f }) => civilFromDays(f, days).day),
  "dayofweek": dateField(between(1, 7), (days) => i32.add(i32.remU(i32.add(weekday(days), i32.const(1)), i32.const(7)), i32.const(1))),
  "dayofweek_iso": dateField(between(1, 7), (days) => i32.add(weekday(days), i32.const(1))),
  "weekday": dateField(between(0, 6), weekday),
  "dayofyear": dateField(between(1, 366), (days, ctx) => i32.add(i32.sub(days, startOfYear(days, ctx)), i32.const(1))),
  "weekofyear": dateField(between(1, 53), (days, ctx) => {
    const middle = ctx.f.reusable(thursday(days));
    return i32.add(i32.divU(i32.sub(middle, startOfYear(middle, ctx)), i32.const(7)), i32.const(1));
  }),
  "yearofweek": dateField(between(-5_900_000, 5_900_000), (days, { f }) => civilFromDays(f, f.reusable(thursday(days))).year),
  "last_day": dateField(undefined, (days, { f }) => {
    const { year, month, day } = civilFromDays(f, days);
    return i32.add(i32.sub(days, day), monthLength(f.reusable(year), f.reusable(month)));
  }),
  "next_day": {
    accepts: (call) => takesDate(call) && literalWeekday(call) !== undefined,
    emit: ([date], call, ctx) => {
      const [days] = date.lanes;
      const ahead = i32.remU(i32.add(i32.sub(i32.const(literalWeekday(call) ?? 0), weekday(days)), i32.const(6)), i32.const(7));
      return oneLane(ctx.f, DATE, i32.add(i32.add(days, ahead), i32.const(1)), date.isNull);
    },
  },
  "add_months": {
    accepts: (call) => takesDate(call) && typeOf(call.args[1]).kind === "int",
    cost: 30,
    emit: ([date, months], _call, ctx) => oneLane(ctx.f, DATE, addMonths(date.lanes[0], months.lanes[0], ctx), anyNull(ctx.f, [date, months])),
  },
  "date_add": moveDays("add"),
  "date_sub": moveDays("sub"),
  "datediff": {
    accepts: (call) => call.args.every((arg) => typeOf(arg).kind === "date"),
    emit: ([end, start], call, ctx) => oneLane(ctx.f, call.type, i32.sub(end.lanes[0], start.lanes[0]), anyNull(ctx.f, [end, start])),
  },
  "trunc": {
    accepts: (call) => takesDate(call) && DATE_UNITS.includes(literalUnit(call, 1) ?? ""),
    cost: 20,
    emit: ([date], call, ctx) => oneLane(ctx.f, DATE, truncateDays(date.lanes[0], literalUnit(call, 1) ?? "", ctx) ?? date.lanes[0], date.isNull),
  },
  "make_date": {
    accepts: (call) => call.args.every((arg) => typeOf(arg).kind === "int"),
    raises: (call) => call.mode === "ansi",
    cost: 20,
    emit: (args, call, ctx) => {
      const { f } = ctx;
      const [year, month, day] = args.map((arg) => arg.lanes[0]);
      const wrongMonth = f.reusable(i32.gtU(i32.sub(month, i32.const(1)), i32.const(11)));
      const safeMonth = f.reusable(select(wrongMonth, i32.const(1), month));
      const wrongDay = i32.gtU(i32.sub(day, i32.const(1)), i32.sub(monthLength(year, safeMonth), i32.const(1)));
      const isNull = failWhere(ctx, call, f.reusable(i32.or(wrongMonth, wrongDay)), anyNull(f, args), args);
      return oneLane(f, DATE, daysFromCivil(f, year, safeMonth, day), isNull);
    },
  },
  "unix_date": { accepts: takesDate, cost: 0, emit: ([date], call) => retyped(date, call) },
  "date_from_unix_date": { accepts: (call) => typeOf(call.args[0]).kind === "int", cost: 0, emit: ([days], call) => retyped(days, call) },
};

/** The same lanes under the call's type. */
export function retyped(value: EmittedValue, call: CallExpr): EmittedValue {
  return { type: call.type, lanes: value.lanes, isNull: value.isNull, range: value.range };
}
