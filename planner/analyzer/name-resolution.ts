import type { Span } from "../../catalog/errors.ts";
import type { ColumnId, Expr } from "../../catalog/expression.ts";
import { columnExpr } from "../../catalog/expression.ts";
import { STRING } from "../../catalog/types.ts";
import type { AstExpr } from "../../parser/ast.ts";
import { ambiguousReference, unresolvedColumn } from "./analysis-errors.ts";
import type { AnalysisContext, VariableValue } from "./context.ts";
import type { ExprEnvironment } from "./environment.ts";
import { literal } from "./casts.ts";
import { prettySql } from "./column-names.ts";
import { resolveExpr } from "./expressions.ts";
import { isNamedConstant, namedConstantCall } from "./session-constants.ts";
import { extractField } from "./fields.ts";
import type { AliasLookup, Scope, ScopeColumn } from "./scope.ts";
import { columnsNamed, isShown } from "./scope.ts";
import { pinnedColumn } from "./stars.ts";

/** The columns that the front of a name can mean, and the fields that its rest names. */
interface Match {
  readonly columns: readonly ScopeColumn[];
  readonly fields: readonly string[];
}

/**
 * A name with as many parts as the relation's qualifier leaves: longer qualifiers win, so `t.a` is column a of t before it is field a of
 * column t. Source: Spark's `AttributeSeq.resolve`.
 */
export function matchColumns(scope: Scope, parts: readonly string[]): Match | undefined {
  const lower = parts.map((p) => p.toLowerCase());
  for (let used = Math.min(3, parts.length - 1); used >= 0; used--) {
    const named = columnsNamed(scope, lower[used]);
    const columns = named.filter((c) => {
      if (used === 0 && c.qualifiedOnly === true) return false;
      const start = c.qualifier.length - used;
      if (start < 0) return false;
      for (let i = 0; i < used; i++) if (c.qualifier[start + i].toLowerCase() !== lower[i]) return false;
      return true;
    });
    if (columns.length > 0) return { columns, fields: parts.slice(used + 1) };
  }
  return undefined;
}

/** A name in an expression. Order: lambda parameters, (ORDER BY: output columns,) columns of the relation, aliases, enclosing queries, session variables. */
export function resolveName(ast: AstExpr & { kind: "name" }, env: ExprEnvironment): Expr {
  const pinned = pinnedColumn(ast);
  if (pinned !== undefined) {
    env.query.pretty.set(ast, pinned.name);
    return columnExpr(pinned.column);
  }
  const parts = ast.name.parts.map((p) => p.name);
  const found = lookUpName(parts, ast, env);
  if (found === undefined && parts.length === 1 && parts[0].toLowerCase() === "grouping__id" && env.grouping !== undefined) {
    // Hive's name for grouping_id().
    return env.grouping({ kind: "call", name: { parts: [{ name: "grouping_id", quoted: false, span: ast.span }], span: ast.span }, args: [], distinct: false, span: ast.span });
  }
  if (found === undefined && isNamedConstant(ast)) {
    const call = namedConstantCall(ast);
    env.query.pretty.set(ast, () => prettySql(call, env.query.pretty));
    return resolveExpr(call, env);
  }
  const variable = found === undefined ? findVariable(parts, env.query.context) : undefined;
  if (variable !== undefined) return withFields(literal(variable.variable.value, variable.variable.type), variable.fields, variableText(variable.variable, env.query.context), ast, env);
  if (found === undefined) throw unresolvedColumn(parts, candidateNames(env), ast.span);
  return found;
}

