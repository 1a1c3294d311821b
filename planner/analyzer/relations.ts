import type { Column, Expr } from "../../catalog/expression.ts";
import { columnExpr } from "../../catalog/expression.ts";
import type { TableSnapshot } from "../../catalog/table.ts";
import { type DataType, STRING, type StructField } from "../../catalog/types.ts";
import type { QueryBody, Relation, Select, TableAlias } from "../../parser/ast.ts";
import type { Assignment, JoinHint, LogicalPlan } from "../logical.ts";
import { analysisError, tableNotFound, unsupported } from "./analysis-errors.ts";
import { literal } from "./casts.ts";
import { withPaddedColumns } from "./char-padding.ts";
import { commonTableReference, findCommonTable, renameColumns } from "./common-tables.ts";
import type { AnalyzedQuery, TableLookup } from "./context.ts";
import { FILE_METADATA, withFileMetadata } from "./file-metadata.ts";
import { applyLateralView } from "./generators.ts";
import { joinHints } from "./hints.ts";
import { analyzeJoin, crossJoin } from "./joins.ts";
import { analyzePivot, analyzeUnpivot } from "./pivot.ts";
import { analyzeInEnvironment } from "./queries.ts";
import { relocated } from "./relocate.ts";
import { applySample } from "./samples.ts";
import type { OuterScope, QueryEnvironment, Scope } from "./scope.ts";
import { EMPTY_SCOPE, isShown, scopeOf } from "./scope.ts";
import { storedType } from "./store-assignment.ts";
import type { TableReference } from "./table-names.ts";
import { tableReference } from "./table-names.ts";
import { analyzeTableFunction } from "./table-functions.ts";
import { analyzeValues } from "./values.ts";

/** A plan and the names under which its columns can be found. */
export interface ScopedPlan {
  readonly plan: LogicalPlan;
  readonly scope: Scope;
}

export type JoinHints = ReadonlyMap<string, NonNullable<JoinHint["left"]>>;

/** FROM and LATERAL VIEW: relations joined by commas see nothing of each other unless they are LATERAL. Without FROM: one row of nothing. */
export function analyzeFrom(select: Select, env: QueryEnvironment): ScopedPlan {
  let result: ScopedPlan | undefined;
  const hints = joinHints(select.hints);
  for (const relation of select.from) {
    const left: ScopedPlan | undefined = result;
    if (left === undefined) result = analyzeRelation(relation, env, hints);
    else {
      const lateral = isLateral(relation) ? lateralEnvironment(left.scope, env) : undefined;
      const right = analyzeRelation(relation, lateral?.env ?? env, hints);
      result = crossJoin(left, right, lateral !== undefined && lateral.outer.used.size > 0);
    }
  }
  result ??= { plan: { kind: "values", columns: [], rows: [[]] }, scope: EMPTY_SCOPE };
  for (const view of select.lateralViews) result = applyLateralView(view, result, env);
  return result;
}

export function isLateral(relation: Relation): boolean {
  return (relation.kind === "subquery" || relation.kind === "function") && relation.lateral;
}

export function lateralEnvironment(scope: Scope, env: QueryEnvironment): { readonly env: QueryEnvironment; readonly outer: OuterScope } {
  const outer: OuterScope = { scope, outer: env.outer, used: new Set(), mentions: [] };
  return { env: { ...env, outer }, outer };
}

export function analyzeRelation(relation: Relation, env: QueryEnvironment, hints: JoinHints): ScopedPlan {
  switch (relation.kind) {
    case "table": {
      const table = analyzeTable(relation, env);
      const name = relation.alias?.name === undefined ? tableQualifier(relation.name.parts.map((p) => p.name), env) : [relation.alias.name.name];
      return applySample(relation.sample, withHidden(aliased(table, relation.alias, name), relation.alias?.columns?.length ? undefined : table.fileMetadata, name), env, relation.span);
    }
    case "subquery": {
      const query = analyzeInEnvironment(relation.query, env);
      return applySample(relation.sample, aliased(query, relation.alias, qualifierOf(relation.alias)), env, relation.span);
    }
    case "values":
      return aliased(analyzeValues(relation.rows, undefined, env), relation.alias, qualifierOf(relation.alias));
    case "function":
      return analyzeTableFunction(relation, env);
    case "join":
      return analyzeJoin(relation, env, hints);
    case "nested": {
      const inner = analyzeRelation(relation.relation, env, hints);
      if (relation.alias === undefined) return inner;
      return aliased({ plan: inner.plan, columns: inner.scope.filter(isShown).map((c) => c.column) }, relation.alias, qualifierOf(relation.alias));
    }
    case "pivot":
      return analyzePivot(relation, env, hints);
    case "unpivot":
      return analyzeUnpivot(relation, env, hints);
  }
}

export function qualifierOf(alias: TableAlias | undefined): readonly string[] {
  return alias?.name === undefined ? [] : [alias.name.name];
}

