import { join } from "node:path";
import type { Split, TableSnapshot } from "../../catalog/table.ts";
import { plainLayout } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import type { ResultBatch } from "../result-batch.ts";
import { makeSpillFolder } from "../spill/disk-file.ts";
import type { SpillFolder } from "../spill/spill-folder.ts";
import { CachedFileStream, storedBytes } from "./cached-file.ts";
import { concatenateBatches } from "./concatenate-batches.ts";

/** Rows of a result that become one cached batch. */
const BATCH_ROWS = 64 * 1024;
const BATCH_BYTES = 8 * 1024 * 1024;

/** Rows of queries in a file of the spill folder, one query's after the other's. They take no memory, and those that are there can be read while more are written. */
export class RowFile {
  readonly #spill: SpillFolder;
  readonly #folder: string;
  readonly #stream: CachedFileStream;
  #isMade = false;

  constructor(spill: SpillFolder) {
    this.#spill = spill;
    this.#folder = spill.newQuery();
    this.#stream = new CachedFileStream(join(this.#folder, "rows.cache"));
  }

  /** Writes a query's rows; answers with splits that are read by the layout of `rowTable`, none where there are no rows. Raises SPILL_OUT_OF_MEMORY when the disk fails. */
  async append(batches: AsyncIterable<ResultBatch>): Promise<Split[]> {
    const splits: Split[] = [];
    let collected: ResultBatch[] = [];
    const flush = async (): Promise<void> => {
      if (collected.length === 0) return;
      if (!this.#isMade) await makeSpillFolder(this.#folder);
      this.#isMade = true;
      const source = await this.#stream.write(concatenateBatches(collected));
      splits.push({ source, rows: rowsOf(collected), bytes: storedBytes(source) });
      collected = [];
    };
    for await (const batch of batches) {
      if (batch.rows > 0) collected.push(batch);
      if (rowsOf(collected) >= BATCH_ROWS || bytesOf(collected) >= BATCH_BYTES) await flush();
    }
    await flush();
    return splits;
  }

  /** Closes and removes the file. Nothing may read it. */
  async remove(): Promise<void> {
    await this.#stream.close();
    await this.#spill.removeQuery(this.#folder);
  }
}

/** Splits of `RowFile` as a table of these columns. */
export function rowTable(name: string, columns: readonly StructField[], splits: readonly Split[]): TableSnapshot {
  const cached = columns.map(({ type }) => ({ layout: plainLayout(type), nullable: true }));
  const [rows, bytes] = [splits.reduce((sum, split) => sum + (split.rows ?? 0), 0), splits.reduce((sum, split) => sum + split.bytes, 0)];
  return { name, columns, version: `rows ${crypto.randomUUID()}`, splits, statistics: { rows, bytes, columns: new Map() }, cached };
}

function rowsOf(batches: readonly ResultBatch[]): number {
  return batches.reduce((sum, batch) => sum + batch.rows, 0);
}

function bytesOf(batches: readonly ResultBatch[]): number {
  return batches.reduce((sum, { columns }) => sum + columns.reduce((bytes, column) => bytes + column.data.length + (column.bytes?.length ?? 0), 0), 0);
}
