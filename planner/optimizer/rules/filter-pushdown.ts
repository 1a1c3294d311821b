import type { ColumnId, Expr } from "../../../catalog/expression.ts";
import { columnExpr, isNullable, referencedColumns } from "../../../catalog/expression.ts";
import type { JoinKind, LogicalFilter, LogicalJoin, LogicalPlan } from "../../logical.ts";
import { outputOf } from "../../logical.ts";
import { conjunction, conjuncts } from "../../conjunctions.ts";
import { isDeterministic, mayRaise } from "../expression-facts.ts";
import { substitute } from "../expression-traversal.ts";
import { outputIds } from "../plan-traversal.ts";
import { rangesOf } from "../column-ranges.ts";
import type { NodeRule } from "../rule.ts";

/*
 * Filters move towards the scans. What holds for the whole family:
 * - A conjunct with a call whose value changes from evaluation to evaluation stays: `WHERE rand() < 0.5` above a join is drawn per pair.
 * - A conjunct that can raise does not overtake one that stays, and does not go below a node that drops rows: in
 *   `SELECT * FROM t JOIN u ON t.b = u.b WHERE u.ok AND t.a / t.b > 1` a row of `t` without a partner must not be divided.
 *   Whether it can raise is judged with the ranges that statistics promise.
 */

/** Conjuncts in order, those that may move first; `dropsRows`: what can raise stays. */
function split(
  node: LogicalPlan,
  conditions: readonly Expr[],
  dropsRows: boolean,
  canMove: (condition: Expr) => boolean,
): { readonly moving: readonly Expr[]; readonly staying: readonly Expr[] } {
  const moving: Expr[] = [];
  const staying: Expr[] = [];
  for (const condition of conditions) {
    const movable = isDeterministic(condition) && canMove(condition) && ((!dropsRows && staying.length === 0) || !mayRaise(condition, rangesOf(node)));
    (movable ? moving : staying).push(condition);
  }
  return { moving, staying };
}

/** The input under a filter by these conditions; itself for none. */
export function filtered(input: LogicalPlan, conditions: readonly Expr[]): LogicalPlan {
  const condition = conjunction(conditions);
  return condition === undefined ? input : { kind: "filter", input, condition };
}

function readsOnly(condition: Expr, ids: ReadonlySet<ColumnId>): boolean {
  for (const id of referencedColumns(condition)) if (!ids.has(id)) return false;
  return true;
}

function onFilter(name: string, apply: (filter: LogicalFilter, input: LogicalPlan) => LogicalPlan | undefined): NodeRule {
  return { kind: "node", name, apply: (node) => (node.kind === "filter" ? apply(node, node.input) : undefined) };
}

/** Two filters become one, the lower one's conditions first, as they guard the upper ones'. Not across nondeterministic conditions. */
export const combineFilters = onFilter("CombineFilters", (filter, input) => {
  if (input.kind !== "filter" || !isDeterministic(filter.condition) || !isDeterministic(input.condition)) return undefined;
  return filtered(input.input, [...conjuncts(input.condition), ...conjuncts(filter.condition)]);
});

/** A filter over a projection is one over its input, with the projected expressions in place. Valid for deterministic expressions. */
export const pushFilterThroughProject = onFilter("PushFilterThroughProject", (filter, input) => {
  if (input.kind !== "project") return undefined;
  const definitions = new Map<ColumnId, Expr>();
  for (const output of input.outputs) if (isDeterministic(output.expr)) definitions.set(output.column.id, output.expr);
  const { moving, staying } = split(filter, conjuncts(filter.condition), false, (condition) => readsOnly(condition, keysOf(definitions)));
  if (moving.length === 0 || input.outputs.some((output) => !isDeterministic(output.expr))) return undefined;
  const below = filtered(input.input, moving.map((condition) => substitute(condition, definitions)));
  return filtered({ ...input, input: below }, staying);
});

/**
 * HAVING over group keys filters the rows instead: all rows of a group have the same keys. Not for aggregates without keys:
 * `SELECT count(*) FROM t HAVING FALSE` is empty, `SELECT count(*) FROM t WHERE FALSE` is a row.
 */
