import type { AggregateCall, Column, ColumnId, Expr, SortKey, WindowCall } from "../catalog/expression.ts";
import { mapFields, mapItems } from "../catalog/structural-sharing.ts";
import type { CachedColumn, Split } from "../catalog/table.ts";
import type { Value } from "../catalog/values.ts";
import type { Assignment } from "./logical.ts";
import { asNullable } from "./logical.ts";
import type { ExchangeOrigin, ExchangeRead, JoinRead, Partitioning } from "./partitioning.ts";

/**
 * The physical plan: how each step is done. Plain cloneable data. Cut into pipelines by stages.ts. `rows` is the estimate of rows that the
 * node gives; the node's `id` is what measured numbers are filed under.
 */
export type PhysicalPlan = { readonly id: number; readonly rows: number } & (
  | PhysicalScan
  | PhysicalValues
  | PhysicalRange
  | PhysicalFilter
  | PhysicalRuntimeFilter
  | PhysicalProject
  | PhysicalExpand
  | PhysicalGenerate
  | PhysicalSample
  | PhysicalHashJoin
  | PhysicalNestedLoopJoin
  | PhysicalAggregate
  | PhysicalSort
  | PhysicalTopN
  | PhysicalLimit
  | PhysicalWindow
  | PhysicalUnion
  | PhysicalShared
  | PhysicalExchange
);

export interface PhysicalScan {
  readonly kind: "scan";
  readonly table: string;
  readonly columns: readonly { readonly column: Column; readonly field: number }[];
  readonly splits: readonly Split[];
  readonly cached?: readonly CachedColumn[];
  /** Splits of the table before pruning: for EXPLAIN and for tests that count work. */
  readonly totalSplits: number;
  /** Conjuncts over `columns` that the scan may use to skip rows; a Filter above still applies them. */
  readonly skipBy: readonly Expr[];
}

export interface PhysicalValues {
  readonly kind: "values";
  readonly columns: readonly Column[];
  readonly data: readonly (readonly Value[])[];
}

export interface PhysicalRange {
  readonly kind: "range";
  readonly column: Column;
  readonly start: bigint;
  readonly end: bigint;
  readonly step: bigint;
}

export interface PhysicalFilter {
  readonly kind: "filter";
  readonly input: PhysicalPlan;
  readonly condition: Expr;
}

/**
 * Rows whose `keys` are in the complete hash table of another join, node `join`: put in while the query runs, below what would otherwise work on rows that
 * the join drops.
 */
export interface PhysicalRuntimeFilter {
  readonly kind: "runtimeFilter";
  readonly input: PhysicalPlan;
  readonly join: number;
  readonly keys: readonly JoinKey[];
}

export interface PhysicalProject {
  readonly kind: "project";
  readonly input: PhysicalPlan;
  readonly outputs: readonly Assignment[];
}

export interface PhysicalExpand {
  readonly kind: "expand";
  readonly input: PhysicalPlan;
  readonly columns: readonly Column[];
  readonly projections: readonly (readonly Expr[])[];
}

export interface PhysicalGenerate {
  readonly kind: "generate";
  readonly input: PhysicalPlan;
  readonly generator: string;
  readonly args: readonly Expr[];
  readonly outer: boolean;
  readonly columns: readonly Column[];
}

export interface PhysicalSample {
  readonly kind: "sample";
  readonly input: PhysicalPlan;
  readonly lower: number;
  readonly upper: number;
  readonly withReplacement: boolean;
  readonly seed: bigint;
}

/**
 * What a join gives, seen from the side that streams (probe) and the one that is kept (build).
 *
 * | join | rows | columns |
 * |---|---|---|
 * | inner | pairs | probe, build |
 * | probeOuter | pairs, and probe rows without a match | probe, build (nullable) |
 * | buildOuter | pairs, and build rows without a match | probe (nullable), build |
 * | fullOuter | both | both nullable |
 * | probeSemi, probeAnti | probe rows with / without a match | probe |
 * | buildSemi, buildAnti | build rows with / without a match, each once | build |
 * | probeMark | every probe row | probe, mark |
 * | probeSingle | every probe row, an error at a second match | probe, build (nullable) |
 */
