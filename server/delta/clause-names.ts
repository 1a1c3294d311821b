import type { StructField } from "../../catalog/types.ts";
import type { AstExpr, MergeClause } from "../../parser/ast.ts";
import type { MergeSource } from "./merge-rows.ts";

/**
 * A clause of MERGE whose unqualified names are of the one side that it is about: WHEN NOT MATCHED knows the source's columns alone, WHEN NOT MATCHED BY SOURCE the
 * target's. A name that both sides have is then not ambiguous.
 */
export function withOwnNames(clause: MergeClause, target: { readonly alias: string; readonly fields: readonly StructField[] }, source: MergeSource): MergeClause {
  switch (clause.when) {
    case "matched":
      return clause;
    case "notMatched":
      return qualifiedBy(clause, source);
    case "notMatchedBySource":
      return qualifiedBy(clause, target);
  }
}

/** The node with names that begin with a column's qualified by an alias. Subqueries have names of their own. */
function qualifiedBy<T>(node: T, side: { readonly alias: string; readonly fields: readonly StructField[] }): T {
  if (node === null || typeof node !== "object" || node instanceof Uint8Array) return node;
  if (Array.isArray(node)) return node.map((item: unknown) => qualifiedBy(item, side)) as T;
  if ("kind" in node && node.kind === "name") {
    const { name } = node as unknown as Extract<AstExpr, { kind: "name" }>;
    const [first, ...rest] = name.parts;
    const isColumn = side.fields.some((field) => field.name.toLowerCase() === first.name.toLowerCase());
    if (!isColumn || (rest.length > 0 && first.name.toLowerCase() === side.alias.toLowerCase())) return node;
    return { ...node, name: { ...name, parts: [{ name: side.alias, quoted: true, span: first.span }, ...name.parts] } };
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, key === "query" ? value : qualifiedBy(value, side)])) as T;
}
