import type { Column, ColumnId, Expr } from "../../catalog/expression.ts";
import { columnExpr, isNullable, referencedColumns, typeOf } from "../../catalog/expression.ts";
import type { AstExpr, Query, Select } from "../../parser/ast.ts";
import { conjunction } from "../conjunctions.ts";
import type { Assignment, LogicalPlan } from "../logical.ts";
import { outputOf } from "../logical.ts";
import { isDeterministic } from "../optimizer/expression-facts.ts";
import { ambiguousReference, analysisError, quoteName, quoteSql } from "./analysis-errors.ts";
import { BOOLEAN } from "../../catalog/types.ts";
import { evalMode } from "./calls.ts";
import { castTo } from "./casts.ts";
import { Aggregation } from "./aggregation.ts";
import { prettySql } from "./column-names.ts";
import type { AnalyzedQuery } from "./context.ts";
import type { ExprEnvironment, WindowCollector } from "./environment.ts";
import { exprKey } from "../expression-keys.ts";
import { resolveCondition, resolveExpr } from "./expressions.ts";
import type { GeneratorCall } from "./generators.ts";
import { attachGenerators, generatorItem } from "./generators.ts";
import { applyHints } from "./hints.ts";
import { matchColumns } from "./name-resolution.ts";
import { logicalOperands } from "./operators.ts";
import { applyOrder, asksForOrder, ordinalOf, outputSortKey } from "./ordering.ts";
import { replaceByKey } from "./plan-expressions.ts";
import { analyzeFrom } from "./relations.ts";
import type { AliasLookup, QueryEnvironment, Scope } from "./scope.ts";
import { isOuterColumn } from "./scope.ts";
import { itemName } from "./select-items.ts";
import { refuseUncomparable } from "./set-operations.ts";
import { expandStar } from "./stars.ts";
import { notBoolean } from "./standalone-expressions.ts";
import { attachSubqueries, filteringSubquery, subqueryCollector } from "./subqueries.ts";
import { attachWindows } from "./window-operators.ts";

/** An item of the select list: its name, and its value over what stands below the projection. */
interface Item {
  readonly ast: AstExpr;
  readonly name: string;
  readonly expr: Expr;
}

/**
 * SELECT. The plan is built in the order of SQL's meaning: FROM, WHERE, GROUP BY, HAVING, windows, QUALIFY, projection, DISTINCT,
 * ORDER BY, LIMIT. `tail` is the query around it, for its ORDER BY may name what is not selected.
 */
