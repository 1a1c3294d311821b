import type { ColumnId, Expr } from "../../catalog/expression.ts";
import { conjuncts, disjuncts, isFalse, isNullLiteral, isTrue } from "../conjunctions.ts";
import type { ColumnEstimate, ColumnEstimates } from "./column-estimates.ts";
import { asNumber } from "./column-estimates.ts";

/** Shares of rows where nothing better is known. Source: the customary guesses of System R (Selinger et al., 1979), lower for patterns. */
const UNKNOWN = 0.25;
const INEQUALITY = 1 / 3;
/** HAVING mostly asks for the few. */
const COMPUTED_INEQUALITY = 0.1;
const PREFIX = 0.05;
const SUBSTRING = 0.1;

interface Interval {
  low: number;
  high: number;
}

export interface Filtered {
  /** 0 to 1 */
  readonly selectivity: number;
  readonly columns: ColumnEstimates;
}

/** The share of rows that pass and what is thought of the columns of those that do. */
export function filterEstimate(condition: Expr, columns: ColumnEstimates): Filtered {
  const intervals = new Map<ColumnId, Interval>();
  let selectivity = 1;
  const fixed = new Map<ColumnId, number>();
  for (const conjunct of conjuncts(condition)) {
    const bound = boundOf(conjunct);
    const estimate = bound === undefined ? undefined : columns.get(bound.id);
    if (bound === undefined || estimate?.min === undefined || estimate.max === undefined) {
      selectivity *= selectivityOf(conjunct, columns);
      const values = valuesAllowed(conjunct);
      if (values !== undefined) fixed.set(values.id, Math.min(values.count, fixed.get(values.id) ?? Infinity));
      continue;
    }
    const interval = intervals.get(bound.id) ?? { low: estimate.min, high: estimate.max };
    if (bound.isLower) interval.low = Math.max(interval.low, bound.value);
    else interval.high = Math.min(interval.high, bound.value);
    intervals.set(bound.id, interval);
  }
  const out = new Map(columns);
  for (const [id, interval] of intervals) {
    const estimate = columns.get(id) as ColumnEstimate;
    const share = shareOf(interval, estimate);
    selectivity *= share * (1 - estimate.nullFraction);
    out.set(id, { ...estimate, min: interval.low, max: interval.high, distinct: Math.max(1, estimate.distinct * share), nullFraction: 0 });
  }
  for (const [id, count] of fixed) {
    const estimate = out.get(id);
    if (estimate !== undefined) out.set(id, { ...estimate, distinct: Math.max(1, Math.min(estimate.distinct, count)), nullFraction: 0 });
  }
  return { selectivity: Math.min(1, Math.max(0, selectivity)), columns: out };
}

/** The share of values in the interval, a single value counting as one of the distinct ones. */
function shareOf(interval: Interval, estimate: ColumnEstimate): number {
  const width = (estimate.max as number) - (estimate.min as number);
  if (interval.high < interval.low) return 0;
  const one = 1 / Math.max(1, estimate.distinct);
  return width <= 0 ? 1 : Math.min(1, Math.max(one, (interval.high - interval.low) / width));
}

/** `column < literal` and its like, as a bound; strictness does not matter here. */
function boundOf(expr: Expr): { readonly id: ColumnId; readonly value: number; readonly isLower: boolean } | undefined {
  if (expr.kind !== "call" || expr.args.length !== 2) return undefined;
  const isLower = expr.name === ">" || expr.name === ">=";
  if (!isLower && expr.name !== "<" && expr.name !== "<=") return undefined;
  const [column, literal] = expr.args;
  if (column.kind !== "column" || literal.kind !== "literal") return undefined;
  const value = asNumber(literal.value);
  return value === undefined ? undefined : { id: column.id, value, isLower };
}

function valuesAllowed(expr: Expr): { readonly id: ColumnId; readonly count: number } | undefined {
  if (expr.kind === "in" && expr.input.kind === "column") return { id: expr.input.id, count: expr.list.length };
  if (expr.kind === "call" && expr.name === "=" && expr.args[0].kind === "column" && expr.args[1].kind === "literal") return { id: expr.args[0].id, count: 1 };
  return undefined;
}

