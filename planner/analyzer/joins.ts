import type { Column, ColumnId, Expr } from "../../catalog/expression.ts";
import { columnExpr, isNullable, typeOf } from "../../catalog/expression.ts";
import type { AstExpr, Identifier, Relation } from "../../parser/ast.ts";
import type { Assignment, JoinKind, LogicalPlan } from "../logical.ts";
import { outputOf } from "../logical.ts";
import { analysisError, quoteName, quoteSql, quoteType, unresolvedColumn } from "./analysis-errors.ts";
import { applyFunction } from "./calls.ts";
import { toCommonType } from "./casts.ts";
import type { ExprEnvironment } from "./environment.ts";
import { resolveCondition } from "./expressions.ts";
import type { JoinHints, ScopedPlan } from "./relations.ts";
import { analyzeRelation, isLateral, lateralEnvironment } from "./relations.ts";
import type { QueryEnvironment, Scope, ScopeColumn } from "./scope.ts";
import { isShown } from "./scope.ts";
import { attachSubqueries, attachToSides, subqueryCollector } from "./subqueries.ts";

type JoinRelation = Extract<Relation, { kind: "join" }>;

export function crossJoin(left: ScopedPlan, right: ScopedPlan, dependent: boolean): ScopedPlan {
  return { plan: { kind: "join", join: "inner", left: left.plan, right: right.plan, dependent }, scope: [...left.scope, ...right.scope] };
}

export function analyzeJoin(relation: JoinRelation, env: QueryEnvironment, hints: JoinHints): ScopedPlan {
  // Joins lean to the left; the chain is walked in a loop.
  const chain: JoinRelation[] = [];
  let leftmost: Relation = relation;
  while (leftmost.kind === "join") {
    chain.push(leftmost);
    leftmost = leftmost.left;
  }
  let result = analyzeRelation(leftmost, env, hints);
  let leftName = relationName(leftmost);
  for (const node of chain.toReversed()) {
    result = joinTwo(node, result, env, hints, leftName);
    leftName = undefined;
  }
  return result;
}

function relationName(relation: Relation): string | undefined {
  if (relation.kind === "table") return (relation.alias?.name?.name ?? relation.name.parts[relation.name.parts.length - 1].name).toLowerCase();
  if (relation.kind === "subquery" || relation.kind === "values" || relation.kind === "function") return relation.alias?.name?.name.toLowerCase();
  return undefined;
}

function joinTwo(node: JoinRelation, left: ScopedPlan, env: QueryEnvironment, hints: JoinHints, leftName: string | undefined): ScopedPlan {
  const lateral = node.lateral || isLateral(node.right) ? lateralEnvironment(left.scope, env) : undefined;
  const right = analyzeRelation(node.right, lateral?.env ?? env, hints);
  const dependent = lateral !== undefined && lateral.outer.used.size > 0;
  const kind: JoinKind = node.type === "cross" ? "inner" : node.type;
  const scope = joinedScope(kind, left.scope, right.scope);
  const using = node.natural ? naturalColumns(left.scope, right.scope) : node.using;
  const [hintLeft, hintRight] = [leftName, relationName(node.right)].map((n) => (n === undefined ? undefined : hints.get(n)));
  const hint = hintLeft === undefined && hintRight === undefined ? {} : { hint: { ...(hintLeft === undefined ? {} : { left: hintLeft }), ...(hintRight === undefined ? {} : { right: hintRight }) } };
  if (using !== undefined) return joinUsing(using, kind, left, right, { dependent, ...hint }, env, node);
  if (node.on === undefined) return { plan: { kind: "join", join: kind, left: left.plan, right: right.plan, dependent, ...hint }, scope };
  return joinOn(node.on, kind, left, right, scope, { dependent, ...hint }, env);
}

type JoinExtras = Pick<Extract<LogicalPlan, { kind: "join" }>, "dependent" | "hint">;

function joinOn(on: AstExpr, kind: JoinKind, left: ScopedPlan, right: ScopedPlan, scope: Scope, extras: JoinExtras, env: QueryEnvironment): ScopedPlan {
  const subqueries = subqueryCollector();
  const exprEnv: ExprEnvironment = { query: env, scope: [...left.scope, ...right.scope], clause: "JOIN condition", subqueries };
  const condition = resolveCondition(on, exprEnv, (sql, type) => analysisError("JOIN_CONDITION_IS_NOT_BOOLEAN_TYPE", "42K0E", `The join condition ${quoteSql(sql)} has the invalid type ${quoteType(type)}, expected "BOOLEAN".`, { joinCondition: quoteSql(sql), conditionType: quoteType(type) }, on.span));
  if (subqueries.pending.length === 0) return { plan: { kind: "join", join: kind, left: left.plan, right: right.plan, condition, ...extras }, scope };
  if (kind === "inner") {
    const joined: LogicalPlan = { kind: "join", join: kind, left: left.plan, right: right.plan, ...extras };
    return { plan: { kind: "filter", input: attachSubqueries(joined, subqueries.pending), condition }, scope };
  }
  const sides = attachToSides(left.plan, right.plan, subqueries.pending, on);
  return { plan: { kind: "join", join: kind, left: sides.left, right: sides.right, condition, ...extras }, scope };
}