export function analyzeSelect(select: Select, tail: Query | undefined, limit: (plan: LogicalPlan) => LogicalPlan, env: QueryEnvironment): AnalyzedQuery {
  const from = analyzeFrom(select, env);
  const { scope } = from;
  const input = select.where === undefined ? from.plan : applyWhere(select.where, from.plan, scope, env);

  const windows: WindowCollector = { named: [...select.windows, ...(tail?.windows ?? [])], calls: new Map() };
  const aggregation = new Aggregation(select, scope, env);
  const itemAsts = select.items.flatMap((item) => (item.kind === "star" ? expandStar(item, aggregation.inner) : [item]));
  aggregation.resolveKeys(itemAsts);
  // A subquery that is part of a key is that key's column above the aggregation too.
  const above = subqueryCollector(aggregation.below.known);

  const base: ExprEnvironment = { query: env, scope, clause: "SELECT", aggregates: aggregation.collector, windows, subqueries: above, grouping: aggregation.groupingCall };
  const { items, generators, staged } = resolveItems(itemAsts, base);
  // A generator is no key itself: what it reads is.
  const generated = new Set(generators.flatMap((g) => g.columns.map((c) => c.id)));
  const read = generators.flatMap((g) => g.args.filter((e) => referencedColumns(e).size > 0).map((expr) => ({ name: "key", expr })));
  aggregation.resolveAllKeys([...items.filter((i) => !(i.expr.kind === "column" && generated.has(i.expr.id))), ...read], env);

  const having = select.having === undefined ? undefined : resolveHaving(select.having, items, aggregation, { ...base, windows: undefined });
  const qualify = select.qualify === undefined ? undefined : resolveFilter(select.qualify, { ...base, clause: "QUALIFY", aliasesLast: aliasLookup(items, scope) });

  // ORDER BY is resolved before the aggregation is built: it may bring aggregates and windows of its own.
  const grouped = aggregation.isNeeded;
  const settle = (expr: Expr, ast: AstExpr): Expr => (grouped ? aggregation.overGroups(expr, ast) : expr);
  const outputs = outputColumns(
    items.map((i) => ({ name: i.name, expr: settle(i.expr, i.ast) })),
    env,
  );
  const sorter = new SelectSorter(items, outputs, select.distinct, settle, env);
  const orderEnv: ExprEnvironment = { ...base, clause: "ORDER BY", aggregates: grouped ? aggregation.collector : undefined, aliasesFirst: aliasLookup(items, scope), subqueries: above };
  const sort = tail !== undefined && asksForOrder(tail) ? sorter.prepare(tail, orderEnv) : undefined;

  let plan = input;
  if (grouped) plan = aggregation.build(plan);
  else plan = attachSubqueries(plan, aggregation.below.pending);
  const settleItem = (e: Expr): Expr => settle(e, select.items[0]);
  // Generators multiply rows before windows look at them; those of groups only after that, unless they are what windows, or HAVING, look at.
  const generatesFirst = !grouped || readsAny(generated, [...(having === undefined ? [] : [having]), ...[...windows.calls.values()].flatMap((w) => [...w.call.args, ...w.partitionBy, ...w.orderBy.map((k) => k.expr)])]);
  if (generatesFirst) plan = attachGenerators(plan, generators, settleItem);
  if (having !== undefined) plan = { kind: "filter", input: attachSubqueries(plan, aggregation.liftSubqueries(aggregation.havingSubqueries.pending)), condition: settle(having, select.having as AstExpr) };
  plan = stage(plan, staged, settleItem);
  plan = attachWindows(plan, grouped ? aggregation.liftSubqueries(above.pending) : above.pending, windows, settleItem);
  if (!generatesFirst) plan = attachGenerators(plan, generators, settleItem);
  if (qualify !== undefined) plan = { kind: "filter", input: plan, condition: settle(qualify, select.qualify as AstExpr) };

  plan = { kind: "project", input: plan, outputs: [...outputs, ...sorter.hidden] };
  if (select.distinct) {
    refuseUncomparable(outputs.map((o) => typeOf(o.expr)), outputs.map((o) => o.column), select.span);
    plan = { kind: "aggregate", input: plan, keys: outputs.map((o) => ({ column: o.column, expr: columnExpr(o.column) })), calls: [] };
  }
  plan = applyHints(select.hints, plan, outputs, env);
  if (sort !== undefined) plan = sort(plan);
  plan = limit(plan);
  const columns = outputs.map((o) => o.column);
  if (sorter.hidden.length > 0) plan = { kind: "project", input: plan, outputs: columns.map((column) => ({ column, expr: columnExpr(column) })) };
  return { plan, columns };
}

function readsAny(columns: ReadonlySet<ColumnId>, exprs: readonly Expr[]): boolean {
  return exprs.some((e) => [...referencedColumns(e)].some((id) => columns.has(id)));
}

/** Values that must be computed once because several items use them, each over what was there before. */
function stage(plan: LogicalPlan, staged: readonly Assignment[], settle: (expr: Expr) => Expr): LogicalPlan {
  return staged.reduce<LogicalPlan>((input, { column, expr }) => ({ kind: "project", input, outputs: [...outputOf(input).map((c) => ({ column: c, expr: columnExpr(c) })), { column, expr: settle(expr) }] }), plan);
}

/** Conjuncts that are subqueries become semi and anti joins above a filter of the others. */
function applyWhere(where: AstExpr, plan: LogicalPlan, scope: Scope, env: QueryEnvironment): LogicalPlan {
  const subqueries = subqueryCollector();
  const exprEnv: ExprEnvironment = { query: env, scope, clause: "WHERE", whole: where, subqueries };
  let filtered = plan;
  const joins = [];
  const conditions: Expr[] = [];
  for (const conjunct of logicalOperands(where, "and")) {
    const join = filteringSubquery(conjunct, exprEnv);
    if (join !== undefined) joins.push(join);
    else conditions.push(resolveFilter(conjunct, exprEnv));
  }
  filtered = attachSubqueries(filtered, subqueries.pending);
  const condition = conjunction(conditions);
  if (condition !== undefined) filtered = { kind: "filter", input: filtered, condition };
  return attachSubqueries(filtered, joins);
}

