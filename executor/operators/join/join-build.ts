import type { Column } from "../../../catalog/expression.ts";
import { isNullable, typeOf } from "../../../catalog/expression.ts";
import type { PhysicalHashJoin } from "../../../planner/physical.ts";
import type { EmittedValue } from "../../emit/emitted-value.ts";
import { emitExpr } from "../../emit/expression.ts";
import type { RowField, RowLayout } from "../../pipeline/row-layout.ts";
import { rowLayout } from "../../pipeline/row-layout.ts";
import type { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { StateLayout } from "../../pipeline/state-layout.ts";
import type { Label } from "../../wasm/function-builder.ts";
import type { Val } from "../../wasm/instructions.ts";
import { get, i32, i64 } from "../../wasm/instructions.ts";
import { hashOfKeys } from "../keys.ts";
import type { RowStoreState } from "../row-store.ts";
import { bytesToCopy, commitRow, ensureBytes, PARTITION_BITS, PARTITIONS, reserveRow, reserveRowStore, storedValue, storeValues } from "../row-store.ts";

/**
 * The build side of a hash join. Workers append records to radix partitions; when all have ended, one task per partition links its records into
 * the part of the directory that belongs to its hashes, so that no two tasks write to one place.
 *
 * Record: uint32 next in chain | uint8 matched | uint8 unlinked (a NULL key: matches nothing) | int64 hash | fields.
 */
export const BUILD_RECORD = { next: 0, matched: 4, unlinked: 5, hash: 8, header: 16 } as const;

export interface BuildShape {
  readonly layout: RowLayout;
  readonly keys: readonly RowField[];
  readonly collide: boolean;
  /** Records with a NULL key are kept: the join gives build rows without a match. */
  readonly keepsNulls: boolean;
  /** One integer-like key: its range is measured, for a directory that is indexed by the key itself. */
  readonly measuresKey: boolean;
}

export interface BuildState {
  readonly store: RowStoreState;
  /** uint32: a record with a NULL key was met. */
  readonly sawNull: number;
  /** int64 smallest and largest key, when it is measured. */
  readonly range: number;
}

export interface BuildOptions {
  readonly collide: boolean;
  readonly singleFeeder: boolean;
}

/** Smallest key above and largest key below all others. */
const NO_RANGE = new Uint8Array(new BigInt64Array([2n ** 63n - 1n, -(2n ** 63n)]).buffer);

/** Ids of key columns that exist in build records only. */
let nextKeyColumn = -1_000_000_000;

export function buildShape(emitter: SegmentEmitter, node: PhysicalHashJoin, columns: readonly Column[], options: BuildOptions): BuildShape {
  const keyColumns: Column[] = node.keys.map(({ build }) => {
    const plain = build.kind === "column" ? columns.find((c) => c.id === build.id) : undefined;
    return plain ?? { id: nextKeyColumn--, name: "key", type: typeOf(build), nullable: isNullable(build) };
  });
  const isKey = new Set(keyColumns.map((c) => c.id));
  const payload = columns.filter((c) => !isKey.has(c.id));
  const layout = rowLayout(BUILD_RECORD.header, [
    // Keys meet the other side's values, so they are kept as values, not as codes of a dictionary that the other side does not have.
    ...[...new Map(keyColumns.map((c) => [c.id, c])).values()].map((column) => ({ column })),
    ...payload.map((column) => ({
      column,
      dictionary: options.singleFeeder ? emitter.dictionaryOf({ kind: "column", ...column }) : undefined,
    })),
  ]);
  const keys = keyColumns.map((c) => layout.fields.find((f) => f.id === c.id)!);
  const keepsNulls = node.join === "buildOuter" || node.join === "fullOuter" || node.join === "buildAnti";
  const measuresKey = node.keys.length === 1 && !node.keys[0].nullSafe && !options.collide && (keys[0].storage.kind === "i32" || keys[0].storage.kind === "i64");
  return { layout, keys, collide: options.collide, keepsNulls, measuresKey };
}

export function reserveBuild(state: StateLayout, shape: BuildShape): BuildState {
  return { store: reserveRowStore(state, shape.layout, PARTITIONS), sawNull: state.reserve(4, 4), range: state.constant(NO_RANGE) };
}

/** The sink of a pipeline that feeds the build side. */
export function emitBuildSink(
  emitter: SegmentEmitter,
  node: PhysicalHashJoin,
  columns: readonly Column[],
  shape: BuildShape,
  state: BuildState,
  skip: Label,
): void {
  const { f } = emitter;
  const values = node.keys.map((k) => emitExpr(k.build, emitter));
  const nulls = values.flatMap((v, i) => (node.keys[i].nullSafe || v.isNull === undefined ? [] : [v.isNull]));
  const anyNull = nulls.length === 0 ? undefined : f.let(nulls.reduce((a, b) => i32.or(a, b)));
  if (anyNull !== undefined) {
    f.if(get(anyNull), () => f.store("i32", get(emitter.state), i32.const(1), state.sawNull));
    if (!shape.keepsNulls) f.brIf(skip, get(anyNull));
  }
  const hash = f.let(hashOfKeys(emitter, values, shape.keys, shape.collide));
  const stored = [
    ...new Map(shape.keys.map((field, i) => [field.id, storedValue(emitter, field, node.keys[i].build, values[i])])).values(),
    ...columns
      .filter((c) => !shape.keys.some((k) => k.id === c.id))
      .map((column) => {
        const expr = { kind: "column", ...column } as const;
        return storedValue(emitter, shape.layout.fields.find((x) => x.id === column.id)!, expr, emitExpr(expr, emitter));
      }),
  ];
  const bytes = bytesToCopy(stored);
  if (bytes !== undefined) ensureBytes(emitter, state.store, bytes);
  const place = reserveRow(emitter, state.store, i32.wrapI64(i64.shrU(get(hash), i64.const(BigInt(64 - PARTITION_BITS)))));
  if (shape.measuresKey) {
    if (anyNull === undefined) measureKey(emitter, state, keyAsInt64(values[0]));
    else f.if(i32.eqz(get(anyNull)), () => measureKey(emitter, state, keyAsInt64(values[0])));
  }
  const row = get(place.row);
  const flags: Val = anyNull === undefined ? i32.const(0) : i32.shl(get(anyNull), i32.const(8));
  f.store("i32", row, i32.const(0), BUILD_RECORD.next);
  f.store("i32", row, flags, BUILD_RECORD.matched);
  f.store("i64", row, get(hash), BUILD_RECORD.hash);
  storeValues(emitter, state.store, row, stored);
  commitRow(emitter, state.store, place);
}

function measureKey(emitter: SegmentEmitter, state: BuildState, key: Val): void {
  const { f } = emitter;
  const block = get(emitter.state);
  const value = f.reusable(key);
  f.if(i64.ltS(value, i64.load(block, state.range)), () => f.store("i64", block, value, state.range));
  f.if(i64.gtS(value, i64.load(block, state.range + 8)), () => f.store("i64", block, value, state.range + 8));
}

export function keyAsInt64(value: EmittedValue): Val {
  const [lane] = value.lanes;
  return lane.type === "i32" ? i64.extendI32S(lane) : lane;
}
