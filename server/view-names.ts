import type { QualifiedName, Query } from "../parser/ast.ts";

/**
 * The query with every table name, but for those of its common table expressions, given to `qualify`: a view's names mean what they meant where
 * it was made, whatever the database and the temporary views of the session that reads it.
 */
export function qualifyTableNames(query: Query, qualify: (parts: readonly string[]) => readonly string[]): Query {
  return visitQuery(query, new Set(), qualify);
}

type Qualify = (parts: readonly string[]) => readonly string[];

function visitQuery(query: Query, outer: ReadonlySet<string>, qualify: Qualify): Query {
  const known = new Set(outer);
  const tables = query.with.map((table) => {
    if (query.recursive) known.add(table.name.name.toLowerCase());
    const visited = { ...table, query: visitQuery(table.query, known, qualify) };
    known.add(table.name.name.toLowerCase());
    return visited;
  });
  const rest = Object.fromEntries(Object.entries(query).map(([key, child]) => [key, key === "with" ? tables : visit(child, known, qualify)]));
  return rest as unknown as Query;
}

function visit(node: unknown, known: ReadonlySet<string>, qualify: Qualify): unknown {
  if (node === null || typeof node !== "object" || node instanceof Uint8Array) return node;
  if (Array.isArray(node)) return node.map((child) => visit(child, known, qualify));
  const { kind } = node as { kind?: unknown };
  if (kind === "query") return visitQuery(node as Query, known, qualify);
  const children = Object.fromEntries(Object.entries(node).map(([key, child]) => [key, visit(child, known, qualify)]));
  if (kind !== "table") return children;
  const { name } = node as { name: QualifiedName };
  const covered = name.parts.length === 1 && known.has(name.parts[0].name.toLowerCase());
  return covered ? children : { ...children, name: qualified(name, qualify) };
}

function qualified(name: QualifiedName, qualify: Qualify): QualifiedName {
  const parts = qualify(name.parts.map((part) => part.name));
  return { span: name.span, parts: parts.map((part) => ({ name: part, quoted: true, span: name.span })) };
}
