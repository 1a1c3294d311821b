import { assert, unreachable } from "../catalog/errors.ts";
import type { Expr } from "../catalog/expression.ts";
import { mapOperands, referencedColumns } from "../catalog/expression.ts";
import { ComputedColumns } from "./computed-columns.ts";
import { conjunction, conjuncts } from "./conjunctions.ts";
import type { JoinCondition } from "./join-keys.ts";
import { analyzeJoinCondition } from "./join-keys.ts";
import type { JoinKind, LogicalJoin } from "./logical.ts";
import type { PhysicalPlanner } from "./physical-planner.ts";
import { hashTableBytes, spreadByKeys } from "./partitioned-join.ts";
import type { JoinKey, PhysicalJoinKind, PhysicalPlan } from "./physical.ts";
import { estimateBytes, estimateRows } from "./optimizer/cardinality.ts";
import { rangesOf } from "./optimizer/column-ranges.ts";
import { mayRaise } from "./optimizer/expression-facts.ts";
import { outputIds } from "./optimizer/plan-traversal.ts";

/** Building costs more per row than probing: semi and outer joins turn round only when the left side is clearly the smaller one. */
const TURN_ROUND_FACTOR = 2;

/**
 * A hash join when the condition has equalities between the sides, else a nested loop. BROADCAST and SHUFFLE_HASH say which side is kept, SHUFFLE_REPLICATE_NL asks
 * for the loop. The hash table is one that all workers share, unless it is estimated to be large: then both sides are spread over partitions. BROADCAST asks for the
 * first, SHUFFLE_HASH and MERGE for the second; there is no join by sorting.
 */
export function planJoin(plan: LogicalJoin, planner: PhysicalPlanner): PhysicalPlan {
  assert(!plan.dependent, "dependent joins are unnested before physical planning");
  if (plan.join === "inner" && (plan.hint?.left === "shuffle_replicate_nl" || plan.hint?.right === "shuffle_replicate_nl")) return planNestedLoop(plan, planner);
  const condition = hashable(plan.join, analyzeJoinCondition(plan.join, plan.condition, outputIds(plan.left), outputIds(plan.right)));
  if (condition === undefined) return planNestedLoop(plan, planner);
  const nullAware = condition.keys.some((key) => key.nullAware);
  const buildLeft = buildsLeft(plan, nullAware);
  const { left, right, residual } = withOneSidedBelow(plan, condition.residual, planner);
  const [probe, build] = buildLeft ? [right, left] : [left, right];
  const keys = condition.keys.map((key): JoinKey => ({ probe: buildLeft ? key.right : key.left, build: buildLeft ? key.left : key.right, nullSafe: key.nullSafe }));
  const hinted = hintedTable(plan);
  const isPartitioned = hinted === undefined ? hashTableBytes(build, build.rows) > planner.sharedTableBytes : hinted === "partitioned";
  return planner.node(estimateRows(plan), {
    kind: "hashJoin",
    join: physicalKind(plan.join, buildLeft),
    probe: isPartitioned ? planner.node(probe.rows, spreadByKeys(probe, keys)) : probe,
    build,
    keys,
    residual: conjunction(residual),
    nullAware,
    mark: plan.mark,
    ...(hintedSide(plan) !== undefined && { sideHint: true as const }),
    ...(hinted !== undefined && { tableHint: true as const }),
  });
}

/**
 * The condition as a hash join takes it, or undefined where every pair must be looked at. A NULL-aware key stands alone: its NULLs are judged by
 * the whole other side. Beside other keys (a correlated NOT IN) it is asked of the pairs that those find, which an anti join can do
 * (`a = b OR (a = b) IS NULL` is TRUE or FALSE) and a mark join cannot.
 */
function hashable(join: JoinKind, { keys, residual }: JoinCondition): JoinCondition | undefined {
  const aware = keys.filter((key) => key.nullAware);
  if (aware.length === 0) return keys.length === 0 ? undefined : { keys, residual };
  if (keys.length === 1 && residual.length === 0) return { keys, residual };
  const plain = keys.filter((key) => !key.nullAware);
  if (join !== "anti" || plain.length === 0) return undefined;
  return { keys: plain, residual: [...aware.map((key) => key.condition), ...residual] };
}

/**
 * Tests of one side that the join kind keeps from being a filter of that side (`t LEFT JOIN u ON t.a = u.a AND t.s RLIKE '^x'`) are made once
 * per row of the side and not once per pair. Those that can raise stay: their row may have no pair. In an inner join such tests stand under OR
 * only, and are made for the pairs found.
 */
function withOneSidedBelow(plan: LogicalJoin, residual: readonly Expr[], planner: PhysicalPlanner): { readonly left: PhysicalPlan; readonly right: PhysicalPlan; readonly residual: readonly Expr[] } {
  if (plan.join === "inner" || residual.length === 0) return { left: planner.plan(plan.left), right: planner.plan(plan.right), residual };
  const sides = [plan.left, plan.right].map((side) => ({ ids: outputIds(side), computed: new ComputedColumns(planner.nextComputedId) }));
  const ranges = rangesOf(plan);
  const below = (test: Expr): Expr => {
    const read = [...referencedColumns(test)];
    const side = read.length === 0 || mayRaise(test, ranges) ? undefined : sides.find(({ ids }) => read.every((id) => ids.has(id)));
    if (side !== undefined) return side.computed.asColumn(test);
    const isConnective = test.kind === "call" && (test.name === "and" || test.name === "or" || test.name === "not");
    return isConnective ? mapOperands(test, below) : test;
  };
  const asked = residual.map(below);
  const [left, right] = [plan.left, plan.right].map((side, i) => planner.withComputed(planner.plan(side), sides[i].computed));
  return { left, right, residual: asked };
}

function planNestedLoop(plan: LogicalJoin, planner: PhysicalPlanner): PhysicalPlan {
  const buildLeft = plan.join === "right" || (plan.join === "inner" && estimateBytes(plan.left) < estimateBytes(plan.right));
  const { left, right, residual } = withOneSidedBelow(plan, conjuncts(plan.condition), planner);
  return planner.node(estimateRows(plan), {
    kind: "nestedLoopJoin",
    join: physicalKind(plan.join, buildLeft),
    probe: buildLeft ? right : left,
    build: buildLeft ? left : right,
    condition: conjunction(residual),
    mark: plan.mark,
  });
}

function buildsLeft(plan: LogicalJoin, nullAware: boolean): boolean {
  if (plan.join === "mark" || plan.join === "single" || nullAware) return false;
  const hinted = hintedSide(plan);
  if (hinted !== undefined) return hinted === "left";
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

/** The side that a hint asks to keep, if it names one. */
function hintedSide({ hint }: LogicalJoin): "left" | "right" | undefined {
  if (hint === undefined || builds(hint.left) === builds(hint.right)) return undefined;
  return builds(hint.left) ? "left" : "right";
}

/** The kind of hash table that a hint asks for. */
function hintedTable({ hint }: LogicalJoin): "shared" | "partitioned" | undefined {
  const asked = new Set([hint?.left, hint?.right]);
  if (asked.has("broadcast")) return "shared";
  return asked.has("shuffle_hash") || asked.has("merge") ? "partitioned" : undefined;
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
