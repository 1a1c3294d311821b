import { writeArrowSchema } from "../scan/arrow-schema-hint.ts";
import type { ColumnChunk } from "../scan/parquet-column-chunk.ts";
import { chunkStart } from "../scan/parquet-column-chunk.ts";
import { writeChunk } from "../scan/column-chunk-writer.ts";
import type { ParquetFooter } from "../scan/parquet-footer.ts";
import type { SchemaNode } from "../scan/parquet-schema.ts";
import { ThriftType, ThriftWriter } from "../scan/thrift-compact.ts";

/** A row group of a file that is being written; offsets in its chunks are of that file. */
export interface WrittenGroup {
  readonly rows: number;
  readonly chunks: readonly ColumnChunk[];
}

/** The chunk where its bytes have been put `shift` bytes further on. */
export function movedChunk(chunk: ColumnChunk, shift: number): ColumnChunk {
  const start = chunkStart(chunk);
  return { ...chunk, dataPageOffset: chunk.dataPageOffset + shift, dictionaryPageOffset: start === chunk.dataPageOffset ? undefined : start + shift };
}

/** The end of a Parquet file: its footer, the footer's length and the magic. `like`: a file with the same schema. Source: parquet-format's `parquet.thrift`. */
export function fileTail(like: ParquetFooter, groups: readonly WrittenGroup[], createdBy: string): Uint8Array {
  const footer = footerBytes(like, groups, createdBy);
  const tail = new Uint8Array(footer.length + 8);
  tail.set(footer);
  new DataView(tail.buffer).setUint32(footer.length, footer.length, true);
  tail.set(MAGIC, footer.length + 4);
  return tail;
}

/** A Parquet file's first and last bytes. */
export const MAGIC = new TextEncoder().encode("PAR1");

function footerBytes({ schema, leafPaths, keyValues }: ParquetFooter, groups: readonly WrittenGroup[], createdBy: string): Uint8Array {
  const writer = new ThriftWriter();
  const elements: Uint8Array[] = [];
  const collect = (node: SchemaNode): void => {
    elements.push(node.encoded);
    node.children.forEach(collect);
  };
  collect(schema);
  const arrowSchema = keyValues.get("ARROW:schema");
  writer.struct(() => {
    writer.intField(1, ThriftType.i32, 1);
    writer.field(2, ThriftType.list);
    writer.listHeader(ThriftType.struct, elements.length);
    for (const element of elements) writer.raw(element);
    writer.intField(3, ThriftType.i64, groups.reduce((sum, { rows }) => sum + rows, 0));
    writer.field(4, ThriftType.list);
    writer.listHeader(ThriftType.struct, groups.length);
    groups.forEach((group, i) => writeRowGroup(writer, group, leafPaths, i));
    if (arrowSchema !== undefined) writeArrowSchema(writer, arrowSchema);
    writer.field(6, ThriftType.binary);
    writer.string(createdBy);
    writer.field(7, ThriftType.list);
    writer.listHeader(ThriftType.struct, leafPaths.length);
    // ColumnOrder.TYPE_ORDER: without it no reader may use minima and maxima of strings.
    for (let i = 0; i < leafPaths.length; i++) {
      writer.struct(() => {
        writer.field(1, ThriftType.struct);
        writer.struct(() => undefined);
      });
    }
  });
  return writer.finish();
}

function writeRowGroup(writer: ThriftWriter, { rows, chunks }: WrittenGroup, leafPaths: ParquetFooter["leafPaths"], ordinal: number): void {
  writer.struct(() => {
    writer.field(1, ThriftType.list);
    writer.listHeader(ThriftType.struct, chunks.length);
    chunks.forEach((chunk, leaf) => writeChunk(writer, chunk, leafPaths[leaf], (offset) => offset, true));
    writer.intField(2, ThriftType.i64, chunks.reduce((sum, chunk) => sum + chunk.uncompressedBytes, 0));
    writer.intField(3, ThriftType.i64, rows);
    writer.intField(5, ThriftType.i64, Math.min(...chunks.map(chunkStart)));
    writer.intField(6, ThriftType.i64, chunks.reduce((sum, chunk) => sum + chunk.compressedBytes, 0));
    writer.intField(7, ThriftType.i16, ordinal);
  });
}
