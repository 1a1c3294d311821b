import type { ColumnLayout, Split } from "../../catalog/table.ts";
import { plainLayout } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import { isStringLike } from "../../catalog/types.ts";
import { readFooter } from "./parquet-file.ts";
import type { ParquetFooter } from "./parquet-footer.ts";
import type { ColumnChunk } from "./parquet-column-chunk.ts";
import { chunkStart } from "./parquet-column-chunk.ts";
import { findColumn } from "./parquet-reader.ts";

/** PLAIN_DICTIONARY and RLE_DICTIONARY; RLE and BIT_PACKED are for levels. */
const DICTIONARY_ENCODINGS = new Set([2, 8]);
const LEVEL_ENCODINGS = new Set([3, 4]);
const DATA_PAGES = new Set([0, 3]);

/**
 * The layout that each column of a scan comes in: plain but for strings that every split stores as a dictionary that is small beside its rows; these keep
 * their codes. One layout serves all splits of a pipeline. The footers were read when the table was opened, and are at hand.
 */
export async function chooseLayouts(splits: readonly Split[], columns: readonly { readonly field: number; readonly type: StructField["type"] }[]): Promise<ColumnLayout[]> {
  const footers = new Map<Split, ParquetFooter>();
  if (columns.some((column) => isStringLike(column.type))) {
    for (const split of splits) {
      const { source } = split;
      if (source.kind === "parquet") footers.set(split, await readFooter(source.localPath ?? source.path, source.fileBytes, source.modifiedMs));
    }
  }
  return columns.map(({ field, type }) => {
    if (!isStringLike(type) || splits.length === 0) return plainLayout(type);
    return splits.every((split) => hasSmallDictionary(split, field, footers.get(split))) ? { kind: "dictionary", width: 4 } : plainLayout(type);
  });
}

function hasSmallDictionary({ source }: Split, field: number, footer: ParquetFooter | undefined): boolean {
  if (source.kind !== "parquet" || footer === undefined) return false;
  const column = source.fields[field];
  if (column.kind !== "stored") return true;
  const node = findColumn(footer, column.name, column.fieldId);
  if (node === undefined) return true;
  const group = footer.rowGroups[source.rowGroup];
  const chunk = group.chunks[node.firstLeaf];
  return node.physical === "BYTE_ARRAY" && isDictionaryEncoded(chunk) && dictionaryBytes(chunk) <= group.rows;
}

function isDictionaryEncoded(chunk: ColumnChunk): boolean {
  if (chunk.encodingCounts !== undefined) {
    return chunk.encodingCounts.every((entry) => !DATA_PAGES.has(entry.pageType) || DICTIONARY_ENCODINGS.has(entry.encoding));
  }
  if (!chunk.encodings.some((encoding) => DICTIONARY_ENCODINGS.has(encoding))) return false;
  if (chunk.encodings.every((encoding) => DICTIONARY_ENCODINGS.has(encoding) || LEVEL_ENCODINGS.has(encoding))) return true;
  // PLAIN stands for the dictionary page itself, or for pages without codes. Strings with their lengths in front take more than this; where the guess is
  // wrong, codes are made while reading.
  return chunk.uncompressedBytes < chunk.values * 3;
}

/** Stored size of the dictionary page; 0 when the footer does not tell where it ends. */
function dictionaryBytes(chunk: ColumnChunk): number {
  return chunk.dataPageOffset - chunkStart(chunk);
}