/** The share of rows for which one condition is TRUE. */
export function selectivityOf(expr: Expr, columns: ColumnEstimates): number {
  if (isTrue(expr)) return 1;
  if (isFalse(expr) || isNullLiteral(expr)) return 0;
  switch (expr.kind) {
    case "column":
      return 0.5;
    case "in": {
      const distinct = distinctOf(expr.input, columns);
      return distinct === undefined ? Math.min(1, expr.list.length * 0.1) : Math.min(1, expr.list.length / distinct);
    }
    case "call":
      return callSelectivity(expr, columns);
    case "literal":
    case "cast":
    case "case":
    case "lambda":
      return UNKNOWN;
  }
}

function callSelectivity(expr: Extract<Expr, { kind: "call" }>, columns: ColumnEstimates): number {
  const [left, right] = expr.args;
  switch (expr.name) {
    case "and":
      return filterEstimate(expr, columns).selectivity;
    case "or":
      return 1 - disjuncts(expr).reduce((none, branch) => none * (1 - filterEstimate(branch, columns).selectivity), 1);
    case "not":
      return 1 - selectivityOf(left, columns);
    case "isnull":
      return left.kind === "column" ? (columns.get(left.id)?.nullFraction ?? 0.05) : 0.05;
    case "isnotnull":
      return left.kind === "column" ? 1 - (columns.get(left.id)?.nullFraction ?? 0.05) : 0.95;
    case "=":
    case "<=>":
      return equalitySelectivity(left, right, columns);
    case "<>":
    case "!=":
      return 1 - equalitySelectivity(left, right, columns);
    case "<":
    case "<=":
    case ">":
    case ">=": {
      const bound = boundOf(expr);
      const estimate = bound === undefined ? undefined : columns.get(bound.id);
      if (bound !== undefined && estimate === undefined) return COMPUTED_INEQUALITY;
      if (bound === undefined || estimate?.min === undefined || estimate.max === undefined) return INEQUALITY;
      return shareOf(bound.isLower ? { low: Math.max(bound.value, estimate.min), high: estimate.max } : { low: estimate.min, high: Math.min(bound.value, estimate.max) }, estimate);
    }
    case "startswith":
      return PREFIX;
    case "endswith":
    case "contains":
    case "like":
    case "ilike":
    case "rlike":
      return SUBSTRING;
    default:
      return UNKNOWN;
  }
}

function equalitySelectivity(left: Expr, right: Expr, columns: ColumnEstimates): number {
  const a = distinctOf(left, columns);
  const b = right.kind === "literal" ? 1 : distinctOf(right, columns);
  if (left.kind === "column" && right.kind === "literal") {
    const estimate = columns.get(left.id);
    const value = asNumber(right.value);
    if (estimate?.min !== undefined && estimate.max !== undefined && value !== undefined && (value < estimate.min || value > estimate.max)) return 0;
  }
  if (a === undefined && b === undefined) return 0.1;
  return 1 / Math.max(1, a ?? 10, b ?? 1);
}

/** Distinct values of an expression: of its one column, as far as it has one. */
export function distinctOf(expr: Expr, columns: ColumnEstimates): number | undefined {
  switch (expr.kind) {
    case "column":
      return columns.get(expr.id)?.distinct;
    case "cast":
      return distinctOf(expr.input, columns);
    case "literal":
      return 1;
    case "call": {
      if (expr.name === "year") return yearsOf(expr.args[0], columns);
      const inputs = expr.args.filter((arg) => arg.kind !== "literal");
      return inputs.length === 1 ? distinctOf(inputs[0], columns) : undefined;
    }
    case "case":
    case "in":
    case "lambda":
      return undefined;
  }
}

const DAYS_PER_YEAR = 365.25;

function yearsOf(date: Expr, columns: ColumnEstimates): number | undefined {
  const estimate = date.kind === "column" && date.type.kind === "date" ? columns.get(date.id) : undefined;
  if (estimate?.min === undefined || estimate.max === undefined) return 20;
  return Math.max(1, (estimate.max - estimate.min) / DAYS_PER_YEAR);
}
