import type { StructField } from "../../catalog/types.ts";
import type { AddFile } from "../../delta/actions.ts";
import { columnMappingMode, physicalField, physicalName } from "../../delta/column-mapping.ts";
import { deleteIfPresent } from "../../delta/delete-if-present.ts";
import { partitionText } from "../../delta/partition-values.ts";
import type { ResultBatch } from "../../executor/result-batch.ts";
import type { FileWriter } from "../../executor/write/file-writer.ts";
import { parquetDecoder } from "../parquet-decoder.ts";
import { type PartitionedBatch, splitByPartition } from "../partition-batches.ts";
import { cellText } from "../results/cell-text.ts";
import { storageAt } from "../storages.ts";
import { takeRuns } from "../take-rows.ts";
import { DataFile, type DataFileTarget } from "./data-file.ts";
import { checkStoredValues } from "./stored-values.ts";

interface OpenFile {
  rows: number;
  readonly file: DataFile;
  readonly writer: FileWriter;
}

export interface WrittenFiles {
  readonly adds: readonly AddFile[];
  readonly rows: number;
}

/** Writes rows as data files of a Delta table, in their order: one for each partition of the table and of the result, or more where files have a greatest number of rows. No reader sees them before a commit names them. */
export class DataFileWriter {
  readonly #target: DataFileTarget;
  readonly #open = new Map<string, OpenFile>();
  readonly #closed: DataFile[] = [];
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
    checkStoredValues(batch, fields);
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
        file.rows += to - from;
        from = to;
        if (file.rows === maxRows) await this.#close(part.folder, file);
      }
    }
  }

  async #close(folder: string, file: OpenFile): Promise<void> {
    this.#adds.push(await file.file.finish(file.writer.finish()));
    this.#closed.push(file.file);
    this.#open.delete(folder);
  }

  /** The files, durable. */
  async finish(): Promise<WrittenFiles> {
    for (const [folder, file] of this.#open) await this.#close(folder, file);
    return { adds: this.#adds, rows: this.#rows };
  }

  /** Leaves no file behind. */
  async abandon(): Promise<void> {
    for (const file of [...[...this.#open.values()].map((open) => open.file), ...this.#closed]) await file.object.abandon();
    this.#open.clear();
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
function appendRows({ file, writer }: OpenFile, batch: ResultBatch, from: number, to: number): void {
  const piece = takeRuns(batch, [from, to]);
  writer.append(piece);
  file.observe(piece);
}

/** Removes files that no commit names, as far as they are there. */
export async function deleteFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) await deleteIfPresent(storageAt(path), path);
}

async function openFile(target: DataFileTarget, { folder, values, fields }: Omit<PartitionedBatch, "batch">, number: number): Promise<OpenFile> {
  const mapping = columnMappingMode(target.metadata);
  const stored = fields.map((field) => physicalField(field, mapping));
  const partitionValues = Object.fromEntries(
    target.metadata.partitionColumns.map((name, i) => {
      const field = target.fields.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase()) as StructField;
      return [physicalName(field, mapping), partitionText(values[i], field.type, (value, type) => cellText(value, type, "UTC"))];
    }),
  );
  const { ParquetFileWriter } = await import("../../executor/write/parquet-writer.ts");
  const file = await DataFile.create(target, folder, fields, partitionValues, number);
  try {
    return { rows: 0, file, writer: await ParquetFileWriter.open(stored, parquetDecoder(), (bytes) => file.object.append(bytes), { compression: target.compression }) };
  } catch (error) {
    await file.object.abandon();
    throw error;
  }
}
