import type { LogicalPlan } from "../logical.ts";
import type { Batch, OptimizerContext } from "./rule.ts";
import { runBatch } from "./rule.ts";
import { columnPruning } from "./rules/column-pruning.ts";
import {
  combineFilters,
  pushFilterIntoJoin,
  pushFilterThroughAggregate,
  pushFilterThroughExpand,
  pushFilterThroughGenerate,
  pushFilterThroughProject,
  pushFilterThroughSetOperation,
  pushFilterThroughSort,
  pushFilterThroughWindow,
  pushJoinConditionToSides,
} from "./rules/filter-pushdown.ts";
import { inlineCtes } from "./rules/inline-ctes.ts";
import { replaceSetOperations } from "./rules/set-operations.ts";
import { unnestSubqueries } from "./unnesting/unnest.ts";

const FILTER_PUSHDOWN = [
  combineFilters,
  pushFilterThroughProject,
  pushFilterIntoJoin,
  pushFilterThroughAggregate,
  pushFilterThroughWindow,
  pushFilterThroughSort,
  pushFilterThroughGenerate,
  pushFilterThroughExpand,
  pushFilterThroughSetOperation,
  pushJoinConditionToSides,
];

/** The optimizer, in the order in which it works. */
export const BATCHES: readonly Batch[] = [
  { name: "common table expressions", required: true, strategy: "once", rules: [inlineCtes] },
  { name: "set operations", required: true, strategy: "once", rules: [replaceSetOperations] },
  { name: "conditions of outer queries", required: true, strategy: "fixedPoint", rules: [combineFilters, pushFilterIntoJoin] },
  { name: "subqueries", required: true, strategy: "once", rules: [unnestSubqueries, inlineCtes] },
  { name: "join conditions", required: true, strategy: "fixedPoint", rules: [combineFilters, pushFilterIntoJoin] },
  { name: "operators", required: false, strategy: "fixedPoint", rules: FILTER_PUSHDOWN },
  { name: "columns", required: false, strategy: "once", rules: [columnPruning] },
];

/** The plan that gives the same rows and columns for less work. Pure: everything from outside comes through the context. */
export function optimize(plan: LogicalPlan, context: OptimizerContext): LogicalPlan {
  let current = plan;
  for (const batch of BATCHES) if (context.enabled || batch.required) current = runBatch(batch, current, context);
  return current;
}

/** Names as `spark.sql.optimizer.excludedRules` lists them: separated by commas, bare or as Spark's full class names. */
export function parseExcludedRules(setting: string): ReadonlySet<string> {
  const names = setting.split(",").map((name) => name.trim().replace(/^.*\./, ""));
  return new Set(names.filter((name) => name !== ""));
}

/** Every rule that can be excluded. */
export function excludableRules(): readonly string[] {
  return [...new Set(BATCHES.filter((batch) => !batch.required).flatMap((batch) => batch.rules.map((rule) => rule.name)))];
}
