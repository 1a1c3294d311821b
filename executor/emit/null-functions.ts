import { typeOf } from "../../catalog/expression.ts";
import { BOOLEAN } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { f32, f64, i32, select } from "../wasm/instructions.ts";
import { falseLane, trueLane } from "./boolean-lanes.ts";
import type { EmittedValue } from "./emitted-value.ts";
import type { FunctionEmitters } from "./function-emitter.ts";
import { FALSE, oneLane, TRUE } from "./null-flags.ts";

/** i32 */
function isNaN(value: EmittedValue): Val {
  const [lane] = value.lanes;
  return lane.type === "f32" ? f32.ne(lane, lane) : f64.ne(lane, lane);
}

function ofFloats(types: readonly string[]): boolean {
  return types.every((kind) => kind === "double" || kind === "float");
}

export const nullFunctionEmitters: FunctionEmitters = {
  "isnull": { accepts: () => true, nullIntolerant: false, cost: 0, emit: ([a]) => ({ type: BOOLEAN, lanes: [a.isNull ?? FALSE], isNull: undefined }) },
  "isnotnull": {
    accepts: () => true,
    nullIntolerant: false,
    cost: 0,
    emit: ([a], _call, ctx) => (a.isNull === undefined ? { type: BOOLEAN, lanes: [TRUE], isNull: undefined } : oneLane(ctx.f, BOOLEAN, i32.eqz(a.isNull), undefined)),
  },
  "istrue": { accepts: () => true, nullIntolerant: false, emit: ([a], _call, ctx) => oneLane(ctx.f, BOOLEAN, trueLane(a), undefined) },
  "isfalse": { accepts: () => true, nullIntolerant: false, emit: ([a], _call, ctx) => oneLane(ctx.f, BOOLEAN, falseLane(a), undefined) },
  "isnan": {
    accepts: (call) => ofFloats(call.args.map((arg) => typeOf(arg).kind)),
    nullIntolerant: false,
    emit: ([a], _call, ctx) => oneLane(ctx.f, BOOLEAN, a.isNull === undefined ? isNaN(a) : i32.and(isNaN(a), i32.eqz(a.isNull)), undefined),
  },
  "nanvl": {
    accepts: (call) => ofFloats(call.args.map((arg) => typeOf(arg).kind)),
    nullIntolerant: false,
    emit: ([a, b], call, ctx) => {
      const { f } = ctx;
      const useOther = f.reusable(isNaN(a));
      const isNull = b.isNull === undefined ? a.isNull : f.reusable(i32.or(a.isNull ?? FALSE, i32.and(useOther, b.isNull)));
      return oneLane(f, call.type, select(useOther, b.lanes[0], a.lanes[0]), isNull);
    },
  },
};
