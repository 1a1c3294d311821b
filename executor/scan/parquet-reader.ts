import { InternalError, SparrowError, assert } from "../../catalog/errors.ts";
import type { SplitSource } from "../../catalog/table.ts";
import { isNested } from "../../catalog/types.ts";
import type { Allocator } from "../memory/arena.ts";
import type { ColumnBatch, ColumnBuffers } from "../memory/column-buffers.ts";
import type { ArrowColumn } from "./arrow-column.ts";
import { readForeignBatch } from "./arrow-ffi.ts";
import type { ArrowHint } from "./arrow-schema-hint.ts";
import { arrowToPool } from "./arrow-to-pool.ts";
import { constantColumn } from "./constant-column.ts";
import { keepRows, keptRanges } from "./kept-rows.ts";
import type { MiniFileColumn } from "./mini-file.ts";
import { miniFile } from "./mini-file.ts";
import { OpenParquetFile } from "./parquet-file.ts";
import type { ParquetFooter, SchemaNode } from "./parquet-footer.ts";
import { unreadableFile } from "./parquet-footer.ts";
import { parquetType } from "./parquet-types.ts";
import type { ForeignTable, ParquetWasm } from "./parquet-wasm.ts";
import type { ScanContext, SplitReader, WantedColumn } from "./scan-context.ts";
import { MAX_BATCH_ROWS, MAX_BUFFER_BYTES } from "./scan-context.ts";

type ParquetSource = Extract<SplitSource, { kind: "parquet" }>;

/** A row group is decoded at once when its wanted columns are estimated to take no more than this, else slice by slice. */
const DECODE_BUDGET_BYTES = 96 * 1024 * 1024;

/** Reads the wanted columns of one row group: see mini-file.ts for how. */
export class ParquetSplitReader implements SplitReader {
  readonly #source: ParquetSource;
  readonly #wanted: readonly WantedColumn[];
  readonly #context: ScanContext;
  readonly #file: OpenParquetFile;
  readonly #rows: number;
  readonly #batchRows: number;
  readonly #sliceRows: number;
  readonly #columns: readonly MiniFileColumn[];
  /** Position in the mini file per wanted column; undefined for constants and columns that the file does not have. */
  readonly #positions: readonly (number | undefined)[];
  #mini: Uint8Array | undefined;
  #wasm: ParquetWasm | undefined;
  #decoded: ForeignTable | undefined;
  #nextBatch = 0;
  #row = 0;

