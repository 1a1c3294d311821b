import type { Expr, SortKey } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import { isOrderable } from "../../catalog/functions/expected-types.ts";
import type { SortItem } from "../../parser/ast.ts";
import { dataTypeMismatch, quoteType } from "./analysis-errors.ts";
import { sortText } from "./column-names.ts";
import type { ExprEnvironment } from "./environment.ts";
import { resolveExpr } from "./expressions.ts";

/** Spark puts NULLs first in ascending order and last in descending order. */
export function sortKey(item: SortItem, expr: Expr, env: ExprEnvironment): SortKey {
  const type = typeOf(expr);
  if (!isOrderable(type)) {
    throw dataTypeMismatch(
      "INVALID_ORDERING_TYPE",
      sortText(item, env.query.pretty),
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
