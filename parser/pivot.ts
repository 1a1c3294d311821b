import type { AstExpr, QualifiedName, Relation } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseNamedExpression } from "./expressions.ts";
import { parseTableAlias } from "./relations.ts";

/** PIVOT (aggregates FOR column IN (values)). */
export function parsePivot(c: Cursor, input: Relation, start: number): Relation {
  c.expect("PIVOT");
  c.expect("(");
  const aggregates = c.commaList(parseNamedExpression);
  c.expect("FOR");
  const columns = c.is("(") ? c.parenthesizedList((x) => x.plainIdentifier()) : [c.plainIdentifier("the column to pivot on")];
  c.expect("IN");
  const values: AstExpr[] = c.parenthesizedList(parseNamedExpression);
  c.expect(")");
  const alias = parseTableAlias(c);
  return { kind: "pivot", input, aggregates, columns, values, ...(alias && { alias }), span: c.spanFrom(start) };
}

/** UNPIVOT [INCLUDE | EXCLUDE NULLS] (value FOR name IN (columns)), with one value column or several. */
export function parseUnpivot(c: Cursor, input: Relation, start: number): Relation {
  c.expect("UNPIVOT");
  const nulls = c.acceptAny("INCLUDE", "EXCLUDE");
  if (nulls !== undefined) c.expect("NULLS");
  c.expect("(");
  const several = c.is("(");
  const valueColumns = several ? c.parenthesizedList((x) => x.identifier()) : [c.identifier("a name for the value column")];
  c.expect("FOR");
  const nameColumn = c.identifier("a name for the name column");
  c.expect("IN");
  const items = c.parenthesizedList((x) => unpivotItem(x, several));
  c.expect(")");
  const alias = parseTableAlias(c);
  return { kind: "unpivot", input, includeNulls: nulls === "INCLUDE", valueColumns, nameColumn, items, ...(alias && { alias }), span: c.spanFrom(start) };
}

function unpivotItem(c: Cursor, several: boolean): { columns: QualifiedName[]; alias?: string } {
  const columns = several ? c.parenthesizedList((x) => x.qualifiedName()) : [c.qualifiedName()];
  const alias = c.accept("AS") || c.isIdentifier() ? c.plainIdentifier().name : undefined;
  return { columns, ...(alias !== undefined && { alias }) };
}
