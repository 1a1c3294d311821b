import type { DataType, StructField } from "./types.ts";
import type { Value } from "./values.ts";

/**
 * A table as one query sees it: pinned once, before analysis, by a provider. Plain data; the planner reads it, prunes its splits, and
 * sends what is left to workers.
 */
export interface TableSnapshot {
  /** As a plan shows it: `spark_catalog.default.flights`, ``parquet.`path` ``. */
  readonly name: string;
  readonly columns: readonly StructField[];
  /** Equal for equal content: part of the plan cache's key. */
  readonly version: string;
  readonly splits: readonly Split[];
  readonly statistics: TableStatistics;
  /**
   * What `_metadata` tells of every split's file: of the file; also positions of rows (Parquet files); also ids of rows (Delta tables that track rows). Absent for
   * tables that are not read from files.
   */
  readonly fileMetadata?: "files" | "rows" | "trackedRows";
  /** Set when the splits are cached batches, in the pool or in files, in one layout. Position as in `columns`. */
  readonly cached?: readonly CachedColumn[];
}

/** What one task attempt reads: a row group, a byte range of a text file, an Arrow batch, a cached segment. */
export interface Split {
  readonly source: SplitSource;
  /** Exact when known: Parquet, Arrow and cached splits. */
  readonly rows: number | undefined;
  /** Stored bytes. */
  readonly bytes: number;
  /** By column position; absent columns are unknown. */
  readonly columns?: ReadonlyMap<number, ColumnStatistics>;
  /** The file that it is of; of tables with `fileMetadata`. */
  readonly file?: SourceFile;
}

/** A file as `_metadata` shows it. */
export interface SourceFile {
  readonly bytes: number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly modifiedMs: number;
  /** Of Delta tables that track rows: the row id of its first row, the version that added it, and where it has those of every row. */
  readonly tracked?: { readonly baseRowId: bigint | undefined; readonly commitVersion: bigint | undefined; readonly rowId: FileField; readonly rowCommitVersion: FileField };
}

export type SplitSource =
  | {
      readonly kind: "parquet";
      readonly path: string;
      /** The file of the local disk to read, where `path` is no such file. */
      readonly localPath?: string;
      /** Size and time of change of the file when the footer was read: another file under the same path is an error. No time: files of the table never change. */
      readonly fileBytes: number;
      readonly modifiedMs: number | undefined;
      readonly rowGroup: number;
      /** First row's position in the file: deletion vectors and `_metadata.row_index`. */
      readonly firstRow: number;
      /** Sorted file positions left out, as ranges [from, to) pairs flattened; from a Delta deletion vector. */
      readonly deletedRows?: Uint32Array;
      readonly fields: readonly FileField[];
    }
  /** A file of a table whose files never change, its footer not read yet: it is cut into row groups (`parquet`) once it is known that it must be read. */
  | { readonly kind: "parquetFile"; readonly path: string; readonly deletedRows?: Uint32Array; readonly fields: readonly FileField[] }
  | { readonly kind: "csv"; readonly path: string; readonly start: number; readonly end: number; readonly options: TextOptions; readonly fields: readonly FileField[] }
  | { readonly kind: "json"; readonly path: string; readonly start: number; readonly end: number; readonly options: TextOptions; readonly fields: readonly FileField[] }
  | { readonly kind: "arrow"; readonly path: string; readonly batch: number; readonly fields: readonly FileField[] }
  /** Addresses in the pool, per table column: data, validity, offsets, bytes (0 where there is none); see executor/memory. */
  | { readonly kind: "cached"; readonly columns: readonly (readonly [number, number, number, number])[] }
  /** A cached batch in a file; position as in the table's columns, layouts as the table's `cached` says. */
  | { readonly kind: "cachedFile"; readonly path: string; readonly columns: readonly CachedFileColumn[] }
  /** Arrow IPC stream bytes handed in by an embedder. */
  | { readonly kind: "ipc"; readonly bytes: Uint8Array; readonly fields: readonly FileField[] };

/** A cached batch, which has columns by position, and no fields. */
export type CachedSource = Extract<SplitSource, { kind: "cached" | "cachedFile" }>;

export function isCached(source: SplitSource): source is CachedSource {
  return source.kind === "cached" || source.kind === "cachedFile";
}

/** A column's buffers in a file, one after the other, each padded to a multiple of 16 bytes. */
export interface CachedFileColumn {
  readonly offset: number;
  /** Bytes of data, validity, offsets and bytes; 0 where there is none. */
  readonly lengths: readonly [number, number, number, number];
  /** Of dictionary layouts: addresses in the pool of the entries' offsets and bytes, which all batches share. */
  readonly dictionary?: readonly [number, number];
}

