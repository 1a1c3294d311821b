import type { Arena } from "../../memory/arena.ts";
import type { RecordRun } from "../../pipeline/morsels.ts";
import { compileModule } from "../../pipeline/module-cache.ts";
import { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import { initializeState, StateLayout } from "../../pipeline/state-layout.ts";
import type { ThreadContext } from "../../thread-context.ts";
import { ModuleBuilder } from "../../wasm/module-builder.ts";
import type { RowSinkShape } from "./row-sink.ts";
import { emitOrder, prefixDecides } from "./sort-prefix.ts";

/** Bytes of an entry of the kernel's sort: uint64 prefix, uint32 record, padding. */
const ENTRY_BYTES = 16;
const SCRATCH_EXTRA_BYTES = 8192;

/** The records of all runs in the shape's order, as an array of addresses. Rows that are equal under the order come in any order. */
export function sortRecords(context: ThreadContext, arena: Arena, runs: readonly RecordRun[], shape: Pick<RowSinkShape, "order">): RecordRun {
  const { u32 } = context.pool;
  const count = runs.reduce((sum, run) => sum + run.count, 0);
  const entries = arena.allocate(Math.max(1, count) * ENTRY_BYTES);
  let at = entries >>> 2;
  forEachRecord(u32, runs, (record) => {
    u32[at] = u32[record >>> 2];
    u32[at + 1] = u32[(record >>> 2) + 1];
    u32[at + 2] = record;
    at += 4;
  });
  if (count > 1) {
    const sortPairs = context.kernels["sort_pairs"] as (base: number, count: number, scratch: number) => void;
    sortPairs(entries, count, arena.allocate(count * ENTRY_BYTES + SCRATCH_EXTRA_BYTES));
  }
  if (!prefixDecides(shape.order)) settleTies(context, arena, entries >>> 2, count, shape);
  const base = arena.allocate(Math.max(1, count) * 4);
  for (let i = 0, from = (entries >>> 2) + 2, to = base >>> 2; i < count; i++, from += 4) u32[to + i] = u32[from];
  return { base, count, stride: 0 };
}

export function forEachRecord(u32: Uint32Array, runs: readonly RecordRun[], visit: (record: number) => void): void {
  for (const { base, count, stride } of runs) {
    if (stride === 0) for (let i = 0; i < count; i++) visit(u32[(base >>> 2) + i]);
    else for (let i = 0, record = base; i < count; i++, record += stride) visit(record);
  }
}

/** Orders the records among equal prefixes by all keys. */
function settleTies(context: ThreadContext, arena: Arena, entries: number, count: number, shape: Pick<RowSinkShape, "order">): void {
  const { u32 } = context.pool;
  let compare: ((a: number, b: number) => number) | undefined;
  for (let from = 0; from < count; ) {
    let to = from + 1;
    const low = u32[entries + 4 * from];
    const high = u32[entries + 4 * from + 1];
    while (to < count && u32[entries + 4 * to] === low && u32[entries + 4 * to + 1] === high) to++;
    if (to - from > 1) {
      compare ??= recordOrder(context, arena, shape);
      const records = new Uint32Array(to - from);
      for (let i = from; i < to; i++) records[i - from] = u32[entries + 4 * i + 2];
      records.sort(compare);
      for (let i = from; i < to; i++) u32[entries + 4 * i + 2] = records[i - from];
    }
    from = to;
  }
}

/** Compiled comparison of two records. What it needs beside them lies in the arena. */
export function recordOrder(context: ThreadContext, arena: Arena, shape: Pick<RowSinkShape, "order">): (a: number, b: number) => number {
  const module = new ModuleBuilder();
  const { builder } = module.function("compare", { params: ["i32", "i32", "i32"], results: ["i32"] }, true);
  const layout = new StateLayout();
  const emitter = new SegmentEmitter({ module, state: layout, sites: [], hosted: [], timeZone: "UTC", measure: false }, builder);
  emitOrder(emitter, shape.order, builder.param(1), builder.param(2));
  const instance = new WebAssembly.Instance(compileModule(module.encode()), { env: { memory: context.pool.memory }, kernels: context.kernels, host: {} });
  const compare = instance.exports["compare"] as (state: number, a: number, b: number) => number;
  const template = layout.template();
  const state = arena.allocate(template.bytes);
  initializeState(context.pool, state, template);
  return (a, b) => compare(state, a, b);
}
