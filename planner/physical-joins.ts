import { assert, unreachable } from "../catalog/errors.ts";
import type { Expr } from "../catalog/expression.ts";
import { isNullable } from "../catalog/expression.ts";
import { booleanCall, conjunction } from "./conjunctions.ts";
import type { LogicalJoinKey } from "./join-keys.ts";
import { analyzeJoinCondition } from "./join-keys.ts";
import type { JoinKind, LogicalJoin } from "./logical.ts";
import type { PhysicalPlanner } from "./physical-planner.ts";
import type { JoinKey, PhysicalJoinKind, PhysicalPlan } from "./physical.ts";
import { estimateBytes, estimateRows } from "./optimizer/cardinality.ts";
import { outputIds } from "./optimizer/plan-traversal.ts";

/** Building costs more per row than probing: semi and outer joins turn round only when the left side is clearly the smaller one. */
const TURN_ROUND_FACTOR = 2;

/** A hash join when the condition has equalities between the sides, else a nested loop. */
export function planJoin(plan: LogicalJoin, planner: PhysicalPlanner): PhysicalPlan {
  assert(!plan.dependent, "dependent joins are unnested before physical planning");
  const condition = analyzeJoinCondition(plan.join, plan.condition, outputIds(plan.left), outputIds(plan.right));
  const keys = hashableKeys(condition.keys, condition.residual);
  if (keys === undefined) return planNestedLoop(plan, planner);
  const nullAware = keys.some((key) => key.nullAware);
  const buildLeft = buildsLeft(plan, nullAware);
  const left = planner.plan(plan.left);
  const right = withoutNullKeys(planner.plan(plan.right), keys, nullAware, planner);
  return planner.node(estimateRows(plan), {
    kind: "hashJoin",
    join: physicalKind(plan.join, buildLeft),
    probe: buildLeft ? right : left,
    build: buildLeft ? left : right,
    keys: keys.map((key): JoinKey => ({
      probe: buildLeft ? key.right : key.left,
      build: buildLeft ? key.left : key.right,
      nullSafe: key.nullSafe || (nullAware && !key.nullAware),
    })),
    residual: conjunction(condition.residual),
    nullAware,
    mark: plan.mark,
  });
}

/**
 * The keys a hash join can take, or undefined where only looking at every pair is right. With NULL-aware keys that is: one such key
 * (with two, a NULL in one does not excuse a difference in the other) and no residual, which would have to be asked for NULL pairs too.
 */
function hashableKeys(keys: readonly LogicalJoinKey[], residual: readonly Expr[]): readonly LogicalJoinKey[] | undefined {
  if (keys.length === 0) return undefined;
  const aware = keys.filter((key) => key.nullAware).length;
  return aware === 0 || (aware === 1 && residual.length === 0) ? keys : undefined;
}

/**
 * In a NULL-aware join all other keys compare NULL-safe, so that NULLs have a special meaning in one key only. A plain `=` never holds for
 * NULL: rows of the build side with a NULL in such a key go first.
 */
function withoutNullKeys(right: PhysicalPlan, keys: readonly LogicalJoinKey[], nullAware: boolean, planner: PhysicalPlanner): PhysicalPlan {
  if (!nullAware) return right;
  const tests = keys.filter((key) => !key.nullAware && !key.nullSafe && isNullable(key.right)).map((key) => booleanCall("isnotnull", [key.right]));
  const condition = conjunction(tests);
  return condition === undefined ? right : planner.node(right.rows, { kind: "filter", input: right, condition });
}

function planNestedLoop(plan: LogicalJoin, planner: PhysicalPlanner): PhysicalPlan {
  const buildLeft = plan.join === "right" || (plan.join === "inner" && estimateBytes(plan.left) < estimateBytes(plan.right));
  const left = planner.plan(plan.left);
  const right = planner.plan(plan.right);
  return planner.node(estimateRows(plan), {
    kind: "nestedLoopJoin",
    join: physicalKind(plan.join, buildLeft),
    probe: buildLeft ? right : left,
    build: buildLeft ? left : right,
    condition: plan.condition,
    mark: plan.mark,
  });
}

function buildsLeft(plan: LogicalJoin, nullAware: boolean): boolean {
  if (plan.join === "mark" || plan.join === "single" || nullAware) return false;
  const { hint } = plan;
  if (hint !== undefined && builds(hint.left) !== builds(hint.right)) return builds(hint.left);
  const left = estimateBytes(plan.left);
  const right = estimateBytes(plan.right);
  switch (plan.join) {
    case "inner":
    case "full":
      return left < right;
    case "left":
    case "semi":
    case "anti":
      return left * TURN_ROUND_FACTOR < right;
    case "right":
      return left <= right * TURN_ROUND_FACTOR;
  }
}

function builds(hint: "broadcast" | "merge" | "shuffle_hash" | "shuffle_replicate_nl" | undefined): boolean {
  return hint === "broadcast" || hint === "shuffle_hash";
}

function physicalKind(join: JoinKind, buildLeft: boolean): PhysicalJoinKind {
  switch (join) {
    case "inner":
      return "inner";
    case "left":
      return buildLeft ? "buildOuter" : "probeOuter";
    case "right":
      return buildLeft ? "probeOuter" : "buildOuter";
    case "full":
      return "fullOuter";
    case "semi":
      return buildLeft ? "buildSemi" : "probeSemi";
    case "anti":
      return buildLeft ? "buildAnti" : "probeAnti";
    case "mark":
      return "probeMark";
    case "single":
      return "probeSingle";
  }
  return unreachable(join);
}
