import type * as Arrow from "apache-arrow";
import type { SplitSource } from "../../catalog/table.ts";
import type { Allocator } from "../memory/arena.ts";
import type { ColumnBatch } from "../memory/column-buffers.ts";
import { parseArrow, readArrowFile } from "./arrow-file.ts";
import { arrowToPool } from "./arrow-to-pool.ts";
import { columnOfArrow } from "./arrow-types.ts";
import { constantColumn } from "./constant-column.ts";
import { unreadableFile } from "./parquet-footer.ts";
import type { ScanContext, SplitReader, WantedColumn } from "./scan-context.ts";
import { MAX_BATCH_ROWS } from "./scan-context.ts";

type ArrowSource = Extract<SplitSource, { kind: "arrow" | "ipc" }>;

/** Copies record batches of an Arrow file or of an embedder's bytes into the pool. Columns are found by name. */
export class ArrowSplitReader implements SplitReader {
  readonly #wanted: readonly WantedColumn[];
  readonly #context: ScanContext;
  #batches: readonly Arrow.RecordBatch[];
  #batch = 0;
  #row = 0;

  constructor(source: ArrowSource, wanted: readonly WantedColumn[], context: ScanContext) {
    this.#wanted = wanted;
    this.#context = context;
    if (source.kind === "ipc") this.#batches = parseArrow(source.bytes, "an Arrow stream").batches;
    else {
      const batch = readArrowFile(source.path).batches[source.batch];
      if (batch === undefined) throw unreadableFile(source.path, `it has no record batch ${source.batch}`);
      this.#batches = [batch];
    }
  }

  next(allocator: Allocator): ColumnBatch | undefined {
    const batch = this.#batches[this.#batch];
    if (batch === undefined) return undefined;
    const from = this.#row;
    const rows = Math.min(MAX_BATCH_ROWS, batch.numRows - from);
    this.#row += rows;
    if (this.#row >= batch.numRows) {
      this.#batch++;
      this.#row = 0;
    }
    const { pool } = this.#context;
    const columns = this.#wanted.map(({ field, type, layout }) => {
      const position = field.kind === "stored" ? batch.schema.fields.findIndex((candidate) => candidate.name === field.name) : -1;
      if (position < 0) return constantColumn(field.kind === "constant" ? field.value : null, type, layout, rows, pool, allocator);
      return arrowToPool(columnOfArrow(batch.schema.fields[position].name, batch.data.children[position], from, rows), type, layout, pool, allocator);
    });
    return { rows, columns };
  }

  close(): void {
    this.#batches = [];
  }
}
