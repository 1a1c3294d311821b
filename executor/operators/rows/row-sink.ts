import type { Column, Expr, SortKey } from "../../../catalog/expression.ts";
import { isNullable, typeOf } from "../../../catalog/expression.ts";
import type { EmittedValue } from "../../emit/emitted-value.ts";
import { emitExpr } from "../../emit/expression.ts";
import type { RowField, RowLayout } from "../../pipeline/row-layout.ts";
import { rowLayout } from "../../pipeline/row-layout.ts";
import type { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { StateLayout } from "../../pipeline/state-layout.ts";
import { HEADER, STATUS } from "../../pipeline/state-layout.ts";
import type { Label } from "../../wasm/function-builder.ts";
import { get, i32, i64 } from "../../wasm/instructions.ts";
import type { RowStoreState } from "../row-store.ts";
import { bytesToCopy, commitRow, ensureBytes, NEED, reserveRow, reserveRowStore, storedValue, storeValues } from "../row-store.ts";
import { emitSortPrefix } from "./sort-prefix.ts";

/**
 * Rows kept as they come: input of sorts, top-N, windows, limits, nested loops, and shared results.
 * Record: 8 bytes of header (sorts: the order-preserving prefix of the keys; limits: uint32 morsel; nested loops: matched flag) | fields.
 */
const HEADER_BYTES = 8;

export interface RowSinkShape {
  readonly layout: RowLayout;
  /** Where sort keys are; empty without an order. */
  readonly order: readonly { readonly field: RowField; readonly ascending: boolean; readonly nullsFirst: boolean }[];
  /** Top-N: rows that can matter, limit + offset. */
  readonly keep: number | undefined;
  /** Limit: rows wanted of each morsel, limit + offset. */
  readonly perMorsel: number | undefined;
}

export interface RowSinkState {
  readonly store: RowStoreState;
  /** Top-N: uint64 prefix beyond which no row matters, uint32 whether it is known, uint32 rows at hand, uint32 rows at which to prune. Limit: uint32 rows left of the morsel. */
  readonly bound: number;
}

export interface RowSinkRequest {
  readonly columns: readonly Column[];
  readonly order: readonly SortKey[];
  /** Fields that are filled later: results of window functions. */
  readonly reserved: readonly Column[];
  readonly keep?: number;
  readonly perMorsel?: number;
  /** One pipeline feeds the sink, so that dictionary codes can be kept. */
  readonly singleFeeder: boolean;
}

/** Ids of key columns that exist in sort records only. */
let nextKeyColumn = -2_000_000_000;

export function rowSinkShape(emitter: SegmentEmitter, request: RowSinkRequest): RowSinkShape {
  const keyColumns: Column[] = request.order.map(({ expr }) => {
    const plain = expr.kind === "column" ? request.columns.find((c) => c.id === expr.id) : undefined;
    return plain ?? { id: nextKeyColumn--, name: "key", type: typeOf(expr), nullable: isNullable(expr) };
  });
  const isKey = new Set(keyColumns.map((c) => c.id));
  const reserved = new Set(request.reserved.map((c) => c.id));
  const payload = request.columns.filter((c) => !isKey.has(c.id) && !reserved.has(c.id));
  const layout = rowLayout(HEADER_BYTES, [
    ...[...new Map(keyColumns.map((c) => [c.id, c])).values()].map((column) => ({ column })),
    ...payload.map((column) => ({
      column,
      dictionary: request.singleFeeder ? emitter.dictionaryOf({ kind: "column", ...column }) : undefined,
    })),
    ...request.reserved.map((column) => ({ column })),
  ]);
  const order = request.order.map((key, i) => ({
    field: layout.fields.find((f) => f.id === keyColumns[i].id)!,
    ascending: key.ascending,
    nullsFirst: key.nullsFirst,
  }));
  return { layout, order, keep: request.keep, perMorsel: request.perMorsel };
}

export function reserveRowSink(state: StateLayout, shape: RowSinkShape): RowSinkState {
  return { store: reserveRowStore(state, shape.layout, 1), bound: state.reserve(24) };
}

export const BOUND = { prefix: 0, known: 8, rows: 12, pruneAt: 16, left: 0 } as const;

export function emitRowSink(
  emitter: SegmentEmitter,
  request: RowSinkRequest,
  shape: RowSinkShape,
  state: RowSinkState,
  skip: Label,
): void {
  const { f } = emitter;
  const block = get(emitter.state);
  const keys = request.order.map((k) => emitExpr(k.expr, emitter));
  const prefix = shape.order.length === 0 ? undefined : f.let(emitSortPrefix(emitter, [asField(emitter, keys[0], shape.order[0].field)], shape.order));
  if (shape.keep !== undefined && prefix !== undefined) {
    f.brIf(skip, i32.and(i32.load(block, state.bound + BOUND.known), i64.gtU(get(prefix), i64.load(block, state.bound + BOUND.prefix))));
    f.if(i32.geU(i32.load(block, state.bound + BOUND.rows), i32.load(block, state.bound + BOUND.pruneAt)), () =>
      emitter.suspend(STATUS.need, NEED.prune),
    );
  }
  if (shape.perMorsel !== undefined) {
    f.if(i32.eqz(i32.load(block, state.bound + BOUND.left)), () => f.return(i32.const(STATUS.enough)));
  }
  const stored = shape.layout.fields.flatMap((field) => {
    const key = shape.order.findIndex((o) => o.field.id === field.id);
    const column = request.columns.find((c) => c.id === field.id);
    const expr: Expr | undefined = key >= 0 ? request.order[key].expr : column && { kind: "column", ...column };
    if (expr === undefined || request.reserved.some((c) => c.id === field.id)) return [];
    return [storedValue(emitter, field, expr, emitExpr(expr, emitter))];
  });
  const bytes = bytesToCopy(stored);
  if (bytes !== undefined) ensureBytes(emitter, state.store, bytes);
  const place = reserveRow(emitter, state.store, i32.const(0));
  emitter.resumed();
  const row = get(place.row);
  if (prefix !== undefined) f.store("i64", row, get(prefix), 0);
  else f.store("i64", row, i64.extendI32U(i32.load(block, HEADER.morsel)), 0);
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
