import type { AggregateCall, ColumnId, Expr, SortKey, WindowCall } from "../../catalog/expression.ts";
import { referencedColumns } from "../../catalog/expression.ts";
import type { Assignment, LogicalPlan } from "../logical.ts";
import { inputsOf, outputOf } from "../logical.ts";

/** The same node over these inputs, in the order of `inputsOf`. */
export function withInputs(plan: LogicalPlan, inputs: readonly LogicalPlan[]): LogicalPlan {
  switch (plan.kind) {
    case "scan":
    case "values":
    case "range":
    case "cteReference":
      return plan;
    case "filter":
    case "project":
    case "aggregate":
    case "expand":
    case "window":
    case "sort":
    case "limit":
    case "generate":
    case "sample":
    case "repartition":
      return { ...plan, input: inputs[0] };
    case "join":
      return { ...plan, left: inputs[0], right: inputs[1] };
    case "setOperation":
      return { ...plan, inputs: plan.inputs.map((input, i) => ({ ...input, plan: inputs[i] })) };
    case "cte":
      return { ...plan, definition: inputs[0], input: inputs[1] };
  }
}

/** The same node over other expressions of its own; the very same object when `f` keeps them all. Inputs are not entered. */
export function mapExpressions(plan: LogicalPlan, f: (expr: Expr) => Expr): LogicalPlan {
  switch (plan.kind) {
    case "values":
    case "range":
    case "cteReference":
    case "limit":
    case "setOperation":
    case "sample":
    case "cte":
      return plan;
    case "scan": {
      const skipBy = mapList(plan.skipBy, f);
      return skipBy === plan.skipBy ? plan : { ...plan, skipBy };
    }
    case "filter": {
      const condition = f(plan.condition);
      return condition === plan.condition ? plan : { ...plan, condition };
    }
    case "project": {
      const outputs = mapAssignments(plan.outputs, f);
      return outputs === plan.outputs ? plan : { ...plan, outputs };
    }
    case "aggregate": {
      const keys = mapAssignments(plan.keys, f);
      const calls = mapList(plan.calls, (c) => {
        const call = mapAggregateCall(c.call, f);
        return call === c.call ? c : { ...c, call };
      });
      return keys === plan.keys && calls === plan.calls ? plan : { ...plan, keys, calls };
    }
    case "expand": {
      const projections = mapList(plan.projections, (p) => mapList(p, f));
      return projections === plan.projections ? plan : { ...plan, projections };
    }
    case "window": {
      const partitionBy = mapList(plan.partitionBy, f);
      const orderBy = mapSortKeys(plan.orderBy, f);
      const calls = mapList(plan.calls, (c) => {
        const call = mapWindowCall(c.call, f);
        return call === c.call ? c : { ...c, call };
      });
      return partitionBy === plan.partitionBy && orderBy === plan.orderBy && calls === plan.calls ? plan : { ...plan, partitionBy, orderBy, calls };
    }
    case "join": {
      if (plan.condition === undefined) return plan;
      const condition = f(plan.condition);
      return condition === plan.condition ? plan : { ...plan, condition };
    }
    case "sort": {
      const order = mapSortKeys(plan.order, f);
      return order === plan.order ? plan : { ...plan, order };
    }
    case "generate": {
      const args = mapList(plan.args, f);
      return args === plan.args ? plan : { ...plan, args };
    }
    case "repartition": {
      const by = mapList(plan.by, f);
      return by === plan.by ? plan : { ...plan, by };
    }
  }
}

export function mapAggregateCall(call: AggregateCall, f: (expr: Expr) => Expr): AggregateCall {
  const args = mapList(call.args, f);
  const filter = call.filter === undefined ? undefined : f(call.filter);
  const orderBy = call.orderBy === undefined ? undefined : mapSortKeys(call.orderBy, f);
  return args === call.args && filter === call.filter && orderBy === call.orderBy ? call : { ...call, args, filter, orderBy };
}

export function mapWindowCall(call: WindowCall, f: (expr: Expr) => Expr): WindowCall {
  const args = mapList(call.args, f);
  const filter = call.filter === undefined ? undefined : f(call.filter);
  return args === call.args && filter === call.filter ? call : { ...call, args, filter };
}

export function mapSortKeys(keys: readonly SortKey[], f: (expr: Expr) => Expr): readonly SortKey[] {
  return mapList(keys, (key) => {
    const expr = f(key.expr);
    return expr === key.expr ? key : { ...key, expr };
  });
}

function mapAssignments(assignments: readonly Assignment[], f: (expr: Expr) => Expr): readonly Assignment[] {
  return mapList(assignments, (a) => {
    const expr = f(a.expr);
    return expr === a.expr ? a : { ...a, expr };
  });
}

function mapList<T>(items: readonly T[], f: (item: T) => T): readonly T[] {
  let out: T[] | undefined;
  for (let i = 0; i < items.length; i++) {
    const mapped = f(items[i]);
    if (mapped !== items[i] && out === undefined) out = items.slice(0, i);
    out?.push(mapped);
  }
  return out ?? items;
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