export type PhysicalJoinKind =
  | "inner"
  | "probeOuter"
  | "buildOuter"
  | "fullOuter"
  | "probeSemi"
  | "probeAnti"
  | "buildSemi"
  | "buildAnti"
  | "probeMark"
  | "probeSingle";

export interface PhysicalHashJoin {
  readonly kind: "hashJoin";
  readonly join: PhysicalJoinKind;
  readonly probe: PhysicalPlan;
  readonly build: PhysicalPlan;
  readonly keys: readonly JoinKey[];
  /** Over both sides' columns, for pairs whose keys are equal. */
  readonly residual?: Expr;
  /**
   * probeAnti and probeMark of NOT IN / IN: a NULL among the keys makes the answer unknown instead of "no match".
   * Every key takes part; a probe row with a NULL key or a build side with one is judged by SQL's three-valued rules.
   */
  readonly nullAware: boolean;
  readonly mark?: Column;
  /** A hint of the query says which side is kept. */
  readonly sideHint?: true;
  /** A hint of the query says whether all workers share one hash table, or each partition has its own. */
  readonly tableHint?: true;
  /** Of a partitioned join: how its partitions become tasks; absent: one by one. */
  readonly reads?: readonly JoinRead[];
}

export interface JoinKey {
  readonly probe: Expr;
  readonly build: Expr;
  /** `<=>`: NULL equals NULL. */
  readonly nullSafe: boolean;
}

/** Every pair is looked at. */
export interface PhysicalNestedLoopJoin {
  readonly kind: "nestedLoopJoin";
  readonly join: PhysicalJoinKind;
  readonly probe: PhysicalPlan;
  readonly build: PhysicalPlan;
  readonly condition?: Expr;
  readonly mark?: Column;
}

/** Groups by `keys` (NULLs equal, -0.0 = 0.0, NaN = NaN); without keys one row always. */
export interface PhysicalAggregate {
  readonly kind: "aggregate";
  readonly input: PhysicalPlan;
  readonly keys: readonly Assignment[];
  readonly calls: readonly { readonly column: Column; readonly call: AggregateCall }[];
}

export interface PhysicalSort {
  readonly kind: "sort";
  readonly input: PhysicalPlan;
  readonly order: readonly SortKey[];
  /** SORT BY: each partition of the exchange right below by itself. */
  readonly local?: true;
}

/** The first `limit` rows after `offset` in order. */
export interface PhysicalTopN {
  readonly kind: "topN";
  readonly input: PhysicalPlan;
  readonly order: readonly SortKey[];
  readonly limit: number;
  readonly offset: number;
}

export interface PhysicalLimit {
  readonly kind: "limit";
  readonly input: PhysicalPlan;
  readonly limit?: number;
  readonly offset: number;
}

export interface PhysicalWindow {
  readonly kind: "window";
  readonly input: PhysicalPlan;
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly SortKey[];
  readonly calls: readonly { readonly column: Column; readonly call: WindowCall }[];
  /** A filter above wants no more of each partition, so that other rows may be left out. */
  readonly limit?: WindowLimit;
}

/** Rows among the first `rows` of their partition, those that are equal to the last of them included; `distinct`: with the first so many values. */
export interface WindowLimit {
  readonly rows: number;
  readonly distinct: boolean;
}

/** UNION ALL: `columns[i]` is `inputs[k].columns[i]` of input k. */
export interface PhysicalUnion {
  readonly kind: "union";
  readonly columns: readonly Column[];
  readonly inputs: readonly { readonly plan: PhysicalPlan; readonly columns: readonly ColumnId[] }[];
}

