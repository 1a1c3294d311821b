import { assert } from "../../catalog/errors.ts";
import type { Split, TableSnapshot } from "../../catalog/table.ts";
import { INT } from "../../catalog/types.ts";
import type { Action, AddFile } from "../../delta/actions.ts";
import type { ReadScope } from "../../delta/conflicts.ts";
import { canonicalPath } from "../../delta/file-paths.ts";
import { additionOf, removalOf } from "../../delta/remove-file.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import { valueReader } from "../../executor/result-values.ts";
import type { ResultBatch } from "../../executor/result-batch.ts";
import { combineStatistics } from "../../executor/scan/table-statistics.ts";
import type { AstExpr, Query } from "../../parser/ast.ts";
import { parseQuery } from "../../parser/parse.ts";
import { collectTableNames } from "../../planner/analyzer/table-names.ts";
import { executeQuery } from "../execute-query.ts";
import { analysisContext, planAnalyzed, type PreparedQuery, type RunOptions } from "../run-query.ts";
import { analyzeQuery } from "../../planner/analyzer/queries.ts";
import type { AnalysisContext, AnalyzedQuery } from "../../planner/analyzer/context.ts";
import type { Session } from "../session.ts";
import { type ResolvedTables, resolveTables } from "../table-resolution.ts";
import { type FileSplits, snapshotSplits } from "./delta-provider.ts";
import { quoted } from "../object-names.ts";
import { scopeOf } from "./read-scope.ts";
import { writeTableRows } from "./rows-to-files.ts";

/** The name under which rewritten queries read the files that a statement is about; no table of a user can have it. */
export const TARGET = "__delta_target";
/** Its column that says which file a row is from. */
export const FILE = "__delta_file";

/** The files of a snapshot, and rows as a table with the column `FILE`. */
export interface TargetFiles {
  readonly snapshot: DeltaSnapshot;
  readonly files: readonly FileSplits[];
}

export async function targetFiles(session: Session, snapshot: DeltaSnapshot): Promise<TargetFiles> {
  return { snapshot, files: await snapshotSplits(snapshot, session.timeZone) };
}

/** The rows of some files: positions in `files`; all when undefined. */
export function targetTable({ snapshot, files }: TargetFiles, chosen?: ReadonlySet<number>): TableSnapshot {
  const columns = [...snapshot.fields, { name: FILE, type: INT, nullable: false }];
  const splits = files.flatMap(({ splits: own }, index): Split[] => {
    if (chosen !== undefined && !chosen.has(index)) return [];
    return own.map((split) => {
      const { source } = split;
      assert(source.kind === "parquet" || source.kind === "parquetFile", "a Delta table is read from Parquet files");
      return { ...split, source: { ...source, fields: [...source.fields, { kind: "constant", value: index }] } };
    });
  });
  return { name: snapshot.location, columns, version: `delta target ${crypto.randomUUID()}`, splits, statistics: combineStatistics(splits, columns.length) };
}

export type Analyze = (query: Query, context: AnalysisContext) => AnalyzedQuery;

/** Runs a query that reads the target under the name `TARGET`, and tables `given` by name, beside whatever else it names. */
export async function* queryTarget(session: Session, table: TableSnapshot, query: Query, options: RunOptions, analyze: Analyze = analyzeQuery, given: ReadonlyMap<string, TableSnapshot> = new Map()): AsyncGenerator<ResultBatch> {
  const known = new Map([...given, [TARGET, table]]);
  const plan = async (): Promise<PreparedQuery> => {
    const references = collectTableNames(query);
    const snapshotOf = (name: readonly string[]): TableSnapshot | undefined => (name.length === 1 ? known.get(name[0]) : undefined);
    const tables: ResolvedTables = await resolveTables(session, references.filter(({ name }) => snapshotOf(name) === undefined));
    for (const reference of references) {
      const snapshot = snapshotOf(reference.name);
      if (snapshot !== undefined) tables.add(reference, { kind: "table", snapshot }, snapshot.version);
    }
    const context = analysisContext(session, tables, options);
    return planAnalyzed(session, analyze(query, context), context, tables);
  };
  yield* executeQuery(session, await plan(), options.signal, plan);
}