export const pushFilterThroughAggregate = onFilter("PushFilterThroughAggregate", (filter, input) => {
  if (input.kind !== "aggregate" || input.keys.length === 0) return undefined;
  const definitions = new Map<ColumnId, Expr>();
  for (const key of input.keys) if (isDeterministic(key.expr)) definitions.set(key.column.id, key.expr);
  const { moving, staying } = split(filter, conjuncts(filter.condition), false, (condition) => readsOnly(condition, keysOf(definitions)));
  if (moving.length === 0) return undefined;
  const below = filtered(input.input, moving.map((condition) => substitute(condition, definitions)));
  return filtered({ ...input, input: below }, staying);
});

/** Over partition keys only: whole partitions go. `WHERE x > 3` over `rank() OVER (ORDER BY y)` would change the ranks. */
export const pushFilterThroughWindow = onFilter("PushFilterThroughWindow", (filter, input) => {
  if (input.kind !== "window") return undefined;
  const partition = new Set<ColumnId>();
  for (const expr of input.partitionBy) if (expr.kind === "column") partition.add(expr.id);
  const { moving, staying } = split(filter, conjuncts(filter.condition), false, (condition) => readsOnly(condition, partition) && partition.size > 0);
  if (moving.length === 0) return undefined;
  return filtered({ ...input, input: filtered(input.input, moving) }, staying);
});

/** Rows are neither made nor dropped by a sort or a redistribution. (A sample is left alone: it counts the rows it is given.) */
export const pushFilterThroughSort = onFilter("PushFilterThroughSort", (filter, input) => {
  if ((input.kind !== "sort" && input.kind !== "repartition") || !isDeterministic(filter.condition)) return undefined;
  return { ...input, input: { ...filter, input: input.input } };
});

/** Over columns that were there before; the generated ones are not known below. Rows that generate nothing would be looked at too. */
export const pushFilterThroughGenerate = onFilter("PushFilterThroughGenerate", (filter, input) => {
  if (input.kind !== "generate") return undefined;
  const ids = outputIds(input.input);
  const { moving, staying } = split(filter, conjuncts(filter.condition), true, (condition) => readsOnly(condition, ids));
  if (moving.length === 0) return undefined;
  return filtered({ ...input, input: filtered(input.input, moving) }, staying);
});

/** Over columns that every projection fills with the same expression: not the grouping columns, which are NULL in some. */
export const pushFilterThroughExpand = onFilter("PushFilterThroughExpand", (filter, input) => {
  if (input.kind !== "expand" || input.projections.length === 0) return undefined;
  const definitions = new Map<ColumnId, Expr>();
  input.columns.forEach((column, i) => {
    const first = input.projections[0][i];
    const same = first.kind === "column" && input.projections.every((projection) => projection[i].kind === "column" && projection[i].id === first.id);
    if (same) definitions.set(column.id, first);
  });
  const { moving, staying } = split(filter, conjuncts(filter.condition), false, (condition) => readsOnly(condition, keysOf(definitions)));
  if (moving.length === 0) return undefined;
  const below = filtered(input.input, moving.map((condition) => substitute(condition, definitions)));
  return filtered({ ...input, input: below }, staying);
});

/** A set operation keeps or drops whole values, so each input can be filtered by itself. */
export const pushFilterThroughSetOperation = onFilter("PushFilterThroughSetOperation", (filter, input) => {
  if (input.kind !== "setOperation") return undefined;
  const { moving, staying } = split(filter, conjuncts(filter.condition), input.operation !== "union", () => true);
  if (moving.length === 0) return undefined;
  const inputs = input.inputs.map((branch) => {
    const byId = new Map(outputOf(branch.plan).map((column) => [column.id, column]));
    const definitions = new Map<ColumnId, Expr>();
    input.columns.forEach((column, i) => {
      const source = byId.get(branch.columns[i]);
      if (source !== undefined) definitions.set(column.id, columnExpr(source));
    });
    return { ...branch, plan: filtered(branch.plan, moving.map((condition) => substitute(condition, definitions))) };
  });
  return filtered({ ...input, inputs }, staying);
});

/** Which side of a join a condition over that side alone may move to. */
interface JoinSides {
  readonly left: boolean;
  readonly right: boolean;
}

/**
 * WHERE above the join: onto a side whose rows the join keeps as they are. Not onto the NULL-extended side: `t LEFT JOIN u ... WHERE u.x IS NULL`
 * keeps rows of `t` without a partner, filtering `u` first makes more of them.
 */
