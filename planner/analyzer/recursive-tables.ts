import type { SparrowError, Span } from "../../catalog/errors.ts";
import type { Column } from "../../catalog/expression.ts";
import { columnExpr } from "../../catalog/expression.ts";
import type { TableSnapshot } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import { sameType } from "../../catalog/types.ts";
import type { CommonTable, Query, QueryBody } from "../../parser/ast.ts";
import type { JoinKind, LogicalPlan, PlannedColumns, Recursion } from "../logical.ts";
import { inputsOf } from "../logical.ts";
import { analysisError, quoteType, unsupported } from "./analysis-errors.ts";
import { castTo } from "./casts.ts";
import { type CommonTables, defineCommonTables, renameColumns } from "./common-tables.ts";
import type { AnalyzedQuery } from "./context.ts";
import { analyzeBody } from "./queries.ts";
import type { OuterScope, QueryEnvironment } from "./scope.ts";
import { refuseOtherCount, type SetOperation } from "./set-operations.ts";

/**
 * A common table of WITH RECURSIVE that reads itself: `anchor UNION ALL step`, under the anchor's types. What it gives is a scan of rows that are not there yet.
 * Raises INVALID_RECURSIVE_CTE, INVALID_RECURSIVE_REFERENCE.PLACE, UNION_NOT_SUPPORTED_IN_RECURSIVE_CTE, NUM_COLUMNS_MISMATCH and
 * CANNOT_MERGE_INCOMPATIBLE_DATA_TYPE. Source: Spark's ResolveWithCTE.
 */
export function analyzeRecursiveTable(table: CommonTable, env: QueryEnvironment): AnalyzedQuery {
  const union = unionOf(table);
  const { context } = env;
  const { span } = table.name;
  const outer = unreadScopes(env.outer);
  const { inner } = defineCommonTables(table.query, { ...env, outer: outer[0] });
  const anchor = renameColumns(nullable(analyzeBody(union.left, inner), env), table.columns);
  const fields = anchor.columns.map(({ name, type }) => ({ name, type, nullable: true }));
  const id = context.nextId();
  const name = table.name.name;
  const previous = standIn(`previous round of ${name}`, fields, `round ${id}`);
  const self: CommonTables = { id, name, definition: anchor, previous, outer: inner.commonTables };
  const again = analyzeBody(union.right, { ...inner, commonTables: self });
  refuseOtherCount(anchor, again, union);
  const step = nullable(again, env);
  refuseOtherTypes(anchor, step, union.span);
  refusePlaces(step.plan, previous, true, span);
  if (outer.some(({ used }) => used.size > 0)) throw unsupported("recursive common tables that read columns of an outer query", span);
  const recursion: Recursion = {
    name,
    previous,
    anchor: withDefinitions(anchor, inner.commonTables),
    step: withDefinitions(step, inner.commonTables),
    ...(table.maxRecursion !== undefined && { maxLevel: table.maxRecursion }),
  };
  if ([recursion.anchor.plan, recursion.step.plan].some((plan) => readsOtherRound(plan, previous))) throw unsupported("recursive common tables that read another one's previous round", span);
  const columns: Column[] = anchor.columns.map((column) => ({ ...column, id: context.nextId(), nullable: true }));
  return { columns, plan: { kind: "scan", table: standIn(`recursive ${name}`, fields, `recursion ${id}`), columns: columns.map((column, field) => ({ column, field })), skipBy: [], recursion } };
}

/** Whether a query reads a table of this name, given in lower case, that no WITH inside of it defines. */
export function mentions(part: unknown, name: string): boolean {
  if (part === null || typeof part !== "object" || part instanceof Uint8Array) return false;
  if (Array.isArray(part)) return part.some((item) => mentions(item, name));
  const node = part as Query | QueryBody;
  if (node.kind === "table") return node.name.parts.length === 1 && node.name.parts[0].name.toLowerCase() === name;
  if (node.kind !== "query") return Object.values(node).some((child) => mentions(child, name));
  for (const table of node.with) {
    const isSame = table.name.name.toLowerCase() === name;
    if (!(isSame && node.recursive) && mentions(table.query, name)) return true;
    if (isSame) return false;
  }
  return Object.entries(node).some(([key, child]) => key !== "with" && mentions(child, name));
}

function unionOf({ name, query }: CommonTable): SetOperation {
  const lowerName = name.name.toLowerCase();
  let whole = query;
  while (whole.body.kind === "nested" && isBodyAlone(whole)) whole = whole.body.query;
  const { body } = whole;
  const isReadAbove = query.with.some((inner) => mentions(inner.query, lowerName));
  if (isReadAbove || !isBodyAlone(whole) || body.kind !== "setOperation" || body.operator !== "union" || body.byName || mentions(body.left, lowerName)) {
    throw analysisError("INVALID_RECURSIVE_CTE", "42836", "Invalid recursive definition: a recursive common table is a UNION ALL of two queries, of which the first one does not read the table.", {}, name.span);
  }
  if (!body.all) throw analysisError("UNION_NOT_SUPPORTED_IN_RECURSIVE_CTE", "42836", "UNION that removes duplicates is not supported in a recursive common table: it must be UNION ALL.", {}, body.span);
  return body;
}

