import type { PhysicalHashJoin, PhysicalPlan } from "../physical.ts";
import { mapPhysicalInputs, physicalInputs } from "../physical.ts";
import type { Decision, RunState } from "./progress.ts";

/** What the rules may do, as settings say. Sizes in bytes. */
export interface AdaptiveSettings {
  /** `spark.sql.adaptive.optimizer.excludedRules`: names of rules that are left out. */
  readonly excludedRules: ReadonlySet<string>;
  /** `spark.sql.optimizer.dynamicPartitionPruning.enabled` */
  readonly partitionPruning: boolean;
  /** `sparrow.adaptive.rangeFilter.enabled` */
  readonly rangeFilter: boolean;
  /** `spark.sql.optimizer.runtime.bloomFilter.enabled` */
  readonly bloomFilter: boolean;
  /** `spark.sql.optimizer.runtime.bloomFilter.creationSideThreshold`: size of a hash table up to which it filters scans. */
  readonly bloomFilterCreationBytes: number;
  /** `spark.sql.optimizer.runtime.bloomFilter.applicationSideScanSizeThreshold`: size of a scan from which it is filtered. */
  readonly bloomFilterApplicationBytes: number;
  /** `sparrow.adaptive.joinReorder.enabled` */
  readonly joinReorder: boolean;
  /** `sparrow.adaptive.partialAggregation.enabled` */
  readonly partialAggregation: boolean;
  /** `spark.sql.adaptive.coalescePartitions.enabled` */
  readonly coalescePartitions: boolean;
  /** `spark.sql.adaptive.coalescePartitions.minPartitionNum` */
  readonly minPartitions: number;
  /** `spark.sql.adaptive.coalescePartitions.minPartitionSize` */
  readonly minPartitionBytes: number;
  /** `spark.sql.adaptive.advisoryPartitionSizeInBytes` */
  readonly advisoryPartitionBytes: number;
  /** Threads that a query's work is divided among. */
  readonly workers: number;
  /** Memory that the query may have at most. */
  readonly memoryBytes: number;
  /** `spark.sql.adaptive.autoBroadcastJoinThreshold`: size of a hash table up to which all workers share one; negative: never. */
  readonly sharedTableBytes: number;
  /** `spark.sql.autoBroadcastJoinThreshold`: the same of tables that are found by their key and not by its hash. */
  readonly sharedDirectTableBytes: number;
  /** `spark.sql.adaptive.skewJoin.enabled` */
  readonly skewJoin: boolean;
  /** `spark.sql.adaptive.skewJoin.skewedPartitionFactor`: a skewed partition is so many times the median one, ... */
  readonly skewedPartitionFactor: number;
  /** `spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes`: ... and larger than this. */
  readonly skewedPartitionBytes: number;
  /** `spark.sql.adaptive.rebalancePartitionsSmallPartitionFactor`: a piece smaller than this share of the wanted size goes to another one. */
  readonly smallPartitionFactor: number;
  /** `spark.sql.adaptive.optimizeSkewsInRebalancePartitions.enabled` */
  readonly rebalanceSkew: boolean;
}

export interface RuleContext {
  readonly settings: AdaptiveSettings;
  readonly state: RunState;
  /** An id that no node of the plan has. */
  readonly nextNodeId: () => number;
  readonly decide: (decision: Decision) => void;
}

/** Statistics in, a changed plan out; the same object where there is nothing to change. It must not touch nodes that are fixed. */
export interface AdaptiveRule {
  /** As `spark.sql.adaptive.optimizer.excludedRules` names it: Spark's name where it has such a rule. */
  readonly name: string;
  readonly isEnabled: (settings: AdaptiveSettings) => boolean;
  readonly apply: (plan: PhysicalPlan, context: RuleContext) => PhysicalPlan;
}

/** Rewrites inputs before the nodes that read them. A definition that several places share stays one. */
export function rewriteUpward(plan: PhysicalPlan, rewrite: (node: PhysicalPlan) => PhysicalPlan): PhysicalPlan {
  const definitions = new Map<PhysicalPlan, PhysicalPlan>();
  const visit = (node: PhysicalPlan): PhysicalPlan => {
    if (node.kind !== "shared") return rewrite(mapPhysicalInputs(node, visit));
    const known = definitions.get(node.definition) ?? visit(node.definition);
    definitions.set(node.definition, known);
    return rewrite(known === node.definition ? node : { ...node, definition: known });
  };
  return visit(plan);
}

/** The join whose hash table has just become complete; undefined after any other breaker. */
export function latestJoin(plan: PhysicalPlan, { latest }: RunState): (PhysicalPlan & PhysicalHashJoin) | undefined {
  if (latest.kind !== "build") return undefined;
  let found: (PhysicalPlan & PhysicalHashJoin) | undefined;
  forEachNode(plan, (node) => {
    if (node.id === latest.node.id && node.kind === "hashJoin") found = node;
  });
  return found;
}

export function highestNodeId(plan: PhysicalPlan): number {
  let highest = 0;
  forEachNode(plan, (node) => {
    highest = Math.max(highest, node.id);
  });
  return highest;
}

/** Every node once, a shared definition too. */
export function forEachNode(plan: PhysicalPlan, visit: (node: PhysicalPlan) => void): void {
  const definitions = new Set<PhysicalPlan>();
  const left: PhysicalPlan[] = [plan];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    visit(node);
    if (node.kind === "shared") {
      if (definitions.has(node.definition)) continue;
      definitions.add(node.definition);
    }
    left.push(...physicalInputs(node));
  }
}
