import { assert } from "../../catalog/errors.ts";
import type { Column } from "../../catalog/expression.ts";
import type { ColumnLayout, FileField, Split } from "../../catalog/table.ts";
import { isCached } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import { LONG } from "../../catalog/types.ts";
import type { PhysicalScan } from "../../planner/physical.ts";
import type { Source } from "../../planner/stages.ts";
import { emitAggregateResult } from "../operators/aggregate/aggregate-results.ts";
import type { Local } from "../wasm/instructions.ts";
import { get, i64 } from "../wasm/instructions.ts";
import { outputLayout, SLOT_BYTES } from "./buffer-access.ts";
import type { BreakerShape } from "./compile-pipeline.ts";
import { setRecord } from "./row-access.ts";
import { fieldOf } from "./row-layout.ts";
import type { DictionaryColumn, RowLayout } from "./row-layout.ts";
import type { ScanFilter } from "./scan-filter.ts";
import type { Lifetime } from "./binding.ts";
import type { SegmentEmitter } from "./segment-emitter.ts";
import { HEADER } from "./state-layout.ts";

/** Where a pipeline's rows come from, and which words of the state block the driver fills for each morsel. */
export type CompiledSource =
  /** Column slots, from splits. */
  | { readonly kind: "scan"; readonly slots: readonly number[]; readonly columns: readonly ScanColumn[]; readonly filter?: ScanFilter }
  /** Column slots, from literal rows written to the pool once. */
  | { readonly kind: "values"; readonly slots: readonly number[]; readonly columns: readonly Column[] }
  | { readonly kind: "range" }
  /** uint32 base, uint32 stride: records one after the other; stride 0: base is an array of record addresses. */
  | { readonly kind: "records"; readonly base: number; readonly stride: number; readonly breaker: number; readonly rows: "all" | "matched" | "unmatched" };

export interface ScanColumn {
  readonly field: number;
  readonly type: DataType;
  readonly layout: ColumnLayout;
}

export function sourceColumns(source: Source): readonly Column[] {
  switch (source.kind) {
    case "scan":
      return source.node.columns.map((c) => c.column);
    case "values":
      return source.node.columns;
    case "range":
      return [source.node.column];
    case "breaker":
      return source.columns;
  }
}

export function bindSource(
  emitter: SegmentEmitter,
  source: Source,
  scanLayouts: readonly ColumnLayout[],
  shape: BreakerShape | undefined,
): CompiledSource {
  const { state } = emitter.parts;
  switch (source.kind) {
    case "scan": {
      const { node } = source;
      const slots = node.columns.map(() => state.reserve(SLOT_BYTES, 8));
      bindScanColumns(emitter, node, scanLayouts, slots);
      const columns = node.columns.map(({ column, field }, i) => ({ field, type: column.type, layout: node.cached?.[field].layout ?? scanLayouts[i] }));
      return { kind: "scan", slots, columns };
    }
    case "values": {
      const slots = source.node.columns.map((column) => {
        const slot = state.reserve(SLOT_BYTES, 8);
        emitter.bind(column.id, {
          kind: "buffer",
          type: column.type,
          layout: outputLayout(column.type),
          nulls: column.nullable ? "bytes" : "none",
          slot,
          index: emitter.position,
          lifetime: "query",
        });
        return slot;
      });
      return { kind: "values", slots, columns: source.node.columns };
    }
    case "range": {
      const { start, step, column } = source.node;
      const words = state.constant(new Uint8Array(new BigInt64Array([start, step]).buffer));
      emitter.bind(column.id, {
        kind: "computed",
        compute: () => {
          const row = i64.add(i64.load(get(emitter.state), HEADER.firstRow), i64.extendI32U(get(emitter.position)));
          const value = i64.add(i64.load(get(emitter.state), words), i64.mul(row, i64.load(get(emitter.state), words + 8)));
          return { type: LONG, lanes: [get(emitter.f.let(value))], isNull: undefined };
        },
      });
      return { kind: "range" };
    }
    case "breaker": {
      assert(shape !== undefined, "a breaker is read before it is fed");
      const base = state.reserve(4, 4);
      const stride = state.reserve(4, 4);
      const pointer = emitter.f.local("i32");
      emitter.atRowStart(() => setRecord(emitter, pointer, base, stride));
      const lifetime = shape.isSpilled === true ? "morsel" : "query";
      if (shape.kind === "aggregate") bindGroups(emitter, source, shape, pointer, lifetime);
      else bindRecords(emitter, source, shape.shape.layout, pointer, lifetime);
      return { kind: "records", base, stride, breaker: source.breaker, rows: source.rows };
    }
  }
}

/** Binds a scan's columns to their slots. */
export function bindScanColumns(emitter: SegmentEmitter, node: PhysicalScan, scanLayouts: readonly ColumnLayout[], slots: readonly number[]): void {
  // Batches in files are in memory for as long as they are read.
  const lifetime = node.cached !== undefined && node.splits.every((split) => split.source.kind === "cached") ? "query" : "morsel";
  node.columns.forEach(({ column, field }, i) => {
    const cached = node.cached?.[field];
    const layout = cached?.layout ?? scanLayouts[i];
    const nullable = cached?.nullable ?? column.nullable;
    emitter.bind(column.id, {
      kind: "buffer",
      type: column.type,
      layout,
      nulls: nullable ? "bits" : "none",
      slot: slots[i],
      index: emitter.position,
      lifetime,
      dictionary: cached === undefined ? undefined : cachedDictionary(node.splits, field, layout),
    });
  });
}

type BreakerSource = Extract<Source, { kind: "breaker" }>;

function bindRecords(emitter: SegmentEmitter, source: BreakerSource, layout: RowLayout, pointer: Local, lifetime: Lifetime): void {
  source.columns.forEach((column, i) => {
    const field = fieldOf(layout, source.source[i]);
    emitter.bind(column.id, { kind: "row", field, pointer, optional: false, lifetime });
  });
}

function bindGroups(emitter: SegmentEmitter, source: BreakerSource, { shape }: Extract<BreakerShape, { kind: "aggregate" }>, pointer: Local, lifetime: Lifetime): void {
  for (const field of shape.layout.fields) emitter.bind(field.id, { kind: "row", field, pointer, optional: false, lifetime });
  for (const result of shape.plan.results) {
    if (result.kind === "state") {
      const field = { ...fieldOf(shape.layout, result.state.id), type: result.column.type };
      emitter.bind(result.column.id, { kind: "row", field, pointer, optional: false, lifetime });
    } else {
      emitter.bind(result.column.id, { kind: "computed", compute: () => emitAggregateResult(emitter, result) });
    }
  }
  // Only readers of a shared result see other ids than the aggregation's own.
  source.columns.forEach((column, i) => assert(column.id === source.source[i], "groups are read under their own ids"));
}

/** The dictionary of a cached column: the same in every segment. */
function cachedDictionary(splits: readonly Split[], field: number, layout: ColumnLayout): DictionaryColumn | undefined {
  if (layout.kind !== "dictionary" || layout.entries === undefined) return undefined;
  const first = splits[0]?.source;
  const at = first?.kind === "cached" ? first.columns[field].slice(2) : first?.kind === "cachedFile" ? first.columns[field].dictionary : undefined;
  if (at === undefined) return undefined;
  const [offsets, bytes] = at;
  return { key: `dictionary ${offsets}`, entries: layout.entries, offsets, bytes };
}

/** Where a scan column is found in a split's file. */
export function fileField(split: Split, field: number): FileField {
  const { source } = split;
  assert(!isCached(source), "cached splits have no fields");
  return source.fields[field];
}
