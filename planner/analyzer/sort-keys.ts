import type { Expr, SortKey } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import type { SortItem } from "../../parser/ast.ts";
import { dataTypeMismatch, quoteType } from "./analysis-errors.ts";
import { prettySql } from "./column-names.ts";
import type { ExprEnvironment } from "./environment.ts";
import { resolveExpr } from "./expressions.ts";

/** Spark puts NULLs first in ascending order and last in descending order. */
export function sortKey(item: SortItem, expr: Expr, env: ExprEnvironment): SortKey {
  const type = typeOf(expr);
  if (!isOrderable(type)) {
    throw dataTypeMismatch(
      "INVALID_ORDERING_TYPE",
      `${prettySql(item.expr, env.query.pretty)} ${item.ascending ? "ASC" : "DESC"} NULLS ${(item.nullsFirst ?? item.ascending) ? "FIRST" : "LAST"}`,
      `The \`sortorder\` does not support ordering on type ${quoteType(type)}.`,
      { functionName: "`sortorder`", dataType: quoteType(type) },
      item.span,
    );
  }
  return { expr, ascending: item.ascending, nullsFirst: item.nullsFirst ?? item.ascending };
}

export function resolveSortItem(item: SortItem, env: ExprEnvironment): SortKey {
  return sortKey(item, resolveExpr(item.expr, env), env);
}

/** Whether values of the type have an order. Source: Spark's `RowOrdering.isOrderable`. */
export function isOrderable(type: DataType): boolean {
  switch (type.kind) {
    case "map":
    case "variant":
    case "calendar_interval":
      return false;
    case "array":
      return isOrderable(type.element);
    case "struct":
      return type.fields.every((f) => isOrderable(f.type));
    default:
      return true;
  }
}
