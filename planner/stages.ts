import type { Column, ColumnId } from "../catalog/expression.ts";
import type { Assignment } from "./logical.ts";
import type { JoinRead, Slice } from "./partitioning.ts";
import type {
  PhysicalAggregate,
  PhysicalExchange,
  PhysicalExpand,
  PhysicalFilter,
  PhysicalGenerate,
  PhysicalHashJoin,
  PhysicalLimit,
  PhysicalNestedLoopJoin,
  PhysicalRange,
  PhysicalSample,
  PhysicalScan,
  PhysicalShared,
  PhysicalSort,
  PhysicalTopN,
  PhysicalValues,
  PhysicalWindow,
} from "./physical.ts";

/**
 * A physical plan cut at its pipeline breakers. A pipeline streams rows from its source through its steps into its sink; breakers (hash tables,
 * sorts, ...) collect what their feeding pipelines sink, and are sources of later ones. Pipelines are listed in an order in which they can run.
 * At every breaker exact sizes are known, and what has not run yet may be planned again.
 */
export interface StagePlan {
  readonly pipelines: readonly Pipeline[];
  readonly breakers: readonly Breaker[];
  /** The query's columns. */
  readonly output: readonly Column[];
}

/** A node of the plan with its id and estimate. */
export type Node<T> = T & { readonly id: number; readonly rows: number };

export interface Pipeline {
  readonly id: number;
  readonly source: Source;
  readonly steps: readonly Step[];
  readonly sink: Sink;
}

export type Source =
  | { readonly kind: "scan"; readonly node: Node<PhysicalScan> }
  | { readonly kind: "values"; readonly node: Node<PhysicalValues> }
  | { readonly kind: "range"; readonly node: Node<PhysicalRange> }
  | BreakerSource;

/** `columns[i]` of the reader is the breaker's column `source[i]`. For builds: the rows that found (not) a match. */
export interface BreakerSource {
  readonly kind: "breaker";
  readonly breaker: number;
  /** The plan's node whose rows these are. */
  readonly reader: number;
  /** Rows, as they were estimated. */
  readonly estimate: number;
  readonly rows: "all" | "matched" | "unmatched";
  readonly columns: readonly Column[];
  readonly source: readonly ColumnId[];
  /** Of an exchange: these partitions only, in this order. */
  readonly partitions?: readonly number[];
  /** And of these a piece only. */
  readonly slice?: Slice;
  /** Of an exchange: its partitions meet those of a build side, in the first step. */
  readonly joins?: PartsJoined;
}

/** `breaker`: the build side. `reads`: the tasks; absent for one by partition. */
export interface PartsJoined {
  readonly breaker: number;
  readonly reads?: readonly JoinRead[];
}

export type Step =
  | { readonly kind: "filter"; readonly node: Node<PhysicalFilter> }
  /** Assignments that something downstream reads. */
  | { readonly kind: "project"; readonly id: number; readonly outputs: readonly Assignment[] }
  | { readonly kind: "expand"; readonly node: Node<PhysicalExpand> }
  | { readonly kind: "generate"; readonly node: Node<PhysicalGenerate>; readonly keep: readonly Column[] }
  | { readonly kind: "sample"; readonly node: Node<PhysicalSample> }
  /** `columns`: what the build side's records have for later steps. */
  | { readonly kind: "probe"; readonly node: Node<PhysicalHashJoin>; readonly breaker: number; readonly columns: readonly Column[] }
  | { readonly kind: "loop"; readonly node: Node<PhysicalNestedLoopJoin>; readonly breaker: number; readonly columns: readonly Column[] };

/** `partition`: of a result whose partitions are told apart. `discard`: rows have done their work in a step (they marked their matches in a hash table). */
export type Sink = { readonly kind: "result"; readonly partition?: number } | { readonly kind: "breaker"; readonly breaker: number } | { readonly kind: "discard" };

/** `columns`: what its rows have, in order; only what is read later. */
export type Breaker = { readonly id: number; readonly columns: readonly Column[]; /** One of several breakers of its node, each for a partition. */ readonly part?: number } & (
  | { readonly kind: "aggregate"; readonly node: Node<PhysicalAggregate> }
  | { readonly kind: "build"; readonly node: Node<PhysicalHashJoin> }
  | { readonly kind: "loopBuild"; readonly node: Node<PhysicalNestedLoopJoin> }
  | { readonly kind: "sort"; readonly node: Node<PhysicalSort> }
  | { readonly kind: "topN"; readonly node: Node<PhysicalTopN> }
  | { readonly kind: "limit"; readonly node: Node<PhysicalLimit> }
  | { readonly kind: "window"; readonly node: Node<PhysicalWindow> }
  | { readonly kind: "shared"; readonly node: Node<PhysicalShared> }
  /** Rows in partitions, in memory or on disk; rows and bytes of each are known when it is complete. */
  | { readonly kind: "exchange"; readonly node: Node<PhysicalExchange> }
);

/** How far a query is: what is left of its plan can be cut again. */
export interface RunSoFar {
  readonly stages: StagePlan;
  readonly ran: readonly Pipeline[];
}
