import type { Expr, SortKey } from "../catalog/expression.ts";

/** How an exchange spreads rows over partitions, each of which one reader can take by itself: equal keys meet in one; without keys rows go to them in turn. */
export interface Partitioning {
  readonly keys: readonly Expr[];
  readonly partitions: number;
  /** By range: the order in which the partitions follow each other. The only key is then a row's place in it, a DOUBLE from 0 to 1 that is not NULL. */
  readonly order?: readonly SortKey[];
}

/** What asked for an exchange, as Spark's plans name it. `ENSURE_REQUIREMENTS`: the join right above, of which each worker joins a partition by itself. */
export type ExchangeOrigin = "REPARTITION_BY_NUM" | "REPARTITION_BY_COL" | "REBALANCE_PARTITIONS_BY_NONE" | "REBALANCE_PARTITIONS_BY_COL" | "ENSURE_REQUIREMENTS";

/** Piece `index` of `of` about equal ones. */
export interface Slice {
  readonly index: number;
  readonly of: number;
}

/** One partition of what reads an exchange: some of its partitions together, or a piece of one. */
export interface ExchangeRead {
  readonly partitions: readonly number[];
  readonly slice?: Slice;
}

/** One task of a partitioned join: some partitions of both sides one after the other, or one of which a side, or each side, is a piece. */
export interface JoinRead {
  readonly partitions: readonly number[];
  readonly probe?: Slice;
  readonly build?: Slice;
}