function isBodyAlone(query: Query): boolean {
  const { orderBy, orderByAll, sortBy, distributeBy, clusterBy, limit, offset } = query;
  return [...orderBy, ...sortBy, ...distributeBy, ...clusterBy].length === 0 && orderByAll === undefined && limit === undefined && offset === undefined;
}

/** The scopes around a query, the innermost first, with nothing read of them yet. */
function unreadScopes(outer: OuterScope | undefined): OuterScope[] {
  if (outer === undefined) return [];
  const around = unreadScopes(outer.outer);
  return [{ ...outer, outer: around[0], used: new Set() }, ...around];
}

function standIn(name: string, columns: TableSnapshot["columns"], version: string): TableSnapshot {
  return { name, columns, version, splits: [], statistics: { rows: undefined, bytes: undefined, columns: new Map() } };
}

/** Values of any round may be NULL, at any depth: it is not known before the step is, and that depends on the anchor's types. */
function nullable({ plan, columns }: AnalyzedQuery, env: QueryEnvironment): AnalyzedQuery {
  const { context } = env;
  const outputs = columns.map((column) => ({ column: { id: context.nextId(), name: column.name, type: nullableWithin(column.type), nullable: true }, expr: castTo(columnExpr(column), nullableWithin(column.type), "ansi") }));
  return { columns: outputs.map((output) => output.column), plan: { kind: "project", input: plan, outputs } };
}

function nullableWithin(type: DataType): DataType {
  switch (type.kind) {
    case "array":
      return { kind: "array", element: nullableWithin(type.element), containsNull: true };
    case "map":
      return { kind: "map", key: nullableWithin(type.key), value: nullableWithin(type.value), valueContainsNull: true };
    case "struct":
      return { kind: "struct", fields: type.fields.map(({ name, type: own }) => ({ name, type: nullableWithin(own), nullable: true })) };
    default:
      return type;
  }
}

function refuseOtherTypes(anchor: AnalyzedQuery, step: AnalyzedQuery, span: Span): void {
  anchor.columns.forEach((column, i) => {
    const other = step.columns[i].type;
    if (sameType(column.type, other)) return;
    const [left, right] = [quoteType(column.type), quoteType(other)];
    throw analysisError("CANNOT_MERGE_INCOMPATIBLE_DATA_TYPE", "42825", `The data types ${left} and ${right} cannot be merged: column \`${column.name}\` of a recursive common table has the type that its first query gives, and the second one must give the same.`, { left, right }, span);
  });
}

/** The step may read the round before where its rows are taken one by one: not below aggregates, nor on the side of an outer join that may have no row. */
function refusePlaces(plan: LogicalPlan, previous: TableSnapshot, allowed: boolean, span: Span): void {
  const visit = (input: LogicalPlan, isAllowed: boolean): void => refusePlaces(input, previous, allowed && isAllowed, span);
  switch (plan.kind) {
    case "scan":
      if (!allowed && plan.table === previous) throw misplaced(span);
      return;
    case "aggregate":
      // DISTINCT looks at single rows.
      visit(plan.input, plan.calls.length === 0 && plan.keys.length > 0);
      return;
    case "join": {
      const [left, right] = readableSides(plan.join);
      visit(plan.left, left);
      if (right !== "subquery") visit(plan.right, right);
      return;
    }
    case "values":
    case "range":
    case "filter":
    case "project":
    case "expand":
    case "window":
    case "sort":
    case "limit":
    case "setOperation":
    case "generate":
    case "sample":
    case "repartition":
    case "cte":
    case "cteReference":
      for (const input of inputsOf(plan)) visit(input, true);
  }
}

/** Whether the left and the right side of a join may read the round before; a subquery may wherever it likes. */
function readableSides(join: JoinKind): readonly [boolean, boolean | "subquery"] {
  switch (join) {
    case "inner":
      return [true, true];
    case "left":
      return [true, false];
    case "right":
      return [false, true];
    case "full":
      return [false, false];
    case "semi":
    case "anti":
    case "mark":
    case "single":
      return [true, "subquery"];
  }
}

function misplaced(span: Span): SparrowError {
  return analysisError("INVALID_RECURSIVE_REFERENCE.PLACE", "42836", "Invalid recursive reference: a recursive common table may not read itself below an aggregate, on the right side of a left outer join, on the left side of a right outer join, or in a full outer join.", {}, span);
}

function readsOtherRound(plan: LogicalPlan, previous: TableSnapshot): boolean {
  if (plan.kind === "scan") return plan.recursion === "previousRound" && plan.table !== previous;
  return inputsOf(plan).some((input) => readsOtherRound(input, previous));
}

/** A plan of its own brings the common tables along that it reads. */
function withDefinitions({ plan, columns }: AnalyzedQuery, tables: CommonTables | undefined): PlannedColumns {
  let whole = plan;
  for (let table = tables; table !== undefined; table = table.outer) {
    if (readsCommonTable(whole, table.id)) whole = { kind: "cte", id: table.id, name: table.name, definition: table.definition.plan, input: whole };
  }
  return { plan: whole, columns };
}

function readsCommonTable(plan: LogicalPlan, id: number): boolean {
  return plan.kind === "cteReference" ? plan.id === id : inputsOf(plan).some((input) => readsCommonTable(input, id));
}
