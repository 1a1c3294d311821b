import type { LogicalPlan } from "../../logical.ts";
import { outputOf } from "../../logical.ts";
import { isNullable } from "../../../catalog/expression.ts";
import type { NodeRule } from "../rule.ts";

/**
 * count(*) of a whole table is what its splits say, when all of them know: Parquet, Arrow and cached ones do, text files do not, nor do splits with
 * rows deleted from them. Minimum and maximum are not taken from statistics, whose bounds need not be tight.
 */
export const countsFromStatistics: NodeRule = {
  kind: "node",
  name: "OptimizeMetadataOnlyQuery",
  apply: (node) => {
    if (node.kind !== "aggregate" || node.keys.length > 0 || node.calls.length === 0) return undefined;
    const isRowCount = node.calls.every(({ call }) => call.name === "count" && !call.distinct && call.filter === undefined && call.args.every((arg) => !isNullable(arg) && (arg.kind === "column" || arg.kind === "literal")));
    const rows = isRowCount ? exactRows(node.input) : undefined;
    if (rows === undefined) return undefined;
    return { kind: "values", columns: outputOf(node), rows: [node.calls.map(() => BigInt(rows))] };
  },
};

function exactRows(plan: LogicalPlan): number | undefined {
  if (plan.kind === "project") return exactRows(plan.input);
  if (plan.kind !== "scan" || plan.table.splits.length === 0) return undefined;
  let total = 0;
  for (const split of plan.table.splits) {
    if (split.rows === undefined || (split.source.kind === "parquet" && split.source.deletedRows !== undefined)) return undefined;
    total += split.rows;
  }
  return total;
}
