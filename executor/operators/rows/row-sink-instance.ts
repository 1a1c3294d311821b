import { InternalError } from "../../../catalog/errors.ts";
import type { Arena } from "../../memory/arena.ts";
import type { Pool } from "../../memory/pool.ts";
import type { PipelineJob, SinkResult } from "../../pipeline/pipeline-job.ts";
import { CONTROL } from "../../pipeline/pipeline-job.ts";
import type { ThreadContext } from "../../thread-context.ts";
import { RowChunks, runsOf } from "../row-store.ts";
import type { SinkInstance } from "../sink-instance.ts";
import { openGroupLimit } from "../window/group-limit.ts";
import type { RowSinkShape, RowSinkState } from "./row-sink.ts";
import { BOUND } from "./row-sink.ts";
import { TopRows } from "./top-rows.ts";

/** `rows`: holds nothing but records. `work`: what ends with the instance. */
export interface RowSinkStores {
  readonly rows: Arena;
  readonly work: Arena;
}

/** The driver's half of a sink that keeps rows as they come. */
export function openRowSink(shape: RowSinkShape, state: RowSinkState, context: ThreadContext, stores: RowSinkStores, block: number, job: PipelineJob): SinkInstance {
  const { pool } = context;
  if (shape.limit !== undefined) openGroupLimit(pool, stores.work, block, shape.limit, state.limit);
  if (shape.keep !== undefined) return new TopRows(shape, state, context, stores, block, job.control);
  const chunks = new RowChunks(pool, stores.rows, block, state.store);
  const plain: SinkInstance = {
    outputRows: 0,
    supply: (kind, argument) => chunks.supply(kind, argument),
    flush: () => {
      throw new InternalError("records are not flushed");
    },
    startMorsel: () => {},
    endMorsel: () => {},
    wantsMore: () => true,
    finish: (): SinkResult => ({ kind: "rows", partitions: chunks.finish().map((of) => runsOf(of, shape.layout.bytes)) }),
  };
  return shape.perMorsel === undefined ? plain : { ...plain, ...morselLimit(pool, (block + state.bound + BOUND.left) >>> 2, (job.control + CONTROL.rows) >>> 2, shape.perMorsel) };
}

/** A limit stops when finished morsels have enough. `left`, `finished`: words of rows that the morsel may still give, and that finished ones have given. */
function morselLimit({ u32, i32 }: Pool, left: number, finished: number, perMorsel: number): Pick<SinkInstance, "startMorsel" | "endMorsel" | "wantsMore"> {
  const most = Math.min(perMorsel, 0xffffffff);
  return {
    startMorsel: () => {
      u32[left] = most;
    },
    endMorsel: () => {
      Atomics.add(i32, finished, Math.min(most - u32[left], 0x7fffffff));
    },
    // Morsels are taken in order, so all before the last one taken are finished or under way: enough rows in finished ones are enough.
    wantsMore: () => Atomics.load(u32, finished) < perMorsel,
  };
}
