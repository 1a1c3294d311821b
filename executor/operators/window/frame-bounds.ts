import type { FrameBound, LiteralExpr, WindowFrame } from "../../../catalog/expression.ts";
import { INT } from "../../../catalog/types.ts";
import { compareValues } from "../../emit/comparison.ts";
import type { EmittedValue } from "../../emit/emitted-value.ts";
import { laneKind } from "../../emit/emitted-value.ts";
import type { Int128 } from "../../emit/int128.ts";
import { add128, fromInt64, fromLanes, less128 } from "../../emit/int128.ts";
import { loadField } from "../../pipeline/row-access.ts";
import type { Local, Val } from "../../wasm/instructions.ts";
import { f32, f64, get, i32, i64, select } from "../../wasm/instructions.ts";
import type { OrderField } from "../rows/sort-prefix.ts";
import { offsetDistance } from "./order-key.ts";
import type { PartitionCursor, WindowStep } from "./partition-cursor.ts";

/** The frame of the row at hand: [from, to), within the partition unless it is empty. Neither end ever goes back. */
export interface FrameBounds extends WindowStep {
  readonly from: Local;
  readonly to: Local;
}

export function frameAsksForPeers({ unit, start, end }: WindowFrame): boolean {
  const isUnbounded = (bound: FrameBound): boolean => bound.kind === "unboundedPreceding" || bound.kind === "unboundedFollowing";
  return unit === "range" && !(isUnbounded(start) && isUnbounded(end));
}

/** Whether the frame's ends are found by compiled code: all but RANGE over keys that move by months. */
export function isCompiledFrame({ unit, start, end }: WindowFrame, order: readonly OrderField[]): boolean {
  return [start, end].every((bound) => {
    if (unit === "rows" || (bound.kind !== "preceding" && bound.kind !== "following")) return true;
    return order.length === 1 && offsetDistance(order[0].field.type, bound.offset) !== undefined;
  });
}

export function frameBounds(frame: WindowFrame, order: readonly OrderField[], cursor: PartitionCursor): FrameBounds {
  const { f } = cursor.emitter;
  const from = cursor.rows.kept();
  const to = cursor.rows.kept();
  const start = bound(frame.unit, frame.start, "start", from, order, cursor);
  const end = bound(frame.unit, frame.end, "end", to, order, cursor);
  return {
    from,
    to,
    begin: () => {
      f.set(from, get(cursor.start));
      f.set(to, get(cursor.start));
    },
    row: () => {
      start();
      end();
    },
  };
}

type Side = "start" | "end";

/** Code that brings `at` to where the bound is for the row at hand. */
function bound(unit: "rows" | "range", of: FrameBound, side: Side, at: Local, order: readonly OrderField[], cursor: PartitionCursor): () => void {
  const { f } = cursor.emitter;
  switch (of.kind) {
    case "unboundedPreceding":
      return () => f.set(at, get(cursor.start));
    case "unboundedFollowing":
      return () => f.set(at, get(cursor.end));
    case "currentRow":
      if (unit === "range") return () => f.set(at, get(side === "start" ? cursor.peerStart : cursor.peerEnd));
      return () => f.set(at, side === "start" ? get(cursor.row) : i32.add(get(cursor.row), i32.const(1)));
    case "preceding":
    case "following": {
      const direction = of.kind === "preceding" ? -1 : 1;
      return unit === "range" ? rangeBound(of.offset, direction, side, at, order[0], cursor) : rowsBound(of.offset, direction, side, at, cursor);
    }
  }
}

/** No partition has as many rows; offsets beyond it must not overflow. */
const FAR = 2 ** 30;

