import type { CastExpr } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { isIntegral } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { i64, select } from "../wasm/instructions.ts";
import { floorDiv64 } from "./civil.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { oneLane } from "./null-flags.ts";
import { toInstant, toLocal } from "./time-zones.ts";
import { dateOfTimestamp, MICROS_PER_DAY, MICROS_PER_SECOND, secondsAsDouble } from "./timestamp-functions.ts";
import { INT64_RANGE } from "./value-range.ts";

type CastEmitter = (input: EmittedValue, cast: CastExpr, ctx: EmitContext) => EmittedValue;

function oneLaneCast(emit: (input: EmittedValue, ctx: EmitContext) => Val): CastEmitter {
  return (input, cast, ctx) => oneLane(ctx.f, cast.type, emit(input, ctx), input.isNull);
}

function midnight(input: EmittedValue, ctx: EmitContext): Val {
  return ctx.f.reusable(i64.mul(i64.extendI32S(input.lanes[0]), i64.const(MICROS_PER_DAY)));
}

/** Seconds since the epoch; what leaves 64 bits stays at their end. */
function fromSeconds(input: EmittedValue, ctx: EmitContext): Val {
  const { f } = ctx;
  const [lane] = input.lanes;
  if (lane.type === "i32") return i64.mul(i64.extendI32S(lane), i64.const(MICROS_PER_SECOND));
  const limit = INT64_RANGE.max / MICROS_PER_SECOND;
  const high = select(i64.gtS(lane, i64.const(limit)), i64.const(INT64_RANGE.max), f.reusable(i64.mul(lane, i64.const(MICROS_PER_SECOND))));
  return select(i64.ltS(lane, i64.const(-limit)), i64.const(INT64_RANGE.min), high);
}

/** Casts among dates, timestamps and the numbers that stand for them. */
export function temporalCast(from: DataType, to: DataType): CastEmitter | undefined {
  switch (`${from.kind} ${to.kind}`) {
    case "timestamp date":
    case "timestamp_ntz date":
      return oneLaneCast(dateOfTimestamp);
    case "timestamp_ntz timestamp":
      return oneLaneCast((input, ctx) => toInstant(input.lanes[0], ctx));
    case "timestamp timestamp_ntz":
      return oneLaneCast((input, ctx) => toLocal(input.lanes[0], ctx));
    case "date timestamp":
      return oneLaneCast((input, ctx) => toInstant(midnight(input, ctx), ctx));
    case "date timestamp_ntz":
      return oneLaneCast(midnight);
    case "timestamp long":
      return oneLaneCast((input) => floorDiv64(input.lanes[0], MICROS_PER_SECOND));
    case "timestamp double":
      return oneLaneCast(secondsAsDouble);
  }
  if (isIntegral(from) && to.kind === "timestamp") return oneLaneCast(fromSeconds);
  return undefined;
}
