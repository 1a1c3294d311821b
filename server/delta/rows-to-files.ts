import type { StructField } from "../../catalog/types.ts";
import type { Action, ChangeFile, Metadata } from "../../delta/actions.ts";
import { constraintViolated } from "../../delta/errors.ts";
import { canonicalPath } from "../../delta/file-paths.ts";
import { additionOf } from "../../delta/remove-file.ts";
import { movedRowFields } from "../../delta/row-tracking.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import { tableChecks } from "../../delta/write-requirements.ts";
import type { ResultBatch } from "../../executor/result-batch.ts";
import { parseExpression } from "../../parser/parse.ts";
import type { Session } from "../session.ts";
import { parquetCodec } from "../table-writer.ts";
import type { ChangeData } from "./change-data.ts";
import { checkedRows, type RowCheck } from "./check-rows.ts";
import type { DataFileTarget } from "./data-file.ts";
import { deleteFiles, writeDataFiles, type WrittenFiles } from "./write-files.ts";

/** Where rows of a table go. */
export function dataFileTarget(session: Session, location: string, fields: readonly StructField[], metadata: Pick<Metadata, "partitionColumns" | "configuration">, dataChange = true): DataFileTarget {
  const codec = metadata.configuration["delta.parquet.compression.codec"] ?? String(session.settings.value("spark.sql.parquet.compression.codec"));
  return { location, fields, metadata, compression: parquetCodec(codec), dataChange };
}

/** What files of moved rows have beside the table's columns. */
export function hiddenFields(snapshot: Pick<DeltaSnapshot, "columns" | "metadata">): readonly StructField[] {
  return movedRowFields(snapshot).slice(snapshot.columns.length);
}

/** Files that a statement has written. */
export interface WrittenRows extends WrittenFiles {
  readonly changes: readonly ChangeFile[];
}

export const NOTHING_WRITTEN: WrittenRows = { adds: [], rows: 0, changes: [] };

/** What more there is to do with rows on their way. */
export interface RowHandling {
  /** Beside the table's constraints. */
  readonly checks?: readonly RowCheck[];
  /** Where `batches` records changes; its files are finished, or gone, with the data files. */
  readonly changes?: ChangeData;
  /** The rows come in the columns of moved rows (`movedRowFields`). */
  readonly movesRows?: boolean;
  /** What of a batch of checked rows is written here; the others are kept by whoever takes them. */
  readonly divert?: (checked: ResultBatch) => ResultBatch;
  /** Rows that were in the table before, to be written behind the others: nothing of them is checked. */
  readonly kept?: AsyncIterable<ResultBatch>;
}

const NO_BATCHES: readonly ResultBatch[] = [];

/** Writes rows of a table, in the table's columns, as new data files; every row satisfies the table's constraints. When it fails, no file is left. */
export async function writeTableRows(session: Session, snapshot: DeltaSnapshot, batches: AsyncIterable<ResultBatch>, { checks: more = [], changes, movesRows = false, divert, kept }: RowHandling = {}): Promise<WrittenRows> {
  const checks = [...constraintChecks(snapshot), ...more];
  const checked = checks.length === 0 ? batches : checkedRows(session, batches, snapshot.fields, snapshot.metadata.partitionColumns, checks);
  const rows = inTurn(divert === undefined ? checked : diverted(checked, divert), kept ?? NO_BATCHES);
  let written: WrittenFiles | undefined;
  try {
    const target = dataFileTarget(session, snapshot.location, snapshot.fields, snapshot.metadata);
    written = await writeDataFiles(movesRows ? { ...target, hidden: hiddenFields(snapshot) } : target, rows);
    return { ...written, changes: (await changes?.finish()) ?? [] };
  } catch (error) {
    await changes?.abandon();
    if (written !== undefined) await deleteFiles(writtenPaths(snapshot, written));
    throw error;
  }
}

/** The table's constraints, but for NOT NULL. */
export function constraintChecks(snapshot: DeltaSnapshot): RowCheck[] {
  return [...tableChecks(snapshot)].map(([name, text]) => ({ condition: parseExpression(text), onFailure: constraintViolated(name, text) }));
}

async function* diverted(batches: AsyncIterable<ResultBatch>, divert: (checked: ResultBatch) => ResultBatch): AsyncGenerator<ResultBatch> {
  for await (const batch of batches) yield divert(batch);
}

/** What a commit says of the files. */
export function writtenActions({ adds, changes }: WrittenRows): Action[] {
  return [...adds.map(additionOf), ...changes.map((cdc) => ({ kind: "cdc", cdc }) as const)];
}

/** Absolute paths of the files. */
export function writtenPaths({ location }: Pick<DeltaSnapshot, "location">, { adds, changes = [] }: WrittenFiles & Partial<WrittenRows>): string[] {
  return [...adds, ...changes].map(({ path }) => `${location}/${canonicalPath(path)}`);
}

/** Batches of several queries, one after the other. */
export async function* inTurn(...sources: readonly (AsyncIterable<ResultBatch> | Iterable<ResultBatch>)[]): AsyncGenerator<ResultBatch> {
  for (const source of sources) yield* source;
}

export function writeMetrics({ adds, rows }: WrittenFiles): Record<string, number> {
  return { numFiles: adds.length, numOutputRows: rows, numOutputBytes: adds.reduce((sum, add) => sum + add.size, 0) };
}
