import type { Column, ColumnId, Expr } from "../../catalog/expression.ts";
import { callOperands, referencedColumns, transformUp } from "../../catalog/expression.ts";
import type { AstExpr, Select } from "../../parser/ast.ts";
import type { LogicalPlan } from "../logical.ts";
import { outputOf } from "../logical.ts";
import { analysisError, quoteSql } from "./analysis-errors.ts";
import { prettySql } from "./column-names.ts";
import type { AggregateCollector, ExprEnvironment, PendingSubquery, SubqueryCollector } from "./environment.ts";
import { resolveExpr } from "./expressions.ts";
import type { CallAst } from "./function-calls.ts";
import { callName } from "./function-calls.ts";
import type { Grouping } from "./grouping.ts";
import { aggregateKeys, expandSets, groupingFunction, groupingOf, resolveGrouping } from "./grouping.ts";
import { ordinalOf } from "./ordering.ts";
import { mapPlanExpressions, replaceByKey } from "./plan-expressions.ts";
import type { QueryEnvironment, Scope } from "./scope.ts";
import { attachSubqueries, subqueryCollector } from "./subqueries.ts";

/** The aggregation of one SELECT: its keys, the calls found while clauses are resolved, and the check that nothing else is read above it. */
export class Aggregation {
  /** What stands below: arguments of aggregates, keys. */
  readonly inner: ExprEnvironment;
  readonly below: SubqueryCollector = subqueryCollector();
  readonly havingSubqueries: SubqueryCollector = subqueryCollector();
  readonly collector: AggregateCollector;
  private grouping: Grouping | undefined;
  private readonly select: Select;
  private readonly scope: Scope;
  private readonly env: QueryEnvironment;

  constructor(select: Select, scope: Scope, env: QueryEnvironment) {
    this.select = select;
    this.scope = scope;
    this.env = env;
    this.inner = { query: env, scope, clause: "aggregate argument", subqueries: this.below };
    this.collector = { calls: new Map(), inner: this.inner };
  }

  /** GROUP BY, HAVING or an aggregate call was met. */
  get isNeeded(): boolean {
    return this.select.groupBy !== undefined || this.select.having !== undefined || this.collector.calls.size > 0;
  }

  /** GROUP BY items: columns first, then ordinals' and aliases' select items. */
  resolveKeys(items: readonly AstExpr[]): void {
    const { groupBy } = this.select;
    if (groupBy === undefined || groupBy.kind === "all") return;
    const { settings } = this.env.context;
    const keyEnv: ExprEnvironment = { ...this.inner, clause: "GROUP BY" };
    const aliases = (name: string): Expr | undefined => {
      const item = items.find((i) => i.kind === "alias" && i.names.length === 1 && i.names[0].name.toLowerCase() === name.toLowerCase());
      return item === undefined ? undefined : resolveExpr(item, keyEnv);
    };
    const withAliases: ExprEnvironment = settings.groupByAliases ? { ...keyEnv, aliasesLast: aliases } : keyEnv;
    this.grouping = resolveGrouping(groupBy, (ast) => {
      const ordinal = settings.groupByOrdinal ? ordinalOf(ast) : undefined;
      return ordinal === undefined ? resolveExpr(ast, withAliases) : this.ordinalKey(ordinal, items, ast, withAliases);
    }, keyEnv);
  }

  private ordinalKey(ordinal: number, items: readonly AstExpr[], ast: AstExpr, env: ExprEnvironment): Expr {
    if (ordinal < 1 || ordinal > items.length) {
      throw analysisError("GROUP_BY_POS_OUT_OF_RANGE", "42805", `GROUP BY position ${ordinal} is not in select list (valid range is [1, ${items.length}]).`, { index: String(ordinal), size: String(items.length) }, ast.span);
    }
    const item = items[ordinal - 1];
    const clause = "GROUP BY position";
    try {
      return resolveExpr(item, { ...env, clause });
    } catch (error) {
      if (!(error instanceof Error && "condition" in error && error.condition === "UNSUPPORTED_EXPR_FOR_OPERATOR")) throw error;
      const operand = item.kind === "alias" ? item.operand : item;
      const shown = prettySql(operand, this.env.pretty);
      throw analysisError("GROUP_BY_POS_AGGREGATE", "42903", `GROUP BY ${ordinal} refers to an expression ${shown} that contains an aggregate function. Aggregate functions are not allowed in GROUP BY.`, { index: String(ordinal), aggExpr: shown }, ast.span);
    }
  }

