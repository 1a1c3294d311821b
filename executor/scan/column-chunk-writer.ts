import type { ColumnChunk } from "./parquet-column-chunk.ts";
import { chunkStart } from "./parquet-column-chunk.ts";
import { ThriftType, ThriftWriter } from "./thrift-compact.ts";

/** Writes a chunk's metadata for a file in which its pages lie elsewhere. Page index and Bloom filter do not come along. */
export function writeChunk(writer: ThriftWriter, chunk: ColumnChunk, path: readonly string[], moved: (offset: number) => number, withStatistics: boolean): void {
  const { statistics, encodingCounts } = chunk;
  writer.struct(() => {
    writer.intField(2, ThriftType.i64, moved(chunkStart(chunk)));
    writer.field(3, ThriftType.struct);
    writer.struct(() => {
      writer.intField(1, ThriftType.i32, chunk.physical);
      writer.field(2, ThriftType.list);
      writer.listHeader(ThriftType.i32, chunk.encodings.length);
      for (const encoding of chunk.encodings) writer.int(encoding);
      writer.field(3, ThriftType.list);
      writer.listHeader(ThriftType.binary, path.length);
      for (const part of path) writer.string(part);
      writer.intField(4, ThriftType.i32, chunk.codec);
      writer.intField(5, ThriftType.i64, chunk.values);
      writer.intField(6, ThriftType.i64, chunk.uncompressedBytes);
      writer.intField(7, ThriftType.i64, chunk.compressedBytes);
      writer.intField(9, ThriftType.i64, moved(chunk.dataPageOffset));
      if (chunkStart(chunk) !== chunk.dataPageOffset) writer.intField(11, ThriftType.i64, moved(chunkStart(chunk)));
      if (withStatistics && statistics !== undefined && !statistics.legacy) {
        writer.field(12, ThriftType.struct);
        writer.struct(() => {
          if (statistics.nulls !== undefined) writer.intField(3, ThriftType.i64, statistics.nulls);
          if (statistics.max !== undefined) writer.binaryField(5, statistics.max);
          if (statistics.min !== undefined) writer.binaryField(6, statistics.min);
        });
      }
      if (withStatistics && encodingCounts !== undefined) {
        writer.field(13, ThriftType.list);
        writer.listHeader(ThriftType.struct, encodingCounts.length);
        for (const { pageType, encoding, count } of encodingCounts) {
          writer.struct(() => {
            writer.intField(1, ThriftType.i32, pageType);
            writer.intField(2, ThriftType.i32, encoding);
            writer.intField(3, ThriftType.i32, count);
          });
        }
      }
    });
  });
}
