import type { ColumnStatistics, FileField, SourceFile, Split, TableSnapshot } from "../../catalog/table.ts";
import { LONG, STRING, type StructField, TIMESTAMP } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";

/** The column, in no `*`, that tells of the file that a row is from. Source: Spark's `FileFormat.createFileMetadataCol`. */
export const FILE_METADATA = "_metadata";

/** One part of `_metadata`, and where a split has it. */
interface MetadataPart {
  readonly field: StructField;
  readonly of: (source: FileSplit, file: SourceFile) => FileField;
}

/** Of paths in other storages than the local disk; a drive has one letter. */
const SCHEME = /^[A-Za-z][\w+.-]+:/;

type FileSplit = Extract<Split["source"], { readonly path: string }>;

function part(name: string, type: StructField["type"], valueOf: (source: FileSplit, file: SourceFile) => Value): MetadataPart {
  return { field: { name, type, nullable: true }, of: (source, file) => ({ kind: "constant", value: valueOf(source, file) }) };
}

const FILE_PARTS: readonly MetadataPart[] = [
  part("file_path", STRING, ({ path }) => `${SCHEME.test(path) ? "" : "file:"}${encodeURI(path).replaceAll("#", "%23").replaceAll("?", "%3F")}`),
  part("file_name", STRING, ({ path }) => path.slice(path.lastIndexOf("/") + 1)),
  part("file_size", LONG, (_, { bytes }) => BigInt(bytes)),
  part("file_block_start", LONG, (source) => BigInt("start" in source ? source.start : 0)),
  part("file_block_length", LONG, (source, { bytes }) => BigInt("start" in source ? source.end - source.start : bytes)),
  part("file_modification_time", TIMESTAMP, (_, { modifiedMs }) => BigInt(Math.floor(modifiedMs)) * 1000n),
];

const ROW_PARTS: readonly MetadataPart[] = [{ field: { name: "row_index", type: LONG, nullable: true }, of: () => ({ kind: "position", base: 0n }) }];

const NO_VALUE: FileField = { kind: "constant", value: null };

const TRACKED_PARTS: readonly MetadataPart[] = [
  { field: { name: "row_id", type: LONG, nullable: true }, of: (_, { tracked }) => tracked?.rowId ?? NO_VALUE },
  { field: { name: "base_row_id", type: LONG, nullable: true }, of: (_, { tracked }) => ({ kind: "constant", value: tracked?.baseRowId ?? null }) },
  { field: { name: "default_row_commit_version", type: LONG, nullable: true }, of: (_, { tracked }) => ({ kind: "constant", value: tracked?.commitVersion ?? null }) },
  { field: { name: "row_commit_version", type: LONG, nullable: true }, of: (_, { tracked }) => tracked?.rowCommitVersion ?? NO_VALUE },
];

/** A table whose splits have the parts of `_metadata` behind the table's columns. */
export interface WithFileMetadata {
  readonly table: TableSnapshot;
  readonly parts: readonly StructField[];
}

const extended = new WeakMap<TableSnapshot, WithFileMetadata>();

/** Undefined for a table that is not read from files, or that has a column of this name. */
export function withFileMetadata(table: TableSnapshot): WithFileMetadata | undefined {
  const { fileMetadata, columns, cached } = table;
  if (fileMetadata === undefined || cached !== undefined || columns.some(({ name }) => name.toLowerCase() === FILE_METADATA)) return undefined;
  const known = extended.get(table);
  if (known !== undefined) return known;
  const parts = [...FILE_PARTS, ...(fileMetadata === "files" ? [] : ROW_PARTS), ...(fileMetadata === "trackedRows" ? TRACKED_PARTS : [])];
  const result = { table: { ...table, splits: table.splits.map((split) => withParts(split, columns.length, parts)) }, parts: parts.map(({ field }) => field) };
  extended.set(table, result);
  return result;
}

function withParts(split: Split, columns: number, parts: readonly MetadataPart[]): Split {
  const { source, file, rows } = split;
  if (!("path" in source) || !("fields" in source) || file === undefined) throw new TypeError("a split of a table with file metadata is of no file");
  const fields = parts.map((own) => own.of(source, file));
  const statistics = new Map<number, ColumnStatistics>(split.columns);
  fields.forEach((field, i) => {
    if (field.kind === "constant") statistics.set(columns + i, { min: field.value, max: field.value, nulls: field.value === null ? rows : 0, distinct: field.value === null ? 0 : 1 });
  });
  return { ...split, source: { ...source, fields: [...source.fields, ...fields] }, columns: statistics };
}

/** Whether a syntax tree names the column. */
export function mentionsFileMetadata(node: unknown): boolean {
  if (node === null || typeof node !== "object" || node instanceof Uint8Array) return false;
  if ("name" in node && typeof node.name === "string" && node.name.toLowerCase() === FILE_METADATA) return true;
  return Object.values(node).some(mentionsFileMetadata);
}
