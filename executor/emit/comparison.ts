import type { CallExpr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { BOOLEAN } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { f32, f64, i32, i64 } from "../wasm/instructions.ts";
import { bytesEqual, bytesOrder, equalByBytes } from "./bytes-comparison.ts";
import { asInt128 } from "./decimal-arithmetic.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { laneKind } from "./emitted-value.ts";
import type { FunctionEmitter, FunctionEmitters } from "./function-emitter.ts";
import { equal128, less128 } from "./int128.ts";
import { anyNull, oneLane } from "./null-flags.ts";
import { textEqual } from "./text-predicates.ts";
import { fitsInt64, rangeOf } from "./value-range.ts";

export type Comparison = "=" | "<>" | "<" | "<=" | ">" | ">=";

/** Whether comparisons of the type have code: all but calendar intervals, which have no order, and maps. */
export function comparesByLanes(type: DataType): boolean {
  return type.kind !== "calendar_interval" && type.kind !== "map" && type.kind !== "variant";
}

const INTEGER_OPERATORS = { "=": "eq", "<>": "ne", "<": "ltS", "<=": "leS", ">": "gtS", ">=": "geS" } as const;

/** i32: a (operator) b for two values that are not NULL, of one type. Once evaluated or through a local: may hold calls. */
export function compareValues(operator: Comparison, a: EmittedValue, b: EmittedValue, ctx: EmitContext): Val {
  const kind = laneKind(a.type);
  switch (kind) {
    case "i32":
      return i32[INTEGER_OPERATORS[operator]](a.lanes[0], b.lanes[0]);
    case "i64":
      return i64[INTEGER_OPERATORS[operator]](a.lanes[0], b.lanes[0]);
    case "f32":
      return compareFloats(operator, a.lanes[0], b.lanes[0], f32);
    case "f64":
      return compareFloats(operator, a.lanes[0], b.lanes[0], f64);
    case "i128":
      return compareWide(operator, a, b);
    case "bytes":
      if (operator === "=") return bytesEqual(a, b, ctx);
      if (operator === "<>") return i32.eqz(bytesEqual(a, b, ctx));
      return i32[INTEGER_OPERATORS[operator]](bytesOrder(a, b, ctx), i32.const(0));
  }
}

/** NaN equals NaN and is above every other number; -0.0 equals 0.0. */
function compareFloats(operator: Comparison, a: Val, b: Val, lane: typeof f32 | typeof f64): Val {
  const isNaN = (value: Val): Val => lane.ne(value, value);
  const atLeast = (x: Val, y: Val): Val => i32.or(lane.ge(x, y), isNaN(x));
  switch (operator) {
    case "=":
      return i32.or(lane.eq(a, b), i32.and(isNaN(a), isNaN(b)));
    case "<>":
      return i32.eqz(compareFloats("=", a, b, lane));
    case ">=":
      return atLeast(a, b);
    case "<=":
      return atLeast(b, a);
    case "<":
      return i32.eqz(atLeast(a, b));
    case ">":
      return i32.eqz(atLeast(b, a));
  }
}

function compareWide(operator: Comparison, a: EmittedValue, b: EmittedValue): Val {
  if (fitsInt64(rangeOf(a)) && fitsInt64(rangeOf(b))) return i64[INTEGER_OPERATORS[operator]](a.lanes[0], b.lanes[0]);
  const x = asInt128(a);
  const y = asInt128(b);
  switch (operator) {
    case "=":
      return equal128(x, y);
    case "<>":
      return i32.eqz(equal128(x, y));
    case "<":
      return less128(x, y);
    case ">":
      return less128(y, x);
    case "<=":
      return i32.eqz(less128(y, x));
    case ">=":
      return i32.eqz(less128(x, y));
  }
}

/** Bytes of NULL rows may be compared too: reading them is safe. */
function comparison(operator: Comparison): FunctionEmitter {
  return {
    accepts: comparesArguments,
    emit: ([a, b], call, ctx) => {
      const text = laneKind(a.type) === "bytes" && equalByBytes(a.type) && (operator === "=" || operator === "<>");
      const result = text ? compareText(operator, a, b, call, ctx) : compareValues(operator, a, b, ctx);
      return oneLane(ctx.f, BOOLEAN, result, anyNull(ctx.f, [a, b]));
    },
  };
}

function compareText(operator: "=" | "<>", a: EmittedValue, b: EmittedValue, call: CallExpr, ctx: EmitContext): Val {
  const equal = textEqual(a, b, call, ctx);
  return operator === "=" ? equal : i32.eqz(equal);
}

function comparesArguments(call: CallExpr): boolean {
  return call.args.every((arg) => comparesByLanes(typeOf(arg)));
}

/** i32: `<=>`, equal or both NULL. */
export function nullSafeEqual(a: EmittedValue, b: EmittedValue, ctx: EmitContext): Val {
  const equal = compareValues("=", a, b, ctx);
  if (a.isNull === undefined && b.isNull === undefined) return equal;
  if (a.isNull === undefined || b.isNull === undefined) return i32.and(equal, i32.eqz(a.isNull ?? b.isNull ?? i32.const(0)));
  const both = i32.and(a.isNull, b.isNull);
  const neither = i32.eqz(i32.or(a.isNull, b.isNull));
  return i32.or(both, i32.and(equal, neither));
}

export const comparisonEmitters: FunctionEmitters = {
  "=": comparison("="),
  "<>": comparison("<>"),
  "<": comparison("<"),
  "<=": comparison("<="),
  ">": comparison(">"),
  ">=": comparison(">="),
  "<=>": {
    accepts: comparesArguments,
    nullIntolerant: false,
    emit: ([a, b], _call, ctx) => oneLane(ctx.f, BOOLEAN, nullSafeEqual(a, b, ctx), undefined),
  },
};