/** `AS t(a, b)` */
export function aliased(query: AnalyzedQuery, alias: TableAlias | undefined, qualifier: readonly string[]): ScopedPlan {
  const { plan, columns } = renameColumns(query, alias?.columns ?? []);
  return { plan, scope: scopeOf(columns, qualifier) };
}

/** `t` is found as `t.a`, `db.t.a` and `catalog.db.t.a`. */
function tableQualifier(parts: readonly string[], env: QueryEnvironment): readonly string[] {
  if (parts.length === 1 && findCommonTable(parts[0], env.commonTables) !== undefined) return parts;
  const { catalog, database } = env.context.session;
  const found = env.context.lookupTable({ name: parts, span: { start: 0, end: 0 } });
  if (parts.length === 1 && found?.kind === "view" && found.isTemporary === true) return parts;
  if (parts.length === 1) return [catalog, database, ...parts];
  return parts.length === 2 ? [catalog, ...parts] : parts;
}

/** A table by name: a common table, a view, or a stored table. */
export function analyzeTable(relation: Extract<Relation | QueryBody, { kind: "table" }>, env: QueryEnvironment): AnalyzedTable {
  const reference = tableReference(relation);
  const common = reference.name.length === 1 && reference.version === undefined ? findCommonTable(reference.name[0], env.commonTables) : undefined;
  if (common !== undefined) return commonTableReference(common, env);
  return lookedUp(reference, env);
}

export function lookedUp(reference: TableReference, env: QueryEnvironment): AnalyzedTable {
  const found = env.context.lookupTable(reference);
  if (found === undefined) throw tableNotFound(reference.name, reference.span);
  return found.kind === "view" ? expandView(reference, found, env) : scanTable(found.snapshot, env);
}

/** A relation's rows, and `_metadata` where it has one and the query names it. */
interface AnalyzedTable extends AnalyzedQuery {
  readonly fileMetadata?: Column;
}

function scanTable(table: TableSnapshot, env: QueryEnvironment): AnalyzedTable {
  const columnOf = (f: StructField): Column => ({ id: env.context.nextId(), name: f.name, type: storedType(f.type), nullable: f.nullable });
  const columns = table.columns.map(columnOf);
  const metadata = env.readsFileMetadata === true ? withFileMetadata(table) : undefined;
  const declared = table.columns.map((field) => field.type);
  if (metadata === undefined) return withPaddedColumns({ kind: "scan", table, columns: columns.map((column, field) => ({ column, field })), skipBy: [] }, columns, declared, [], env);
  const fields = metadata.parts.map(columnOf);
  const all = [...columns, ...fields];
  const scan: LogicalPlan = { kind: "scan", table: metadata.table, columns: all.map((column, field) => ({ column, field })), skipBy: [] };
  const type: DataType = { kind: "struct", fields: metadata.parts };
  const column: Column = { id: env.context.nextId(), name: FILE_METADATA, type, nullable: false };
  const expr: Expr = { kind: "call", name: "named_struct", args: fields.flatMap((field) => [literal(field.name, STRING), columnExpr(field)]), type, nullable: false, mode: "ansi" };
  const outputs: Assignment[] = [...all.map((own) => ({ column: own, expr: columnExpr(own) })), { column, expr }];
  return { ...withPaddedColumns({ kind: "project", input: scan, outputs }, columns, declared, [column], env), fileMetadata: column };
}

function withHidden({ plan, scope }: ScopedPlan, column: Column | undefined, qualifier: readonly string[]): ScopedPlan {
  return { plan, scope: column === undefined ? scope : [...scope, { column, name: column.name, qualifier, hidden: true }] };
}

/** A view is its query, analyzed under the settings that it was made under and without the names around it. */
function expandView(reference: TableReference, view: Extract<TableLookup, { kind: "view" }>, env: QueryEnvironment): AnalyzedQuery {
  const name = reference.name.join(".").toLowerCase();
  if (env.views.includes(name)) {
    throw analysisError("RECURSIVE_VIEW", "42K0H", `Recursive view \`${name}\` detected (cycle: ${[...env.views, name].join(" -> ")}).`, { viewIdent: `\`${name}\``, newPath: [...env.views, name].join(" -> ") }, reference.span);
  }
  const inner: QueryEnvironment = { ...env, context: { ...env.context, settings: view.settings, ...(view.isTemporary !== true && { lookupVariable: () => undefined }) }, commonTables: undefined, outer: undefined, views: [...env.views, name], readsFileMetadata: undefined };
  const query = analyzeInEnvironment(relocated(view.query, reference.span), inner);
  if (view.columns === undefined) return query;
  const { columns } = view;
  if (columns.length !== query.columns.length) throw unsupported(`the view ${name}, whose query no longer gives ${columns.length} columns`, reference.span);
  const outputs: Assignment[] = query.columns.map((c, i) => ({ column: { ...c, name: columns[i] }, expr: columnExpr(c) }));
  return { columns: outputs.map((o) => o.column), plan: { kind: "project", input: query.plan, outputs } };
}
