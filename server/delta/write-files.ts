import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ColumnStatistics } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import type { AddFile, Metadata } from "../../delta/actions.ts";
import { columnMappingMode, physicalField, physicalName } from "../../delta/column-mapping.ts";
import { notNullViolated } from "../../delta/errors.ts";
import { encodePath } from "../../delta/file-paths.ts";
import { partitionText } from "../../delta/partition-values.ts";
import { statisticsText } from "../../delta/write-statistics.ts";
import type { ResultBatch, ResultColumn } from "../../executor/result-batch.ts";
import type { FileSink, FileWriter } from "../../executor/write/file-writer.ts";
import { makeFolder, syncFolder } from "../durable-folders.ts";
import { parquetDecoder } from "../parquet-decoder.ts";
import { type PartitionedBatch, splitByPartition, takeBatch } from "../partition-batches.ts";
import { cellText } from "../results/cell-text.ts";
import { rejectLongTexts } from "./text-lengths.ts";

/** What is written, and how. */
export interface DataFileTarget {
  /** Absolute folder of the table. */
  readonly location: string;
  readonly fields: readonly StructField[];
  readonly metadata: Pick<Metadata, "partitionColumns" | "configuration">;
  readonly compression: "snappy" | "zstd" | "gzip" | "uncompressed" | "lz4_raw" | "brotli";
  readonly dataChange: boolean;
  /** Columns that rows have behind `fields`, and files too: no part of the table's schema, and without statistics. */
  readonly hidden?: readonly StructField[];
  /** A file that has so many rows is closed, and another one begun. */
  readonly maxRows?: number;
  /** Below the table's; the table's own by default. */
  readonly folder?: string;
}

interface OpenFile {
  rows: number;
  readonly path: string;
  readonly handle: number;
  /** A handle must not be closed twice: its number may be another file's by then. */
  isClosed: boolean;
  readonly writer: FileWriter;
  readonly fields: readonly StructField[];
  readonly partitionValues: Readonly<Record<string, string | null>>;
  /** Positions of FLOAT and DOUBLE columns in which a NaN was written: bounds do not count it, so they have none. */
  readonly withNaN: Set<number>;
}

export interface WrittenFiles {
  readonly adds: readonly AddFile[];
  readonly rows: number;
}

/** Writes rows as data files of a Delta table, in their order: one for each partition of the table and of the result, or more where files have a greatest number of rows. No reader sees them before a commit names them. */
export class DataFileWriter {
  readonly #target: DataFileTarget;
  readonly #open = new Map<string, OpenFile>();
  readonly #closed: string[] = [];
  readonly #adds: AddFile[] = [];
  /** Of the result, which the open files have. */
  #partition: number | undefined;
  #rows = 0;

  constructor(target: DataFileTarget) {
    this.#target = target;
  }

