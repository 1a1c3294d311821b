import type { AstExpr } from "../../parser/ast.ts";
import type { PrettyNames } from "./column-names.ts";
import { prettySql } from "./column-names.ts";
import { isNamedConstant } from "./session-constants.ts";

/** The output name of a select item: its alias, a column's or field's own name, else its text. Source: Spark's `ResolveAliases`. */
export function itemName(ast: AstExpr, names: PrettyNames): string {
  switch (ast.kind) {
    case "alias":
      return ast.names[0].name;
    case "name":
      // `current_date` without parentheses is named after the call that it is, unless a column has that name.
      if (isNamedConstant(ast)) return prettySql(ast, names);
      return ast.name.parts[ast.name.parts.length - 1].name;
    // A cast of a column is named after the column.
    case "cast":
      return ast.operand.kind === "name" ? itemName(ast.operand, names) : prettySql(ast, names);
    default:
      return prettySql(ast, names);
  }
}
