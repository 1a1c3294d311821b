import type { CallExpr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import { isIntegral } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { f64, i32, i64 } from "../wasm/instructions.ts";
import { floorDiv64, floorMod64 } from "./civil.ts";
import { retyped, truncateDays } from "./date-functions.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { failInEveryMode } from "./failure.ts";
import type { FunctionEmitter, FunctionEmitters } from "./function-emitter.ts";
import { oneLane } from "./null-flags.ts";
import { toInstant, toInstantNear, toLocal } from "./time-zones.ts";

export const MICROS_PER_SECOND = 1_000_000n;
export const MICROS_PER_DAY = 86_400_000_000n;
const MICROS_PER_MINUTE = 60_000_000n;
const MICROS_PER_HOUR = 3_600_000_000n;

/** i64: microseconds of the local calendar of a timestamp of either kind, or of the day of a TIME. */
function localMicros(value: EmittedValue, ctx: EmitContext): Val {
  const [lane] = value.lanes;
  switch (value.type.kind) {
    case "timestamp":
      return toLocal(lane, ctx);
    case "time":
      return ctx.f.reusable(i64.divS(lane, i64.const(1000n)));
    default:
      return lane;
  }
}

function isClock(call: CallExpr): boolean {
  return ["timestamp", "timestamp_ntz", "time"].includes(typeOf(call.args[0]).kind);
}

function clockField(unit: bigint, modulo: bigint | undefined): FunctionEmitter {
  return {
    accepts: isClock,
    cost: 15,
    emit: ([value], call, ctx) => {
      const { f } = ctx;
      const ofDay = floorMod64(f, localMicros(value, ctx), MICROS_PER_DAY);
      const units = i32.wrapI64(i64.divU(ofDay, i64.const(unit)));
      const field = modulo === undefined ? units : i32.remU(units, i32.const(Number(modulo)));
      return { ...oneLane(f, call.type, field, value.isNull), range: { min: 0n, max: 59n } };
    },
  };
}

const CLOCK_UNITS: Readonly<Record<string, bigint>> = { microsecond: 1n, millisecond: 1000n, second: MICROS_PER_SECOND, minute: MICROS_PER_MINUTE, hour: MICROS_PER_HOUR, day: MICROS_PER_DAY, dd: MICROS_PER_DAY };
const DAY_UNITS: readonly string[] = ["week", "month", "mon", "mm", "quarter", "year", "yyyy", "yy"];

function truncationUnit(call: CallExpr): string | undefined {
  const [unit] = call.args;
  if (unit.kind !== "literal" || typeof unit.value !== "string") return undefined;
  const name = unit.value.toLowerCase();
  return Object.hasOwn(CLOCK_UNITS, name) || DAY_UNITS.includes(name) ? name : undefined;
}

function truncateMicros(local: Val, unit: string, ctx: EmitContext): Val {
  const { f } = ctx;
  const size = Object.hasOwn(CLOCK_UNITS, unit) ? CLOCK_UNITS[unit] : undefined;
  if (size !== undefined) return f.reusable(i64.mul(floorDiv64(local, size), i64.const(size)));
  const days = f.reusable(i32.wrapI64(floorDiv64(local, MICROS_PER_DAY)));
  return f.reusable(i64.mul(i64.extendI32S(truncateDays(days, unit, ctx) ?? days), i64.const(MICROS_PER_DAY)));
}

/** Microseconds of an integer number of units, or DATETIME_OVERFLOW. */
function fromUnits(unit: bigint): FunctionEmitter {
  return {
    accepts: (call) => isIntegral(typeOf(call.args[0])),
    raises: (call) => call.mode !== "try" && unit !== 1n,
    emit: ([value], call, ctx) => {
      const { f } = ctx;
      const [lane] = value.lanes;
      const amount = lane.type === "i64" ? lane : f.reusable(i64.extendI32S(lane));
      if (unit === 1n) return { type: call.type, lanes: [amount], isNull: value.isNull };
      const micros = f.reusable(i64.mul(amount, i64.const(unit)));
      if (lane.type === "i32") return { type: call.type, lanes: [micros], isNull: value.isNull };
      const failed = i64.ne(i64.divS(micros, i64.const(unit)), amount);
          return { type: call.type, lanes: [micros], isNull: failInEveryMode(ctx, call, failed, value.isNull, [value]) };
    },
  };
}

function toUnits(unit: bigint): FunctionEmitter {
  return { accepts: (call) => typeOf(call.args[0]).kind === "timestamp", emit: ([value], call, ctx) => oneLane(ctx.f, call.type, floorDiv64(value.lanes[0], unit), value.isNull) };
}

export const timestampFunctionEmitters: FunctionEmitters = {
  "hour": clockField(MICROS_PER_HOUR, undefined),
  "minute": clockField(MICROS_PER_MINUTE, 60n),
  "second": clockField(MICROS_PER_SECOND, 60n),
  "second_with_fraction": {
    accepts: isClock,
    cost: 15,
    emit: ([value], call, ctx) => ({
      ...oneLane(ctx.f, call.type, floorMod64(ctx.f, localMicros(value, ctx), MICROS_PER_MINUTE), value.isNull),
      range: { min: 0n, max: MICROS_PER_MINUTE },
    }),
  },
  "date_trunc": {
    accepts: (call) => truncationUnit(call) !== undefined && ["timestamp", "timestamp_ntz"].includes(call.type.kind),
    cost: 25,
    emit: ([, value], call, ctx) => {
      // Offsets are whole seconds: up to there the instant itself is cut, and clocks that go back do not matter.
      const size = CLOCK_UNITS[truncationUnit(call) ?? ""];
      if (size !== undefined && size <= MICROS_PER_SECOND) return { type: call.type, lanes: [truncateMicros(value.lanes[0], truncationUnit(call) ?? "", ctx)], isNull: value.isNull };
      const before = localMicros(value, ctx);
      const local = truncateMicros(before, truncationUnit(call) ?? "", ctx);
      if (call.type.kind !== "timestamp") return { type: call.type, lanes: [local], isNull: value.isNull };
      const instant = size === undefined ? toInstant(local, ctx) : toInstantNear(local, ctx.f.reusable(i64.sub(value.lanes[0], i64.sub(before, local))), ctx);
      return { type: call.type, lanes: [instant], isNull: value.isNull };
    },
  },
  "timestamp_seconds": fromUnits(MICROS_PER_SECOND),
  "timestamp_millis": fromUnits(1000n),
  "timestamp_micros": fromUnits(1n),
  "unix_seconds": toUnits(MICROS_PER_SECOND),
  "unix_millis": toUnits(1000n),
  "unix_micros": { accepts: (call) => typeOf(call.args[0]).kind === "timestamp", cost: 0, emit: ([value], call) => retyped(value, call) },
};

/** i32: the local date of a timestamp of either kind. */
export function dateOfTimestamp(value: EmittedValue, ctx: EmitContext): Val {
  return i32.wrapI64(floorDiv64(localMicros(value, ctx), MICROS_PER_DAY));
}

/** f64: seconds since the epoch. */
export function secondsAsDouble(value: EmittedValue): Val {
  return f64.div(f64.convertI64S(value.lanes[0]), f64.const(1e6));
}