export function lookUpName(parts: readonly string[], ast: AstExpr, env: ExprEnvironment): Expr | undefined {
  const viaAlias = (lookup: AliasLookup | undefined, shown: string): Expr | undefined => {
    const base = lookup?.(parts[0], ast.span);
    return base === undefined ? undefined : withFields(base, parts.slice(1), shown, ast, env);
  };
  const [first] = parts;
  const lateral = env.clause === "SELECT" ? `lateralAliasReference(${first})` : first;
  return viaAlias(env.lambda, first) ?? viaAlias(env.aliasesFirst, first) ?? inScope(env.scope, parts, ast, env) ?? viaAlias(env.aliasesLast, lateral) ?? inOuterScopes(parts, ast, env);
}

function inScope(scope: Scope, parts: readonly string[], ast: AstExpr, env: ExprEnvironment): Expr | undefined {
  const match = matchColumns(scope, parts);
  if (match === undefined) return undefined;
  const { column } = only(match, parts, ast.span, env.query.duplicates);
  return withFields(columnExpr(column), match.fields, parts[parts.length - 1 - match.fields.length], ast, env);
}

function inOuterScopes(parts: readonly string[], ast: AstExpr, env: ExprEnvironment): Expr | undefined {
  for (let outer = env.query.outer; outer !== undefined; outer = outer.outer) {
    const match = matchColumns(outer.scope, parts);
    if (match === undefined) continue;
    const { column, qualifier } = only(match, parts, ast.span, env.query.duplicates);
    const name = parts[parts.length - 1 - match.fields.length];
    outer.used.add(column.id);
    outer.mentions.push(name);
    return withFields(columnExpr(column), match.fields, `outer(${[...qualifier.slice(-1), name].join(".")})`, ast, env);
  }
  return undefined;
}

/** The one column meant; columns that are the same one selected twice are one. */
function only(match: Match, parts: readonly string[], span: Span, duplicates: ReadonlyMap<ColumnId, ColumnId>): ScopeColumn {
  const origin = (c: ScopeColumn): ColumnId => duplicates.get(c.column.id) ?? c.column.id;
  if (match.columns.some((c) => origin(c) !== origin(match.columns[0]))) {
    throw ambiguousReference(
      parts,
      match.columns.map((c) => [...c.qualifier, c.name]),
      span,
    );
  }
  return match.columns[0];
}

/** The column under its name as written, followed by fields. */
function withFields(base: Expr, fields: readonly string[], shown: string, ast: AstExpr, env: ExprEnvironment): Expr {
  let expr = base;
  let text = shown;
  for (const field of fields) {
    expr = extractField(expr, field, text, ast.span, env);
    text = `${text}.${field}`;
  }
  env.query.pretty.set(ast, text);
  return expr;
}

function candidateNames(env: ExprEnvironment): (readonly string[])[] {
  return env.scope.filter(isShown).map((c) => [...c.qualifier, c.name]);
}

/**
 * The session variable at the front of a name, and the fields of it that the rest names; the longest name that is a variable's counts.
 * Source: Spark's `VariableResolution`.
 */
export function findVariable(parts: readonly string[], context: AnalysisContext): { readonly variable: VariableValue; readonly fields: readonly string[] } | undefined {
  for (let used = Math.min(3, parts.length); used > 0; used--) {
    if (!isSessionQualifier(parts.slice(0, used - 1))) continue;
    const variable = context.lookupVariable?.(parts[used - 1]);
    if (variable !== undefined) return { variable, fields: parts.slice(used) };
  }
  return undefined;
}

function isSessionQualifier(parts: readonly string[]): boolean {
  const lower = parts.map((part) => part.toLowerCase());
  return lower.length === 0 || (lower[lower.length - 1] === "session" && (lower.length === 1 || lower[0] === "system"));
}

/** As Spark shows a variable within another expression. */
function variableText({ name, type, value }: VariableValue, context: AnalysisContext): string {
  const shown = value === null ? "NULL" : context.evaluate({ kind: "cast", input: literal(value, type), type: STRING, nullable: true, mode: "ansi" });
  return `variablereference(system.session.${name}=${type.kind === "string" && value !== null ? `'${String(shown)}'` : String(shown)})`;
}
