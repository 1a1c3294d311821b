import type { ArrowHint } from "./arrow-schema-hint.ts";
import { arrowSchemaHint, writeArrowSchema } from "./arrow-schema-hint.ts";
import type { ParquetFooter } from "./parquet-footer.ts";
import type { SchemaNode } from "./parquet-schema.ts";
import { writeChunk } from "./column-chunk-writer.ts";
import { chunkStart } from "./parquet-column-chunk.ts";
import { ThriftType, ThriftWriter } from "./thrift-compact.ts";

/**
 * A small Parquet file that holds some columns of one row group, made by copying their chunks and writing a new footer. It gives a reader that can only
 * take whole files projection, row-group selection, and, by an `ARROW:schema` hint, the wanted output types.
 */
export interface MiniFileColumn {
  /** A direct child of the schema's root. */
  readonly node: SchemaNode;
  /** How it is to come out. One column without makes the whole file one without: a hint is for all columns. */
  readonly hint: ArrowHint | undefined;
}

/** What is read from the file: runs of adjoining chunks. */
export interface ChunkRun {
  readonly fileOffset: number;
  readonly bytes: number;
}

/** Chunks closer than this are read in one call; the gap travels along. */
const MAX_GAP_BYTES = 16 * 1024;

/** The runs that hold the columns' chunks, in file order. */
function chunkRuns(footer: ParquetFooter, rowGroup: number, columns: readonly MiniFileColumn[]): ChunkRun[] {
  const ranges = leavesOf(columns)
    .map((leaf) => footer.rowGroups[rowGroup].chunks[leaf])
    .map((chunk) => ({ fileOffset: chunkStart(chunk), bytes: chunk.compressedBytes }))
    .sort((a, b) => a.fileOffset - b.fileOffset);
  const runs: { fileOffset: number; bytes: number }[] = [];
  for (const range of ranges) {
    const last = runs.at(-1);
    if (last !== undefined && range.fileOffset - (last.fileOffset + last.bytes) <= MAX_GAP_BYTES) {
      last.bytes = Math.max(last.bytes, range.fileOffset + range.bytes - last.fileOffset);
    } else runs.push(range);
  }
  return runs;
}

const MAGIC = new TextEncoder().encode("PAR1");

/** A file that is still to be written somewhere. */
export interface MiniFile {
  readonly bytes: number;
  /** Writes it into exactly so many bytes; `read` fills the given ones from the original's offset. */
  readonly write: (into: Uint8Array, read: (into: Uint8Array, fileOffset: number) => void) => void;
}

export function miniFile(footer: ParquetFooter, rowGroup: number, columns: readonly MiniFileColumn[]): MiniFile {
  const runs = chunkRuns(footer, rowGroup, columns);
  const starts: number[] = [];
  let end = MAGIC.length;
  for (const run of runs) {
    starts.push(end);
    end += run.bytes;
  }
  const moved = (fileOffset: number): number => {
    const at = runs.findLastIndex((run) => run.fileOffset <= fileOffset);
    return fileOffset - runs[at].fileOffset + starts[at];
  };
  const metadata = rewrittenFooter(footer, rowGroup, columns, moved);
  return {
    bytes: end + metadata.length + 8,
    write: (into, read) => {
      into.set(MAGIC);
      runs.forEach((run, i) => read(into.subarray(starts[i], starts[i] + run.bytes), run.fileOffset));
      into.set(metadata, end);
      new DataView(into.buffer, into.byteOffset).setUint32(end + metadata.length, metadata.length, true);
      into.set(MAGIC, end + metadata.length + 4);
    },
  };
}

function leavesOf(columns: readonly MiniFileColumn[]): number[] {
  return columns.flatMap(({ node }) => Array.from({ length: node.endLeaf - node.firstLeaf }, (_, i) => node.firstLeaf + i));
}

/**
 * A column's SchemaElements. A list whose repeated group is itself a map or a list, as Spark writes it with `spark.sql.parquet.writeLegacyFormat`, gets a group
 * around its element, which parquet-wasm asks for: levels stay as they are.
 */
export function schemaElements(node: SchemaNode, isWithinList = false): readonly Uint8Array[] {
  const converted = !isWithinList || node.repetition !== "repeated" ? undefined : node.annotation?.kind === "map" ? CONVERTED.map : node.annotation?.kind === "list" ? CONVERTED.list : undefined;
  const own = converted === undefined ? [node.encoded] : [groupElement("list", REPETITION.repeated, 1), groupElement(node.name, REPETITION.required, node.children.length, converted)];
  return [...own, ...node.children.flatMap((child) => schemaElements(child, node.annotation?.kind === "list"))];
}

/** Thrift's numbers. */
const REPETITION = { required: 0, repeated: 2 } as const;
const CONVERTED = { map: 1, list: 3 } as const;

function groupElement(name: string, repetition: number, children: number, converted?: number): Uint8Array {
  const writer = new ThriftWriter();
  writer.struct(() => {
    writer.intField(3, ThriftType.i32, repetition);
    writer.field(4, ThriftType.binary);
    writer.string(name);
    writer.intField(5, ThriftType.i32, children);
    if (converted !== undefined) writer.intField(6, ThriftType.i32, converted);
  });
  return writer.finish();
}

function rewrittenFooter(footer: ParquetFooter, rowGroup: number, columns: readonly MiniFileColumn[], moved: (offset: number) => number): Uint8Array {
  const group = footer.rowGroups[rowGroup];
  const writer = new ThriftWriter();
  const elements = columns.flatMap(({ node }) => schemaElements(node));
  const leaves = leavesOf(columns);
  const totalBytes = leaves.reduce((sum, leaf) => sum + group.chunks[leaf].uncompressedBytes, 0);
  writer.struct(() => {
    writer.intField(1, ThriftType.i32, 1);
    writer.field(2, ThriftType.list);
    writer.listHeader(ThriftType.struct, elements.length + 1);
    writer.struct(() => {
      writer.field(4, ThriftType.binary);
      writer.string("schema");
      writer.intField(5, ThriftType.i32, columns.length);
    });
    for (const element of elements) writer.raw(element);
    writer.intField(3, ThriftType.i64, group.rows);
    writer.field(4, ThriftType.list);
    writer.listHeader(ThriftType.struct, 1);
    writer.struct(() => {
      writer.field(1, ThriftType.list);
      writer.listHeader(ThriftType.struct, leaves.length);
      for (const leaf of leaves) writeChunk(writer, group.chunks[leaf], footer.leafPaths[leaf], moved, false);
      writer.intField(2, ThriftType.i64, totalBytes);
      writer.intField(3, ThriftType.i64, group.rows);
    });
    const hints = columns.flatMap(({ node, hint }) => (hint === undefined ? [] : [{ name: node.name, hint }]));
    if (hints.length !== columns.length) return;
    writeArrowSchema(writer, arrowSchemaHint(hints));
  });
  return writer.finish();
}
