import { assert } from "../../catalog/errors.ts";
import type { SplitSource } from "../../catalog/table.ts";
import type { Allocator } from "../memory/arena.ts";
import type { ColumnBatch, ColumnBuffers } from "../memory/column-buffers.ts";
import type { ArrowHint } from "./arrow-schema-hint.ts";
import { arrowToPool } from "./arrow-to-pool.ts";
import { constantColumn } from "./constant-column.ts";
import { keepRows, keptRanges } from "./kept-rows.ts";
import type { MiniFileColumn } from "./mini-file.ts";
import { OpenParquetFile } from "./parquet-file.ts";
import type { ParquetFooter, SchemaNode } from "./parquet-footer.ts";
import { unreadableFile } from "./parquet-footer.ts";
import { parquetType } from "./parquet-types.ts";
import type { DecodeSteps } from "./row-group-decoder.ts";
import { RowGroupDecoder } from "./row-group-decoder.ts";
import type { ScanContext, SplitReader, WantedColumn } from "./scan-context.ts";
import { MAX_BATCH_ROWS, MAX_BUFFER_BYTES } from "./scan-context.ts";

type ParquetSource = Extract<SplitSource, { kind: "parquet" }>;

/** A row group is decoded at once when its wanted columns are estimated to take no more than this, else slice by slice. */
const DECODE_BUDGET_BYTES = 96 * 1024 * 1024;

/**
 * Reads the wanted columns of one row group: see mini-file.ts for how. Nested columns are decoded apart from flat ones, for only for these it is
 * told how they are to come out.
 */
export class ParquetSplitReader implements SplitReader {
  readonly #source: ParquetSource;
  readonly #wanted: readonly WantedColumn[];
  readonly #context: ScanContext;
  readonly #file: OpenParquetFile;
  readonly #rows: number;
  readonly #steps: DecodeSteps;
  /** Per wanted column: which decoder has it, and its position there; undefined for constants and columns that the file does not have. */
  readonly #places: readonly ({ readonly nested: boolean; readonly position: number } | undefined)[];
  readonly #decoders: readonly { readonly nested: boolean; readonly decoder: RowGroupDecoder }[];
  #row = 0;

  constructor(source: ParquetSource, wanted: readonly WantedColumn[], context: ScanContext) {
    this.#source = source;
    this.#wanted = wanted;
    this.#context = context;
    this.#file = new OpenParquetFile(source.path, source.fileBytes, source.modifiedMs);
    try {
      const { footer } = this.#file;
      const group = footer.rowGroups[source.rowGroup];
      if (group === undefined) throw unreadableFile(source.path, `it has no row group ${source.rowGroup}`);
      this.#rows = group.rows;
      const flat: MiniFileColumn[] = [];
      const nested: MiniFileColumn[] = [];
      this.#places = wanted.map((column) => {
        if (column.field.kind === "constant") return undefined;
        const node = findColumn(footer, column.field.name, column.field.fieldId);
        if (node === undefined) return undefined;
        const isNested = node.children.length > 0 || node.repetition === "repeated";
        const columns = isNested ? nested : flat;
        const known = columns.findIndex((candidate) => candidate.node === node);
        if (known < 0) columns.push({ node, hint: isNested ? undefined : hintFor(node, column, source.path) });
        return { nested: isNested, position: known < 0 ? columns.length - 1 : known };
      });
      this.#steps = decodeSteps(footer, source.rowGroup, [...flat, ...nested]);
      const decoder = (columns: readonly MiniFileColumn[]): RowGroupDecoder => new RowGroupDecoder(this.#file, source.rowGroup, columns, this.#steps, context.parquet);
      this.#decoders = [
        ...(flat.length === 0 ? [] : [{ nested: false, decoder: decoder(flat) }]),
        ...(nested.length === 0 ? [] : [{ nested: true, decoder: decoder(nested) }]),
      ];
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  next(allocator: Allocator): ColumnBatch | undefined {
    if (this.#row >= this.#rows) {
      this.close();
      return undefined;
    }
    const first = this.#row;
    const { pool } = this.#context;
    const columns: ColumnBuffers[] = [];
    let rows = this.#decoders.length === 0 ? Math.min(this.#steps.batchRows, this.#rows - first) : 0;
    this.#decoders.forEach(({ nested, decoder }, at) => {
      // Copied before the next decoder runs: its memory may grow, and then the views are lost.
      const decoded = decoder.next(first);
      assert(decoded[0].length > 0 && (at === 0 || decoded[0].length === rows), "flat and nested columns come in the same batches");
      rows = decoded[0].length;
      this.#wanted.forEach(({ type, layout }, i) => {
        const place = this.#places[i];
        if (place?.nested === nested) columns[i] = arrowToPool(decoded[place.position], type, layout, pool, allocator);
      });
    });
    this.#wanted.forEach(({ field, type, layout }, i) => {
      if (this.#places[i] === undefined) columns[i] = constantColumn(field.kind === "constant" ? field.value : null, type, layout, rows, pool, allocator);
    });
    this.#row += rows;
    const { deletedRows } = this.#source;
    if (deletedRows === undefined) return { rows, columns };
    return keepRows({ rows, columns }, keptRanges(this.#source.firstRow + first, rows, deletedRows), pool, allocator);
  }

  close(): void {
    for (const { decoder } of this.#decoders) decoder.close();
    this.#row = this.#rows;
    this.#file.close();
  }
}

function decodeSteps(footer: ParquetFooter, rowGroup: number, columns: readonly MiniFileColumn[]): DecodeSteps {
  const { rows } = footer.rowGroups[rowGroup];
  const bytesPerRow = columns.map(({ node }) => decodedBytesPerRow(footer, rowGroup, node));
  const batchRows = roundDown(Math.min(MAX_BATCH_ROWS, MAX_BUFFER_BYTES / Math.max(1, ...bytesPerRow)));
  const total = bytesPerRow.reduce((sum, bytes) => sum + bytes, 0);
  if (total * rows <= DECODE_BUDGET_BYTES) return { batchRows, sliceRows: rows };
  return { batchRows, sliceRows: batchRows * Math.max(1, Math.floor(DECODE_BUDGET_BYTES / total / batchRows)) };
}

/** By field id where the table has one and the file too, else by name. */
export function findColumn(footer: ParquetFooter, name: string, fieldId: number | undefined): SchemaNode | undefined {
  const { children } = footer.schema;
  return (fieldId === undefined ? undefined : children.find((node) => node.fieldId === fieldId)) ?? children.find((node) => node.name === name);
}

function hintFor(node: SchemaNode, wanted: WantedColumn, path: string): ArrowHint {
  const stored = parquetType(node, path);
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
