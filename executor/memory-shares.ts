import type { Breaker, Source } from "../planner/stages.ts";
import { estimatedBytes } from "./breaker-estimates.ts";
import { BLOCK_BYTES } from "./memory/pool.ts";

/** How the memory that a query can still have is shared out. `free`: blocks of it. */

/** Breakers whose rows can go to disk. */
const SPILLING: ReadonlySet<Breaker["kind"]> = new Set(["aggregate", "build", "exchange", "limit", "loopBuild", "shared", "sort", "topN", "window"]);
/** Those whose rows are in memory together with others while they are read. */
const IN_MEMORY_WITH_OTHERS: ReadonlySet<Breaker["kind"]> = new Set(["build", "exchange", "loopBuild"]);
/** Blocks that an instance of a pipeline takes for its state and batches. */
const INSTANCE_BLOCKS = 4;
/** Part of the memory that a query can still have which rows of a sink may take before they go to disk, ... */
const SINK_SHARE = 0.5;
/** ... where they are in memory together with others while they are read, and hash tables with directories of nearly their size, ... */
const SHARED_SHARE = 0.3;
/** ... but always so many blocks for each worker: first chunks of all partitions, and strings. */
const MIN_SINK_BLOCKS = 2;
/** So many times its part of the rows may come to one worker, whose memory is a part of the whole. */
const UNEVEN = 1.5;
/** Part of the memory that a query can still have which parts of a breaker that is on disk, or batches of a scan, may take while they are read. */
const SOURCE_SHARE = 0.25;

/**
 * Blocks that the rows of one instance's sink may take: half of what the query can still have, shared by the workers. The rest is for what completes and
 * reads them. Undefined for sinks that keep all in memory.
 */
export function sinkBlocks(kind: Breaker["kind"] | undefined, free: number, workers: number): number | undefined {
  if (kind === undefined || !SPILLING.has(kind)) return undefined;
  return Math.max(MIN_SINK_BLOCKS, Math.floor(blocksToShare(free, workers) * sinkShare(kind)));
}

/**
 * Bytes that a query must be able to have so that the rows of a breaker stay in memory, as they are estimated; 0 of groups, whose number is known least of all before they
 * are there. `rowsRead`: what the source was found to have, where that is known.
 */
export function bytesWanted(breaker: Breaker, source: Source, rowsRead: number | undefined): number {
  if (breaker.kind === "aggregate") return 0;
  const corrected = source.kind === "breaker" && source.estimate > 0 && rowsRead !== undefined ? Math.min(1, rowsRead / source.estimate) : 1;
  return (corrected * UNEVEN * estimatedBytes(breaker)) / sinkShare(breaker.kind);
}

function sinkShare(kind: Breaker["kind"]): number {
  return IN_MEMORY_WITH_OTHERS.has(kind) ? SHARED_SHARE : SINK_SHARE;
}

/** Bytes that a worker may take for what it reads, a part of what is on disk or a batch of a scan: the rest is for the sink that its rows go to, and for what else is in memory. */
export function sourceBytes(free: number, workers: number): number {
  return blocksToShare(free, workers) * SOURCE_SHARE * BLOCK_BYTES;
}

/** Blocks for each worker, beyond those that every instance of a pipeline takes. */
function blocksToShare(free: number, workers: number): number {
  return Math.max(1, free / workers - INSTANCE_BLOCKS);
}
