import { compileModule } from "../../pipeline/module-cache.ts";
import { loadField } from "../../pipeline/row-access.ts";
import type { RowField } from "../../pipeline/row-layout.ts";
import { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { StateTemplate } from "../../pipeline/state-layout.ts";
import { initializeState, StateLayout } from "../../pipeline/state-layout.ts";
import { PAGE_BYTES } from "../../spill/page.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import type { SpilledPage, SpillStore } from "../../spill/spill-store.ts";
import type { Arena } from "../../memory/arena.ts";
import { ReusedMemory } from "../../memory/reused-memory.ts";
import type { ThreadContext } from "../../thread-context.ts";
import { ModuleBuilder } from "../../wasm/module-builder.ts";
import { keysEqual } from "../keys.ts";
import type { HashPartition } from "./hash-partitions.ts";
import { divided } from "./divide-task.ts";

/** Writes the rows of one partition to disk: those of one key, which most rows have if any has, and the others. */
export interface IsolateTask {
  readonly kind: "isolate";
  /** All of it is on disk. */
  readonly partition: HashPartition;
  readonly layout: SpillLayout;
  /** Offset of the int64 hash in a record. */
  readonly hash: number;
  readonly keys: KeyEquality;
}

/** Code that tells keys apart: `same(state, a, b)` says whether two records have the same. */
export interface KeyEquality {
  readonly module: WebAssembly.Module;
  readonly state: StateTemplate;
}

export function compileKeyEquality(keys: readonly RowField[]): KeyEquality {
  const module = new ModuleBuilder();
  const state = new StateLayout();
  const { builder } = module.function("same", { params: ["i32", "i32", "i32"], results: ["i32"] }, true);
  const emitter = new SegmentEmitter({ module, state, sites: [], hosted: [], timeZone: "UTC", measure: false }, builder);
  const values = keys.map((field) => loadField(emitter, field, builder.param(1), false));
  builder.result(keysEqual(emitter, values, keys, builder.param(2)));
  return { module: compileModule(module.encode()), state: state.template() };
}

/** Pages of the key's rows, and of the others. */
export function runIsolate({ partition, layout, hash, keys }: IsolateTask, context: ThreadContext, work: Arena, spill: SpillStore): readonly (readonly SpilledPage[])[] {
  const { pool } = context;
  const { u32 } = pool;
  const state = work.allocate(keys.state.bytes);
  initializeState(pool, state, keys.state);
  const { exports } = new WebAssembly.Instance(keys.module, { env: { memory: pool.memory }, kernels: context.kernels });
  const same = exports["same"] as (state: number, a: number, b: number) => number;
  const chosen = frequentRecord(partition.pages, layout, hash, context, work, spill);
  const [low, high] = [u32[(chosen + hash) >>> 2], u32[(chosen + hash + 4) >>> 2]];
  const numberOf = (record: number): number => (u32[(record + hash) >>> 2] === low && u32[(record + hash + 4) >>> 2] === high && same(state, chosen, record) !== 0 ? 0 : 1);
  return divided(partition, layout, 2, numberOf, pool, work, spill);
}

/** Pages that are looked at to find the most frequent key. */
const SAMPLED_PAGES = 8;

/** A record with the hash that most records of some pages have. */
function frequentRecord(pages: readonly SpilledPage[], layout: SpillLayout, hash: number, { pool }: ThreadContext, work: Arena, spill: SpillStore): number {
  const counts = new Map<bigint, { readonly page: SpilledPage; readonly row: number; count: number }>();
  const memory = new ReusedMemory(work, PAGE_BYTES);
  const sampled = Math.min(SAMPLED_PAGES, pages.length);
  for (let sample = 0; sample < sampled; sample++) {
    const page = pages[Math.floor((sample * pages.length) / sampled)];
    memory.beginRound();
    const { base, count, stride } = spill.read(page, layout, memory);
    for (let row = 0; row < count; row++) {
      const key = pool.view.getBigInt64(base + row * stride + hash, true);
      const seen = counts.get(key);
      if (seen === undefined) counts.set(key, { page, row, count: 1 });
      else seen.count++;
    }
  }
  const { page, row } = [...counts.values()].reduce((a, b) => (b.count > a.count ? b : a));
  return spill.read(page, layout, work).base + row * layout.recordBytes;
}
