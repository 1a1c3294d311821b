import type { CallExpr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { i32, i64 } from "../wasm/instructions.ts";
import { floorDiv64 } from "./civil.ts";
import { addMonths } from "./date-functions.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { failInEveryMode } from "./failure.ts";
import { anyNull, oneLane } from "./null-flags.ts";
import { toInstant, toLocal } from "./time-zones.ts";
import { MICROS_PER_DAY } from "./timestamp-functions.ts";

function isInterval(type: DataType): boolean {
  return type.kind === "interval_ym" || type.kind === "interval_dt";
}

function isTimestamp(type: DataType): boolean {
  return type.kind === "timestamp" || type.kind === "timestamp_ntz";
}

function isDayCount(type: DataType): boolean {
  return type.kind === "byte" || type.kind === "short" || type.kind === "int";
}

/** `+` and `-` over dates, timestamps and intervals other than calendar intervals. */
export function acceptsTemporal(call: CallExpr): boolean {
  const [left, right] = call.args.map(typeOf);
  if (isInterval(left) && isInterval(right)) return left.kind === right.kind;
  if (isInterval(right)) return left.kind === "date" || isTimestamp(left);
  if (call.name === "+") return (isInterval(left) && (right.kind === "date" || isTimestamp(right))) || (left.kind === "date" && isDayCount(right)) || (isDayCount(left) && right.kind === "date");
  return (left.kind === "date" && (right.kind === "date" || isDayCount(right))) || (isTimestamp(left) && left.kind === right.kind);
}

/** Moving a date never raises; the others can leave their type. */
export function temporalRaises(call: CallExpr): boolean {
  return call.mode !== "try" && call.type.kind !== "date" && !(typeOf(call.args[0]).kind === "date" && typeOf(call.args[1]).kind === "date");
}

export function emitTemporal(operator: "+" | "-", [left, right]: readonly EmittedValue[], call: CallExpr, ctx: EmitContext): EmittedValue {
  const isNull = anyNull(ctx.f, [left, right]);
  if (isInterval(left.type) && isInterval(right.type)) return addIntervals(operator, left, right, isNull, call, ctx);
  if (isInterval(left.type)) return shift("+", right, left, isNull, [left, right], call, ctx);
  if (isInterval(right.type)) return shift(operator, left, right, isNull, [left, right], call, ctx);
  if (right.type.kind === "date" && left.type.kind !== "date") return oneLane(ctx.f, call.type, i32.add(left.lanes[0], right.lanes[0]), isNull);
  if (left.type.kind === "date" && right.type.kind === "date") {
    const days = i64.sub(i64.extendI32S(left.lanes[0]), i64.extendI32S(right.lanes[0]));
    return oneLane(ctx.f, call.type, i64.mul(days, i64.const(MICROS_PER_DAY)), isNull);
  }
  if (left.type.kind === "date") return oneLane(ctx.f, call.type, i32[operator === "+" ? "add" : "sub"](left.lanes[0], right.lanes[0]), isNull);
  const local = (value: EmittedValue): Val => (value.type.kind === "timestamp" ? toLocal(value.lanes[0], ctx) : value.lanes[0]);
  return oneLane(ctx.f, call.type, i64.sub(local(left), local(right)), isNull);
}

/** The sum or difference of two i64, and whether it left 64 bits. */
function checked(operator: "+" | "-", a: Val, b: Val, ctx: EmitContext): { result: Val; failed: Val } {
  const result = ctx.f.reusable(operator === "+" ? i64.add(a, b) : i64.sub(a, b));
  const signs = operator === "+" ? i64.and(i64.xor(a, result), i64.xor(b, result)) : i64.and(i64.xor(a, b), i64.xor(a, result));
  return { result, failed: i64.ltS(signs, i64.const(0n)) };
}

function addIntervals(operator: "+" | "-", left: EmittedValue, right: EmittedValue, isNull: Val | undefined, call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  if (left.type.kind === "interval_dt") {
    const { result, failed } = checked(operator, left.lanes[0], right.lanes[0], ctx);
    return { type: call.type, lanes: [result], isNull: failInEveryMode(ctx, call, failed, isNull, [left, right]) };
  }
  const wide = (value: EmittedValue): Val => i64.extendI32S(value.lanes[0]);
  const exact = f.reusable(operator === "+" ? i64.add(wide(left), wide(right)) : i64.sub(wide(left), wide(right)));
  const result = f.reusable(i32.wrapI64(exact));
  return { type: call.type, lanes: [result], isNull: failInEveryMode(ctx, call, i64.ne(i64.extendI32S(result), exact), isNull, [left, right]) };
}

/** Months move the local date, microseconds the instant. `operands` in the order of the call, for the error. */
function shift(operator: "+" | "-", value: EmittedValue, interval: EmittedValue, isNull: Val | undefined, operands: readonly EmittedValue[], call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const [by] = interval.lanes;
  const months = (): Val => (operator === "+" ? by : f.reusable(i32.sub(i32.const(0), by)));
  if (value.type.kind === "date") {
    if (interval.type.kind === "interval_ym") return oneLane(f, call.type, addMonths(value.lanes[0], months(), ctx), isNull);
    const days = i32.wrapI64(i64.divS(by, i64.const(MICROS_PER_DAY)));
    return oneLane(f, call.type, i32[operator === "+" ? "add" : "sub"](value.lanes[0], days), isNull);
  }
  if (interval.type.kind === "interval_dt") {
    const { result, failed } = checked(operator, value.lanes[0], by, ctx);
    return { type: call.type, lanes: [result], isNull: failInEveryMode(ctx, call, failed, isNull, operands) };
  }
  const zoned = value.type.kind === "timestamp";
  const local = zoned ? toLocal(value.lanes[0], ctx) : value.lanes[0];
  const day = f.reusable(i32.wrapI64(floorDiv64(local, MICROS_PER_DAY)));
  const moved = i64.sub(i64.extendI32S(addMonths(day, months(), ctx)), i64.extendI32S(day));
  const days = f.reusable(moved);
  const { result, failed } = checked("+", local, f.reusable(i64.mul(days, i64.const(MICROS_PER_DAY))), ctx);
  const tooFar = i64.gtU(i64.add(days, i64.const(100_000_000n)), i64.const(200_000_000n));
  const nullFlag = failInEveryMode(ctx, call, f.reusable(i32.or(failed, tooFar)), isNull, operands);
  return { type: call.type, lanes: [zoned ? toInstant(result, ctx) : result], isNull: nullFlag };
}
