import type { Expr } from "../../../catalog/expression.ts";
import { columnExpr } from "../../../catalog/expression.ts";
import { arithmeticOverflow } from "../../../catalog/runtime-errors.ts";
import type { DataType } from "../../../catalog/types.ts";
import { decimal, DOUBLE } from "../../../catalog/types.ts";
import type { EmittedValue } from "../../emit/emitted-value.ts";
import { emitExpr } from "../../emit/expression.ts";
import type { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import { get, i32, i64 } from "../../wasm/instructions.ts";
import type { AggregateResult } from "./aggregate-plan.ts";

/** The value of an aggregate call, from the states of a complete group whose columns are bound. */
export function emitAggregateResult(emitter: SegmentEmitter, result: AggregateResult): EmittedValue {
  switch (result.kind) {
    case "state":
      return { ...emitter.column(result.state.id), type: result.column.type };
    case "sum":
      return result.column.type.kind === "long" ? longSum(emitter, result) : emitExpr(decimalSum(result), emitter);
    case "average":
      return emitExpr(average(result), emitter);
    case "expression":
      return emitExpr(result.value, emitter);
  }
}

/** A 128-bit sum of bigints as bigint. Spark raises on overflow in ANSI mode, wraps without, gives NULL for try_sum. */
function longSum(emitter: SegmentEmitter, result: Extract<AggregateResult, { kind: "sum" }>): EmittedValue {
  const { f } = emitter;
  const value = emitter.column(result.sum.id);
  const [low, high] = value.lanes;
  const type = result.column.type;
  if (result.call.mode === "legacy") return { type, lanes: [low], isNull: value.isNull };
  const fits = i64.eq(high, i64.shrS(low, i64.const(63n)));
  const overflow = f.let(value.isNull === undefined ? i32.eqz(fits) : i32.and(i32.eqz(fits), i32.eqz(value.isNull)));
  if (result.call.mode === "try") return { type, lanes: [low], isNull: get(f.let(value.isNull ? i32.or(value.isNull, get(overflow)) : get(overflow))) };
  f.if(get(overflow), () => emitter.raise({ operands: [], toError: () => arithmeticOverflow("try_sum", result.call.span) }, []));
  return { type, lanes: [low], isNull: value.isNull };
}

function decimalSum({ sum, column, call }: Extract<AggregateResult, { kind: "sum" }>): Expr {
  return castTo(columnExpr(sum), column.type, call.mode);
}

/** sum / count; of decimals decimal(p + 10, s) / decimal(20, 0), rounded once, to the result's type. Source: Spark's `DecimalDivideWithOverflowCheck`. */
function average({ sum, count, column, call }: Extract<AggregateResult, { kind: "average" }>): Expr {
  const total = columnExpr(sum);
  const isEmpty: Expr = { kind: "call", name: "=", args: [columnExpr(count), { kind: "literal", type: count.type, value: 0n }], type: { kind: "boolean" }, nullable: false, mode: call.mode };
  const quotient = column.type.kind === "decimal" ? decimalQuotient(total, columnExpr(count), column.type, call.args[0], call.mode) : doubleQuotient(total, columnExpr(count));
  return {
    kind: "case",
    branches: [{ when: isEmpty, then: { kind: "literal", type: column.type, value: null } }],
    otherwise: quotient,
    type: column.type,
    nullable: true,
  };
}

function doubleQuotient(sum: Expr, count: Expr): Expr {
  const divisor = castTo(count, DOUBLE, "legacy");
  return { kind: "call", name: "/", args: [sum, divisor], type: DOUBLE, nullable: true, mode: "legacy" };
}

function decimalQuotient(sum: Expr, count: Expr, type: DataType, arg: Expr, mode: "ansi" | "legacy" | "try"): Expr {
  const input = arg.kind === "lambda" || arg.kind === "in" ? undefined : arg.type;
  const precision = input?.kind === "decimal" ? Math.min(38, input.precision + 10) : 38;
  const scale = input?.kind === "decimal" ? input.scale : 0;
  const dividend = castTo(sum, decimal(precision, scale), mode);
  const divisor = castTo(count, decimal(20, 0), mode);
  return { kind: "call", name: "/", args: [dividend, divisor], type, nullable: true, mode };
}

function castTo(input: Expr, type: DataType, mode: "ansi" | "legacy" | "try"): Expr {
  return { kind: "cast", input, type, nullable: true, mode };
}
