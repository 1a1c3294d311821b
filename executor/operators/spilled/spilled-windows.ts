import { PAGE_BYTES } from "../../spill/page.ts";
import type { SpilledPage } from "../../spill/spill-store.ts";
import type { PartTask, SpilledParts } from "../finish-task.ts";
import { rowSpillLayout } from "../rows/row-sink-instance.ts";
import type { RowSinkShape } from "../rows/row-sink.ts";
import { SORT_RECORD, sortCode } from "../rows/sort-module.ts";
import type { StoredPartition } from "../spilling-rows.ts";
import { STREAM_PAGE_BYTES } from "../window/stream-task.ts";
import type { WindowResult } from "../window/window-module.ts";
import { canBeginAnywhere, canStream, compileStream, compileWindow } from "../window/window-module.ts";
import type { DivideTask } from "./divide-task.ts";
import type { HashPartition } from "./hash-partitions.ts";
import { bytesToUse, divideUntil, hardlyDivides, sharedBits } from "./hash-partitions.ts";
import type { IsolateTask } from "./isolate-task.ts";
import { compileKeyEquality } from "./isolate-task.ts";
import type { SortPagesTask } from "./sort-pages-task.ts";
import type { SpilledPartsOptions } from "./spilled-parts.ts";
import { mergeTasks } from "./spilled-sort.ts";

/** Beside each record: its entry and a copy for sorting, its place in a directory of partitions, its address. */
const BESIDE_BYTES = 64;

/** Rows in memory, and runs on disk: sorted, if the window has an order. */
export interface WindowRows {
  readonly stored: readonly StoredPartition[];
  readonly sorted: readonly (readonly SpilledPage[])[];
}

/**
 * Parts of a window's rows of which some are on disk: partitions that fit into memory together, and each that does not fit by itself as a stream of rows in order. Where a call
 * looks at all rows of a partition, it is a part whether it fits or not.
 */
export async function spilledWindow(calls: readonly WindowResult[], shape: RowSinkShape, rows: WindowRows, options: SpilledPartsOptions): Promise<SpilledParts> {
  const { emit, timeZone } = options;
  const { window, sites } = compileWindow(calls, shape, emit, timeZone);
  const streams = canStream(calls, shape, emit);
  const { together, alone } = shape.partitionBy.length === 0 ? { together: [], alone: [rows] } : await partitionsOf(shape, rows.stored, streams, options);
  const resident = (part: StoredPartition, bits: number): PartTask => ({ kind: "window", shape, window, rows: part, sharedBits: bits, firstSite: 0 });
  const tasks = together.map((part) => resident(part, sharedBits(part)));
  if (!streams) return { tasks: [...tasks, ...alone.map(({ stored, sorted }) => resident({ chunks: stored.flatMap(({ chunks }) => chunks), pages: sorted.flat() }, 0))], sites };
  const one = onePartition(shape);
  const { stream, sites: streamSites } = compileStream(calls, one, timeZone);
  for (const partition of alone) {
    const parts = await inOrder(one, partition, options);
    const pages = parts.flat();
    // Rows with equal prefixes, and so all peers, are in one part.
    const pieces = canBeginAnywhere(calls) ? parts : [pages];
    let to = 0;
    for (const { length } of pieces) tasks.push({ kind: "stream", stream, layout: rowSpillLayout(shape), pages, from: to, to: (to += length), firstSite: sites.length });
  }
  return { tasks, sites: [...sites, ...streamSites] };
}

/** The shape of rows that have the same partition keys. */
function onePartition(shape: RowSinkShape): RowSinkShape {
  return { ...shape, partitionBy: [], partitions: 1 };
}

/** Pages of all rows in the window's order, by the parts that workers have merged. */
async function inOrder(shape: RowSinkShape, { stored, sorted }: WindowRows, options: SpilledPartsOptions): Promise<readonly (readonly SpilledPage[])[]> {
  const tasks = await mergeTasks(shape, stored, sorted, options, shape.order.length === 0 ? { offset: 0 } : undefined);
  const merged = await options.runTasks(tasks.map((task) => ({ ...task, pageBytes: STREAM_PAGE_BYTES })));
  return merged.map(({ pages }) => pages[0]);
}

interface WindowPartitions {
  readonly together: readonly HashPartition[];
  /** One partition each. */
  readonly alone: readonly WindowRows[];
}

/** Rows divided by their partition keys until they fit. `isolates`: keys whose rows still do not are taken out of what else there is, and their rows sorted. */
async function partitionsOf(shape: RowSinkShape, stored: readonly StoredPartition[], isolates: boolean, options: SpilledPartsOptions): Promise<WindowPartitions> {
  const { partBytes, runTasks } = options;
  const layout = rowSpillLayout(shape);
  const { recordBytes } = layout;
  const fits = (partition: HashPartition): boolean => bytesToUse(partition, { recordBytes, besideBytes: BESIDE_BYTES }) <= partBytes;
  const pagesOf = async (tasks: readonly (DivideTask | IsolateTask)[]) => (await runTasks(tasks)).map(({ pages }) => pages);
  const divide = (large: readonly HashPartition[]) => pagesOf(large.map((partition): DivideTask => ({ kind: "divide", partition, layout, hash: SORT_RECORD.partition })));
  const together: HashPartition[] = [];
  const alone: WindowRows[] = [];
  const keys = compileKeyEquality(shape.partitionBy);
  for (let left = stored.map((partition, number): HashPartition => ({ ...partition, path: [number] })); ; ) {
    const parts = (await divideUntil(left, fits, divide, hardlyDivides(recordBytes))).filter(({ chunks, pages }) => pages.length > 0 || chunks.some((c) => c.end > c.start));
    const large = isolates ? parts.filter((part) => !fits(part)) : [];
    together.push(...parts.filter((part) => !large.includes(part)));
    if (large.length === 0) return { together, alone };
    const isolated = await pagesOf(large.map((partition): IsolateTask => ({ kind: "isolate", partition, layout, hash: SORT_RECORD.partition, keys })));
    left = [];
    for (const [i, [same, others]] of isolated.entries()) {
      const { path } = large[i];
      const partition = { path, chunks: [], pages: same };
      if (fits(partition)) together.push(partition);
      else alone.push({ stored: [], sorted: await sortedRuns(onePartition(shape), same, options) });
      if (others.length > 0) left.push({ path, chunks: [], pages: others });
    }
  }
}

/** Runs of as many pages as fit into memory while they are sorted. */
async function sortedRuns(shape: RowSinkShape, pages: readonly SpilledPage[], { partBytes, runTasks }: SpilledPartsOptions): Promise<readonly (readonly SpilledPage[])[]> {
  if (shape.order.length === 0) return [pages];
  const layout = rowSpillLayout(shape);
  const sorting = sortCode(shape);
  const rowsPerPage = pages.reduce((most, { records }) => Math.max(most, records), 0);
  const pagesPerRun = Math.max(1, Math.floor(partBytes / (PAGE_BYTES + rowsPerPage * BESIDE_BYTES)));
  const tasks = Array.from({ length: Math.ceil(pages.length / pagesPerRun) }, (_, run): SortPagesTask => ({ kind: "sortPages", shape, sorting, layout, pages: pages.slice(run * pagesPerRun, (run + 1) * pagesPerRun) }));
  return (await runTasks(tasks)).map((result) => result.pages[0]);
}