function resolveFilter(ast: AstExpr, env: ExprEnvironment): Expr {
  return resolveCondition(ast, env, (sql, type) => notBoolean(sql, type, ast.span));
}

function resolveHaving(ast: AstExpr, items: readonly Item[], aggregation: Aggregation, env: ExprEnvironment): Expr {
  // Spark casts whatever HAVING has to a boolean.
  const condition = resolveExpr(ast, { ...env, clause: "HAVING", subqueries: aggregation.havingSubqueries, aliasesLast: aliasLookup(items, env.scope) });
  return castTo(condition, BOOLEAN, evalMode(env), ast.span);
}

/**
 * Items left to right; an item may name the aliases before it (lateral column aliases) where no column has the name. A generator gives as
 * many items as it makes columns.
 */
function resolveItems(asts: readonly AstExpr[], env: ExprEnvironment): { readonly items: readonly Item[]; readonly generators: readonly GeneratorCall[]; readonly staged: readonly Assignment[] } {
  const aliases = new Map<string, Expr | "ambiguous">();
  const staged: Assignment[] = [];
  const stagedAs = new Map<Expr, Expr>();
  const lateral: AliasLookup = (name, span) => {
    const known = aliases.get(name.toLowerCase());
    if (known !== undefined && known !== "ambiguous" && !isDeterministic(known)) {
      // rand() AS r, r + 1: both must see one number.
      let column = stagedAs.get(known);
      if (column === undefined) {
        const made: Column = { id: env.query.context.nextId(), name, type: typeOf(known), nullable: isNullable(known) };
        staged.push({ column: made, expr: known });
        column = columnExpr(made);
        stagedAs.set(known, column);
      }
      return column;
    }
    if (known === "ambiguous") throw analysisError("AMBIGUOUS_LATERAL_COLUMN_ALIAS", "42702", `Lateral column alias ${quoteName([name])} is ambiguous and has several matches.`, { name: quoteName([name]), n: "2" }, span);
    return known;
  };
  const addAlias = (name: string, expr: Expr): void => {
    const key = name.toLowerCase();
    aliases.set(key, aliases.has(key) ? "ambiguous" : expr);
  };
  const itemEnv: ExprEnvironment = { ...env, ...(env.query.context.settings.lateralColumnAlias ? { aliasesLast: lateral } : {}) };
  const generators: GeneratorCall[] = [];
  const items = asts.flatMap((ast): Item[] => {
    const generator = generatorItem(ast, itemEnv);
    if (generator !== undefined) {
      generators.push(generator);
      return generator.columns.map((c) => {
        addAlias(c.name, columnExpr(c));
        return { ast, name: c.name, expr: columnExpr(c) };
      });
    }
    if (ast.kind === "alias" && ast.names.length > 1) throw analysisError("MULTI_ALIAS_WITHOUT_GENERATOR", "42K0E", `Multi part aliasing (${ast.names.map((n) => quoteName([n.name])).join(", ")}) is not supported with ${quoteSql(prettySql(ast.operand, env.query.pretty))} as it is not a generator function.`, { names: ast.names.map((n) => quoteName([n.name])).join(", "), expr: quoteSql(prettySql(ast.operand, env.query.pretty)) }, ast.span);
    const expr = resolveExpr(ast, { ...itemEnv, whole: ast.kind === "alias" ? ast.operand : ast });
    const name = itemName(ast, env.query.pretty);
    if (ast.kind === "alias") addAlias(name, expr);
    return [{ ast, name, expr }];
  });
  return { items: items.map((i) => ({ ...i, expr: stagedAs.get(i.expr) ?? i.expr })), generators, staged };
}