/** Where a table column is found in a file, or the constant that stands for it (partition value, missing column). Position as in the table's columns. */
export type FileField =
  /**
   * `type`: the column's type under the names that its nested fields have in the file, where those differ. `otherwise`: what stands where the file has NULL or
   * not the column, for BIGINT in Parquet files.
   */
  | { readonly kind: "stored"; readonly name: string; readonly fieldId?: number; readonly type?: DataType; readonly otherwise?: MadeField }
  | MadeField;

/** A column that no file has. */
export type MadeField =
  | { readonly kind: "constant"; readonly value: Value }
  /** `base` + the row's position in its file, deleted rows counted: a BIGINT. Parquet files only. */
  | { readonly kind: "position"; readonly base: bigint };

/** CSV and JSON options under Spark's names: header, sep, quote, escape, nullValue, dateFormat, timestampFormat, mode, ... */
export type TextOptions = Readonly<Record<string, string>>;

export interface TableStatistics {
  readonly rows: number | undefined;
  readonly bytes: number | undefined;
  /** By column position. */
  readonly columns: ReadonlyMap<number, ColumnStatistics>;
}

export interface ColumnStatistics {
  /** Bounds, perhaps not tight (truncated strings); null when there is no non-null value or it is unknown. */
  readonly min: Value;
  readonly max: Value;
  readonly nulls: number | undefined;
  readonly distinct: number | undefined;
  /** Of a struct: statistics of its fields by position. A field of a struct that is NULL counts as NULL. */
  readonly fields?: ReadonlyMap<number, ColumnStatistics>;
}

/** What statistics say of some of the rows that they are of: bounds hold, counts of nulls only where there is none. */
export function statisticsOfSome(statistics: ColumnStatistics): ColumnStatistics {
  const { nulls, fields } = statistics;
  return { ...statistics, nulls: nulls === 0 ? 0 : undefined, ...(fields !== undefined && { fields: new Map([...fields].map(([i, own]) => [i, statisticsOfSome(own)])) }) };
}

/**
 * How the values of a column lie in memory; one layout per column and pipeline, known when the pipeline is compiled.
 *
 * | kind | data | other buffers |
 * |---|---|---|
 * | fixed | `width` bytes a row; value = stored (sign-extended, or zero-extended when `base` is set) + `base` | |
 * | bits | one bit a row (booleans), least significant first | |
 * | utf8 | the bytes themselves are in `bytes` | offsets: int32, rows + 1 |
 * | dictionary | `width`-byte unsigned codes | offsets and bytes of the dictionary |
 * | view | per row: uint32 address, uint32 length | |
 *
 * Validity is Arrow's bitmap (1 = not null), address 0 when no row is null. Buffers are 8-byte aligned and padded to 16 bytes.
 */
export type ColumnLayout =
  | { readonly kind: "fixed"; readonly width: 1 | 2 | 4 | 8 | 16; readonly base?: bigint }
  | { readonly kind: "bits" }
  | { readonly kind: "utf8" }
  | { readonly kind: "dictionary"; readonly width: 1 | 2 | 4; /** Entries, when one dictionary serves all splits. */ readonly entries?: number }
  | { readonly kind: "view" };

export interface CachedColumn {
  readonly layout: ColumnLayout;
  readonly nullable: boolean;
}

/** The layout of a type at its full width: what scans give and what crosses between pipelines. Nested values are encoded bytes (executor/nested). */
export function plainLayout(type: DataType): ColumnLayout {
  switch (type.kind) {
    case "boolean":
      return { kind: "bits" };
    case "null":
    case "byte":
      return { kind: "fixed", width: 1 };
    case "short":
      return { kind: "fixed", width: 2 };
    case "int":
    case "date":
    case "interval_ym":
    case "float":
      return { kind: "fixed", width: 4 };
    case "long":
    case "double":
    case "time":
    case "timestamp":
    case "timestamp_ntz":
    case "interval_dt":
      return { kind: "fixed", width: 8 };
    case "decimal":
      return { kind: "fixed", width: type.precision <= 18 ? 8 : 16 };
    case "calendar_interval":
      return { kind: "fixed", width: 16 };
    case "string":
    case "char":
    case "varchar":
    case "binary":
    case "array":
    case "map":
    case "struct":
    case "variant":
      return { kind: "utf8" };
  }
}
