import type { PhysicalSample } from "../../planner/physical.ts";
import type { SegmentEmitter } from "../pipeline/segment-emitter.ts";
import { HEADER } from "../pipeline/state-layout.ts";
import type { Label } from "../wasm/function-builder.ts";
import { f64, get, i32, i64 } from "../wasm/instructions.ts";

const MIX_1 = -0x40a7b892e31b1a47n;
const MIX_2 = -0x6b2fb644ecceee15n;
const GOLDEN = -0x61c8864680b583ebn;

/**
 * TABLESAMPLE: keeps the row if a number in [0, 1) made from seed, morsel and position falls in [lower, upper). The same rows for the same seed,
 * whichever worker reads them. Source of the mixing: splitmix64.
 */
export function emitSample(emitter: SegmentEmitter, node: PhysicalSample, skip: Label): void {
  const { f } = emitter;
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, node.seed, true);
  view.setFloat64(8, node.lower, true);
  view.setFloat64(16, node.upper, true);
  const at = emitter.parts.state.constant(bytes);
  const block = get(emitter.state);
  const row = i64.or(i64.shl(i64.load32u(block, HEADER.morsel), i64.const(32n)), i64.extendI32U(get(emitter.position)));
  const x = f.let(i64.add(i64.load(block, at), i64.mul(row, i64.const(GOLDEN))));
  f.set(x, i64.mul(i64.xor(get(x), i64.shrU(get(x), i64.const(30n))), i64.const(MIX_1)));
  f.set(x, i64.mul(i64.xor(get(x), i64.shrU(get(x), i64.const(27n))), i64.const(MIX_2)));
  f.set(x, i64.xor(get(x), i64.shrU(get(x), i64.const(31n))));
  const uniform = f.let(f64.mul(f64.convertI64U(i64.shrU(get(x), i64.const(11n))), f64.const(2 ** -53)));
  f.brIf(skip, i32.or(f64.lt(get(uniform), f64.load(block, at + 8)), f64.ge(get(uniform), f64.load(block, at + 16))));
}
