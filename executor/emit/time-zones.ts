import type { Val } from "../wasm/instructions.ts";
import { get, i32, i64 } from "../wasm/instructions.ts";
import { floorDiv64 } from "./civil.ts";
import type { EmitContext } from "./emit-context.ts";
import { zoneOffsets } from "./zone-table.ts";

const MICROS = 1_000_000n;
/** What the kernels give outside of their table. */
const UNKNOWN = -(2 ** 31);

function offsetMicros(ctx: EmitContext, micros: Val, direction: "zone_offset" | "zone_local_offset"): Val {
  const { f } = ctx;
  const offsets = zoneOffsets(ctx.timeZone);
  if (offsets.kind === "fixed") return i64.const(BigInt(offsets.seconds) * MICROS);
  const seconds = f.reusable(floorDiv64(micros, MICROS));
  const offset = f.let(f.call(ctx.kernel(direction), [get(ctx.constantBytes(offsets.bytes)), seconds]));
  const name = new TextEncoder().encode(ctx.timeZone);
  const address = get(ctx.constantBytes(name));
  f.if(i32.eq(get(offset), i32.const(UNKNOWN)), () => f.set(offset, f.call(ctx.kernel(`${direction}_by_name`), [address, i32.const(name.length), seconds])));
  return i64.mul(i64.extendI32S(get(offset)), i64.const(MICROS));
}

/** i64: microseconds of the session's local calendar at an instant; `instant` safe to read twice, so is the result. */
export function toLocal(instant: Val, ctx: EmitContext): Val {
  return ctx.f.reusable(i64.add(instant, offsetMicros(ctx, instant, "zone_offset")));
}

/** i64: the instant of a local time: the earlier one where clocks go back, moved on by the gap where they go forward. */
export function toInstant(local: Val, ctx: EmitContext): Val {
  return ctx.f.reusable(i64.sub(local, offsetMicros(ctx, local, "zone_local_offset")));
}

/** i64: `near` if the clock shows the local time there, else as `toInstant`: of two instants with one clock, that with the offset which holds already. */
export function toInstantNear(local: Val, near: Val, ctx: EmitContext): Val {
  if (zoneOffsets(ctx.timeZone).kind === "fixed") return near;
  const { f } = ctx;
  const instant = f.let(near);
  f.if(i64.ne(toLocal(near, ctx), local), () => f.set(instant, toInstant(local, ctx)));
  return get(instant);
}
