import { unreachable } from "../catalog/errors.ts";
import type { AggregateCall, Column, ColumnId, Expr, SortKey, WindowCall } from "../catalog/expression.ts";
import { mapFields, mapItems } from "../catalog/structural-sharing.ts";
import type { TableSnapshot } from "../catalog/table.ts";
import type { Value } from "../catalog/values.ts";

/**
 * The logical plan: one tagged union, columns by id. Analysis produces it, the optimizer rewrites it, physical planning reads it.
 * Every column id is produced by exactly one node (a CTE read twice has ids of its own at each reference).
 */
export type LogicalPlan =
  | LogicalScan
  | LogicalValues
  | LogicalRange
  | LogicalFilter
  | LogicalProject
  | LogicalAggregate
  | LogicalExpand
  | LogicalWindow
  | LogicalJoin
  | LogicalSort
  | LogicalLimit
  | LogicalSetOperation
  | LogicalGenerate
  | LogicalSample
  | LogicalRepartition
  | LogicalCte
  | LogicalCteReference;

export interface LogicalScan {
  readonly kind: "scan";
  readonly table: TableSnapshot;
  /** What is read: a column id for a field of the table (position in `table.columns`). */
  readonly columns: readonly { readonly column: Column; readonly field: number }[];
  /** Conjuncts that may be used to skip files, row groups and pages. They are hints: a Filter above still applies them. */
  readonly skipBy: readonly Expr[];
  /** The table stands in for rows that are there only once the statement runs: those of a recursive common table, or of the round before of one. */
  readonly recursion?: Recursion | "previousRound";
}

/**
 * A recursive common table: the rows of `anchor`, then of `step` over them, of `step` over what that gave, until there are none. Both are plans of their own, for
 * each round is run by itself. Source: Spark's UnionLoop.
 */
export interface Recursion {
  readonly name: string;
  readonly anchor: PlannedColumns;
  readonly step: PlannedColumns;
  /** What stands in for the rows of the round before, in `step`. */
  readonly previous: TableSnapshot;
  /** MAX RECURSION LEVEL; absent: what the settings say. */
  readonly maxLevel?: number;
}

/** A plan and its output columns, in order. */
export interface PlannedColumns {
  readonly plan: LogicalPlan;
  readonly columns: readonly Column[];
}

/** Literal rows; one row of no columns is what SELECT without FROM reads. */
export interface LogicalValues {
  readonly kind: "values";
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Value[])[];
}

/** range(start, end, step): one non-null long column. */
export interface LogicalRange {
  readonly kind: "range";
  readonly column: Column;
  readonly start: bigint;
  readonly end: bigint;
  readonly step: bigint;
}

export interface LogicalFilter {
  readonly kind: "filter";
  readonly input: LogicalPlan;
  readonly condition: Expr;
}

/** Exactly these columns; a column passed through is a column expression under its own id. */
export interface LogicalProject {
  readonly kind: "project";
  readonly input: LogicalPlan;
  readonly outputs: readonly Assignment[];
}

export interface Assignment {
  readonly column: Column;
  readonly expr: Expr;
}

/** GROUP BY; without keys one row always. DISTINCT is an aggregate with keys and no calls. */
export interface LogicalAggregate {
  readonly kind: "aggregate";
  readonly input: LogicalPlan;
  readonly keys: readonly Assignment[];
  readonly calls: readonly { readonly column: Column; readonly call: AggregateCall }[];
}

/** Each input row once per projection: GROUPING SETS, ROLLUP, CUBE, UNPIVOT. All projections have one expression per column. */
export interface LogicalExpand {
  readonly kind: "expand";
  readonly input: LogicalPlan;
  readonly columns: readonly Column[];
  readonly projections: readonly (readonly Expr[])[];
}

/** Adds columns; all calls share partition and order. */
export interface LogicalWindow {
  readonly kind: "window";
  readonly input: LogicalPlan;
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly SortKey[];
  readonly calls: readonly { readonly column: Column; readonly call: WindowCall }[];
}

/**
 * `mark` adds a boolean column to every left row: TRUE if a right row satisfies the condition, else NULL if for some right row it is NULL,
 * else FALSE. `single` is a left join that fails with SCALAR_SUBQUERY_TOO_MANY_ROWS when a left row finds two right rows.
 */
export type JoinKind = "inner" | "left" | "right" | "full" | "semi" | "anti" | "mark" | "single";

export interface LogicalJoin {
  readonly kind: "join";
  readonly join: JoinKind;
  readonly left: LogicalPlan;
  readonly right: LogicalPlan;
  /** Over the columns of both sides; absent: every pair matches. */
  readonly condition?: Expr;
  /** The column that `mark` adds. */
  readonly mark?: Column;
  /** The right side reads columns of the left one (a correlated subquery, LATERAL). Gone after unnesting. */
  readonly dependent: boolean;
  readonly hint?: JoinHint;
}

export interface JoinHint {
  readonly left?: "broadcast" | "merge" | "shuffle_hash" | "shuffle_replicate_nl";
  readonly right?: "broadcast" | "merge" | "shuffle_hash" | "shuffle_replicate_nl";
}

export interface LogicalSort {
  readonly kind: "sort";
  readonly input: LogicalPlan;
  readonly order: readonly SortKey[];
  /** False for SORT BY: order within partitions only. */
  readonly global: boolean;
}

