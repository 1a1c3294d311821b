import type { ObjectWriter } from "../../catalog/ports.ts";
import type { StructField } from "../../catalog/types.ts";
import type { AddFile, Metadata } from "../../delta/actions.ts";
import { encodePath } from "../../delta/file-paths.ts";
import { statisticsText } from "../../delta/write-statistics.ts";
import type { ResultBatch } from "../../executor/result-batch.ts";
import type { WrittenFile } from "../../executor/write/file-writer.ts";
import { storageAt } from "../storages.ts";
import { hasNaN } from "./stored-values.ts";

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

/** A data file that is being written, of one partition. */
export class DataFile {
  readonly path: string;
  readonly object: ObjectWriter;
  readonly #target: DataFileTarget;
  readonly #fields: readonly StructField[];
  readonly #partitionValues: AddFile["partitionValues"];
  /** Positions of columns of which bounds do not tell all: FLOAT and DOUBLE with a NaN, which bounds do not count. */
  readonly #unbounded = new Set<number>();

  private constructor(path: string, object: ObjectWriter, target: DataFileTarget, fields: readonly StructField[], partitionValues: AddFile["partitionValues"]) {
    this.path = path;
    this.object = object;
    this.#target = target;
    this.#fields = fields;
    this.#partitionValues = partitionValues;
  }

  /** `folder`: of its partition, below the target's; `fields`: the table's columns that it holds, hidden ones too. */
  static async create(target: DataFileTarget, folder: string, fields: readonly StructField[], partitionValues: AddFile["partitionValues"], number: number): Promise<DataFile> {
    const extension = target.compression === "uncompressed" ? "parquet" : `${target.compression}.parquet`;
    const name = `part-${String(number).padStart(5, "0")}-${crypto.randomUUID()}-c000.${extension}`;
    const path = [target.location, target.folder ?? "", folder, name].filter((part) => part !== "").join("/");
    return new DataFile(path, await storageAt(path).create(path), target, fields, partitionValues);
  }

  /** Takes note of values that go into the file; `columns`: positions of the batch's columns in the file, by default all of them. */
  observe(batch: ResultBatch, columns?: readonly number[]): void {
    batch.columns.forEach((column, i) => hasNaN(column, batch.rows) && this.leaveUnbounded(columns?.[i] ?? i));
  }

  leaveUnbounded(column: number): void {
    this.#unbounded.add(column);
  }

  /** What the log says of the file, which is durable then. */
  async finish({ rows, bytes, columns = new Map() }: WrittenFile): Promise<AddFile> {
    const { location, hidden = [], metadata, dataChange } = this.#target;
    const { modifiedMs } = await this.object.finish();
    const bounded = new Map([...columns].map(([i, own]) => [i, this.#unbounded.has(i) ? { ...own, min: null, max: null } : own] as const));
    return {
      path: encodePath(this.path.slice(location.length + 1)),
      partitionValues: this.#partitionValues,
      size: bytes,
      modificationTime: Math.floor(modifiedMs),
      dataChange,
      stats: statisticsText(rows, { fields: this.#fields.slice(0, this.#fields.length - hidden.length), metadata }, bounded),
    };
  }
}
