import type { Column } from "../../../catalog/expression.ts";
import type { PhysicalAggregate } from "../../../planner/physical.ts";
import { loadField } from "../../pipeline/row-access.ts";
import type { RowField, RowLayout } from "../../pipeline/row-layout.ts";
import { rowLayout } from "../../pipeline/row-layout.ts";
import type { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { StateLayout } from "../../pipeline/state-layout.ts";
import { get, i32, i64 } from "../../wasm/instructions.ts";
import type { DirectoryState, Lookup } from "../group-directory.ts";
import { emitLookup, ensureEntry, insertEntry, reserveDirectory } from "../group-directory.ts";
import { emitKeys, hashOfKeys, keyFieldRequest, keysEqual } from "../keys.ts";
import type { RowStoreState } from "../row-store.ts";
import { bytesToCopy, commitRow, ensureBytes, PARTITION_BITS, PARTITIONS, reserveRow, reserveRowStore, storedValue, storeValues } from "../row-store.ts";
import type { AggregatePlan } from "./aggregate-plan.ts";
import { columnsOfState, planAggregate } from "./aggregate-plan.ts";
import { bytesForUpdate, initializeStates, mergeStates, updateStates } from "./state-updates.ts";

/**
 * Grouping. Every worker fills a table of its own; records lie in radix partitions by hash from the start, so that merging is one task per partition
 * and spilling one write per partition. Record: int64 hash | keys | states.
 */
const HASH_OFFSET = 0;
const HEADER_BYTES = 8;

/** What all instances of an aggregation agree on; settled when the first feeding pipeline is compiled. */
export interface AggregateShape {
  readonly plan: AggregatePlan;
  readonly layout: RowLayout;
  readonly keys: readonly RowField[];
  readonly partitions: number;
  readonly collide: boolean;
}

/** Where an instance's words are in its state block. */
export interface AggregateState {
  readonly directory: DirectoryState;
  readonly store: RowStoreState;
  /** uint32: so many rows are kept as they come, without a look for their group. */
  readonly unsearched: number;
}

export interface AggregateOptions {
  readonly emit: boolean;
  /** All hashes equal: a hostile setting for tests. */
  readonly collide: boolean;
  /** Dictionary codes may be kept: one pipeline feeds the aggregation. */
  readonly singleFeeder: boolean;
}

export function aggregateShape(emitter: SegmentEmitter, node: PhysicalAggregate, options: AggregateOptions): AggregateShape {
  const plan = planAggregate(node.calls, { grouped: node.keys.length > 0, emit: options.emit });
  const keyRequests = node.keys.map(({ column, expr }) => (options.singleFeeder ? keyFieldRequest(emitter, column, expr) : { column }));
  const stateColumns: readonly Column[] = plan.states.flatMap(columnsOfState);
  const layout = rowLayout(HEADER_BYTES, [...keyRequests, ...stateColumns.map((column) => ({ column }))]);
  return {
    plan,
    layout,
    keys: layout.fields.slice(0, node.keys.length),
    partitions: node.keys.length === 0 ? 1 : PARTITIONS,
    collide: options.collide,
  };
}

export function reserveAggregate(state: StateLayout, shape: AggregateShape): AggregateState {
  return { directory: reserveDirectory(state), store: reserveRowStore(state, shape.layout, shape.partitions), unsearched: state.reserve(4, 4) };
}

/** The sink of a feeding pipeline: finds or makes the row's group, and updates it. */
export function emitAggregateSink(emitter: SegmentEmitter, node: PhysicalAggregate, shape: AggregateShape, state: AggregateState): void {
  const { f } = emitter;
  const { directory, store } = state;
  const exprs = node.keys.map((k) => k.expr);
  const values = emitKeys(emitter, exprs);
  const hash = f.let(hashOfKeys(emitter, values, shape.keys, shape.collide));
  const unsearched = f.let(i32.load(get(emitter.state), state.unsearched));
  const found = f.local("i32");
  f.set(found, i32.const(0));
  let lookup: Lookup | undefined;
  f.if(i32.eqz(get(unsearched)), () => {
    lookup = emitLookup(emitter, directory, get(hash), (row) => keysEqual(emitter, values, shape.keys, row));
    f.set(found, get(lookup.row));
  });
  f.if(i32.eqz(get(found)), () => {
    emitter.scoped(() => {
      const kept = values.map((value, i) => storedValue(emitter, shape.keys[i], exprs[i], value));
      f.if(i32.eqz(get(unsearched)), () => ensureEntry(emitter, directory));
      const bytes = bytesToCopy(kept);
      if (bytes !== undefined) ensureBytes(emitter, store, bytes);
      const partition = shape.partitions === 1 ? i32.const(0) : i32.wrapI64(i64.shrU(get(hash), i64.const(BigInt(64 - PARTITION_BITS))));
      const place = reserveRow(emitter, store, partition);
      const row = get(place.row);
      f.store("i64", row, get(hash), HASH_OFFSET);
      storeValues(emitter, store, row, kept);
      initializeStates(emitter, shape.layout, shape.plan.states, row);
      commitRow(emitter, store, place);
      f.if(
        get(unsearched),
        () => f.store("i32", get(emitter.state), i32.sub(get(unsearched), i32.const(1)), state.unsearched),
        () => void insertEntry(emitter, directory, lookup!, place.row),
      );
      f.set(found, row);
    });
  });
  const bytes = bytesForUpdate(emitter, shape.layout, shape.plan.states);
  if (bytes !== undefined) ensureBytes(emitter, store, bytes);
  updateStates(emitter, shape.layout, shape.plan.states, found, store);
}

/** The merge of a partition: enters the record at `pointer` into the directory, or adds it to the group that is there. */
export function emitAggregateMerge(emitter: SegmentEmitter, shape: AggregateShape, state: AggregateState, pointer: ReturnType<typeof emitter.f.local>): void {
  const { f } = emitter;
  const values = shape.keys.map((field) => loadField(emitter, field, pointer, false));
  const hash = f.let(i64.load(get(pointer), HASH_OFFSET));
  const lookup = emitLookup(emitter, state.directory, get(hash), (row) => keysEqual(emitter, values, shape.keys, row));
  f.if(
    get(lookup.row),
    () => emitter.scoped(() => mergeStates(emitter, shape.layout, shape.plan.states, lookup.row, pointer, state.store)),
    () => {
      ensureEntry(emitter, state.directory);
      insertEntry(emitter, state.directory, lookup, pointer);
    },
  );
}

/** The one group of an aggregation without keys, as it is before any row. */
export function emitEmptyGroup(emitter: SegmentEmitter, shape: AggregateShape, pointer: ReturnType<typeof emitter.f.local>): void {
  emitter.f.store("i64", get(pointer), i64.const(0n), HASH_OFFSET);
  initializeStates(emitter, shape.layout, shape.plan.states, get(pointer));
}