const WHERE_MOVES_TO: Readonly<Record<JoinKind, JoinSides>> = {
  inner: { left: true, right: true },
  left: { left: true, right: false },
  right: { left: false, right: true },
  full: { left: false, right: false },
  semi: { left: true, right: false },
  anti: { left: true, right: false },
  mark: { left: true, right: false },
  single: { left: true, right: false },
};

/** ON conditions: onto the side whose rows need not show up. `t LEFT JOIN u ON t.x > 3` keeps the rows of `t` where it is false. */
const ON_MOVES_TO: Readonly<Record<JoinKind, JoinSides>> = {
  inner: { left: true, right: true },
  left: { left: false, right: true },
  right: { left: true, right: false },
  full: { left: false, right: false },
  semi: { left: true, right: true },
  anti: { left: false, right: true },
  mark: { left: false, right: true },
  single: { left: false, right: true },
};

/** WHERE conditions go to the sides as far as the join kind allows; of an inner join, those over both sides become join conditions. */
export const pushFilterIntoJoin = onFilter("PushFilterIntoJoin", (filter, input) => {
  if (input.kind !== "join") return undefined;
  const sides = sidesOf(input);
  const allowed = WHERE_MOVES_TO[input.join];
  const inner = input.join === "inner";
  const goesLeft = (condition: Expr): boolean => allowed.left && readsSomeOf(condition, sides.left) && readsOnly(condition, sides.left);
  const goesRight = (condition: Expr): boolean => allowed.right && !input.dependent && readsSomeOf(condition, sides.right) && readsOnly(condition, sides.right);
  const toSides = split(input, conjuncts(filter.condition), true, (condition) => goesLeft(condition) || goesRight(condition));
  const toCondition = inner ? split(input, toSides.staying, false, (condition) => readsSomeOf(condition, sides.left) || readsSomeOf(condition, sides.right)) : { moving: [], staying: toSides.staying };
  if (toSides.moving.length === 0 && toCondition.moving.length === 0) return undefined;
  const join: LogicalJoin = {
    ...input,
    left: filtered(input.left, toSides.moving.filter(goesLeft)),
    right: filtered(input.right, toSides.moving.filter((condition) => !goesLeft(condition))),
    condition: conjunction([...conjuncts(input.condition), ...toCondition.moving]),
  };
  return filtered(join, toCondition.staying);
});

/** Parts of the ON condition over one side alone become a filter of that side, where the join kind allows. */
export const pushJoinConditionToSides: NodeRule = {
  kind: "node",
  name: "PushJoinConditionToSides",
  apply: (node) => {
    if (node.kind !== "join" || node.condition === undefined) return undefined;
    const sides = sidesOf(node);
    const allowed = ON_MOVES_TO[node.join];
    // An unknown pair makes the mark NULL, a missing one FALSE: only conditions that are never unknown may drop rows of the right side.
    const keepsMark = (condition: Expr): boolean => node.join !== "mark" || !isNullable(condition);
    const goesLeft = (condition: Expr): boolean => allowed.left && readsSomeOf(condition, sides.left) && readsOnly(condition, sides.left);
    const goesRight = (condition: Expr): boolean => allowed.right && readsSomeOf(condition, sides.right) && readsOnly(condition, sides.right) && keepsMark(condition);
    const { moving, staying } = split(node, conjuncts(node.condition), true, (condition) => goesLeft(condition) || goesRight(condition));
    if (moving.length === 0) return undefined;
    return {
      ...node,
      left: filtered(node.left, moving.filter(goesLeft)),
      right: filtered(node.right, moving.filter((condition) => !goesLeft(condition))),
      condition: conjunction(staying),
    };
  },
};

function sidesOf(join: LogicalJoin): { readonly left: ReadonlySet<ColumnId>; readonly right: ReadonlySet<ColumnId> } {
  return { left: outputIds(join.left), right: outputIds(join.right) };
}

function readsSomeOf(condition: Expr, ids: ReadonlySet<ColumnId>): boolean {
  for (const id of referencedColumns(condition)) if (ids.has(id)) return true;
  return false;
}

function keysOf(map: ReadonlyMap<ColumnId, unknown>): ReadonlySet<ColumnId> {
  return new Set(map.keys());
}