/** A CTE that several places read: `definition` is the same object at each of them and runs once. */
export interface PhysicalShared {
  readonly kind: "shared";
  readonly shareId: number;
  readonly definition: PhysicalPlan;
  readonly columns: readonly Column[];
  readonly source: readonly ColumnId[];
}

/** The input's rows, spread over partitions. */
export interface PhysicalExchange {
  readonly kind: "exchange";
  readonly input: PhysicalPlan;
  readonly partitioning: Partitioning;
  /** What asked for it, as Spark's plans name it. */
  readonly origin?: ExchangeOrigin;
  /** There may be fewer partitions, as COALESCE has it: made only where an expression asks for them. */
  readonly coalesces?: true;
  /** How its partitions become those of the result; absent: one by one. */
  readonly reads?: readonly ExchangeRead[];
}

/** The columns a plan gives, in order. */
export function physicalOutput(plan: PhysicalPlan): readonly Column[] {
  switch (plan.kind) {
    case "scan":
      return plan.columns.map((c) => c.column);
    case "values":
    case "expand":
    case "union":
    case "shared":
      return plan.columns;
    case "range":
      return [plan.column];
    case "filter":
    case "runtimeFilter":
    case "sample":
    case "sort":
    case "topN":
    case "limit":
    case "exchange":
      return physicalOutput(plan.input);
    case "project":
      return plan.outputs.map((o) => o.column);
    case "generate":
      return [...physicalOutput(plan.input), ...plan.columns];
    case "aggregate":
      return [...plan.keys.map((k) => k.column), ...plan.calls.map((c) => c.column)];
    case "window":
      return [...physicalOutput(plan.input), ...plan.calls.map((c) => c.column)];
    case "hashJoin":
    case "nestedLoopJoin":
      return joinOutput(plan.join, physicalOutput(plan.probe), physicalOutput(plan.build), plan.mark);
  }
}

export function joinOutput(
  join: PhysicalJoinKind,
  probe: readonly Column[],
  build: readonly Column[],
  mark: Column | undefined,
): readonly Column[] {
  switch (join) {
    case "inner":
      return [...probe, ...build];
    case "probeOuter":
    case "probeSingle":
      return [...probe, ...asNullable(build)];
    case "buildOuter":
      return [...asNullable(probe), ...build];
    case "fullOuter":
      return [...asNullable(probe), ...asNullable(build)];
    case "probeSemi":
    case "probeAnti":
      return probe;
    case "buildSemi":
    case "buildAnti":
      return build;
    case "probeMark":
      return mark === undefined ? probe : [...probe, mark];
  }
}

/** The direct inputs; a join's build side comes first, as it runs first. */
export function physicalInputs(plan: PhysicalPlan): readonly PhysicalPlan[] {
  const inputs: PhysicalPlan[] = [];
  mapPhysicalInputs(plan, (input) => {
    inputs.push(input);
    return input;
  });
  return inputs;
}

/** The same node over other inputs, which `f` sees in the order of `physicalInputs`; the very same object when `f` keeps every input. */
export function mapPhysicalInputs(plan: PhysicalPlan, f: (input: PhysicalPlan) => PhysicalPlan): PhysicalPlan {
  switch (plan.kind) {
    case "scan":
    case "values":
    case "range":
      return plan;
    case "filter":
    case "runtimeFilter":
    case "project":
    case "expand":
    case "generate":
    case "sample":
    case "aggregate":
    case "sort":
    case "topN":
    case "limit":
    case "window":
    case "exchange":
      return mapFields(plan, ["input"], f);
    case "hashJoin":
    case "nestedLoopJoin":
      return mapFields(plan, ["build", "probe"], f);
    case "union":
      return mapFields(plan, ["inputs"], (inputs) => mapItems(inputs, (input) => mapFields(input, ["plan"], f)));
    case "shared":
      return mapFields(plan, ["definition"], f);
  }
}
