import { assert } from "../../catalog/errors.ts";
import type { ColumnLayout, MadeField, SplitSource } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Allocator } from "../memory/arena.ts";
import type { ColumnBatch, ColumnBuffers } from "../memory/column-buffers.ts";
import type { ArrowColumn } from "./arrow-column.ts";
import { arrowToPool } from "./arrow-to-pool.ts";
import { columnHint } from "./column-hint.ts";
import { constantColumn, positionColumn, withoutNulls } from "./constant-column.ts";
import { gregorian, holdsJulianDates } from "./julian-dates.ts";
import { keepRows, keptRanges } from "./kept-rows.ts";
import type { MiniFileColumn } from "./mini-file.ts";
import { isPageDecodable, PageDecoder } from "./page-decoder.ts";
import { OpenParquetFile } from "./parquet-file.ts";
import type { ParquetFooter } from "./parquet-footer.ts";
import type { SchemaNode } from "./parquet-schema.ts";
import { unreadableFile } from "./parquet-footer.ts";
import type { DecodeSteps } from "./row-group-decoder.ts";
import { RowGroupDecoder } from "./row-group-decoder.ts";
import type { ScanContext, SplitReader, WantedColumn } from "./scan-context.ts";
import { MAX_BATCH_ROWS, MAX_BUFFER_BYTES } from "./scan-context.ts";
import type { RowFilter, SelectedRows } from "./selected-rows.ts";
import { MAX_SELECTED_SHARE, selectRows } from "./selected-rows.ts";

const NO_VALUE: MadeField = { kind: "constant", value: null };

type ParquetSource = Extract<SplitSource, { kind: "parquet" }>;

/** A row group is decoded at once when its wanted columns are estimated to take no more than this, else slice by slice. */
const DECODE_BUDGET_BYTES = 96 * 1024 * 1024;
/** A row group comes as one batch when it takes no more than this, estimated: pages are decoded without stopping between batches. */
const ONE_BATCH_BYTES = 40 * 1024 * 1024;
const ONE_BATCH_BUFFER_BYTES = 24 * 1024 * 1024;
const NO_BUFFERS = { data: 0, validity: 0, offsets: 0, bytes: 0 };

/**
 * Reads the wanted columns of one row group. Common columns of a row group that is one batch are decoded page by page straight into the pool
 * (page-decoder.ts), the others by parquet-wasm (row-group-decoder.ts).
 */
export class ParquetSplitReader implements SplitReader {
  readonly #source: ParquetSource;
  readonly #wanted: readonly WantedColumn[];
  readonly #context: ScanContext;
  readonly #file: OpenParquetFile;
  readonly #rows: number;
  readonly #steps: DecodeSteps;
  /** Per wanted column that is decoded by pages: its node. */
  readonly #pageNodes: readonly (SchemaNode | undefined)[];
  /** Position among the library's columns per wanted one; undefined for the others, constants and columns that the file does not have. */
  readonly #positions: readonly (number | undefined)[];
  /** Of the library's columns, those with old dates by another calendar. */
  readonly #julian: ReadonlySet<number>;
  readonly #decoder: RowGroupDecoder | undefined;
  /** The whole row group is one batch, all of which the kernels decode. */
  readonly #filtersFirst: boolean;
  #row = 0;

