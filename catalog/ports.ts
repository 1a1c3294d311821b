import type { TableSnapshot } from "./table.ts";
import type { StructField } from "./types.ts";

/** What a storage port says of one object. */
export interface StoredObject {
  /** Relative to the listed folder, `/`-separated. */
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly modifiedMs: number;
}

/**
 * Where bytes live: local disk now; S3 (`If-None-Match: *`), GCS (`x-goog-if-generation-match: 0`) and Azure are adapters of the same shape.
 * Paths are absolute, `/`-separated. A missing object raises SparrowError PATH_NOT_FOUND; `putIfAbsent` answers instead of raising.
 */
export interface Storage {
  readonly read: (path: string) => Promise<Uint8Array>;
  /** Bytes [start, end); a negative start counts from the end of the object. */
  readonly readRange: (path: string, start: number, end?: number) => Promise<Uint8Array>;
  /** Undefined when there is no such object. */
  readonly stat: (path: string) => Promise<StoredObject | undefined>;
  /** All objects below the folder, in byte order of their paths; those after `startAfter` when given. Empty for a missing folder. */
  readonly list: (folder: string, options?: { readonly recursive?: boolean; readonly startAfter?: string }) => AsyncIterable<StoredObject>;
  /** Creates or replaces; durable when it resolves. */
  readonly write: (path: string, bytes: Uint8Array) => Promise<void>;
  /** Creates atomically and durably, or answers false because the object exists. */
  readonly putIfAbsent: (path: string, bytes: Uint8Array) => Promise<boolean>;
  /** Begins an object that is written piece by piece, under a path that no object has. */
  readonly create: (path: string) => Promise<ObjectWriter>;
  readonly delete: (path: string) => Promise<void>;
  /** Where objects are files of the local disk: the file, for readers that open it by themselves. Without it they are given copies. */
  readonly localFile?: (path: string) => Promise<LocalFile>;
  /** What writers that were interrupted have left below the folder, under paths that `delete` takes: temporary files here, unfinished uploads elsewhere. `list` does not show it. */
  readonly listUnfinished: (folder: string) => AsyncIterable<StoredObject>;
}

/** A file of the local disk. */
export interface LocalFile {
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly modifiedMs: number;
}

/** An object on its way: an open file here, the parts of an upload elsewhere. Whether it is seen before `finish` is open: nothing may name it until then. */
export interface ObjectWriter {
  /** The bytes are used, or copied, when it returns. */
  readonly append: (bytes: Uint8Array) => void;
  /** The object is whole and durable when it resolves. */
  readonly finish: () => Promise<StoredObject>;
  /** Leaves nothing behind; also after `finish`. */
  readonly abandon: () => Promise<void>;
}

/** Opens tables of one format; one per format. */
export interface TableProvider {
  readonly format: string;
  /** Pins what `location` holds now. Fields: the catalog's schema if it has one, else it is found from the data. */
  readonly open: (request: OpenTable) => Promise<TableSnapshot>;
}

export interface OpenTable {
  readonly name: string;
  readonly location: string;
  /** Of the location's files only these, by absolute paths; absent: all. */
  readonly files?: ReadonlySet<string>;
  readonly schema: readonly StructField[] | undefined;
  readonly partitionColumns: readonly string[];
  readonly options: Readonly<Record<string, string>>;
  /** An earlier state of a table whose format keeps them; absent for the latest. */
  readonly asOf?: TableVersion;
}

/** One state of a table: a version, or the state at a time (microseconds since 1970-01-01 UTC). */
export type TableVersion = { readonly kind: "version"; readonly version: bigint } | { readonly kind: "timestamp"; readonly micros: bigint };

/** What the catalog keeps of a table. */
export interface TableEntry {
  readonly database: string;
  readonly name: string;
  readonly format: string;
  readonly location: string;
  readonly external: boolean;
  readonly schema: readonly StructField[];
  readonly partitionColumns: readonly string[];
  /** Columns that files are laid out by. */
  readonly clusteringColumns?: readonly (readonly string[])[];
  readonly options: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
  readonly comment?: string;
  readonly createdMs: number;
  /** What ANALYZE TABLE has counted. */
  readonly statistics?: AnalyzedStatistics;
}

export interface AnalyzedStatistics {
  readonly rows: number;
  /** By column name. */
  readonly columns: Readonly<Record<string, { readonly distinct: number; readonly nulls: number }>>;
}

export interface ViewEntry {
  readonly database: string;
  readonly name: string;
  readonly text: string;
  readonly columns: readonly { readonly name: string; readonly comment?: string }[];
  /** Settings that decide what the text means: ANSI mode, current database. */
  readonly settings: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
  readonly comment?: string;
  readonly createdMs: number;
}

export interface DatabaseEntry {
  readonly name: string;
  readonly location: string;
  readonly comment?: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** Databases, tables and views, by lower-case name. */
export interface CatalogStore {
  readonly databases: () => Promise<readonly DatabaseEntry[]>;
  readonly database: (name: string) => Promise<DatabaseEntry | undefined>;
  readonly createDatabase: (entry: DatabaseEntry) => Promise<void>;
  readonly replaceDatabase: (entry: DatabaseEntry) => Promise<void>;
  readonly dropDatabase: (name: string) => Promise<void>;
  readonly tables: (database: string) => Promise<readonly TableEntry[]>;
  readonly table: (database: string, name: string) => Promise<TableEntry | undefined>;
  readonly putTable: (entry: TableEntry, mode: "create" | "replace") => Promise<void>;
  readonly dropTable: (database: string, name: string) => Promise<void>;
  readonly views: (database: string) => Promise<readonly ViewEntry[]>;
  readonly view: (database: string, name: string) => Promise<ViewEntry | undefined>;
  readonly putView: (entry: ViewEntry, mode: "create" | "replace") => Promise<void>;
  readonly dropView: (database: string, name: string) => Promise<void>;
}
