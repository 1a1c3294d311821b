import type { Expr } from "../../../catalog/expression.ts";
import type { EmittedValue } from "../../emit/emitted-value.ts";
import { canEmit, emitCondition, emitExpr } from "../../emit/expression.ts";
import type { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { Val } from "../../wasm/instructions.ts";
import { i32 } from "../../wasm/instructions.ts";

/** Conditions over both sides of a join. What has no compiled form is interpreted for each pair. */

/** i32: 1 where the condition is TRUE. */
export function emitJoinCondition(condition: Expr, emitter: SegmentEmitter): Val {
  if (canEmit(condition)) return emitCondition(condition, emitter);
  const { lanes, isNull } = emitter.interpreted(condition);
  return isNull === undefined ? lanes[0] : i32.and(lanes[0], i32.eqz(isNull));
}

/** The condition's value, NULL told apart from FALSE. */
export function emitJoinValue(condition: Expr, emitter: SegmentEmitter): EmittedValue {
  return canEmit(condition) ? emitExpr(condition, emitter) : emitter.interpreted(condition);
}
