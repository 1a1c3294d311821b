import type { Column } from "../../catalog/expression.ts";
import { columnExpr } from "../../catalog/expression.ts";
import type { TableSnapshot } from "../../catalog/table.ts";
import type { CommonTable, Identifier, Query } from "../../parser/ast.ts";
import type { Assignment, LogicalPlan } from "../logical.ts";
import { analysisError } from "./analysis-errors.ts";
import type { AnalyzedQuery } from "./context.ts";
import { analyzeInEnvironment } from "./queries.ts";
import { analyzeRecursiveTable, mentions } from "./recursive-tables.ts";
import type { QueryEnvironment } from "./scope.ts";

/** The common tables that a query sees, innermost first: an inner one covers an outer one of its name (Spark's CORRECTED policy). */
export interface CommonTables {
  readonly id: number;
  readonly name: string;
  readonly definition: AnalyzedQuery;
  /** Of a recursive table within its own step: what stands in for the rows of the round before, of the definition's columns. */
  readonly previous?: TableSnapshot;
  readonly outer: CommonTables | undefined;
}

export function findCommonTable(name: string, tables: CommonTables | undefined): CommonTables | undefined {
  for (let t = tables; t !== undefined; t = t.outer) if (t.name.toLowerCase() === name.toLowerCase()) return t;
  return undefined;
}

/** Analyzes WITH, gives `body` the environment that knows its tables, and puts the definitions around the body's plan. */
export function withCommonTables(query: Query, env: QueryEnvironment, body: (env: QueryEnvironment) => AnalyzedQuery): AnalyzedQuery {
  if (query.with.length === 0) return body(env);
  const { inner, own } = defineCommonTables(query, env);
  const { plan, columns } = body(inner);
  return { columns, plan: own.reduceRight<LogicalPlan>((input, t) => ({ kind: "cte", id: t.id, name: t.name, definition: t.definition.plan, input }), plan) };
}

/** The tables of WITH, in order, and the environment that knows them. */
export function defineCommonTables(query: Query, env: QueryEnvironment): { readonly inner: QueryEnvironment; readonly own: readonly CommonTables[] } {
  refuseDuplicates(query.with);
  let inner = env;
  const own: CommonTables[] = [];
  for (const table of query.with) {
    const isRecursive = query.recursive && mentions(table.query, table.name.name.toLowerCase());
    const analyzed = isRecursive ? analyzeRecursiveTable(table, inner) : renameColumns(analyzeInEnvironment(table.query, inner), table.columns);
    const entry: CommonTables = { id: env.context.nextId(), name: table.name.name, definition: analyzed, outer: inner.commonTables };
    own.push(entry);
    inner = { ...inner, commonTables: entry };
  }
  return { inner, own };
}

function refuseDuplicates(tables: readonly CommonTable[]): void {
  const seen = new Set<string>();
  for (const { name } of tables) {
    const key = name.name.toLowerCase();
    if (seen.has(key)) throw analysisError("DUPLICATED_CTE_NAMES", "42602", `CTE definition can't have duplicate names: \`${name.name}\`.`, { duplicateNames: `\`${name.name}\`` }, name.span);
    seen.add(key);
  }
}

/** A mention of a common table: its columns under ids of their own. */
export function commonTableReference(table: CommonTables, env: QueryEnvironment): AnalyzedQuery {
  const columns: Column[] = table.definition.columns.map((c) => ({ ...c, id: env.context.nextId() }));
  table.definition.columns.forEach((c, i) => {
    const declared = env.charTypes.get(c.id);
    if (declared !== undefined) env.charTypes.set(columns[i].id, declared);
    const first = table.definition.columns.findIndex((d) => d.id === env.duplicates.get(c.id));
    if (first >= 0) env.duplicates.set(columns[i].id, columns[first].id);
  });
  if (table.previous !== undefined) return { columns, plan: { kind: "scan", table: table.previous, columns: columns.map((column, field) => ({ column, field })), skipBy: [], recursion: "previousRound" } };
  return { columns, plan: { kind: "cteReference", id: table.id, name: table.name, columns, source: table.definition.columns.map((c) => c.id) } };
}

/** `t(a, b)`: other names for the columns, by position. */
export function renameColumns(query: AnalyzedQuery, names: readonly Identifier[]): AnalyzedQuery {
  if (names.length === 0) return query;
  if (names.length !== query.columns.length) {
    throw analysisError(
      "ASSIGNMENT_ARITY_MISMATCH",
      "42802",
      `The number of columns or variables assigned or aliased: ${query.columns.length} does not match the number of source expressions: ${names.length}.`,
      { numTarget: String(query.columns.length), numExpr: String(names.length) },
      names[0].span,
    );
  }
  const outputs: Assignment[] = query.columns.map((c, i) => ({ column: { ...c, name: names[i].name }, expr: columnExpr(c) }));
  return { columns: outputs.map((o) => o.column), plan: { kind: "project", input: query.plan, outputs } };
}
