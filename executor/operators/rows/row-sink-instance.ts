import { InternalError } from "../../../catalog/errors.ts";
import type { Pool } from "../../memory/pool.ts";
import type { PipelineJob } from "../../pipeline/pipeline-job.ts";
import { CONTROL } from "../../pipeline/pipeline-job.ts";
import type { ThreadContext } from "../../thread-context.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import { spillLayout } from "../../spill/spill-layout.ts";
import type { SinkInstance, SinkStores } from "../sink-instance.ts";
import { SpillingRows } from "../spilling-rows.ts";
import { openGroupLimit } from "../window/group-limit.ts";
import type { RowSinkShape, RowSinkState } from "./row-sink.ts";
import { BOUND } from "./row-sink.ts";
import { SpillingSort } from "./spilling-sort.ts";
import { TopRows } from "./top-rows.ts";

/** The driver's half of a sink that keeps rows as they come. */
export function openRowSink(shape: RowSinkShape, state: RowSinkState, context: ThreadContext, stores: SinkStores, block: number, job: PipelineJob): SinkInstance {
  const { pool } = context;
  if (shape.limit !== undefined) openGroupLimit(pool, stores.work, block, shape.limit, state.limit);
  if (shape.keep !== undefined) return new TopRows(shape, rowSpillLayout(shape), state, context, stores, block, job);
  const rows = openRows(shape, state, context, stores, block);
  const plain: SinkInstance = {
    outputRows: 0,
    supply: rows.supply,
    flush: () => {
      throw new InternalError("records are not flushed");
    },
    startMorsel: () => {},
    endMorsel: () => {},
    wantsMore: () => true,
    finish: rows.finish,
  };
  return shape.perMorsel === undefined ? plain : { ...plain, ...morselLimit(pool, (block + state.bound + BOUND.left) >>> 2, (job.control + CONTROL.rows) >>> 2, shape.perMorsel) };
}

function openRows(shape: RowSinkShape, { store }: RowSinkState, context: ThreadContext, { rows, work, spill }: SinkStores, block: number): Pick<SinkInstance, "supply" | "finish"> {
  const layout = rowSpillLayout(shape);
  switch (shape.whenFull) {
    case "sort": {
      const kept = new SpillingSort(context, rows, work, block, store, shape, layout, spill);
      return {
        supply: (kind, argument) => kept.supply(kind, argument),
        finish: () => {
          const { chunks, sorted } = kept.finish();
          return { kind: "rows", partitions: [{ chunks, pages: [] }], sorted };
        },
      };
    }
    case "append": {
      const kept = new SpillingRows(context.pool, rows, block, store, layout, spill);
      return {
        supply: (kind, argument) => kept.supply(kind, argument),
        finish: () => {
          const [{ chunks, pages }] = kept.finish();
          return { kind: "rows", partitions: [{ chunks, pages: [] }], sorted: pages.length === 0 ? [] : [pages] };
        },
      };
    }
    case "partition":
    case "fail": {
      const kept = new SpillingRows(context.pool, rows, block, store, layout, shape.whenFull === "fail" ? undefined : spill);
      return { supply: (kind, argument) => kept.supply(kind, argument), finish: () => ({ kind: "rows", partitions: kept.finish(), sorted: [] }) };
    }
  }
}

/** Records as the sink leaves them. */
export function rowSpillLayout({ layout, filled }: RowSinkShape): SpillLayout {
  return spillLayout(layout.bytes, filled);
}

/** A limit stops when finished morsels have enough. `left`, `finished`: words of rows that the morsel may still give, and that finished ones have given. */
function morselLimit({ u32, i32 }: Pool, left: number, finished: number, perMorsel: number): Pick<SinkInstance, "startMorsel" | "endMorsel" | "wantsMore"> {
  const most = Math.min(perMorsel, 0xffffffff);
  let current = -1;
  let before = most;
  return {
    // A morsel that is a part of something on disk comes batch by batch.
    startMorsel: (morsel) => {
      if (morsel !== current) u32[left] = most;
      current = morsel;
      before = u32[left];
    },
    endMorsel: () => {
      Atomics.add(i32, finished, Math.min(before - u32[left], 0x7fffffff));
    },
    // Morsels are taken in order, so all before the last one taken are finished or under way: enough rows in finished ones are enough.
    wantsMore: () => Atomics.load(u32, finished) < perMorsel,
  };
}
