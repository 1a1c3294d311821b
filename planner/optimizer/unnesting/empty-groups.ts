import type { AggregateCall, ColumnId, Expr, LiteralExpr } from "../../../catalog/expression.ts";
import { isNullLiteral } from "../../conjunctions.ts";
import { columnsForcingNull } from "../expression-facts.ts";

/** What an aggregate gives over no rows. */
export function valueOverNoRows(call: AggregateCall): LiteralExpr {
  switch (call.name) {
    case "count":
    case "count_if":
    case "countif":
    case "regr_count":
    case "approx_count_distinct":
      return { kind: "literal", type: call.type, value: call.type.kind === "long" ? 0n : 0 };
    case "collect_list":
    case "collect_set":
    case "array_agg":
      return { kind: "literal", type: call.type, value: [] };
    default:
      return { kind: "literal", type: call.type, value: null };
  }
}

/** Whether the expression is NULL for certain when these columns are. */
export function isNullWhen(expr: Expr, nullColumns: ReadonlySet<ColumnId>): boolean {
  if (isNullLiteral(expr)) return true;
  for (const id of columnsForcingNull(expr)) if (nullColumns.has(id)) return true;
  return false;
}
