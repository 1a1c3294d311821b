import { SparrowError } from "../../catalog/errors.ts";
import { fileNotExist } from "../../catalog/file-errors.ts";
import type { LocalFile } from "../../catalog/ports.ts";
import { type ColumnStatistics, type Split, type SplitSource, statisticsOfSome } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import { readFooter } from "./parquet-file.ts";
import type { RowGroup } from "./parquet-footer.ts";
import type { SchemaNode } from "./parquet-schema.ts";
import { findColumn } from "./parquet-reader.ts";
import { chunkStatistics } from "./parquet-statistics.ts";

type FileSource = Extract<SplitSource, { kind: "parquetFile" }>;

/** The file of the local disk that has a data file's bytes. Raises PATH_NOT_FOUND. */
export type LocateFile = (path: string) => Promise<LocalFile>;

/** Files that are opened at the same time. */
const PARALLEL_FILES = 16;

/** The splits with every whole file cut into its row groups. Raises FAILED_READ_FILE.* */
export async function rowGroupSplits(splits: readonly Split[], locate: LocateFile): Promise<readonly Split[]> {
  if (splits.every((split) => split.source.kind !== "parquetFile")) return splits;
  const cut: (readonly Split[])[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < splits.length) {
      const at = next++;
      cut[at] = await openFileSplit(splits[at], locate);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_FILES }, work));
  return cut.flat();
}

/** One split per row group that has rows left; other splits as they are. With the table's `columns`, row groups have their own statistics. */
export async function openFileSplit(split: Split, locate: LocateFile, columns?: readonly StructField[]): Promise<Split[]> {
  const { source } = split;
  if (source.kind !== "parquetFile") return [split];
  const { path: localPath, bytes: fileBytes } = await located(source.path, locate);
  const footer = await readFooter(localPath, fileBytes, undefined);
  const nodes = source.fields.map((field) => (field.kind === "stored" ? findColumn(footer, field.name, field.fieldId) : undefined));
  return footer.rowGroups.flatMap((group, rowGroup): Split[] => {
    const deletedRows = source.deletedRows === undefined ? undefined : rangesWithin(source.deletedRows, group.firstRow, group.firstRow + group.rows);
    const deleted = deletedRows === undefined ? 0 : countDeleted(deletedRows, group.firstRow, group.firstRow + group.rows);
    if (deleted === group.rows) return [];
    const { path, fields } = source;
    return [
      {
        source: { kind: "parquet", path, ...(localPath !== path && { localPath }), fileBytes, modifiedMs: undefined, rowGroup, firstRow: group.firstRow, fields, ...(deleted > 0 && { deletedRows }) },
        rows: group.rows - deleted,
        bytes: group.chunks.reduce((sum, chunk) => sum + chunk.compressedBytes, 0),
        ...(split.file !== undefined && { file: split.file }),
        ...(columns !== undefined && { columns: groupStatistics(split, source, nodes, group, columns, deleted) }),
      },
    ];
  });
}

/** From the row group's own statistics, else from what is known of the whole file. Counts of nulls hold only where no row is deleted. */
function groupStatistics(split: Split, { fields }: FileSource, nodes: readonly (SchemaNode | undefined)[], group: RowGroup, columns: readonly StructField[], deleted: number): ReadonlyMap<number, ColumnStatistics> {
  const rows = group.rows - deleted;
  const statistics = new Map<number, ColumnStatistics>();
  columns.forEach((column, i) => {
    const field = fields[i];
    const node = nodes[i];
    // The file's own bounds are those of some rows only.
    if (field.kind === "stored" && field.otherwise !== undefined) return;
    if (field.kind === "position") {
      statistics.set(i, { min: field.base + BigInt(group.firstRow), max: field.base + BigInt(group.firstRow + group.rows - 1), nulls: 0, distinct: rows });
      return;
    }
    if (field.kind === "constant" || node === undefined) {
      const value = field.kind === "constant" ? field.value : null;
      statistics.set(i, { min: value, max: value, nulls: value === null ? rows : 0, distinct: value === null ? 0 : 1 });
      return;
    }
    const own = chunkStatistics(group.chunks[node.firstLeaf], node, column.type);
    const ofFile = split.columns?.get(i);
    const known = ofFile && statisticsOfSome(ofFile);
    const best = own !== undefined && own.min !== null ? own : (known ?? own);
    if (best === undefined) return;
    const nulls = own?.nulls;
    statistics.set(i, { ...best, nulls: deleted === 0 || nulls === 0 ? nulls : nulls === group.rows ? rows : undefined });
  });
  return statistics;
}

/** The sorted ranges that have rows of [from, to): what goes to a worker, and is looked through there, is a row group's own. */
function rangesWithin(ranges: Uint32Array, from: number, to: number): Uint32Array {
  const firstPair = (isPast: (pair: number) => boolean): number => {
    let low = 0;
    let high = ranges.length / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isPast(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return ranges.slice(2 * firstPair((pair) => ranges[2 * pair + 1] > from), 2 * firstPair((pair) => ranges[2 * pair] >= to));
}

function countDeleted(ranges: Uint32Array, from: number, to: number): number {
  let rows = 0;
  for (let i = 0; i < ranges.length; i += 2) rows += Math.max(0, Math.min(to, ranges[i + 1]) - Math.max(from, ranges[i]));
  return rows;
}

async function located(path: string, locate: LocateFile): Promise<LocalFile> {
  try {
    return await locate(path);
  } catch (error) {
    if (!(error instanceof SparrowError && error.condition === "PATH_NOT_FOUND")) throw error;
    throw fileNotExist(path);
  }
}
