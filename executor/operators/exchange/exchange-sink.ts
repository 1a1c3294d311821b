import type { Column } from "../../../catalog/expression.ts";
import type { Partitioning } from "../../../planner/partitioning.ts";
import { emitHash } from "../../emit/row-keys.ts";
import { emitKeys } from "../keys.ts";
import type { RowLayout } from "../../pipeline/row-layout.ts";
import { fieldOf, rowLayout } from "../../pipeline/row-layout.ts";
import type { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { StateLayout } from "../../pipeline/state-layout.ts";
import type { Val } from "../../wasm/instructions.ts";
import { f64, get, i32, i64 } from "../../wasm/instructions.ts";
import type { RowStoreState } from "../row-store.ts";
import { bytesToCopy, commitRow, ensureBytes, reserveRow, reserveRowStore, storedValue, storeValues } from "../row-store.ts";

/**
 * Rows spread over partitions: by a hash of keys, by their place in an order, or in turn. Each worker appends to partitions of its own, so that nothing is locked; a
 * partition is what all of them have left of it. Record: int64 hash of the keys | fields.
 */
const HEADER_BYTES = 8;

export interface ExchangeShape {
  readonly layout: RowLayout;
  readonly partitions: number;
  readonly collide: boolean;
}

export interface ExchangeState {
  readonly store: RowStoreState;
  /** uint32: partition of the next row, where rows are spread in turn. */
  readonly turn: number;
  /** Per partition an int64: bytes of strings that were copied. */
  readonly copied: number;
}

export interface ExchangeOptions {
  readonly collide: boolean;
  /** One pipeline feeds the exchange, so that dictionary codes can be kept. */
  readonly singleFeeder: boolean;
}

export function exchangeShape(emitter: SegmentEmitter, columns: readonly Column[], partitions: number, { collide, singleFeeder }: ExchangeOptions): ExchangeShape {
  const requests = columns.map((column) => ({ column, dictionary: singleFeeder ? emitter.dictionaryOf({ kind: "column", ...column }) : undefined }));
  return { layout: rowLayout(HEADER_BYTES, requests), partitions, collide };
}

export function reserveExchange(state: StateLayout, shape: ExchangeShape): ExchangeState {
  return { store: reserveRowStore(state, shape.layout, shape.partitions), turn: state.reserve(4, 4), copied: state.reserve(8 * shape.partitions) };
}

/** The sink of a pipeline that feeds an exchange. */
export function emitExchangeSink(emitter: SegmentEmitter, { keys, partitions, order }: Partitioning, columns: readonly Column[], shape: ExchangeShape, state: ExchangeState): void {
  const { f } = emitter;
  const block = get(emitter.state);
  const values = emitKeys(emitter, keys);
  const hash = values.length === 0 || order !== undefined ? undefined : f.let(shape.collide ? i64.const(0n) : emitHash(values, emitter));
  const isInTurn = values.length === 0 && partitions > 1;
  const index = (): Val => {
    if (isInTurn) return i32.load(block, state.turn);
    if (partitions === 1) return i32.const(0);
    return hash === undefined ? partitionAt(values[0].lanes[0], partitions) : partitionOf(get(hash), partitions);
  };
  const partition = f.let(index());
  const stored = columns.map((column) => {
    const expr = { kind: "column", ...column } as const;
    return storedValue(emitter, fieldOf(shape.layout, column.id), expr, emitter.column(column.id));
  });
  const bytes = bytesToCopy(stored);
  const copied = bytes === undefined ? undefined : f.let(bytes);
  if (copied !== undefined) ensureBytes(emitter, state.store, get(copied));
  const place = reserveRow(emitter, state.store, get(partition));
  const row = get(place.row);
  f.store("i64", row, hash === undefined ? i64.const(0n) : get(hash), 0);
  storeValues(emitter, state.store, row, stored);
  commitRow(emitter, state.store, place);
  if (copied !== undefined) {
    const count = f.let(i32.add(block, i32.shl(get(partition), i32.const(3))));
    f.store("i64", get(count), i64.add(i64.load(get(count), state.copied), i64.extendI32U(get(copied))), state.copied);
  }
  if (isInTurn) f.store("i32", block, i32.remU(i32.add(get(partition), i32.const(1)), i32.const(partitions)), state.turn);
}

/** The upper 32 bits of the hash, scaled to the number of partitions: of powers of two these are the uppermost bits. */
export function partitionOf(hash: Val, partitions: number): Val {
  return i32.wrapI64(i64.shrU(i64.mul(i64.shrU(hash, i64.const(32n)), i64.const(BigInt(partitions))), i64.const(32n)));
}

/** Of a place from 0 to 1, the last included. */
function partitionAt(place: Val, partitions: number): Val {
  return i32.truncSatF64S(f64.min(f64.mul(place, f64.const(partitions)), f64.const(partitions - 1)));
}
