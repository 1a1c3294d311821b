import { ThriftError } from "./thrift-compact.ts";
import type { ThriftReader } from "./thrift-compact.ts";

/** What a Parquet file's footer says of a row group's column. Numbers are bytes and file offsets unless said otherwise. Source: `parquet.thrift`. */

export interface ColumnChunk {
  /** Thrift's number of the physical type. */
  readonly physical: number;
  readonly encodings: readonly number[];
  readonly codec: number;
  readonly values: number;
  readonly uncompressedBytes: number;
  readonly compressedBytes: number;
  readonly dataPageOffset: number;
  readonly dictionaryPageOffset: number | undefined;
  readonly statistics: ChunkStatistics | undefined;
  /** (page type, encoding, pages); absent in files of older writers. */
  readonly encodingCounts: readonly { readonly pageType: number; readonly encoding: number; readonly count: number }[] | undefined;
  readonly bloomFilterOffset: number | undefined;
  readonly bloomFilterBytes: number | undefined;
  readonly columnIndex: FileRange | undefined;
  readonly offsetIndex: FileRange | undefined;
}

export interface FileRange {
  readonly offset: number;
  readonly bytes: number;
}

/** Encoded as PLAIN without a length. `legacy` bounds are in the writer's order, which only signed numbers define. */
export interface ChunkStatistics {
  readonly min: Uint8Array | undefined;
  readonly max: Uint8Array | undefined;
  readonly legacy: boolean;
  readonly nulls: number | undefined;
  readonly distinct: number | undefined;
}

/** First byte of a chunk: its dictionary page where it has one. */
export function chunkStart(chunk: ColumnChunk): number {
  const dictionary = chunk.dictionaryPageOffset;
  return dictionary !== undefined && dictionary > 0 && dictionary < chunk.dataPageOffset ? dictionary : chunk.dataPageOffset;
}

/** A row group's ColumnChunk at the reader. */
export function parseColumnChunk(reader: ThriftReader, fileBytes: number): ColumnChunk {
  let meta: ChunkMetadata | undefined;
  let offsetIndexOffset: number | undefined;
  let offsetIndexBytes = 0;
  let columnIndexOffset: number | undefined;
  let columnIndexBytes = 0;
  reader.struct((id) => {
    switch (id) {
      case 1:
        throw new ThriftError("a column chunk lies in another file");
      case 3:
        meta = parseChunkMetadata(reader);
        return true;
      case 4:
        offsetIndexOffset = reader.int();
        return true;
      case 5:
        offsetIndexBytes = reader.int();
        return true;
      case 6:
        columnIndexOffset = reader.int();
        return true;
      case 7:
        columnIndexBytes = reader.int();
        return true;
      default:
        return false;
    }
  });
  if (meta === undefined) throw new ThriftError("a column chunk has no metadata, or it is encrypted");
  const chunk: ColumnChunk = {
    ...meta,
    columnIndex: columnIndexOffset === undefined ? undefined : { offset: columnIndexOffset, bytes: columnIndexBytes },
    offsetIndex: offsetIndexOffset === undefined ? undefined : { offset: offsetIndexOffset, bytes: offsetIndexBytes },
  };
  const start = chunkStart(chunk);
  if (start < 4 || chunk.compressedBytes < 0 || start + chunk.compressedBytes > fileBytes) {
    throw new ThriftError("a column chunk lies outside of the file");
  }
  return chunk;
}

type ChunkMetadata = Omit<ColumnChunk, "columnIndex" | "offsetIndex">;

function parseChunkMetadata(reader: ThriftReader): ChunkMetadata {
  const meta = {
    physical: 0,
    encodings: [] as number[],
    codec: 0,
    values: 0,
    uncompressedBytes: 0,
    compressedBytes: 0,
    dataPageOffset: 0,
    dictionaryPageOffset: undefined as number | undefined,
    statistics: undefined as ChunkStatistics | undefined,
    encodingCounts: undefined as { pageType: number; encoding: number; count: number }[] | undefined,
    bloomFilterOffset: undefined as number | undefined,
    bloomFilterBytes: undefined as number | undefined,
  };
  reader.struct((id) => {
    switch (id) {
      case 1:
        meta.physical = reader.int();
        return true;
      case 2:
        reader.list(() => meta.encodings.push(reader.int()));
        return true;
      case 4:
        meta.codec = reader.int();
        return true;
      case 5:
        meta.values = reader.int();
        return true;
      case 6:
        meta.uncompressedBytes = reader.int();
        return true;
      case 7:
        meta.compressedBytes = reader.int();
        return true;
      case 9:
        meta.dataPageOffset = reader.int();
        return true;
      case 11:
        meta.dictionaryPageOffset = reader.int();
        return true;
      case 12:
        meta.statistics = parseStatistics(reader);
        return true;
      case 13: {
        const counts: { pageType: number; encoding: number; count: number }[] = [];
        reader.list(() => {
          const entry = { pageType: 0, encoding: 0, count: 0 };
          reader.struct((field) => {
            if (field === 1) entry.pageType = reader.int();
            else if (field === 2) entry.encoding = reader.int();
            else if (field === 3) entry.count = reader.int();
            else return false;
            return true;
          });
          counts.push(entry);
        });
        meta.encodingCounts = counts;
        return true;
      }
      case 14:
        meta.bloomFilterOffset = reader.int();
        return true;
      case 15:
        meta.bloomFilterBytes = reader.int();
        return true;
      default:
        return false;
    }
  });
  return meta;
}

function parseStatistics(reader: ThriftReader): ChunkStatistics {
  let legacyMin: Uint8Array | undefined;
  let legacyMax: Uint8Array | undefined;
  let min: Uint8Array | undefined;
  let max: Uint8Array | undefined;
  let nulls: number | undefined;
  let distinct: number | undefined;
  reader.struct((id) => {
    switch (id) {
      case 1:
        legacyMax = reader.binary();
        return true;
      case 2:
        legacyMin = reader.binary();
        return true;
      case 3:
        nulls = reader.int();
        return true;
      case 4:
        distinct = reader.int();
        return true;
      case 5:
        max = reader.binary();
        return true;
      case 6:
        min = reader.binary();
        return true;
      default:
        return false;
    }
  });
  const legacy = min === undefined && max === undefined;
  return { min: legacy ? legacyMin : min, max: legacy ? legacyMax : max, legacy, nulls, distinct };
}
