import type { ColumnId, Expr } from "../../catalog/expression.ts";
import { plainLayout } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import type { LogicalCte, LogicalJoin, LogicalPlan } from "../logical.ts";
import { inputsOf, outputOf } from "../logical.ts";
import { analyzeJoinCondition } from "../join-keys.ts";
import type { ColumnEstimate, ColumnEstimates } from "./column-estimates.ts";
import { columnEstimate, tableRows } from "./column-estimates.ts";
import { outputIds } from "./plan-traversal.ts";
import { distinctOf, filterEstimate, selectivityOf } from "./selectivity.ts";

/** What is thought of a plan's rows before it has run. */
export interface Estimate {
  readonly rows: number;
  readonly columns: ColumnEstimates;
}

/** Rows made by explode and its like of one row. */
const ROWS_PER_GENERATE = 5;

const estimates = new WeakMap<LogicalPlan, Estimate>();

/** Definitions that references were seen under, so that a reference alone can be estimated. Ids are unique within a query. */
const definitionOf = new WeakMap<LogicalPlan, LogicalCte>();

export function estimateRows(plan: LogicalPlan): number {
  return estimate(plan).rows;
}

export function estimate(plan: LogicalPlan): Estimate {
  const known = estimates.get(plan);
  if (known !== undefined) return known;
  const made = compute(plan);
  estimates.set(plan, made);
  return made;
}

/** Lets the references of the plan's CTEs be estimated; called on a whole plan before estimating parts of it. */
export function registerDefinitions(plan: LogicalPlan): void {
  const ctes = new Map<number, LogicalCte>();
  const visit = (node: LogicalPlan): void => {
    if (node.kind === "cte") ctes.set(node.id, node);
    if (node.kind === "cteReference") {
      const cte = ctes.get(node.id);
      if (cte !== undefined) definitionOf.set(node, cte);
    }
    for (const input of inputsOf(node)) visit(input);
  };
  visit(plan);
}

function compute(plan: LogicalPlan): Estimate {
  switch (plan.kind) {
    case "scan": {
      const rows = tableRows(plan.table);
      return { rows, columns: new Map(plan.columns.map((c) => [c.column.id, columnEstimate(plan.table, c.field, c.column.type, rows)])) };
    }
    case "values":
      return { rows: plan.rows.length, columns: new Map() };
    case "range": {
      const rows = Math.max(0, Math.ceil(Number(plan.end - plan.start) / Number(plan.step)));
      const column: ColumnEstimate = { min: Number(plan.start), max: Number(plan.end), distinct: rows, domain: rows, counted: true, nullFraction: 0 };
      return { rows, columns: new Map([[plan.column.id, column]]) };
    }
    case "filter": {
      const input = estimate(plan.input);
      const { selectivity, columns } = filterEstimate(plan.condition, input.columns);
      return capped(input.rows * selectivity, columns);
    }
    case "project": {
      const input = estimate(plan.input);
      const columns = new Map<ColumnId, ColumnEstimate>();
      for (const output of plan.outputs) {
        const known = derived(output.expr, input.columns);
        if (known !== undefined) columns.set(output.column.id, known);
      }
      return { rows: input.rows, columns };
    }
    case "aggregate":
      return aggregateEstimate(plan);
    case "expand": {
      const input = estimate(plan.input);
      return { rows: input.rows * plan.projections.length, columns: new Map() };
    }
    case "window":
    case "sort":
    case "repartition":
    case "cte":
      return estimate(plan.input);
    case "sample": {
      const input = estimate(plan.input);
      return capped(input.rows * Math.max(0, plan.upper - plan.lower), input.columns);
    }
    case "generate": {
      const input = estimate(plan.input);
      return { rows: input.rows * ROWS_PER_GENERATE, columns: input.columns };
    }
    case "limit": {
      const input = estimate(plan.input);
      return capped(Math.min(Math.max(0, input.rows - plan.offset), plan.limit ?? Infinity), input.columns);
    }
    case "join":
      return joinEstimate(plan);
    case "setOperation": {
      const rows = plan.inputs.map((input) => estimateRows(input.plan));
      return { rows: plan.operation === "union" ? rows.reduce((sum, n) => sum + n, 0) : rows[0], columns: new Map() };
    }
    case "cteReference": {
      const cte = definitionOf.get(plan);
      if (cte === undefined) return { rows: 1000, columns: new Map() };
      const definition = estimate(cte.definition);
      const columns = new Map<ColumnId, ColumnEstimate>();
      plan.columns.forEach((column, i) => {
        const known = definition.columns.get(plan.source[i]);
        if (known !== undefined) columns.set(column.id, known);
      });
      return { rows: definition.rows, columns };
    }
  }
}

/** No column has more distinct values than there are rows. */
function capped(rows: number, columns: ColumnEstimates): Estimate {
  const out = new Map<ColumnId, ColumnEstimate>();
  for (const [id, column] of columns) out.set(id, column.distinct <= rows ? column : { ...column, distinct: Math.max(1, rows) });
  return { rows, columns: out };
}

function derived(expr: Expr, columns: ColumnEstimates): ColumnEstimate | undefined {
  if (expr.kind === "column") return columns.get(expr.id);
  const distinct = distinctOf(expr, columns);
  return distinct === undefined ? undefined : { min: undefined, max: undefined, distinct, domain: distinct, counted: false, nullFraction: 0 };
}

