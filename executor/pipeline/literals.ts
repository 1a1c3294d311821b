import type { LiteralExpr } from "../../catalog/expression.ts";
import { encodeValue } from "../nested/encoding.ts";
import type { EmittedValue } from "../emit/emitted-value.ts";
import { laneKind } from "../emit/emitted-value.ts";
import type { Val } from "../wasm/instructions.ts";
import { f32, f64, get, i32, i64 } from "../wasm/instructions.ts";
import type { SegmentEmitter } from "./segment-emitter.ts";

/**
 * Literals live in the state block, so that two queries that differ in them share a module. NULL and booleans are part of the code's meaning
 * and stay in it.
 */
export function literalValue(emitter: SegmentEmitter, literal: LiteralExpr): EmittedValue {
  const { type, value } = literal;
  const kind = laneKind(type);
  if (value === null) return { type, lanes: zeroLanes(kind), isNull: i32.const(1) };
  if (typeof value === "boolean") return { type, lanes: [i32.const(value ? 1 : 0)], isNull: undefined };
  const { state } = emitter.parts;
  if (kind === "bytes") {
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value instanceof Uint8Array ? value : encodeValue(type, value);
    const address = emitter.constantBytes(bytes);
    const length = state.constant(new Uint8Array(new Int32Array([bytes.length]).buffer));
    return { type, lanes: [get(address), get(emitter.stateWord(length))], isNull: undefined };
  }
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  let words = 1;
  let load: (offset: number) => Val;
  switch (kind) {
    case "i32":
      view.setInt32(0, Number(value), true);
      load = (o) => i32.load(get(emitter.state), o);
      break;
    case "i64":
      view.setBigInt64(0, BigInt(value as bigint | number), true);
      load = (o) => i64.load(get(emitter.state), o);
      break;
    case "f32":
      view.setFloat32(0, Number(value), true);
      load = (o) => f32.load(get(emitter.state), o);
      break;
    case "f64":
      view.setFloat64(0, Number(value), true);
      load = (o) => f64.load(get(emitter.state), o);
      break;
    case "i128": {
      const [low, high] = wideLanes(literal);
      view.setBigInt64(0, low, true);
      view.setBigInt64(8, high, true);
      words = 2;
      load = (o) => i64.load(get(emitter.state), o);
      break;
    }
  }
  const size = kind === "i32" || kind === "f32" ? 4 : 8;
  const offset = state.constant(bytes.slice(0, size * words));
  const lanes = Array.from({ length: words }, (_, i) =>
    get(emitter.hoistedOnce(`literal ${kind} ${offset + 8 * i}`, () => load(offset + 8 * i))),
  );
  return { type, lanes, isNull: undefined };
}

function wideLanes({ type, value }: LiteralExpr): readonly [bigint, bigint] {
  if (type.kind === "calendar_interval") {
    const interval = value as { months: number; days: number; micros: bigint };
    return [BigInt.asIntN(64, (BigInt(interval.days) << 32n) | BigInt.asUintN(32, BigInt(interval.months))), interval.micros];
  }
  const wide = value as bigint;
  return [BigInt.asIntN(64, wide), BigInt.asIntN(64, wide >> 64n)];
}

export function zeroLanes(kind: ReturnType<typeof laneKind>): readonly Val[] {
  switch (kind) {
    case "i32":
      return [i32.const(0)];
    case "i64":
      return [i64.const(0n)];
    case "f32":
      return [f32.const(0)];
    case "f64":
      return [f64.const(0)];
    case "i128":
      return [i64.const(0n), i64.const(0n)];
    case "bytes":
      return [i32.const(0), i32.const(0)];
  }
}