export interface LogicalLimit {
  readonly kind: "limit";
  readonly input: LogicalPlan;
  /** Rows; absent: OFFSET alone. */
  readonly limit?: number;
  readonly offset: number;
}

/** `columns[i]` takes `inputs[k][i]` of input k; types are already equal. INTERSECT and EXCEPT have two inputs. */
export interface LogicalSetOperation {
  readonly kind: "setOperation";
  readonly operation: "union" | "intersect" | "except";
  /** ALL; a UNION DISTINCT is an aggregate over a union all. */
  readonly all: boolean;
  readonly columns: readonly Column[];
  readonly inputs: readonly { readonly plan: LogicalPlan; readonly columns: readonly ColumnId[] }[];
}

/** explode and its like: the input's columns and, for every row made, the generator's. */
export interface LogicalGenerate {
  readonly kind: "generate";
  readonly input: LogicalPlan;
  readonly generator: string;
  readonly args: readonly Expr[];
  /** A row that generates none is kept, with NULLs. */
  readonly outer: boolean;
  readonly columns: readonly Column[];
}

export interface LogicalSample {
  readonly kind: "sample";
  readonly input: LogicalPlan;
  /** 0 to 1 */
  readonly lower: number;
  readonly upper: number;
  readonly withReplacement: boolean;
  readonly seed: bigint;
}

/** REPARTITION, REPARTITION_BY_RANGE (`range`), COALESCE, REBALANCE hints, DISTRIBUTE BY. */
export interface LogicalRepartition {
  readonly kind: "repartition";
  readonly input: LogicalPlan;
  readonly mode: "repartition" | "range" | "coalesce" | "rebalance";
  readonly partitions?: number;
  readonly by: readonly Expr[];
}

/** Makes `definition` known to the references inside `input`; it runs once if more than one of them is left after optimization. */
export interface LogicalCte {
  readonly kind: "cte";
  readonly id: number;
  readonly name: string;
  readonly definition: LogicalPlan;
  readonly input: LogicalPlan;
}

export interface LogicalCteReference {
  readonly kind: "cteReference";
  readonly id: number;
  readonly name: string;
  /** `columns[i]` is the definition's output column `source[i]` under an id of its own. */
  readonly columns: readonly Column[];
  readonly source: readonly ColumnId[];
}

/** The columns a plan gives, in order. */
export function outputOf(plan: LogicalPlan): readonly Column[] {
  switch (plan.kind) {
    case "scan":
      return plan.columns.map((c) => c.column);
    case "values":
    case "expand":
    case "setOperation":
    case "cteReference":
      return plan.columns;
    case "range":
      return [plan.column];
    case "filter":
    case "sort":
    case "limit":
    case "sample":
    case "repartition":
    case "cte":
      return outputOf(plan.input);
    case "project":
      return plan.outputs.map((o) => o.column);
    case "aggregate":
      return [...plan.keys.map((k) => k.column), ...plan.calls.map((c) => c.column)];
    case "window":
      return [...outputOf(plan.input), ...plan.calls.map((c) => c.column)];
    case "generate":
      return [...outputOf(plan.input), ...plan.columns];
    case "join":
      switch (plan.join) {
        case "inner":
          return [...outputOf(plan.left), ...outputOf(plan.right)];
        case "left":
        case "single":
          return [...outputOf(plan.left), ...asNullable(outputOf(plan.right))];
        case "right":
          return [...asNullable(outputOf(plan.left)), ...outputOf(plan.right)];
        case "full":
          return [...asNullable(outputOf(plan.left)), ...asNullable(outputOf(plan.right))];
        case "semi":
        case "anti":
          return outputOf(plan.left);
        case "mark":
          return plan.mark === undefined ? outputOf(plan.left) : [...outputOf(plan.left), plan.mark];
      }
      return unreachable(plan.join);
  }
}

/** The columns of the side of an outer join that may have no row. */
export function asNullable(columns: readonly Column[]): readonly Column[] {
  return columns.map((c) => (c.nullable ? c : { ...c, nullable: true }));
}

/** The direct inputs, left to right; a CTE's definition comes before its body. */
export function inputsOf(plan: LogicalPlan): readonly LogicalPlan[] {
  const inputs: LogicalPlan[] = [];
  mapInputs(plan, (input) => {
    inputs.push(input);
    return input;
  });
  return inputs;
}

/** The direct inputs and, of a recursive table, what its rows are made by. */
export function sourcesOf(plan: LogicalPlan): readonly LogicalPlan[] {
  if (plan.kind !== "scan" || plan.recursion === undefined || plan.recursion === "previousRound") return inputsOf(plan);
  return [plan.recursion.anchor.plan, plan.recursion.step.plan];
}

/** The same node over other inputs, which `f` sees in the order of `inputsOf`; the very same object when `f` keeps every input. */
export function mapInputs(plan: LogicalPlan, f: (input: LogicalPlan) => LogicalPlan): LogicalPlan {
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
      return mapFields(plan, ["input"], f);
    case "join":
      return mapFields(plan, ["left", "right"], f);
    case "setOperation":
      return mapFields(plan, ["inputs"], (inputs) => mapItems(inputs, (input) => mapFields(input, ["plan"], f)));
    case "cte":
      return mapFields(plan, ["definition", "input"], f);
  }
}