/** Output names as ORDER BY, HAVING and QUALIFY see them. A name of several outputs means none of them where a column has it too. */
function aliasLookup(items: readonly Item[], scope: Scope): AliasLookup {
  return (name, span) => {
    const matches = items.filter((i) => i.name.toLowerCase() === name.toLowerCase());
    const distinct = new Set(matches.map((i) => exprKey(i.expr)));
    if (distinct.size > 1 && matchColumns(scope, [name]) !== undefined) return undefined;
    if (distinct.size > 1)
      throw ambiguousReference(
        [name],
        matches.map((i) => [i.name]),
        span,
      );
    return matches[0]?.expr;
  };
}

/** A column selected as it is keeps its id, the first time; everything else is a new column, an outer query's column too. */
function outputColumns(items: readonly { readonly name: string; readonly expr: Expr }[], env: QueryEnvironment): readonly Assignment[] {
  const used = new Set<ColumnId>();
  return items.map(({ name, expr }) => {
    const keeps = expr.kind === "column" && !used.has(expr.id) && !isOuterColumn(expr.id, env.outer);
    const id = keeps ? expr.id : env.context.nextId();
    if (expr.kind === "column" && !keeps) env.duplicates.set(id, env.duplicates.get(expr.id) ?? expr.id);
    used.add(id);
    return { column: { id, name, type: typeOf(expr), nullable: isNullable(expr) }, expr };
  });
}

/** ORDER BY over a SELECT: keys that are outputs sort by them, others by hidden columns that are dropped afterwards. */
class SelectSorter {
  readonly hidden: Assignment[] = [];
  private readonly items: readonly Item[];
  private readonly outputs: readonly Assignment[];
  private readonly distinct: boolean;
  private readonly settle: (expr: Expr, ast: AstExpr) => Expr;
  private readonly env: QueryEnvironment;
  private readonly byKey: ReadonlyMap<string, Expr>;

  constructor(items: readonly Item[], outputs: readonly Assignment[], distinct: boolean, settle: (expr: Expr, ast: AstExpr) => Expr, env: QueryEnvironment) {
    this.items = items;
    this.outputs = outputs;
    this.distinct = distinct;
    this.settle = settle;
    this.env = env;
    this.byKey = new Map(outputs.toReversed().map((o) => [exprKey(o.expr), columnExpr(o.column)]));
  }

  /** Resolves every key now; the function given back puts the operators on a plan that has the outputs and the hidden columns. */
  prepare(tail: Query, env: ExprEnvironment): (plan: LogicalPlan) => LogicalPlan {
    const resolved = new Map<AstExpr, Expr>();
    const resolve = (ast: AstExpr): Expr => {
      let expr = resolved.get(ast);
      if (expr === undefined) {
        const ordinal = ordinalOf(ast);
        expr = ordinal !== undefined && env.query.context.settings.orderByOrdinal ? columnExpr(outputSortKey(ordinal, this.outputs, ast).column) : this.place(resolveExpr(ast, env), ast);
        resolved.set(ast, expr);
      }
      return expr;
    };
    for (const ast of [...tail.orderBy.map((i) => i.expr), ...tail.sortBy.map((i) => i.expr), ...tail.distributeBy, ...tail.clusterBy]) resolve(ast);
    const outputs = this.outputs.map((o) => columnExpr(o.column));
    return (plan) => applyOrder(tail, plan, outputs, resolve, env, (p) => p);
  }

  private place(expr: Expr, ast: AstExpr): Expr {
    const computed = this.settle(expr, ast);
    const overOutputs = replaceByKey(computed, this.byKey);
    const visible = new Set(this.outputs.map((o) => o.column.id));
    if ([...referencedColumns(overOutputs)].every((id) => visible.has(id))) return overOutputs;
    if (this.distinct) {
      const names = this.items.map((i) => [i.name]);
      const missing = prettySql(ast, this.env.pretty);
      throw analysisError("UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703", `A column, variable, or function parameter with name ${quoteName([missing])} cannot be resolved. Did you mean one of the following? [${names.map(quoteName).join(", ")}].`, { objectName: quoteName([missing]), proposal: names.map(quoteName).join(", ") }, ast.span);
    }
    const column: Column = { id: this.env.context.nextId(), name: prettySql(ast, this.env.pretty), type: typeOf(computed), nullable: isNullable(computed) };
    this.hidden.push({ column, expr: computed });
    return columnExpr(column);
  }
}