  constructor(source: ParquetSource, wanted: readonly WantedColumn[], context: ScanContext) {
    this.#source = source;
    this.#wanted = wanted;
    this.#context = context;
    this.#file = new OpenParquetFile(source.path, source.fileBytes, source.modifiedMs);
    const { footer } = this.#file;
    const group = footer.rowGroups[source.rowGroup];
    if (group === undefined) throw unreadableFile(source.path, `it has no row group ${source.rowGroup}`);
    this.#rows = group.rows;
    const columns: MiniFileColumn[] = [];
    this.#positions = wanted.map((column) => {
      if (column.field.kind === "constant") return undefined;
      const node = findColumn(footer, column.field.name, column.field.fieldId);
      if (node === undefined) return undefined;
      const known = columns.findIndex((c) => c.node === node);
      if (known >= 0) return known;
      columns.push({ node, hint: hintFor(node, column, source.path) });
      return columns.length - 1;
    });
    this.#columns = columns;
    const bytesPerRow = columns.map(({ node }) => decodedBytesPerRow(footer, source.rowGroup, node));
    const widest = Math.max(1, ...bytesPerRow);
    this.#batchRows = roundDown(Math.min(MAX_BATCH_ROWS, MAX_BUFFER_BYTES / widest));
    const total = bytesPerRow.reduce((sum, bytes) => sum + bytes, 0) * this.#rows;
    this.#sliceRows = total <= DECODE_BUDGET_BYTES ? this.#rows : this.#batchRows * Math.max(1, Math.floor(DECODE_BUDGET_BYTES / (total / this.#rows) / this.#batchRows));
  }

  next(allocator: Allocator): ColumnBatch | undefined {
    if (this.#row >= this.#rows) {
      this.close();
      return undefined;
    }
    const first = this.#row;
    const columns = this.#columns.length === 0 ? [] : this.#decodeNext();
    const rows = columns[0]?.length ?? Math.min(this.#batchRows, this.#rows - first);
    assert(rows > 0, "a decoded batch has rows");
    this.#row += rows;
    const batch = { rows, columns: this.#wanted.map((wanted, i) => this.#toPool(wanted, this.#positions[i], columns, rows, allocator)) };
    const { deletedRows } = this.#source;
    if (deletedRows === undefined) return batch;
    return keepRows(batch, keptRanges(this.#source.firstRow + first, rows, deletedRows), this.#context.pool, allocator);
  }

  close(): void {
    this.#decoded?.drop();
    this.#decoded = undefined;
    if (this.#wasm !== undefined) this.#context.parquet.giveBack(this.#wasm);
    this.#wasm = undefined;
    this.#mini = undefined;
    this.#row = this.#rows;
    this.#file.close();
  }

  #toPool(wanted: WantedColumn, position: number | undefined, columns: readonly ArrowColumn[], rows: number, allocator: Allocator): ColumnBuffers {
    const { pool } = this.#context;
    if (position !== undefined) return arrowToPool(columns[position], wanted.type, wanted.layout, pool, allocator);
    return constantColumn(wanted.field.kind === "constant" ? wanted.field.value : null, wanted.type, wanted.layout, rows, pool, allocator);
  }

  /** Views of the next decoded batch, good until the next call. */
  #decodeNext(): readonly ArrowColumn[] {
    try {
      const wasm = (this.#wasm ??= this.#context.parquet.instance());
      const decoded = this.#decoded !== undefined && this.#nextBatch < this.#decoded.batches.length ? this.#decoded : this.#decode(wasm);
      const address = decoded.batches[this.#nextBatch++];
      if (address === undefined) throw new Error(`row group ${this.#source.rowGroup} has ${this.#row} rows where its footer says ${this.#rows}`);
      return readForeignBatch(wasm.buffer, decoded.schema, address).children;
    } catch (error) {
      this.#abandon(error);
      if (error instanceof SparrowError || error instanceof InternalError) throw error;
      throw unreadableFile(this.#source.path, error instanceof Error ? error.message : String(error), error);
    }
  }

  #decode(wasm: ParquetWasm): ForeignTable {
    this.#decoded?.drop();
    this.#decoded = undefined;
    this.#mini ??= miniFile(this.#file.footer, this.#source.rowGroup, this.#columns, (into, at) => this.#file.read(into, at));
    const whole = this.#sliceRows >= this.#rows;
    this.#decoded = wasm.read(this.#mini, whole ? { batchSize: this.#batchRows } : { batchSize: this.#batchRows, offset: this.#row, limit: this.#sliceRows });
    if (whole) this.#mini = undefined;
    this.#nextBatch = 0;
    return this.#decoded;
  }

  /** After an error the instance's state is not to be trusted, so nothing is freed in it when it has trapped. */
  #abandon(error: unknown): void {
    if (error instanceof WebAssembly.RuntimeError) this.#decoded = undefined;
    if (this.#wasm !== undefined) this.#context.parquet.giveBack(this.#wasm, error);
    this.close();
  }
}

/** By field id where the table has one and the file too, else by name. */
export function findColumn(footer: ParquetFooter, name: string, fieldId: number | undefined): SchemaNode | undefined {
  const { children } = footer.schema;
  return (fieldId === undefined ? undefined : children.find((node) => node.fieldId === fieldId)) ?? children.find((node) => node.name === name);
}

function hintFor(node: SchemaNode, wanted: WantedColumn, path: string): ArrowHint {
  const stored = parquetType(node, path);
  if (isNested(stored)) {
    throw new SparrowError("UNSUPPORTED_FEATURE.NESTED_COLUMN_SCAN", "0A000", `Reading the nested column ${node.name} of ${path} is not supported yet.`, { column: node.name, path });
  }
  if (wanted.layout.kind === "dictionary" && node.physical === "BYTE_ARRAY") return { kind: "dictionary", values: stored.kind === "string" ? "utf8" : "binary" };
  if (stored.kind === "decimal" && node.annotation?.kind === "decimal") {
    return { kind: "decimal", precision: stored.precision, scale: stored.scale, bits: stored.precision <= 18 ? 64 : 128 };
  }
  // As nanoseconds, its default, INT96 would wrap around outside of 1677 to 2262. On INT64 the hint would only rename the unit.
  if (node.physical === "INT96") return { kind: "timestampMicros", utc: true };
  return { kind: "none" };
}

/** An upper guess: dictionary-encoded bytes grow when they are decoded. */
function decodedBytesPerRow(footer: ParquetFooter, rowGroup: number, node: SchemaNode): number {
  const { chunks, rows } = footer.rowGroups[rowGroup];
  let bytes = 0;
  for (let leaf = node.firstLeaf; leaf < node.endLeaf; leaf++) {
    const chunk = chunks[leaf];
    switch (chunk.physical) {
      case 0:
        bytes += 1;
        break;
      case 1:
      case 4:
        bytes += 4;
        break;
      case 6:
        bytes += 4 + (chunk.uncompressedBytes / Math.max(1, rows)) * (chunk.dictionaryPageOffset === undefined ? 1 : 3);
        break;
      case 7:
        bytes += Math.max(16, node.fixedBytes);
        break;
      default:
        bytes += 8;
    }
  }
  return bytes;
}

/** A multiple of 1024 rows, so that bitmaps split at bytes. */
function roundDown(rows: number): number {
  return Math.max(1024, Math.floor(rows / 1024) * 1024);
}
