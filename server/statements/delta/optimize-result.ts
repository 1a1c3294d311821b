import { BOOLEAN, type DataType, DOUBLE, LONG, STRING, type StructField } from "../../../catalog/types.ts";
import type { StructValue, Value } from "../../../catalog/values.ts";
import type { AddFile } from "../../../delta/actions.ts";
import { zCubeOf } from "../../../delta/clustering.ts";
import { indexedLeaves } from "../../../delta/indexed-columns.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { locationText } from "../../storage-paths.ts";

/** What OPTIMIZE did. */
export interface OptimizeOutcome {
  readonly snapshot: DeltaSnapshot;
  readonly considered: readonly AddFile[];
  readonly removed: readonly AddFile[];
  readonly added: readonly AddFile[];
  readonly partitions: number;
  readonly bins: number;
  readonly layout: "compaction" | "zOrder" | "clustering" | "purge";
  readonly startedMs: number;
}

function struct(types: Readonly<Record<string, DataType>>): DataType {
  return { kind: "struct", fields: Object.entries(types).map(([name, type]) => ({ name, type, nullable: true })) };
}

const FILE_SIZES = struct({ min: LONG, max: LONG, avg: DOUBLE, totalFiles: LONG, totalSize: LONG });
const CUBE_FILES = struct({ num: LONG, size: LONG });
const CLUSTERED_FILES = struct({ numFiles: LONG, size: LONG });

/** Source: Delta Spark's `OptimizeMetrics`. */
const METRICS = struct({
  numFilesAdded: LONG,
  numFilesRemoved: LONG,
  filesAdded: FILE_SIZES,
  filesRemoved: FILE_SIZES,
  partitionsOptimized: LONG,
  zOrderStats: struct({ strategyName: STRING, inputCubeFiles: CUBE_FILES, inputOtherFiles: CUBE_FILES, inputNumCubes: LONG, mergedFiles: CUBE_FILES, numOutputCubes: LONG, mergedNumCubes: LONG }),
  clusteringStats: struct({ inputZCubeFiles: CLUSTERED_FILES, inputOtherFiles: CLUSTERED_FILES, inputNumZCubes: LONG, mergedFiles: CLUSTERED_FILES, numOutputZCubes: LONG }),
  numBins: LONG,
  numBatches: LONG,
  totalConsideredFiles: LONG,
  totalFilesSkipped: LONG,
  preserveInsertionOrder: BOOLEAN,
  numFilesSkippedToReduceWriteAmplification: LONG,
  numBytesSkippedToReduceWriteAmplification: LONG,
  startTimeMs: LONG,
  endTimeMs: LONG,
  totalClusterParallelism: LONG,
  totalScheduledTasks: LONG,
  autoCompactParallelismStats: struct({ maxClusterActiveParallelism: LONG, minClusterActiveParallelism: LONG, maxSessionActiveParallelism: LONG, minSessionActiveParallelism: LONG }),
  deletionVectorStats: struct({ numDeletionVectorsRemoved: LONG, numDeletionVectorRowsRemoved: LONG }),
  numTableColumns: LONG,
  numTableColumnsWithStats: LONG,
});

export const OPTIMIZE_COLUMNS: readonly StructField[] = [
  { name: "path", type: STRING, nullable: true },
  { name: "metrics", type: METRICS, nullable: true },
];

/** The one row of the result. */
export function optimizeRow(outcome: OptimizeOutcome): Value[] {
  const { snapshot, considered, removed, added, layout } = outcome;
  const vectors = removed.flatMap(({ deletionVector }) => (deletionVector === undefined ? [] : [deletionVector]));
  const metrics: Readonly<Record<string, Value>> = {
    numFilesAdded: BigInt(added.length),
    numFilesRemoved: BigInt(removed.length),
    filesAdded: fileSizes(added),
    filesRemoved: fileSizes(removed),
    partitionsOptimized: BigInt(outcome.partitions),
    zOrderStats: layout === "zOrder" ? zOrderStats(outcome) : null,
    clusteringStats: layout === "clustering" ? clusteringStats(outcome) : null,
    numBins: 0n,
    numBatches: BigInt(outcome.bins),
    totalConsideredFiles: BigInt(considered.length),
    totalFilesSkipped: BigInt(considered.length - removed.length),
    preserveInsertionOrder: false,
    numFilesSkippedToReduceWriteAmplification: 0n,
    numBytesSkippedToReduceWriteAmplification: 0n,
    startTimeMs: BigInt(outcome.startedMs),
    endTimeMs: 0n,
    totalClusterParallelism: 1n,
    totalScheduledTasks: 0n,
    autoCompactParallelismStats: null,
    deletionVectorStats: vectors.length === 0 ? null : { fields: [BigInt(vectors.length), BigInt(vectors.reduce((sum, { cardinality }) => sum + cardinality, 0))] },
    numTableColumns: BigInt(snapshot.fields.length),
    numTableColumnsWithStats: BigInt(new Set(indexedLeaves(snapshot.fields, snapshot.metadata.configuration).map(({ path }) => path[0])).size),
  };
  return [locationText(snapshot.location), { fields: METRICS.kind === "struct" ? METRICS.fields.map(({ name }) => metrics[name]) : [] }];
}

/** `operationMetrics` of the commit. */
export function optimizeMetrics(removed: readonly AddFile[], added: readonly AddFile[]): Record<string, number> {
  const sizes = added.map(({ size }) => size).sort((a, b) => a - b);
  const at = (quarters: number): number => sizes[Math.floor((sizes.length * quarters) / 4)] ?? 0;
  return {
    numRemovedFiles: removed.length,
    numRemovedBytes: totalSize(removed),
    numAddedFiles: added.length,
    numAddedBytes: totalSize(added),
    numDeletionVectorsRemoved: removed.filter(({ deletionVector }) => deletionVector !== undefined).length,
    minFileSize: at(0),
    p25FileSize: at(1),
    p50FileSize: at(2),
    p75FileSize: at(3),
    maxFileSize: sizes[sizes.length - 1] ?? 0,
  };
}

function totalSize(files: readonly AddFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

function fileSizes(files: readonly AddFile[]): StructValue {
  const sizes = files.map(({ size }) => size);
  const total = totalSize(files);
  return { fields: [files.length === 0 ? null : BigInt(Math.min(...sizes)), files.length === 0 ? null : BigInt(Math.max(...sizes)), files.length === 0 ? 0 : total / files.length, BigInt(files.length), BigInt(total)] };
}

function countAndSize(files: readonly AddFile[]): StructValue {
  return { fields: [BigInt(files.length), BigInt(totalSize(files))] };
}

/** Every ZORDER BY takes all files of a partition and makes one cube of it. */
function zOrderStats({ removed, partitions }: OptimizeOutcome): StructValue {
  return { fields: ["all", countAndSize([]), countAndSize(removed), 0n, countAndSize(removed), BigInt(partitions), null] };
}

function clusteringStats({ considered, removed, bins }: OptimizeOutcome): StructValue {
  const inCubes = considered.filter((file) => zCubeOf(file) !== undefined);
  const cubes = new Set(inCubes.map((file) => zCubeOf(file)?.id));
  return { fields: [countAndSize(inCubes), countAndSize(considered.filter((file) => zCubeOf(file) === undefined)), BigInt(cubes.size), countAndSize(removed), BigInt(bins)] };
}
