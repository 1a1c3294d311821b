import type { AggregateCall, ColumnId, Expr, SortKey, WindowCall } from "../../catalog/expression.ts";
import { referencedColumns } from "../../catalog/expression.ts";
import { mapFields, mapItems } from "../../catalog/structural-sharing.ts";
import type { Assignment, LogicalPlan } from "../logical.ts";
import { inputsOf, mapInputs, outputOf } from "../logical.ts";

/** The same node over these inputs, in the order of `inputsOf`. */
export function withInputs(plan: LogicalPlan, inputs: readonly LogicalPlan[]): LogicalPlan {
  let at = 0;
  return mapInputs(plan, () => inputs[at++]);
}

/** The same node over other expressions of its own; the very same object when `f` keeps them all. Inputs are not entered. */
export function mapExpressions(plan: LogicalPlan, f: (expr: Expr) => Expr): LogicalPlan {
  const mapAll = (exprs: readonly Expr[]): readonly Expr[] => mapItems(exprs, f);
  switch (plan.kind) {
    case "values":
    case "range":
    case "cteReference":
    case "limit":
    case "setOperation":
    case "sample":
    case "cte":
      return plan;
    case "scan":
      return mapFields(plan, ["skipBy"], mapAll);
    case "filter":
      return mapFields(plan, ["condition"], f);
    case "project":
      return mapFields(plan, ["outputs"], (outputs) => mapAssignments(outputs, f));
    case "aggregate": {
      const keys = mapAssignments(plan.keys, f);
      const calls = mapItems(plan.calls, (c) => mapFields(c, ["call"], (call) => mapAggregateCall(call, f)));
      return keys === plan.keys && calls === plan.calls ? plan : { ...plan, keys, calls };
    }
    case "expand":
      return mapFields(plan, ["projections"], (projections) => mapItems(projections, mapAll));
    case "window": {
      const partitionBy = mapAll(plan.partitionBy);
      const orderBy = mapSortKeys(plan.orderBy, f);
      const calls = mapItems(plan.calls, (c) => mapFields(c, ["call"], (call) => mapWindowCall(call, f)));
      return partitionBy === plan.partitionBy && orderBy === plan.orderBy && calls === plan.calls ? plan : { ...plan, partitionBy, orderBy, calls };
    }
    case "join":
      return mapFields(plan, ["condition"], (condition) => condition && f(condition));
    case "sort":
      return mapFields(plan, ["order"], (order) => mapSortKeys(order, f));
    case "generate":
      return mapFields(plan, ["args"], mapAll);
    case "repartition":
      return mapFields(plan, ["by"], mapAll);
  }
}

function mapAggregateCall(call: AggregateCall, f: (expr: Expr) => Expr): AggregateCall {
  const args = mapItems(call.args, f);
  const filter = call.filter === undefined ? undefined : f(call.filter);
  const orderBy = call.orderBy === undefined ? undefined : mapSortKeys(call.orderBy, f);
  return args === call.args && filter === call.filter && orderBy === call.orderBy ? call : { ...call, args, filter, orderBy };
}

export function mapWindowCall(call: WindowCall, f: (expr: Expr) => Expr): WindowCall {
  const args = mapItems(call.args, f);
  const filter = call.filter === undefined ? undefined : f(call.filter);
  return args === call.args && filter === call.filter ? call : { ...call, args, filter };
}

export function mapSortKeys(keys: readonly SortKey[], f: (expr: Expr) => Expr): readonly SortKey[] {
  return mapItems(keys, (key) => mapFields(key, ["expr"], f));
}

function mapAssignments(assignments: readonly Assignment[], f: (expr: Expr) => Expr): readonly Assignment[] {
  return mapItems(assignments, (assignment) => mapFields(assignment, ["expr"], f));
}

/** Every expression of the node itself. */
export function forEachExpression(plan: LogicalPlan, f: (expr: Expr) => void): void {
  mapExpressions(plan, (expr) => {
    f(expr);
    return expr;
  });
}

/** The columns that the node's own expressions read. */
export function columnsReadBy(plan: LogicalPlan, into: Set<ColumnId> = new Set()): Set<ColumnId> {
  forEachExpression(plan, (expr) => void referencedColumns(expr, into));
  if (plan.kind === "setOperation") for (const input of plan.inputs) for (const id of input.columns) into.add(id);
  return into;
}

export function outputIds(plan: LogicalPlan): Set<ColumnId> {
  return new Set(outputOf(plan).map((column) => column.id));
}

/** Columns that the plan reads and that nothing inside of it produces: the outer columns of a correlated subquery. */
export function freeColumns(plan: LogicalPlan): ReadonlySet<ColumnId> {
  const known = freeColumnsOf.get(plan);
  if (known !== undefined) return known;
  const free = columnsReadBy(plan);
  for (const input of inputsOf(plan)) for (const column of outputOf(input)) free.delete(column.id);
  for (const input of inputsOf(plan)) for (const id of freeColumns(input)) free.add(id);
  if (plan.kind === "join" && plan.dependent) for (const column of outputOf(plan.left)) free.delete(column.id);
  freeColumnsOf.set(plan, free);
  return free;
}

const freeColumnsOf = new WeakMap<LogicalPlan, ReadonlySet<ColumnId>>();
