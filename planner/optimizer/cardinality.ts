import { plainLayout } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import type { LogicalPlan } from "../logical.ts";
import { outputOf } from "../logical.ts";

/** Estimated rows. */
export function estimateRows(plan: LogicalPlan): number {
  switch (plan.kind) {
    case "scan":
      return plan.table.statistics.rows ?? 1000;
    case "values":
      return plan.rows.length;
    case "range":
      return 1000;
    case "filter":
      return estimateRows(plan.input) / 4;
    case "project":
    case "window":
    case "sort":
    case "sample":
    case "repartition":
    case "cte":
      return estimateRows(plan.input);
    case "aggregate":
      return plan.keys.length === 0 ? 1 : estimateRows(plan.input) / 10;
    case "expand":
      return estimateRows(plan.input) * plan.projections.length;
    case "generate":
      return estimateRows(plan.input) * 10;
    case "limit":
      return Math.min(estimateRows(plan.input), plan.limit ?? Infinity);
    case "join":
      return Math.max(estimateRows(plan.left), estimateRows(plan.right));
    case "setOperation":
      return plan.inputs.reduce((sum, input) => sum + estimateRows(input.plan), 0);
    case "cteReference":
      return 1000;
  }
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
