import type { Span } from "../../catalog/errors.ts";
import type { Expr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { AstExpr, Identifier } from "../../parser/ast.ts";
import { analysisError, quoteName, unresolvedColumn } from "./analysis-errors.ts";
import type { ExprEnvironment } from "./environment.ts";
import { lookUpName, matchColumns } from "./name-resolution.ts";
import { isShown, type Scope } from "./scope.ts";

type StarAst = AstExpr & { kind: "star" };

/** What `*`, `t.*` or `struct.*` stands for, as expressions that mean exactly those columns. */
export function expandStar(ast: StarAst, env: ExprEnvironment): readonly AstExpr[] {
  const columns = ast.qualifier === undefined ? visible(env.scope, ast.span) : qualified(ast, env);
  const kept = ast.except === undefined ? columns : without(columns, ast, env);
  const replaced = new Map((ast.replace ?? []).map((r) => [r.name.name.toLowerCase(), r]));
  return kept.map((item) => {
    const replacement = replaced.get(item.name.toLowerCase());
    if (replacement !== undefined) return { kind: "alias", operand: replacement.expr, names: [replacement.name], span: ast.span };
    return item.ast;
  });
}

interface StarItem {
  readonly name: string;
  readonly ast: AstExpr;
}

function visible(scope: Scope, span: Span): StarItem[] {
  return scope.filter(isShown).map((c) => ({ name: c.name, ast: pinnedItem(c, span) }));
}

/** Name nodes that stand for one column of the scope, whatever else has its name. */
const pinnedColumns = new WeakMap<AstExpr, Scope[number]>();

export function pinnedColumn(ast: AstExpr): Scope[number] | undefined {
  return pinnedColumns.get(ast);
}

/** A node that stands for exactly this column. */
function pinnedItem(column: Scope[number], span: Span): AstExpr {
  const ast: AstExpr = { kind: "name", name: { parts: [{ name: column.name, quoted: true, span }], span }, span };
  pinnedColumns.set(ast, column);
  return ast;
}

function qualified(ast: StarAst, env: ExprEnvironment): StarItem[] {
  const parts = ast.qualifier?.parts.map((p) => p.name) ?? [];
  const columns = columnsOf(parts, env.scope);
  // Columns that USING hides come first, as in Spark.
  const ordered = [...columns.filter((c) => c.qualifiedOnly === true), ...columns.filter(isShown)];
  if (ordered.length > 0) return ordered.filter((c, i) => ordered.findIndex((d) => d.column.id === c.column.id && d.name === c.name) === i).map((c) => ({ name: c.name, ast: pinnedItem(c, ast.span) }));
  for (let outer = env.query.outer; outer !== undefined; outer = outer.outer) {
    const found = columnsOf(parts, outer.scope);
    if (found.length > 0) return found.map((c) => ({ name: c.name, ast: qualifiedName([...c.qualifier, c.name], ast.span) }));
  }
  return structFields(parts, ast, env);
}

/** Those of the relation of this name. */
function columnsOf(relation: readonly string[], scope: Scope): Scope {
  const lower = relation.map((part) => part.toLowerCase());
  return scope.filter(({ hidden, qualifier }) => hidden !== true && qualifier.length >= lower.length && lower.every((part, i) => qualifier[qualifier.length - lower.length + i].toLowerCase() === part));
}

function qualifiedName(parts: readonly string[], span: Span): AstExpr {
  return { kind: "name", name: { parts: parts.map((name) => ({ name, quoted: true, span })), span }, span };
}

function structFields(parts: readonly string[], ast: StarAst, env: ExprEnvironment): StarItem[] {
  const base: AstExpr = { kind: "name", name: { parts: ast.qualifier?.parts ?? [], span: ast.span }, span: ast.span };
  const found: Expr | undefined = lookUpName(parts, base, env);
  const type = found === undefined ? undefined : typeOf(found);
  if (type?.kind !== "struct") {
    const columns = [...new Set(env.scope.map((c) => quoteName([c.name])))].join(", ");
    throw analysisError("CANNOT_RESOLVE_STAR_EXPAND", "42704", `Cannot resolve ${quoteName(parts)}.* given input columns ${columns}. Please check that the specified table or struct exists and is accessible in the input columns.`, { targetString: quoteName(parts), columns }, ast.span);
  }
  return type.fields.map((f) => ({ name: f.name, ast: namedField(base, f.name, ast.span) }));
}

function namedField(base: AstExpr, field: string, span: Span): AstExpr {
  const name: Identifier = { name: field, quoted: true, span };
  return { kind: "alias", operand: { kind: "field", base, name, span }, names: [name], span };
}

/** EXCEPT takes away the columns that its names mean; a qualified name only that relation's. */
function without(items: readonly StarItem[], ast: StarAst, env: ExprEnvironment): StarItem[] {
  const removed = new Set<StarItem>();
  for (const name of ast.except ?? []) {
    const parts = name.parts.map((p) => p.name);
    const meant = matchColumns(env.scope, parts)?.columns.map((c) => c.column.id);
    const matches = items.filter((i) => {
      const column = pinnedColumn(i.ast);
      return column === undefined ? parts.length === 1 && i.name.toLowerCase() === parts[0].toLowerCase() : (meant?.includes(column.column.id) ?? false);
    });
    if (matches.length === 0) {
      throw unresolvedColumn(
        parts,
        env.scope.map((c) => [...c.qualifier, c.name]),
        name.span,
      );
    }
    if (matches.some((m) => removed.has(m))) {
      const columns = (ast.except ?? []).map((n) => n.parts.map((p) => p.name).join(".")).join(", ");
      throw analysisError("EXCEPT_OVERLAPPING_COLUMNS", "42702", `Columns in an EXCEPT list must be distinct and non-overlapping, but got (${columns}).`, { columns }, ast.span);
    }
    for (const match of matches) removed.add(match);
  }
  return items.filter((i) => !removed.has(i));
}
