import { replan } from "../planner/adaptive/replan.ts";
import type { Progress, Replanned } from "../planner/adaptive/progress.ts";
import type { AdaptiveSettings } from "../planner/adaptive/rule.ts";
import { parseExcludedRules } from "../planner/optimizer/optimize.ts";
import type { Settings } from "../catalog/settings.ts";
import type { PhysicalPlan } from "../planner/physical.ts";

/** Hash tables of more bytes wait for memory with every look: from about half this size on, partitions take half the CPU time and less (ARCHITECTURE.md). */
const SHARED_TABLE_BYTES = 16 * 2 ** 20;

/** What a query runs on: threads that its work is divided among, and bytes of memory. */
interface Machine {
  readonly workers: number;
  readonly poolBytes: number;
}

/** Corrects a plan while it runs; each change builds on the one before. */
export function replanner(plan: PhysicalPlan, settings: Settings, engine: Machine): (progress: Progress) => Replanned | undefined {
  const adaptive = adaptiveSettings(settings, engine);
  return (progress) => replan(progress.changedPlan ?? plan, progress, adaptive);
}

function adaptiveSettings(settings: Settings, { workers, poolBytes }: Machine): AdaptiveSettings {
  const bytes = (name: string): number => settings.number(name) ?? Infinity;
  return {
    excludedRules: parseExcludedRules(settings.text("spark.sql.adaptive.optimizer.excludedRules") ?? ""),
    partitionPruning: settings.flag("spark.sql.optimizer.dynamicPartitionPruning.enabled"),
    rangeFilter: settings.flag("sparrow.adaptive.rangeFilter.enabled"),
    bloomFilter: settings.flag("spark.sql.optimizer.runtime.bloomFilter.enabled"),
    bloomFilterCreationBytes: bytes("spark.sql.optimizer.runtime.bloomFilter.creationSideThreshold"),
    bloomFilterApplicationBytes: bytes("spark.sql.optimizer.runtime.bloomFilter.applicationSideScanSizeThreshold"),
    joinReorder: settings.flag("sparrow.adaptive.joinReorder.enabled"),
    partialAggregation: settings.flag("sparrow.adaptive.partialAggregation.enabled"),
    coalescePartitions: settings.flag("spark.sql.adaptive.coalescePartitions.enabled"),
    minPartitions: settings.number("spark.sql.adaptive.coalescePartitions.minPartitionNum") ?? 1,
    minPartitionBytes: bytes("spark.sql.adaptive.coalescePartitions.minPartitionSize"),
    advisoryPartitionBytes: bytes("spark.sql.adaptive.advisoryPartitionSizeInBytes"),
    workers,
    sharedTableBytes: settings.number("spark.sql.adaptive.autoBroadcastJoinThreshold") ?? Math.min(bytes("spark.sql.autoBroadcastJoinThreshold"), SHARED_TABLE_BYTES),
    sharedDirectTableBytes: bytes("spark.sql.autoBroadcastJoinThreshold"),
    memoryBytes: Math.min(poolBytes, bytes("sparrow.query.memory.limit")),
    skewJoin: settings.flag("spark.sql.adaptive.skewJoin.enabled"),
    skewedPartitionFactor: settings.number("spark.sql.adaptive.skewJoin.skewedPartitionFactor") ?? Infinity,
    skewedPartitionBytes: bytes("spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes"),
    smallPartitionFactor: settings.number("spark.sql.adaptive.rebalancePartitionsSmallPartitionFactor") ?? 0,
    rebalanceSkew: settings.flag("spark.sql.adaptive.optimizeSkewsInRebalancePartitions.enabled"),
  };
}
