import { assert } from "../../catalog/errors.ts";
import type { Split, TableSnapshot } from "../../catalog/table.ts";
import { INT, LONG, type StructField } from "../../catalog/types.ts";
import { movedRowFields, rowTrackingFields } from "../../delta/row-tracking.ts";
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
import type { RowPositions } from "./deletion-vectors.ts";
import { fileMetadataOf, type FileSplits, snapshotSplits } from "./delta-provider.ts";
import { quoted } from "../object-names.ts";
import { hiddenFields } from "./rows-to-files.ts";

/** The name under which rewritten queries read the files that a statement is about; no table of a user can have it. */
export const TARGET = "__delta_target";
/** Its column that says which file a row is from, and the one that says at which position. */
export const FILE = "__delta_file";
export const ROW = "__delta_row";

/** Columns of a target's rows, behind the others, that say where they are. */
export const ROW_PLACE: readonly StructField[] = [{ name: FILE, type: INT, nullable: false }, { name: ROW, type: LONG, nullable: false }];

/** The files of a snapshot, and rows as a table with the columns of moved rows, `FILE` and `ROW`. */
export interface TargetFiles {
  readonly snapshot: DeltaSnapshot;
  readonly files: readonly FileSplits[];
}

export async function targetFiles(session: Session, snapshot: DeltaSnapshot): Promise<TargetFiles> {
  return { snapshot, files: await snapshotSplits(snapshot, session.timeZone) };
}

/** The rows of some files: positions in `files`; all when undefined. */
export function targetTable({ snapshot, files }: TargetFiles, chosen?: ReadonlySet<number>): TableSnapshot {
  const columns = [...snapshot.columns, ...hiddenFields(snapshot), ...ROW_PLACE];
  const splits = files.flatMap(({ file, splits: own }, index): Split[] => {
    if (chosen !== undefined && !chosen.has(index)) return [];
    return own.map((split) => {
      const { source } = split;
      assert(source.kind === "parquet" || source.kind === "parquetFile", "a Delta table is read from Parquet files");
      return { ...split, source: { ...source, fields: [...source.fields, ...rowTrackingFields(snapshot, file.add), { kind: "constant", value: index }, { kind: "position", base: 0n }] } };
    });
  });
  return { name: snapshot.location, columns, version: `delta target ${crypto.randomUUID()}`, splits, statistics: combineStatistics(splits, columns.length), fileMetadata: fileMetadataOf(snapshot) };
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

/** How many rows of each file satisfy a condition; files without one are left out. `among`: positions of the files that can have some. */
export async function matchingRows(session: Session, target: TargetFiles, condition: AstExpr, alias: string, options: RunOptions, given?: ReadonlyMap<string, TableSnapshot>, among?: ReadonlySet<number>): Promise<ReadonlyMap<number, number>> {
  const query = fill(parseQuery(`SELECT ${FILE}, count(*) ${fromTarget(alias)} WHERE __condition GROUP BY ${FILE}`), { __condition: condition });
  const counts = new Map<number, number>();
  for await (const batch of queryTarget(session, targetTable(target, among), query, options, undefined, given)) {
    const [file, count] = batch.columns.map(valueReader);
    for (let row = 0; row < batch.rows; row++) counts.set(file(row) as number, Number(count(row)));
  }
  return counts;
}

/** Adds the positions of the rows that satisfy a condition. `among`: numbers of the files that can have some. */
export async function addMatching(positions: RowPositions, session: Session, target: TargetFiles, condition: AstExpr, alias: string, options: RunOptions, among?: ReadonlySet<number>): Promise<void> {
  const query = fill(parseQuery(`SELECT ${FILE}, ${ROW} ${fromTarget(alias)} WHERE __condition`), { __condition: condition });
  for await (const batch of queryTarget(session, targetTable(target, among), query, options)) positions.addAll(batch, 0);
}

/** Rows of the chosen files for which a condition is true, in the columns of moved rows. */
export function matchedRows(session: Session, target: TargetFiles, chosen: ReadonlySet<number>, condition: AstExpr, alias: string, options: RunOptions): AsyncGenerator<ResultBatch> {
  const columns = movedRowFields(target.snapshot).map((field) => quoted(alias, field.name)).join(", ");
  const query = fill(parseQuery(`SELECT ${columns} ${fromTarget(alias)} WHERE __condition`), { __condition: condition });
  return queryTarget(session, targetTable(target, chosen), query, options);
}
