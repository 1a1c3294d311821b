import type { Action, DeletionVectorDescriptor } from "../../delta/actions.ts";
import { deletionVectorFile, readDeletionVector, withDeletionVector } from "../../delta/deletion-vector.ts";
import { additionOf, removalOf } from "../../delta/remove-file.ts";
import { NO_ROWS, rangesOf, rowCount, type RowRangeSet, unionOf } from "../../delta/row-ranges.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import type { ResultBatch } from "../../executor/result-batch.ts";
import { typedView } from "../../executor/typed-view.ts";
import { storageAt } from "../storages.ts";
import type { Session } from "../session.ts";
import { type FileSplits, liveRows } from "./delta-provider.ts";

/** Read deletion vectors, as long as a snapshot has them: they never change. */
const known = new WeakMap<DeletionVectorDescriptor, Promise<RowRangeSet>>();

/** The rows that a live file's deletion vector takes out. Raises DELTA_DELETION_VECTOR_*. */
export function deletedRowsOf({ location }: Pick<DeltaSnapshot, "location">, descriptor: DeletionVectorDescriptor | undefined): Promise<RowRangeSet> {
  if (descriptor === undefined) return Promise.resolve(NO_ROWS);
  const read = known.get(descriptor) ?? readDeletionVector(storageAt(location), location, descriptor);
  known.set(descriptor, read);
  // What could not be read now may be there for the next query.
  read.catch(() => known.delete(descriptor));
  return read;
}

/**
 * Whether a statement marks rows as deleted instead of writing files without them: the table's `delta.enableDeletionVectors`, unless
 * `spark.databricks.delta.<statement>.deletionVectors.persistent` is false.
 */
export function writesDeletionVectors({ settings }: Session, { metadata }: Pick<DeltaSnapshot, "metadata">, statement: "delete" | "update" | "merge"): boolean {
  if (metadata.configuration["delta.enableDeletionVectors"]?.toLowerCase() !== "true") return false;
  return settings.text(`spark.databricks.delta.${statement}.deletionVectors.persistent`)?.toLowerCase() !== "false";
}

/** Positions of rows by the number of their file, as queries give them. */
export class RowPositions {
  readonly #files = new Map<number, { positions: Uint32Array; length: number }>();

  add(file: number, position: number): void {
    let own = this.#files.get(file);
    if (own === undefined) this.#files.set(file, (own = { positions: new Uint32Array(256), length: 0 }));
    if (own.length === own.positions.length) {
      const longer = new Uint32Array(own.length * 2);
      longer.set(own.positions);
      own.positions = longer;
    }
    own.positions[own.length++] = position;
  }

  /** Rows of a query that gives their file and their position in columns `at` and `at` + 1. */
  addAll(batch: ResultBatch, at: number): void {
    const { file, position } = filePositions(batch, at);
    for (let row = 0; row < batch.rows; row++) this.add(file(row), position(row));
  }

  /** Rows, each counted once. */
  count(): number {
    return [...this.ranges().values()].reduce((sum, ranges) => sum + rowCount(ranges), 0);
  }

  /** Whether a row was added several times. */
  hasRepeated(): boolean {
    return this.count() < [...this.#files.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** How many positions were added by file. */
  counts(): ReadonlyMap<number, number> {
    return new Map([...this.#files].map(([file, { length }]) => [file, length]));
  }

  ranges(): ReadonlyMap<number, RowRangeSet> {
    return new Map([...this.#files.keys()].map((file) => [file, this.rangesIn(file)]));
  }

  rangesIn(file: number): RowRangeSet {
    const own = this.#files.get(file);
    return own === undefined ? NO_ROWS : rangesOf(own.positions.subarray(0, own.length));
  }
}

/** Readers of the columns `at` and `at` + 1, INT and BIGINT, that say which file a row is from and where in it it is. What they give for NULL means nothing. */
export function filePositions({ columns }: ResultBatch, at: number): { readonly file: (row: number) => number; readonly position: (row: number) => number } {
  const files = typedView(columns[at].data, Int32Array);
  // Files have fewer than 2^32 rows.
  const words = typedView(columns[at + 1].data, Uint32Array);
  return { file: (row) => files[row], position: (row) => words[2 * row] };
}

/** What a commit does to take rows out of files. */
export interface TakenRows {
  readonly actions: readonly Action[];
  /** Absolute paths of the files of deletion vectors that were written. */
  readonly paths: readonly string[];
  /** Files that go. */
  readonly removedFiles: number;
  /** Undefined where only whole files go. */
  readonly vectors?: VectorCounts;
}

/** Deletion vectors that a commit adds and removes; `updated` are among both. */
export interface VectorCounts {
  readonly added: number;
  readonly removed: number;
  readonly updated: number;
}

/** Files go as a whole: what stays of their rows is written anew. */
export function removeFiles(files: readonly FileSplits[]): TakenRows {
  const now = Date.now();
  return { actions: files.map(({ file }) => removalOf(file.add, true, now)), paths: [], removedFiles: files.length };
}

/** Marks rows of files as deleted, beside those that are already: a file of which none is left goes. The file of vectors is durable when this resolves. */
export async function markDeleted(snapshot: DeltaSnapshot, files: readonly FileSplits[], positions: RowPositions): Promise<TakenRows> {
  const now = Date.now();
  const actions: Action[] = [];
  const marked: { readonly file: FileSplits; readonly rows: number; readonly deleted: RowRangeSet }[] = [];
  let replaced = 0;
  for (const [index, ranges] of positions.ranges()) {
    const file = files[index];
    const { add } = file.file;
    const before = await deletedRowsOf(snapshot, add.deletionVector);
    const deleted = unionOf(before, ranges);
    const rows = liveRows(file) + rowCount(before);
    if (add.deletionVector !== undefined) replaced++;
    actions.push(removalOf(add, true, now));
    if (rowCount(deleted) < rows) marked.push({ file, rows, deleted });
  }
  const removedFiles = actions.length - marked.length;
  const vectors = { added: marked.length, removed: replaced, updated: marked.filter(({ file }) => file.file.add.deletionVector !== undefined).length };
  if (marked.length === 0) return { actions, paths: [], removedFiles, vectors };
  const { path, bytes, descriptors } = deletionVectorFile(snapshot.location, marked.map(({ deleted }) => deleted), crypto.randomUUID());
  await storageAt(path).write(path, bytes);
  actions.push(...marked.map(({ file, rows }, i) => additionOf(withDeletionVector(file.file.add, descriptors[i], rows))));
  return { actions, paths: [path], removedFiles, vectors };
}
