import type { LogicalPlan } from "../logical.ts";
import type { Batch, OptimizerContext, Rule } from "./rule.ts";
import { runBatch } from "./rule.ts";
import { removeDistinctUnderSemiJoin, removeRedundantDistinct, removeRedundantKeys, simplifyAggregateCalls } from "./rules/aggregates.ts";
import { booleanSimplification, factorDisjunctions } from "./rules/boolean-simplification.ts";
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
import { canonicalizeComparisons, simplifyCasts, unwrapCastInComparison } from "./rules/comparison-simplification.ts";
import { countsFromStatistics } from "./rules/counts-from-statistics.ts";
import { rewriteDistinctAggregates } from "./rules/distinct-aggregates.ts";
import { simplifyConditionals } from "./rules/conditional-simplification.ts";
import { orderConditions } from "./rules/condition-order.ts";
import { constantFolding } from "./rules/constant-folding.ts";
import { flattenUnions, propagateEmptyRelations, simplifyConditions } from "./rules/empty-relations.ts";
import { combineEqualities, optimizeIn } from "./rules/in-simplification.ts";
import { inferFiltersFromEqualities, inferSideDisjunctions } from "./rules/infer-filters.ts";
import { inlineCtes } from "./rules/inline-ctes.ts";
import { reorderJoins } from "./rules/join-reorder.ts";
import { likeSimplification } from "./rules/like-simplification.ts";
import { collapseRepartitions, combineLimits, eliminateSorts, limitPushdown } from "./rules/limits.ts";
import { replaceMarkJoins, semiJoinsWithoutCondition } from "./rules/mark-joins.ts";
import { nullPropagation } from "./rules/null-propagation.ts";
import { updateNullability } from "./rules/nullability.ts";
import { eliminateOuterJoins, simplifySingleJoins, turnRightJoins } from "./rules/outer-joins.ts";
import { collapseProjects, removeNoopProjects } from "./rules/projections.ts";
import { reduceAggregates } from "./rules/reduce-aggregates.ts";
import { replaceSetOperations } from "./rules/set-operations.ts";
import { foldShiftedSums } from "./rules/shifted-sums.ts";
import { readStructFields } from "./rules/struct-fields.ts";
import { unnestSubqueries } from "./unnesting/unnest.ts";

const EXPRESSIONS: readonly Rule[] = [
  constantFolding,
  nullPropagation,
  booleanSimplification,
  factorDisjunctions,
  simplifyConditionals,
  simplifyCasts,
  canonicalizeComparisons,
  unwrapCastInComparison,
  optimizeIn,
  combineEqualities,
  likeSimplification,
];

const FILTER_PUSHDOWN: readonly Rule[] = [
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

const OPERATORS: readonly Rule[] = [
  eliminateOuterJoins,
  simplifyConditions,
  propagateEmptyRelations,
  flattenUnions,
  replaceMarkJoins,
  simplifySingleJoins,
  turnRightJoins,
  collapseProjects,
  removeNoopProjects,
  combineLimits,
  eliminateSorts,
  collapseRepartitions,
  removeRedundantKeys,
  removeRedundantDistinct,
  removeDistinctUnderSemiJoin,
  simplifyAggregateCalls,
];

/** The optimizer, in the order in which it works. */
export const BATCHES: readonly Batch[] = [
  { name: "fields", required: false, strategy: "once", rules: [readStructFields] },
  { name: "common table expressions", required: true, strategy: "once", rules: [inlineCtes] },
  { name: "set operations", required: true, strategy: "once", rules: [replaceSetOperations] },
  { name: "conditions of outer queries", required: true, strategy: "fixedPoint", rules: [combineFilters, pushFilterIntoJoin] },
  { name: "subqueries", required: true, strategy: "once", rules: [unnestSubqueries, inlineCtes] },
  { name: "join conditions", required: true, strategy: "fixedPoint", rules: [combineFilters, pushFilterIntoJoin] },
  { name: "nullability by statistics", required: false, strategy: "once", rules: [updateNullability] },
  { name: "operators", required: false, strategy: "fixedPoint", rules: [...EXPRESSIONS, ...FILTER_PUSHDOWN, ...OPERATORS] },
  { name: "inference", required: false, strategy: "once", rules: [inferSideDisjunctions, inferFiltersFromEqualities] },
  { name: "operators after inference", required: false, strategy: "fixedPoint", rules: [...EXPRESSIONS, ...FILTER_PUSHDOWN, ...OPERATORS] },
  { name: "distinct aggregates", required: false, strategy: "once", rules: [rewriteDistinctAggregates] },
  { name: "inputs of distinct aggregates", required: false, strategy: "once", rules: [inlineCtes] },
  { name: "sums", required: false, strategy: "once", rules: [foldShiftedSums] },
  { name: "reduction of groupings", required: false, strategy: "once", rules: [reduceAggregates] },
  { name: "reduced inputs", required: false, strategy: "fixedPoint", rules: [...FILTER_PUSHDOWN, collapseProjects, removeNoopProjects] },
  { name: "join order", required: false, strategy: "once", rules: [reorderJoins] },
  { name: "columns", required: false, strategy: "once", rules: [columnPruning] },
  { name: "nullability", required: false, strategy: "once", rules: [updateNullability] },
  { name: "conditions and counts", required: false, strategy: "once", rules: [orderConditions, countsFromStatistics] },
  { name: "limits", required: false, strategy: "fixedPoint", rules: [semiJoinsWithoutCondition, limitPushdown, combineLimits, collapseProjects, removeNoopProjects] },
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
