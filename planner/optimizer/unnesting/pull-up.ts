import type { Column, ColumnId, Expr } from "../../../catalog/expression.ts";
import { columnExpr, referencedColumns } from "../../../catalog/expression.ts";
import type { Assignment, LogicalPlan } from "../../logical.ts";
import { outputOf } from "../../logical.ts";
import { conjunction, conjuncts } from "../../conjunctions.ts";
import { isDeterministic } from "../expression-facts.ts";
import { columnsReadBy, freeColumns, outputIds } from "../plan-traversal.ts";

/** A subquery without its correlated conditions, and those, over its columns and the outer ones. */
export interface PulledUp {
  readonly plan: LogicalPlan;
  readonly conditions: readonly Expr[];
}

export function readsAny(expr: Expr, ids: ReadonlySet<ColumnId>): boolean {
  for (const id of referencedColumns(expr)) if (ids.has(id)) return true;
  return false;
}

function dependsOn(plan: LogicalPlan, outer: ReadonlySet<ColumnId>): boolean {
  for (const id of freeColumns(plan)) if (outer.has(id)) return true;
  return false;
}

/**
 * Takes correlated conditions out of filters and inner joins when nothing above them counts or cuts rows: then they can as well be asked
 * when the subquery's rows meet the outer ones. Undefined where that does not hold (aggregates, LIMIT, windows, ...) or where the
 * correlation is not in conditions alone.
 */
export function pullUpConditions(plan: LogicalPlan, outer: ReadonlySet<ColumnId>): PulledUp | undefined {
  if (!dependsOn(plan, outer)) return { plan, conditions: [] };
  switch (plan.kind) {
    case "filter": {
      const below = pullUpConditions(plan.input, outer);
      if (below === undefined || !isDeterministic(plan.condition)) return undefined;
      const correlated = conjuncts(plan.condition).filter((condition) => readsAny(condition, outer));
      const own = conjunction(conjuncts(plan.condition).filter((condition) => !readsAny(condition, outer)));
      const input = own === undefined ? below.plan : ({ kind: "filter", input: below.plan, condition: own } as const);
      return { plan: input, conditions: [...below.conditions, ...correlated] };
    }
    case "project": {
      const below = pullUpConditions(plan.input, outer);
      if (below === undefined || [...columnsReadBy(plan)].some((id) => outer.has(id))) return undefined;
      return { plan: { ...plan, input: below.plan, outputs: [...plan.outputs, ...passedThrough(plan.outputs, below, outer)] }, conditions: below.conditions };
    }
    case "sort": {
      const below = pullUpConditions(plan.input, outer);
      return below === undefined || [...columnsReadBy(plan)].some((id) => outer.has(id)) ? undefined : { ...below, plan: { ...plan, input: below.plan } };
    }
    case "join": {
      if (plan.dependent) return undefined;
      if (plan.join === "inner") {
        const left = pullUpConditions(plan.left, outer);
        const right = pullUpConditions(plan.right, outer);
        if (left === undefined || right === undefined) return undefined;
        const conditions = conjuncts(plan.condition);
        return {
          plan: { ...plan, left: left.plan, right: right.plan, condition: conjunction(conditions.filter((condition) => !readsAny(condition, outer))) },
          conditions: [...left.conditions, ...right.conditions, ...conditions.filter((condition) => readsAny(condition, outer))],
        };
      }
      const keepsLeftRows = plan.join === "left" || plan.join === "semi" || plan.join === "anti" || plan.join === "mark" || plan.join === "single";
      if (!keepsLeftRows || dependsOn(plan.right, outer) || (plan.condition !== undefined && readsAny(plan.condition, outer))) return undefined;
      const left = pullUpConditions(plan.left, outer);
      return left === undefined ? undefined : { plan: { ...plan, left: left.plan }, conditions: left.conditions };
    }
    case "cte": {
      const below = pullUpConditions(plan.input, outer);
      return below === undefined ? undefined : { ...below, plan: { ...plan, input: below.plan } };
    }
    case "scan":
    case "values":
    case "range":
    case "aggregate":
    case "expand":
    case "window":
    case "limit":
    case "setOperation":
    case "generate":
    case "sample":
    case "repartition":
    case "cteReference":
      return undefined;
  }
}

/** What the conditions read and the projection does not give yet. */
function passedThrough(outputs: readonly Assignment[], below: PulledUp, outer: ReadonlySet<ColumnId>): readonly Assignment[] {
  const given = new Set(outputs.map((output) => output.column.id));
  const available = new Map<ColumnId, Column>(outputOf(below.plan).map((column) => [column.id, column]));
  const read = new Set<ColumnId>();
  for (const condition of below.conditions) referencedColumns(condition, read);
  return [...read].flatMap((id) => {
    const column = available.get(id);
    return column === undefined || given.has(id) || outer.has(id) ? [] : [{ column, expr: columnExpr(column) }];
  });
}

/** The plan with exactly these columns. */
export function projected(plan: LogicalPlan, columns: readonly Column[]): LogicalPlan {
  const ids = outputIds(plan);
  if (ids.size === columns.length && outputOf(plan).every((column, i) => column.id === columns[i].id)) return plan;
  return { kind: "project", input: plan, outputs: columns.map((column) => ({ column, expr: columnExpr(column) })) };
}