  /** GROUP BY ALL: every item without an aggregate, and the columns that stand beside aggregates. */
  resolveAllKeys(items: readonly { readonly name: string; readonly expr: Expr }[], env: QueryEnvironment): void {
    if (this.select.groupBy?.kind !== "all") return;
    const calls = new Set([...this.collector.calls.values()].map((c) => c.column.id));
    const keys: { readonly name: string; readonly expr: Expr }[] = [];
    for (const { expr, name } of items) {
      const reads = [...referencedColumns(expr)];
      if (!reads.some((id) => calls.has(id))) {
        keys.push({ name, expr });
        continue;
      }
      transformUp(expr, (e) => {
        if (e.kind === "column" && this.isBelow(e.id)) keys.push({ name: e.name, expr: e });
        return e;
      });
    }
    this.grouping = groupingOf(keys, { ...this.inner, query: env });
  }

  private isBelow(id: ColumnId): boolean {
    return this.scope.some((c) => c.column.id === id) || this.below.pending.some((s) => s.mark?.id === id || outputOf(s.plan).some((c) => c.id === id));
  }

  readonly groupingCall = (ast: CallAst): Expr => groupingFunction(ast, callName(ast), this.grouping, (a) => resolveExpr(a, { ...this.inner, clause: "grouping" }), this.inner);

  /** An expression over keys and aggregates only: keys by their columns. Raises MISSING_AGGREGATION for anything else that it reads. */
  overGroups(expr: Expr, ast: AstExpr): Expr {
    const rewritten = this.rewrite(expr);
    const keys = new Set(this.grouping?.keys.map((k) => k.column.id));
    for (const id of referencedColumns(rewritten)) {
      if (keys.has(id) || !this.isBelow(id)) continue;
      throw this.missing(id, ast);
    }
    return rewritten;
  }

  readonly rewrite = (expr: Expr): Expr => replaceByKey(expr, this.grouping?.replacements ?? new Map());

  /** Subqueries above the aggregation: what they read of the rows below it must be keys, and is read from the keys' columns. */
  liftSubqueries(subqueries: readonly PendingSubquery[]): readonly PendingSubquery[] {
    const keys = new Set(this.grouping?.keys.map((k) => k.column.id));
    const read = new Set<ColumnId>();
    const lift = (expr: Expr): Expr => {
      const lifted = this.rewrite(expr);
      referencedColumns(lifted, read);
      return lifted;
    };
    const result = subqueries.map((s) => ({
      ...s,
      plan: s.dependent ? mapPlanExpressions(s.plan, lift) : s.plan,
      ...(s.condition === undefined ? {} : { condition: lift(s.condition) }),
    }));
    for (const id of read) {
      if (keys.has(id) || !this.isBelow(id)) continue;
      const name = this.scope.find((c) => c.column.id === id)?.name ?? `#${id}`;
      throw analysisError("UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.CORRELATED_REFERENCE", "0A000", `Unsupported subquery expression: Expressions referencing the outer query are not supported outside of WHERE/HAVING clauses: ${quoteSql(name)}.`, { sqlExprs: quoteSql(name) }, this.select.span);
    }
    return result;
  }

  private missing(id: ColumnId, ast: AstExpr): Error {
    if (this.select.groupBy === undefined) {
      return analysisError("MISSING_GROUP_BY", "42803", "The query does not include a GROUP BY clause. Add GROUP BY or turn it into the window functions using OVER clauses.", {}, this.select.span);
    }
    const name = this.scope.find((c) => c.column.id === id)?.name ?? prettySql(ast, this.env.pretty);
    return analysisError(
      "MISSING_AGGREGATION",
      "42803",
      `The non-aggregating expression ${quoteSql(name)} is based on columns which are not participating in the GROUP BY clause.\nAdd the columns or the expression to the GROUP BY, aggregate the expression, or use ${quoteSql(`any_value(${name})`)} if you do not care which of the values within a group is returned.`,
      { expression: quoteSql(name), expressionAnyValue: quoteSql(`any_value(${name})`) },
      ast.span,
    );
  }

  build(plan: LogicalPlan): LogicalPlan {
    const input = attachSubqueries(plan, this.below.pending);
    const calls = [...this.collector.calls.values()];
    if (this.grouping === undefined) return { kind: "aggregate", input, keys: [], calls };
    const read = new Set<ColumnId>();
    for (const { call } of calls) for (const operand of callOperands(call)) referencedColumns(operand, read);
    const passed: Column[] = outputOf(input).filter((c) => read.has(c.id));
    return { kind: "aggregate", input: expandSets(input, this.grouping, passed), keys: aggregateKeys(this.grouping), calls };
  }
}