/** Groups: the product of the keys' distinct values, each further key counting less (they are seldom independent), at most the rows. */
function aggregateEstimate(plan: Extract<LogicalPlan, { kind: "aggregate" }>): Estimate {
  const input = estimate(plan.input);
  if (plan.keys.length === 0) return { rows: 1, columns: new Map() };
  const columns = new Map<ColumnId, ColumnEstimate>();
  const counts = plan.keys.map((key) => {
    const known = derived(key.expr, input.columns);
    if (known !== undefined) columns.set(key.column.id, known);
    return known?.distinct ?? Math.max(1, input.rows ** 0.5);
  });
  counts.sort((a, b) => b - a);
  const groups = counts.reduce((product, count, i) => product * count ** (1 / (i + 1)), 1);
  return capped(Math.min(input.rows, groups), columns);
}

function joinEstimate(plan: LogicalJoin): Estimate {
  const [left, right] = [estimate(plan.left), estimate(plan.right)];
  const both = new Map([...left.columns, ...right.columns]);
  const { keys, residual } = analyzeJoinCondition(plan.join, plan.condition, outputIds(plan.left), outputIds(plan.right));
  const rest = residual.reduce((share, condition) => share * selectivityOf(condition, both), 1);
  const domains = keys.map((key) => keyDomain(key.left, left, key.right, right));
  const pairs = left.rows * right.rows * rest * shareOfPairs(domains, Math.min(unfilteredRows(left, keys.map((key) => key.left)), unfilteredRows(right, keys.map((key) => key.right))));
  switch (plan.join) {
    case "inner":
      return capped(pairs, both);
    case "left":
    case "single":
      return capped(Math.max(left.rows, plan.join === "single" ? 0 : pairs), both);
    case "right":
      return capped(Math.max(right.rows, pairs), both);
    case "full":
      return capped(Math.max(left.rows, right.rows, pairs), both);
    case "semi":
      return capped(left.rows * matchingShare(keys, left, right) * (keys.length === 0 ? rest : Math.max(rest, 0.5)), withPartners(keys, left, right));
    case "anti":
      return capped(left.rows * Math.max(0.05, 1 - matchingShare(keys, left, right) * (keys.length === 0 ? rest : Math.max(rest, 0.5))), left.columns);
    case "mark":
      return left;
  }
}

/** After a semi join the left keys have the right side's values only: another join with the same ones finds them all. */
function withPartners(keys: readonly { readonly left: Expr; readonly right: Expr }[], left: Estimate, right: Estimate): ColumnEstimates {
  const out = new Map(left.columns);
  for (const key of keys) {
    const column = key.left.kind === "column" ? left.columns.get(key.left.id) : undefined;
    if (column === undefined || key.left.kind !== "column") continue;
    const present = Math.max(1, Math.min(column.distinct, distinctOf(key.right, right.columns) ?? right.rows));
    out.set(key.left.id, { ...column, distinct: present, domain: present });
  }
  return out;
}

/**
 * Values that both keys are drawn from. Counted: the larger one, as each value of the smaller side finds its own there. Guessed from ranges and
 * rows: the smaller one, for a foreign key looks as many-valued as its table is long, while its primary key's table bounds it.
 */
export function keyDomain(left: Expr, leftSide: Estimate, right: Expr, rightSide: Estimate): number {
  const a = domainOf(left, leftSide);
  const b = domainOf(right, rightSide);
  if (a.counted && b.counted) return Math.max(a.domain, b.domain);
  if (a.counted || b.counted) return a.counted ? a.domain : b.domain;
  return Math.min(a.domain, b.domain);
}

export function domainOf(expr: Expr, side: Estimate): { readonly domain: number; readonly counted: boolean } {
  const column = expr.kind === "column" ? side.columns.get(expr.id) : undefined;
  if (column !== undefined) return { domain: Math.max(1, column.domain), counted: column.counted };
  return { domain: Math.max(1, distinctOf(expr, side.columns) ?? side.rows), counted: false };
}

/** One key: 1 / domain. Several: values of a composite key are not independent, and there are not more of them than rows in the smaller table. */
function shareOfPairs(domains: readonly number[], compositeValues: number): number {
  if (domains.length === 0) return 1;
  const product = domains.reduce((a, b) => a * b, 1);
  return 1 / Math.max(1, domains.length === 1 ? product : Math.min(product, Math.max(...domains, compositeValues)));
}

/** Rows that a side would have if its keys had all values of their domains. */
function unfilteredRows(side: Estimate, keys: readonly Expr[]): number {
  const share = keys.reduce((least, key) => {
    const column = key.kind === "column" ? side.columns.get(key.id) : undefined;
    return column === undefined ? least : Math.min(least, column.distinct / column.domain);
  }, 1);
  return side.rows / Math.max(share, 1e-6);
}

/** The share of left rows that find a partner: of the key's domain, what the right side still has. */
export function matchingShare(keys: readonly { readonly left: Expr; readonly right: Expr }[], left: Estimate, right: Estimate): number {
  if (right.rows < 1) return 0;
  return keys.reduce((share, key) => {
    const present = Math.min(distinctOf(key.right, right.columns) ?? right.rows, right.rows);
    const domain = Math.max(domainOf(key.left, left).domain, 1);
    return Math.min(share, present / Math.min(domain, Math.max(left.rows, present)));
  }, 1);
}

/** Estimated bytes of the rows in memory. */
export function estimateBytes(plan: LogicalPlan): number {
  return estimateRows(plan) * outputOf(plan).reduce((sum, column) => sum + bytesOf(column.type), 8);
}

function bytesOf(type: DataType): number {
  const layout = plainLayout(type);
  switch (layout.kind) {
    case "bits":
      return 0.125;
    case "fixed":
      return layout.width;
    case "utf8":
    case "dictionary":
    case "view":
      return 20;
  }
}