  constructor(source: ParquetSource, wanted: readonly WantedColumn[], context: ScanContext) {
    this.#source = source;
    this.#wanted = wanted;
    this.#context = context;
    this.#file = new OpenParquetFile(source.localPath ?? source.path, source.fileBytes, source.modifiedMs);
    try {
      const { footer } = this.#file;
      const group = footer.rowGroups[source.rowGroup];
      if (group === undefined) throw unreadableFile(source.path, `it has no row group ${source.rowGroup}`);
      this.#rows = group.rows;
      const columns: MiniFileColumn[] = [];
      const pages: (SchemaNode | undefined)[] = [];
      const julian = new Set<number>();
      const wholeGroup = context.kernels !== undefined && isOneBatch(footer, source.rowGroup, wanted, context.batchBytes);
      this.#positions = wanted.map((column, i) => {
        if (column.field.kind !== "stored") return undefined;
        const node = findColumn(footer, column.field.name, column.field.fieldId);
        if (node === undefined) return undefined;
        const isJulian = footer.julian !== undefined && holdsJulianDates(node, footer.julian);
        if (wholeGroup && !isJulian && isPageDecodable(node, group.chunks[node.firstLeaf], column.type, column.layout)) {
          pages[i] = node;
          return undefined;
        }
        const known = columns.findIndex((candidate) => candidate.node === node);
        if (known >= 0) return known;
        columns.push({ node, hint: columnHint(node, column.layout) });
        if (isJulian) julian.add(columns.length - 1);
        return columns.length - 1;
      });
      this.#pageNodes = pages;
      this.#julian = julian;
      this.#steps = pages.length > 0 ? { batchRows: group.rows, sliceRows: group.rows } : decodeSteps(footer, source.rowGroup, columns, context.batchBytes);
      this.#filtersFirst = wholeGroup && columns.length === 0 && pages.length > 0 && source.deletedRows === undefined;
      this.#decoder = columns.length === 0 ? undefined : new RowGroupDecoder(this.#file, source.rowGroup, columns, this.#steps, context.parquet);
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
    const { julian } = this.#file.footer;
    const decoded = (this.#decoder?.next(first) ?? []).map((column, i) => (julian !== undefined && this.#julian.has(i) ? gregorian(column, julian.zone) : column));
    const rows = decoded[0]?.length ?? Math.min(this.#steps.batchRows, this.#rows - first);
    assert(rows > 0, "a decoded batch has rows");
    this.#row += rows;
    const read = (i: number, selected?: SelectedRows): ColumnBuffers => this.#column(i, first, rows, decoded, allocator, selected);
    const { filter } = this.#context;
    const { deletedRows } = this.#source;
    if (filter !== undefined && this.#filtersFirst) return this.#filtered(filter, read, rows, allocator);
    const columns = this.#wanted.map((_, i) => read(i));
    if (deletedRows === undefined) return { rows, columns };
    return keepRows({ rows, columns }, keptRanges(this.#source.firstRow + first, rows, deletedRows), pool, allocator);
  }

  /** The filter's columns first, of the others what it lets through; all of them where that is most. */
  #filtered(filter: RowFilter, read: (i: number, selected?: SelectedRows) => ColumnBuffers, rows: number, allocator: Allocator): ColumnBatch {
    const { kernels, pool } = this.#context;
    assert(kernels !== undefined, "what is decoded by pages has kernels");
    const tested = this.#wanted.map((_, i) => (filter.reads[i] ? read(i) : undefined));
    const selected = filter.select(tested, rows, allocator);
    if (selected.count > rows * MAX_SELECTED_SHARE) return { rows, columns: tested.map((column, i) => column ?? read(i)) };
    if (selected.count === 0) return { rows: 0, columns: this.#wanted.map(({ layout }) => ({ layout, ...NO_BUFFERS })) };
    return { rows: selected.count, columns: tested.map((column, i) => (column === undefined ? read(i, selected) : selectRows(column, selected, kernels, pool, allocator))) };
  }

  #column(i: number, first: number, rows: number, decoded: readonly ArrowColumn[], allocator: Allocator, selected: SelectedRows | undefined): ColumnBuffers {
    const { kernels, pool } = this.#context;
    const { field, type, layout } = this.#wanted[i];
    const made = (other: MadeField): ColumnBuffers =>
      other.kind === "position" ? positionColumn(other.base + BigInt(this.#source.firstRow + first), rows, layout, pool, allocator) : constantColumn(other.value, type, layout, rows, pool, allocator);
    const node = this.#pageNodes[i];
    if (selected !== undefined && node !== undefined && (field.kind !== "stored" || field.otherwise === undefined)) return this.#decodePages(node, type, layout, allocator, selected);
    const all = (): ColumnBuffers => {
      if (field.kind !== "stored") return made(field);
      const position = this.#positions[i];
      if (node === undefined && position === undefined) return made(field.otherwise ?? NO_VALUE);
      const stored = node !== undefined ? this.#decodePages(node, type, layout, allocator) : arrowToPool(decoded[position as number], field.type ?? type, layout, pool, allocator);
      return field.otherwise === undefined || stored.validity === 0 ? stored : withoutNulls(stored, made(field.otherwise), rows, pool);
    };
    return selected === undefined || kernels === undefined ? all() : selectRows(all(), selected, kernels, pool, allocator);
  }

  #decodePages(node: SchemaNode, type: DataType, layout: ColumnLayout, allocator: Allocator, selected?: SelectedRows): ColumnBuffers {
    const { kernels, pool, parquet } = this.#context;
    assert(kernels !== undefined, "pages are decoded by kernels");
    const { rowGroup } = this.#source;
    const chunk = this.#file.footer.rowGroups[rowGroup].chunks[node.firstLeaf];
    const column = new PageDecoder(kernels, pool, this.#file).column(node, chunk, this.#rows, type, layout, allocator, selected);
    if (column !== undefined) return column;
    // Damaged, or written in a way that only the library knows: it reads the column or says what is wrong.
    const library = new RowGroupDecoder(this.#file, rowGroup, [{ node, hint: columnHint(node, layout) }], this.#steps, parquet);
    try {
      const all = arrowToPool(library.next(0)[0], type, layout, pool, allocator);
      return selected === undefined ? all : selectRows(all, selected, kernels, pool, allocator);
    } finally {
      library.close();
    }
  }

  close(): void {
    this.#decoder?.close();
    this.#row = this.#rows;
    this.#file.close();
  }
}

/** Whether a row group can come as one batch: no buffer is too large, nor all of them together, nor these with the pages that they are decoded from. */
function isOneBatch(footer: ParquetFooter, rowGroup: number, wanted: readonly WantedColumn[], batchBytes = Number.POSITIVE_INFINITY): boolean {
  const { rows, chunks } = footer.rowGroups[rowGroup];
  const nodes = wanted.flatMap(({ field }) => (field.kind === "stored" ? (findColumn(footer, field.name, field.fieldId) ?? []) : []));
  const bytes = nodes.map((node) => decodedBytesPerRow(footer, rowGroup, node) * rows);
  const decoded = sumOf(bytes);
  const pages = sumOf(nodes.map((node) => sumOf(chunks.slice(node.firstLeaf, node.endLeaf).map((chunk) => chunk.compressedBytes + chunk.uncompressedBytes))));
  return Math.max(0, ...bytes) <= ONE_BATCH_BUFFER_BYTES && decoded <= ONE_BATCH_BYTES && decoded + pages <= batchBytes;
}

function decodeSteps(footer: ParquetFooter, rowGroup: number, columns: readonly MiniFileColumn[], batchBytes = Number.POSITIVE_INFINITY): DecodeSteps {
  const { rows } = footer.rowGroups[rowGroup];
  const bytesPerRow = columns.map(({ node }) => decodedBytesPerRow(footer, rowGroup, node));
  const total = sumOf(bytesPerRow);
  const batchRows = roundDown(Math.min(MAX_BATCH_ROWS, MAX_BUFFER_BYTES / Math.max(1, ...bytesPerRow), batchBytes / Math.max(1, total)));
  if (total * rows <= DECODE_BUDGET_BYTES) return { batchRows, sliceRows: rows };
  return { batchRows, sliceRows: batchRows * Math.max(1, Math.floor(DECODE_BUDGET_BYTES / total / batchRows)) };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** By field id where the table has one and the file too, else by name. */
export function findColumn(footer: ParquetFooter, name: string, fieldId: number | undefined): SchemaNode | undefined {
  const { children } = footer.schema;
  return (fieldId === undefined ? undefined : children.find((node) => node.fieldId === fieldId)) ?? children.find((node) => node.name === name);
}

/** A guess: dictionary-encoded bytes grow when they are decoded. */
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
      case 6: {
        // Few bytes a row are codes of a dictionary, more are the strings themselves.
        const stored = chunk.uncompressedBytes / Math.max(1, rows);
        bytes += 4 + stored * (stored < 8 ? 4 : 1.3);
        break;
      }
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