/** Both sides' columns, nullable where the other side may be missing; a semi or anti join shows the left side only. */
function joinedScope(kind: JoinKind, left: Scope, right: Scope): Scope {
  const nullable = (scope: Scope): Scope => scope.map((c) => (c.column.nullable ? c : { ...c, column: { ...c.column, nullable: true } }));
  switch (kind) {
    case "semi":
    case "anti":
      return left;
    case "left":
      return [...left, ...nullable(right)];
    case "right":
      return [...nullable(left), ...right];
    case "full":
      return [...nullable(left), ...nullable(right)];
    default:
      return [...left, ...right];
  }
}

function naturalColumns(left: Scope, right: Scope): readonly Identifier[] {
  const names = new Set(right.filter(isShown).map((c) => c.name.toLowerCase()));
  const seen = new Set<string>();
  const shared = left.filter((c) => isShown(c) && names.has(c.name.toLowerCase()) && !seen.has(c.name.toLowerCase()) && seen.add(c.name.toLowerCase()));
  return shared.map((c) => ({ name: c.name, quoted: true, span: { start: 0, end: 0 } }));
}

/** USING: one column for each name (of several on one side, the first), first in the output; both sides' own columns stay reachable by `t.name`. */
function joinUsing(names: readonly Identifier[], kind: JoinKind, left: ScopedPlan, right: ScopedPlan, extras: JoinExtras, env: QueryEnvironment, node: JoinRelation): ScopedPlan {
  const exprEnv: ExprEnvironment = { query: env, scope: [...left.scope, ...right.scope], clause: "USING" };
  const site = (name: string): Parameters<typeof applyFunction>[3] => ({ name: "=", span: node.span, sql: () => ({ call: `(${name} = ${name})`, args: [name, name] }) });
  const pairs = names.map((name) => ({ name: name.name, left: usingColumn(name, left.scope, "left", node), right: usingColumn(name, right.scope, "right", node) }));
  const condition = pairs
    .map((p): Expr => applyFunction("=", [columnExpr(p.left.column), columnExpr(p.right.column)], exprEnv, site(p.name)))
    .reduce<Expr | undefined>((a, b) => (a === undefined ? b : applyFunction("and", [a, b], exprEnv, site("and"))), undefined);
  const joined: LogicalPlan = { kind: "join", join: kind, left: left.plan, right: right.plan, ...(condition === undefined ? {} : { condition }), ...extras };
  const scope = joinedScope(kind, left.scope, right.scope);
  const sided = (column: ScopeColumn): ScopeColumn => scope.find((c) => c.column.id === column.column.id) ?? column;
  if (kind === "semi" || kind === "anti") {
    const keys = new Set(pairs.map((p) => p.left));
    return { plan: joined, scope: [...pairs.map((p) => p.left), ...left.scope.filter((c) => !keys.has(c))] };
  }
  const hidden = new Set<ColumnId>();
  const merged: ScopeColumn[] = [];
  const computed: Assignment[] = [];
  for (const p of pairs) {
    if (kind === "full") {
      const both = toCommonType([columnExpr(sided(p.left).column), columnExpr(sided(p.right).column)], env.context.settings.ansi)?.exprs ?? [];
      const expr = applyFunction("coalesce", both, exprEnv, { ...site(p.name), name: "coalesce" });
      const column: Column = { id: env.context.nextId(), name: p.name, type: typeOf(expr), nullable: isNullable(expr) };
      computed.push({ column, expr });
      merged.push({ column, name: p.left.name, qualifier: [] });
      hidden.add(p.left.column.id).add(p.right.column.id);
    } else {
      const shown = sided(kind === "right" ? p.right : p.left);
      merged.push({ ...shown });
      hidden.add((kind === "right" ? p.left : p.right).column.id);
      hidden.add(shown.column.id);
    }
  }
  const plan: LogicalPlan = computed.length === 0 ? joined : { kind: "project", input: joined, outputs: [...outputOf(joined).map((column) => ({ column, expr: columnExpr(column) })), ...computed] };
  const shownIds = new Set(merged.map((c) => c.column.id));
  const rest = scope.filter((c) => !shownIds.has(c.column.id)).map((c) => (hidden.has(c.column.id) ? { ...c, qualifiedOnly: true } : c));
  return { plan, scope: [...merged, ...rest] };
}

function usingColumn(name: Identifier, scope: Scope, side: "left" | "right", node: JoinRelation): ScopeColumn {
  const matches = scope.filter((c) => isShown(c) && c.name.toLowerCase() === name.name.toLowerCase());
  if (matches.length > 0) return matches[0];
  const span = name.span.end > name.span.start ? name.span : node.span;
  if (scope.length === 0) throw unresolvedColumn([name.name], [], span);
  const suggestion = scope.map((c) => quoteName([c.name])).join(", ");
  throw analysisError("UNRESOLVED_USING_COLUMN_FOR_JOIN", "42703", `USING column ${quoteName([name.name])} cannot be resolved on the ${side} side of the join. The ${side}-side columns: [${suggestion}].`, { colName: quoteName([name.name]), side, suggestion }, span);
}
