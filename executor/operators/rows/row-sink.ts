import type { Column, Expr, SortKey } from "../../../catalog/expression.ts";
import { isNullable, typeOf } from "../../../catalog/expression.ts";
import type { EmittedValue } from "../../emit/emitted-value.ts";
import { emitExpr } from "../../emit/expression.ts";
import type { RowField, RowFieldRequest, RowLayout } from "../../pipeline/row-layout.ts";
import { fieldOf, rowLayout } from "../../pipeline/row-layout.ts";
import type { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { StateLayout } from "../../pipeline/state-layout.ts";
import { HEADER, STATUS } from "../../pipeline/state-layout.ts";
import type { Label } from "../../wasm/function-builder.ts";
import { get, i32, i64 } from "../../wasm/instructions.ts";
import type { WindowLimit } from "../../../planner/physical.ts";
import { hashOfKeys } from "../keys.ts";
import type { RowStoreState } from "../row-store.ts";
import { bytesToCopy, commitRow, ensureBytes, NEED, PARTITION_BITS, PARTITIONS, reserveRow, reserveRowStore, storedValue, storeValues } from "../row-store.ts";
import type { GroupLimitShape, GroupLimitState } from "../window/group-limit.ts";
import { emitGroupLimit, groupLimitShape, reserveGroupLimit } from "../window/group-limit.ts";
import type { SortModule, SortShape } from "./sort-module.ts";
import { sortCode, SORT_RECORD } from "./sort-module.ts";
import { emitSortPrefix, prefixExtent } from "./sort-prefix.ts";

/**
 * Rows kept as they come: input of sorts, top-N, windows, limits and nested loops. Rows of windows lie in radix partitions by the hash of
 * their partition keys.
 * Record: 8 bytes of header (sorted rows: the order-preserving prefix of the keys; limits: uint32 morsel; nested loops: matched flag) | windows with partition
 * keys: their int64 hash | fields.
 */
export interface RowSinkShape extends SortShape {
  readonly layout: RowLayout;
  /** Fields that the sink fills; others are filled later. */
  readonly filled: readonly RowField[];
  /** What an instance does when its memory is full: it writes all its rows as one sorted run, or behind those that it has written, or by partition, or fails. */
  readonly whenFull: "sort" | "append" | "partition" | "fail";
  /** 1 unless rows are kept apart by partition keys. */
  readonly partitions: number;
  /** Sorts what the sink has, to drop what cannot matter to a top-N, or on its way to disk. */
  readonly sorting: SortModule | undefined;
  /** Top-N: rows that can matter, limit + offset. */
  readonly keep: number | undefined;
  /** Limit: rows wanted of each morsel, limit + offset. */
  readonly perMorsel: number | undefined;
  /** Windows of which a filter wants the first rows of each partition. */
  readonly limit: GroupLimitShape | undefined;
}

export interface RowSinkState {
  readonly store: RowStoreState;
  /** Top-N: uint64 complement of the prefix beyond which no row matters, uint32 rows at hand, uint32 rows at which to prune. Limit: uint32 rows left of the morsel. */
  readonly bound: number;
  readonly limit: GroupLimitState;
}

export interface RowSinkRequest {
  readonly columns: readonly Column[];
  /** Rows with equal values are to lie together, in `order`. */
  readonly partitionBy: readonly Expr[];
  readonly order: readonly SortKey[];
  /** Fields that are filled later: results of window functions. */
  readonly reserved: readonly Column[];
  readonly keep?: number;
  readonly perMorsel?: number;
  readonly whenFull: RowSinkShape["whenFull"];
  /** No more is wanted of each partition. */
  readonly limit?: WindowLimit;
  /** One pipeline feeds the sink, so that dictionary codes can be kept. */
  readonly singleFeeder: boolean;
  /** All hashes equal: a hostile setting for tests. */
  readonly collide: boolean;
}

/** Ids of key columns that exist in sort records only. */
let nextKeyColumn = -2_000_000_000;

export function rowSinkShape(emitter: SegmentEmitter, request: RowSinkRequest): RowSinkShape {
  const { partitionBy, order: orderBy, reserved, singleFeeder } = request;
  const keyColumns: Column[] = [...partitionBy, ...orderBy.map((key) => key.expr)].map((expr) => {
    const plain = expr.kind === "column" ? request.columns.find((c) => c.id === expr.id) : undefined;
    return plain ?? { id: nextKeyColumn--, name: "key", type: typeOf(expr), nullable: isNullable(expr) };
  });
  const isKey = new Set(keyColumns.map((c) => c.id));
  const isReserved = new Set(reserved.map((c) => c.id));
  const payload = request.columns.filter((c) => !isKey.has(c.id) && !isReserved.has(c.id));
  const coded = (column: Column, expr: Expr): RowFieldRequest => ({ column, dictionary: singleFeeder ? emitter.dictionaryOf(expr) : undefined });
  // Values of an order are compared by their bytes, those of partition keys only told apart.
  const keys = keyColumns.map((column, i): RowFieldRequest => (i < partitionBy.length ? coded(column, partitionBy[i]) : { column }));
  const layout = rowLayout(partitionBy.length > 0 ? SORT_RECORD.partitionedHeader : SORT_RECORD.header, [
    ...new Map(keys.map((key) => [key.column.id, key])).values(),
    ...payload.map((column) => coded(column, { kind: "column", ...column })),
    ...reserved.map((column) => ({ column })),
  ]);
  const fields = keyColumns.map((column) => fieldOf(layout, column.id));
  const order = orderBy.map((key, i) => ({ field: fields[partitionBy.length + i], ascending: key.ascending, nullsFirst: key.nullsFirst }));
  const sort: SortShape = { partitionBy: fields.slice(0, partitionBy.length), order, ...prefixExtent(order) };
  const filled = layout.fields.filter((field) => !isReserved.has(field.id));
  return { layout, filled, whenFull: request.whenFull, ...sort, partitions: partitionBy.length > 0 ? PARTITIONS : 1, sorting: request.whenFull === "sort" ? sortCode(sort) : undefined, keep: request.keep, perMorsel: request.perMorsel, limit: groupLimitShape(request.limit, sort.partitionBy) };
}

export function reserveRowSink(state: StateLayout, shape: RowSinkShape): RowSinkState {
  return { store: reserveRowStore(state, shape.layout, shape.partitions), bound: state.reserve(16), limit: reserveGroupLimit(state) };
}

export const BOUND = { prefix: 0, rows: 8, pruneAt: 12, left: 0 } as const;

export function emitRowSink(
  emitter: SegmentEmitter,
  request: RowSinkRequest,
  shape: RowSinkShape,
  state: RowSinkState,
  skip: Label,
): void {
  const { f } = emitter;
  const block = get(emitter.state);
  const orderKeys = request.order.map((k, i) => asField(emitter, emitExpr(k.expr, emitter), shape.order[i].field));
  const prefix = shape.order.length === 0 ? undefined : f.let(emitSortPrefix(emitter, orderKeys, shape.order).key);
  if (shape.keep !== undefined && prefix !== undefined) {
    f.brIf(skip, i64.gtU(get(prefix), i64.xor(i64.load(block, state.bound + BOUND.prefix), i64.const(-1n))));
    f.if(i32.geU(i32.load(block, state.bound + BOUND.rows), i32.load(block, state.bound + BOUND.pruneAt)), () =>
      emitter.suspend(STATUS.need, NEED.prune),
    );
  }
  if (shape.perMorsel !== undefined) {
    f.if(i32.eqz(i32.load(block, state.bound + BOUND.left)), () => f.return(i32.const(STATUS.enough)));
  }
  const partitionKeys = request.partitionBy.map((expr) => emitExpr(expr, emitter));
  const hash = partitionKeys.length === 0 ? undefined : f.let(hashOfKeys(emitter, partitionKeys, shape.partitionBy, request.collide));
  const noteFirst = shape.limit && prefix && emitGroupLimit(emitter, shape.limit, state.limit, partitionKeys, hash ?? f.let(i64.const(0n)), prefix, skip);
  const keyExprs = new Map([...shape.partitionBy.map((field, i) => [field.id, request.partitionBy[i]] as const), ...shape.order.map(({ field }, i) => [field.id, request.order[i].expr] as const)]);
  const stored = shape.layout.fields.flatMap((field) => {
    const column = request.columns.find((c) => c.id === field.id);
    const expr: Expr | undefined = keyExprs.get(field.id) ?? (column && { kind: "column", ...column });
    if (expr === undefined || request.reserved.some((c) => c.id === field.id)) return [];
    return [storedValue(emitter, field, expr, emitExpr(expr, emitter))];
  });
  const bytes = bytesToCopy(stored);
  if (bytes !== undefined) ensureBytes(emitter, state.store, bytes);
  const partition = hash === undefined ? i32.const(0) : i32.wrapI64(i64.shrU(get(hash), i64.const(BigInt(64 - PARTITION_BITS))));
  const place = reserveRow(emitter, state.store, partition);
  noteFirst?.();
  const row = get(place.row);
  f.store("i64", row, prefix === undefined ? i64.extendI32U(i32.load(block, HEADER.morsel)) : get(prefix), SORT_RECORD.prefix);
  if (hash !== undefined) f.store("i64", row, get(hash), SORT_RECORD.partition);
  storeValues(emitter, state.store, row, stored);
  commitRow(emitter, state.store, place);
  if (shape.keep !== undefined) f.store("i32", block, i32.add(i32.load(block, state.bound + BOUND.rows), i32.const(1)), state.bound + BOUND.rows);
  if (shape.perMorsel !== undefined) f.store("i32", block, i32.sub(i32.load(block, state.bound + BOUND.left), i32.const(1)), state.bound + BOUND.left);
}

/**
 * Pipelines that feed one sort must make prefixes of one form. What one of them knows of its values must not show: where the field can be NULL the value has
 * a flag, where it cannot it has none, and its range is that of the type.
 */
function asField(emitter: SegmentEmitter, value: EmittedValue, field: RowField): EmittedValue {
  const general = { ...value, range: undefined };
  if (field.nullOffset === undefined) return { ...general, isNull: undefined };
  if (value.isNull !== undefined && value.isNull.constant === undefined) return general;
  return { ...general, isNull: get(emitter.f.let(value.isNull ?? i32.const(0))) };
}
