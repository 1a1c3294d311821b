import type { Column, Expr, SortKey, WindowCall } from "../catalog/expression.ts";
import { columnExpr } from "../catalog/expression.ts";
import { DOUBLE } from "../catalog/types.ts";
import { ComputedColumns } from "./computed-columns.ts";
import type { Partitioning } from "./partitioning.ts";
import type { PhysicalExchange, PhysicalPlan } from "./physical.ts";
import type { PhysicalPlanner } from "./physical-planner.ts";

/**
 * An exchange by range knows where a row belongs by the part of all rows that are before it: a window ranks them, sorted by all workers. So partitions are as even as
 * equal keys let them be, where bounds out of a sample (Spark's `spark.sql.execution.rangeExchange.sampleSizePerPartition`) are only about right.
 */
export function planRanges(rows: PhysicalPlan, by: readonly Expr[], partitions: number, planner: PhysicalPlanner): { readonly input: PhysicalPlan; readonly partitioning: Partitioning } {
  const order = by.map((expr): SortKey => ({ expr, ascending: true, nullsFirst: true }));
  const computed = new ComputedColumns(planner.nextComputedId);
  const orderBy = order.map((key): SortKey => ({ ...key, expr: computed.asColumn(key.expr) }));
  const place: Column = { id: planner.nextComputedId(), name: "place", type: DOUBLE, nullable: false };
  const input = planner.node(rows.rows, { kind: "window", input: planner.withComputed(rows, computed), partitionBy: [], orderBy, calls: [{ column: place, call: PERCENT_RANK }] });
  return { input, partitioning: { keys: [columnExpr(place)], partitions, order } };
}

const PERCENT_RANK: WindowCall = {
  name: "percent_rank",
  args: [],
  distinct: false,
  ignoreNulls: false,
  frame: { unit: "rows", start: { kind: "unboundedPreceding" }, end: { kind: "currentRow" } },
  type: DOUBLE,
  nullable: false,
  mode: "ansi",
};

/** What an exchange spreads, before it is ranked. */
export function exchangedRows({ input, partitioning }: PhysicalExchange): PhysicalPlan {
  return partitioning.order !== undefined && input.kind === "window" ? input.input : input;
}
