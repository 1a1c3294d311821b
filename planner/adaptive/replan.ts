import type { PhysicalPlan } from "../physical.ts";
import { planStages } from "../plan-stages.ts";
import { buildSide } from "./build-side.ts";
import { coalescePartitions } from "./coalesce-partitions.ts";
import { propagateEmptyRelations } from "./empty-relations.ts";
import { partialAggregation } from "./partial-aggregation.ts";
import { probeOrder } from "./probe-order.ts";
import type { Decision, Progress, Replanned } from "./progress.ts";
import { RunState } from "./progress.ts";
import { rebalanceSkew } from "./rebalance-skew.ts";
import type { AdaptiveRule, AdaptiveSettings } from "./rule.ts";
import { highestNodeId } from "./rule.ts";
import { runtimeFilter } from "./runtime-filter.ts";
import { sharedHashTable } from "./shared-table.ts";
import { skewedJoin } from "./skewed-join.ts";
import { partitionPruning, rangeFilter } from "./skip-splits.ts";

/** Everything that can change a plan while it runs, in the order in which it is asked. */
const ADAPTIVE_RULES: readonly AdaptiveRule[] = [propagateEmptyRelations, sharedHashTable, buildSide, partitionPruning, rangeFilter, runtimeFilter, probeOrder, skewedJoin, rebalanceSkew, coalescePartitions, partialAggregation];

/** The plan with what has not run yet changed where the rules see a better way; undefined when they see none. Pure. */
export function replan(plan: PhysicalPlan, progress: Progress, settings: AdaptiveSettings): Replanned | undefined {
  const decisions: Decision[] = [];
  let nextId: number | undefined;
  let current = plan;
  const context = {
    settings,
    state: new RunState(progress),
    nextNodeId: () => (nextId = (nextId ?? highestNodeId(current)) + 1),
    decide: (decision: Decision) => void decisions.push(decision),
  };
  for (const rule of ADAPTIVE_RULES) {
    if (rule.isEnabled(settings) && !settings.excludedRules.has(rule.name)) current = rule.apply(current, context);
  }
  if (current === plan && decisions.length === 0) return undefined;
  return { plan: current, stages: current === plan ? progress.stages : planStages(current, progress), decisions };
}