function rowsBound(offset: LiteralExpr, direction: 1 | -1, side: Side, at: Local, cursor: PartitionCursor): () => void {
  const { emitter } = cursor;
  const { f } = emitter;
  const distance = Math.min(FAR, Number(offset.value)) * direction + (side === "end" ? 1 : 0);
  return () => {
    const { lanes } = emitter.literal({ kind: "literal", type: INT, value: distance });
    const wanted = f.let(i32.add(get(cursor.row), lanes[0]));
    const below = select(i32.ltS(get(wanted), get(cursor.end)), get(wanted), get(cursor.end));
    f.set(wanted, below);
    f.set(at, select(i32.gtS(get(wanted), get(cursor.start)), get(wanted), get(cursor.start)));
  };
}

/**
 * RANGE with an offset: the first row whose key is within the distance (start), or the one behind the last (end). Rows with a NULL key have their peers.
 * Integers are added in 128 bits, so that no sum overflows.
 */
function rangeBound(offset: LiteralExpr, direction: 1 | -1, side: Side, at: Local, order: OrderField, cursor: PartitionCursor): () => void {
  const { emitter } = cursor;
  const { f } = emitter;
  const { field, ascending, nullsFirst } = order;
  const distance = offsetDistance(field.type, offset) ?? 0n;
  const towards = ascending === (direction === 1);
  const keyAt = (record: Local): EmittedValue => loadField(emitter, field, record, false);
  const reader = cursor.rows.reader(false);
  return () => {
    const key = keyAt(cursor.record);
    const isBeyond = movedKey(cursor, key, distance, towards);
    const advance = (): void =>
      f.while(i32.ltU(get(at), get(cursor.end)), (exit) => {
        const candidate = keyAt(reader.recordAt(get(at)));
        const goOn = (): void => f.brIf(exit, i32.eqz(isBeyond(candidate, ascending, side)));
        if (candidate.isNull === undefined) goOn();
        // NULLs before the keys are passed by, those behind them end the search.
        else if (nullsFirst) f.if(i32.eqz(candidate.isNull), goOn);
        else {
          f.brIf(exit, candidate.isNull);
          goOn();
        }
        f.set(at, i32.add(get(at), i32.const(1)));
      });
    if (key.isNull === undefined) advance();
    else f.if(key.isNull, () => f.set(at, get(side === "start" ? cursor.peerStart : cursor.peerEnd)), advance);
  };
}

/** Gives a test of whether a key lies before the moved one (start of a frame), or not behind it (end), in the window's order. */
function movedKey(cursor: PartitionCursor, key: EmittedValue, distance: bigint | number, upwards: boolean): (candidate: EmittedValue, ascending: boolean, side: Side) => Val {
  const { emitter } = cursor;
  const { f } = emitter;
  const kind = laneKind(key.type);
  if (kind === "f32" || kind === "f64") {
    const ops = kind === "f32" ? f32 : f64;
    const step = emitter.literal({ kind: "literal", type: key.type, value: Number(distance) }).lanes[0];
    const limit: EmittedValue = { ...key, lanes: [get(f.let(upwards ? ops.add(key.lanes[0], step) : ops.sub(key.lanes[0], step)))], isNull: undefined };
    return (candidate, ascending, side) => compareValues(ascending ? (side === "start" ? "<" : "<=") : side === "start" ? ">" : ">=", candidate, limit, emitter);
  }
  const signed = BigInt(distance) * (upwards ? 1n : -1n);
  const words = emitter.parts.state.constant(new Uint8Array(new BigInt64Array([BigInt.asIntN(64, signed), signed >> 64n]).buffer));
  const step: Int128 = { lo: i64.load(get(emitter.state), words), hi: i64.load(get(emitter.state), words + 8) };
  const moved = add128(f, wide(cursor, key), step);
  return (candidate, ascending, side) => {
    const other = wide(cursor, candidate);
    const [before, after] = ascending ? [other, moved] : [moved, other];
    return side === "start" ? less128(before, after) : i32.eqz(less128(after, before));
  };
}

function wide({ emitter }: PartitionCursor, { lanes }: EmittedValue): Int128 {
  if (lanes.length === 2) return fromLanes(lanes);
  return fromInt64(emitter.f.reusable(lanes[0].type === "i32" ? i64.extendI32S(lanes[0]) : lanes[0]));
}