  async append(batch: ResultBatch): Promise<void> {
    if (batch.rows === 0) return;
    const { fields, hidden = [], metadata, maxRows } = this.#target;
    this.#rows += batch.rows;
    rejectNulls(batch, this.#target);
    rejectLongTexts(batch, fields);
    if (batch.partition !== this.#partition) {
      for (const [folder, file] of this.#open) await this.#close(folder, file);
      this.#partition = batch.partition;
    }
    for (const part of splitByPartition(batch, [...fields, ...hidden], metadata.partitionColumns)) {
      for (let from = 0; from < part.batch.rows; ) {
        const file = this.#open.get(part.folder) ?? (await openFile(this.#target, part, this.#open.size + this.#closed.length));
        this.#open.set(part.folder, file);
        const to = Math.min(part.batch.rows, from + (maxRows ?? Infinity) - file.rows);
        appendRows(file, part.batch, from, to);
        from = to;
        if (file.rows === maxRows) await this.#close(part.folder, file);
      }
    }
  }

  async #close(folder: string, file: OpenFile): Promise<void> {
    this.#adds.push(await finishFile(this.#target, file));
    this.#closed.push(file.path);
    this.#open.delete(folder);
  }

  /** The files, durable. */
  async finish(): Promise<WrittenFiles> {
    for (const [folder, file] of this.#open) await this.#close(folder, file);
    for (const folder of new Set(this.#closed.map((path) => dirname(path)))) await syncFolder(folder);
    return { adds: this.#adds, rows: this.#rows };
  }

  /** Leaves no file behind. */
  async abandon(): Promise<void> {
    for (const file of this.#open.values()) {
      closeFile(file);
      this.#closed.push(file.path);
    }
    this.#open.clear();
    await deleteFiles(this.#closed);
  }
}

/** Writes all rows as data files, which are durable when this resolves; when it fails, none is left. */
export async function writeDataFiles(target: DataFileTarget, batches: AsyncIterable<ResultBatch>): Promise<WrittenFiles> {
  const writer = new DataFileWriter(target);
  try {
    for await (const batch of batches) await writer.append(batch);
    return await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

/** Rows [from, to) of a batch. */
function appendRows(file: OpenFile, batch: ResultBatch, from: number, to: number): void {
  const piece = to - from === batch.rows ? batch : takeBatch(batch, batch.columns.map((_, i) => i), Array.from({ length: to - from }, (_, i) => from + i));
  file.writer.append(piece);
  file.rows += piece.rows;
  piece.columns.forEach((column, i) => hasNaN(column, piece.rows) && file.withNaN.add(i));
}

/** Removes files that no commit names. */
export async function deleteFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { force: true });
}

async function openFile(target: DataFileTarget, { folder, values, fields }: Omit<PartitionedBatch, "batch">, number: number): Promise<OpenFile> {
  const extension = target.compression === "uncompressed" ? "parquet" : `${target.compression}.parquet`;
  const path = join(target.location, target.folder ?? "", folder, `part-${String(number).padStart(5, "0")}-${crypto.randomUUID()}-c000.${extension}`);
  await makeFolder(dirname(path));
  const mapping = columnMappingMode(target.metadata);
  const stored = fields.map((field) => physicalField(field, mapping));
  const partitionValues = Object.fromEntries(
    target.metadata.partitionColumns.map((name, i) => {
      const field = target.fields.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase()) as StructField;
      return [physicalName(field, mapping), partitionText(values[i], field.type, (value, type) => cellText(value, type, "UTC"))];
    }),
  );
  const { ParquetFileWriter } = await import("../../executor/write/parquet-writer.ts");
  const handle = openSync(path, "wx");
  const sink: FileSink = (bytes) => {
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
  };
  try {
    const writer = await ParquetFileWriter.open(stored, parquetDecoder(), sink, { compression: target.compression });
    return { path, handle, isClosed: false, writer, fields, partitionValues, withNaN: new Set(), rows: 0 };
  } catch (error) {
    closeSync(handle);
    await deleteFiles([path]);
    throw error;
  }
}

function closeFile(file: OpenFile): void {
  if (file.isClosed) return;
  file.isClosed = true;
  closeSync(file.handle);
}

async function finishFile({ location, hidden = [], metadata, dataChange }: DataFileTarget, file: OpenFile): Promise<AddFile> {
  const { rows, bytes, columns = new Map<number, ColumnStatistics>() } = file.writer.finish();
  fsyncSync(file.handle);
  closeFile(file);
  const bounded = new Map([...columns].map(([i, own]) => [i, file.withNaN.has(i) ? { ...own, min: null, max: null } : own] as const));
  return {
    path: encodePath(file.path.slice(location.length + 1)),
    partitionValues: file.partitionValues,
    size: bytes,
    modificationTime: Math.floor((await stat(file.path)).mtimeMs),
    dataChange,
    stats: statisticsText(rows, { fields: file.fields.slice(0, file.fields.length - hidden.length), metadata }, bounded),
  };
}

function hasNaN({ type, data }: ResultColumn, rows: number): boolean {
  if (type.kind !== "float" && type.kind !== "double") return false;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let row = 0; row < rows; row++) if (Number.isNaN(type.kind === "float" ? view.getFloat32(row * 4, true) : view.getFloat64(row * 8, true))) return true;
  return false;
}

function rejectNulls(batch: ResultBatch, { fields }: DataFileTarget): void {
  for (const [i, field] of fields.entries()) {
    const { validity } = batch.columns[i];
    if (field.nullable || validity === undefined) continue;
    for (let row = 0; row < batch.rows; row++) {
      if ((validity[row >> 3] & (1 << (row & 7))) !== 0) continue;
      throw notNullViolated(field.name);
    }
  }
}