/** A syntax tree with every name that is a key of `parts` replaced. */
export function fill<T>(node: T, parts: Readonly<Record<string, AstExpr>>): T {
  if (node === null || typeof node !== "object" || node instanceof Uint8Array) return node;
  if (Array.isArray(node)) return node.map((item: unknown) => fill(item, parts)) as T;
  if ("kind" in node && node.kind === "name") {
    const { name } = node as unknown as Extract<AstExpr, { kind: "name" }>;
    const part = name.parts.length === 1 ? parts[name.parts[0].name] : undefined;
    if (part !== undefined) return part as T;
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, fill(value, parts)])) as T;
}

/** The target in FROM, under the name that the statement's conditions use. */
export function fromTarget(alias: string): string {
  return `FROM ${TARGET} AS ${quoted(alias)}`;
}

/** How many rows of each file satisfy a condition; files without one are left out. */
export async function matchingRows(session: Session, target: TargetFiles, condition: AstExpr, alias: string, options: RunOptions, given?: ReadonlyMap<string, TableSnapshot>): Promise<ReadonlyMap<number, number>> {
  const query = fill(parseQuery(`SELECT ${FILE}, count(*) ${fromTarget(alias)} WHERE __condition GROUP BY ${FILE}`), { __condition: condition });
  const counts = new Map<number, number>();
  for await (const batch of queryTarget(session, targetTable(target), query, options, undefined, given)) {
    const [file, count] = batch.columns.map(valueReader);
    for (let row = 0; row < batch.rows; row++) counts.set(file(row) as number, Number(count(row)));
  }
  return counts;
}

/** Rows of a file that are not deleted. */
export function liveRows({ splits }: FileSplits): number {
  return splits.reduce((sum, { rows }) => {
    assert(rows !== undefined, "a file whose rows are not known has been opened");
    return sum + rows;
  }, 0);
}

export interface WithoutRows {
  readonly actions: readonly Action[];
  readonly reads: ReadScope;
  /** Absolute paths of the files that were written. */
  readonly paths: readonly string[];
  readonly deletedRows: number;
  readonly copiedRows: number;
  readonly removedFiles: number;
  readonly addedFiles: readonly AddFile[];
}

/** The table without the rows that satisfy a condition: files with some of them are written anew, files with nothing else go. */
export async function withoutMatching(session: Session, snapshot: DeltaSnapshot, condition: AstExpr, options: RunOptions, alias = "target"): Promise<WithoutRows> {
  const target = await targetFiles(session, snapshot);
  const counts = await matchingRows(session, target, condition, alias, options);
  const touched = [...counts.keys()].map((index) => target.files[index]);
  const partly = new Set([...counts].filter(([index, rows]) => rows < liveRows(target.files[index])).map(([index]) => index));
  const kept = partly.size === 0 ? { adds: [], rows: 0 } : await writeTableRows(session, snapshot, keptRows(session, target, partly, condition, alias, options));
  const now = Date.now();
  return {
    actions: [...touched.map(({ file }) => removalOf(file.add, true, now)), ...kept.adds.map(additionOf)],
    reads: scopeOf(session, snapshot, touched, condition, alias),
    paths: kept.adds.map((add) => `${snapshot.location}/${canonicalPath(add.path)}`),
    deletedRows: [...counts.values()].reduce((sum, rows) => sum + rows, 0),
    copiedRows: kept.rows,
    removedFiles: touched.length,
    addedFiles: kept.adds,
  };
}

/** Rows of the chosen files for which a condition is false or NULL, in the table's columns. */
export function keptRows(session: Session, target: TargetFiles, chosen: ReadonlySet<number>, condition: AstExpr, alias: string, options: RunOptions): AsyncGenerator<ResultBatch> {
  const columns = target.snapshot.fields.map((field) => quoted(alias, field.name)).join(", ");
  const query = fill(parseQuery(`SELECT ${columns} ${fromTarget(alias)} WHERE NOT coalesce(__condition, FALSE)`), { __condition: condition });
  return queryTarget(session, targetTable(target, chosen), query, options);
}
