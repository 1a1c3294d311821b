import type * as Arrow from "apache-arrow";
import { SparrowError } from "../catalog/errors.ts";
import type { Storage } from "../catalog/ports.ts";
import type { StructField } from "../catalog/types.ts";
import type { Action, AddFile, Metadata, Protocol } from "../delta/actions.ts";
import { afterCommit } from "../delta/after-commit.ts";
import { writeRows } from "../delta/append-rows.ts";
import type { Committer } from "../delta/committer.ts";
import { mapColumns, rejectCharacters } from "../delta/column-mapping.ts";
import { isConflict, READS_NOTHING, READS_TABLE } from "../delta/conflicts.ts";
import { DeltaLog, type HistoryEntry } from "../delta/delta-log.ts";
import { absoluteFilePath } from "../delta/file-paths.ts";
import { newMetadata } from "../delta/new-table.ts";
import type { DeltaPorts } from "../delta/ports.ts";
import { prunedFiles, readRows } from "../delta/read-rows.ts";
import { additionOf } from "../delta/remove-file.ts";
import { withRowTrackingColumns } from "../delta/row-tracking.ts";
import type { DeltaSnapshot } from "../delta/snapshot.ts";
import { protocolFor } from "../delta/table-features.ts";
import { commit } from "../delta/transaction.ts";
import { checkWrite } from "../delta/write-requirements.ts";
import { parseTableSchema } from "../parser/parse.ts";
import { inputValue } from "./delta/input-values.ts";
import { parquetOver } from "./delta/parquet-over-storage.ts";
import { sqlExpressions } from "./delta/sql-expressions.ts";
import { requestedProperties } from "./delta/table-properties.ts";
import { Engine } from "./engine.ts";
import { localStorage } from "./local-storage.ts";
import { absolutePath } from "./storage-paths.ts";
import { valueBatch } from "./value-batch.ts";
import { packageVersion } from "./version.ts";

export { SparrowError } from "../catalog/errors.ts";
export type { Storage, StoredObject } from "../catalog/ports.ts";
export type { DataType, StructField } from "../catalog/types.ts";
export type { Action, AddFile, CommitInfo, Metadata, Protocol, RemoveFile } from "../delta/actions.ts";
export type { Committer, RatifiedCommit } from "../delta/committer.ts";
export type { HistoryEntry } from "../delta/delta-log.ts";
export { localStorage } from "./local-storage.ts";

/** Delta tables without the engine: what `delta/` decides, with a ready set of its ports. */

export interface DeltaOptions {
  /** Where the table lies; the local disk by default. Paths of another storage are whatever it takes. */
  readonly storage?: Storage;
  /** Who decides on commits; the storage by default. */
  readonly committer?: Committer;
  /** IANA zone of timestamps that are written without one; UTC by default. */
  readonly timeZone?: string;
}

export interface NewDeltaTable {
  /** As in CREATE TABLE: `id BIGINT NOT NULL, name STRING`. */
  readonly columns: string;
  readonly partitionBy?: readonly string[];
  readonly properties?: Readonly<Record<string, string>>;
}

export interface ScanOptions {
  /** Names; all by default. */
  readonly columns?: readonly string[];
  /** A condition in SQL. Files that cannot have such rows are not read. */
  readonly where?: string;
}

/** What a commit does beside adding rows. */
export interface DeltaCommit {
  /** Everything but `commitInfo`. */
  readonly actions: readonly Action[];
  /** What history calls it: WRITE, DELETE, ... */
  readonly operation: string;
  readonly operationParameters?: Readonly<Record<string, string>>;
  /** The version that the actions were decided on, and whether its files were read: then any change since is a conflict, else only one of the same files. */
  readonly readVersion: bigint;
  readonly readsTable?: boolean;
}

/** A Delta table by its path. */
export class DeltaTable {
  readonly #log: DeltaLog;
  readonly #ports: DeltaPorts;

  private constructor(location: string, { storage = localStorage, committer, timeZone = "UTC" }: DeltaOptions) {
    const session = new Engine({ catalog: "memory" }).newSession({ "spark.sql.session.timeZone": timeZone });
    const folder = storage === localStorage ? absolutePath(location) : location;
    this.#ports = { storage, parquet: parquetOver(storage), sql: sqlExpressions(session) };
    this.#log = new DeltaLog(folder.replace(/(?<=.)\/+$/, ""), storage, this.#ports.parquet, committer);
  }

  /** Raises DELTA_MISSING_DELTA_TABLE when there is no table at the path. */
  static async open(path: string, options: DeltaOptions = {}): Promise<DeltaTable> {
    const table = new DeltaTable(path, options);
    await table.#log.latest();
    return table;
  }

  /** Raises DELTA_TABLE_ALREADY_EXISTS. */
  static async create(path: string, { columns, partitionBy = [], properties = {} }: NewDeltaTable, options: DeltaOptions = {}): Promise<DeltaTable> {
    const table = new DeltaTable(path, options);
    if (await table.#log.exists()) throw new SparrowError("DELTA_TABLE_ALREADY_EXISTS", "42P07", `There is a Delta table at ${path} already.`, { tableName: path });
    const requested = requestedProperties(properties, path);
    const { fields, configuration } = mapColumns({ fields: parseTableSchema(columns), configuration: withRowTrackingColumns(requested.configuration) }, "new");
    rejectCharacters(fields, configuration);
    const partitionColumns = partitionBy.map((name) => columnAt(fields, name)).map((i) => fields[i].name);
    const metaData = newMetadata({ fields, partitionColumns, configuration });
    const protocol = protocolFor({ fields, configuration }, requested.features);
    await table.commit({ actions: [{ kind: "protocol", protocol }, { kind: "metaData", metaData }], operation: "CREATE TABLE", readVersion: -1n });
    return table;
  }

  /** The latest version, or an earlier one by number or by time. Raises DELTA_VERSION_NOT_FOUND, DELTA_TIMESTAMP_*. */
  async snapshot(at: { readonly version?: number | bigint; readonly timestamp?: Date } = {}): Promise<DeltaTableVersion> {
    const { version, timestamp } = at;
    const wanted = version !== undefined ? BigInt(version) : timestamp === undefined ? undefined : await this.#log.versionAt(timestamp.getTime());
    return new DeltaTableVersion(wanted === undefined ? await this.#log.latest() : await this.#log.at(wanted), this.#ports);
  }

  /**
   * Adds rows in one commit and gives its version. Rows are objects by column name, with values as `QueryResult.toArray` has them; columns that are left out take
   * their default, are computed, or are NULL. Constraints of the table hold.
   */
  async append(rows: AsyncIterable<Readonly<Record<string, unknown>>> | Iterable<Readonly<Record<string, unknown>>>): Promise<bigint> {
    const snapshot = await this.#log.latest();
    const { columns, metadata } = snapshot;
    const adds = await writeRows(snapshot, given(rows, columns), this.#ports);
    try {
      const operationParameters = { mode: "Append", partitionBy: JSON.stringify(metadata.partitionColumns) };
      return await this.commit({ actions: adds.map(additionOf), operation: "WRITE", operationParameters, readVersion: snapshot.version });
    } catch (error) {
      // After any other error the log may name them.
      if (isConflict(error)) for (const { path } of adds) await this.#ports.storage.delete(absoluteFilePath(snapshot.location, path));
      throw error;
    }
  }

  /** Raises DELTA_CONCURRENT_*, DELTA_METADATA_CHANGED, DELTA_PROTOCOL_CHANGED when commits since `readVersion` are in the way. */
  async commit({ actions, operation, operationParameters = {}, readVersion, readsTable = false }: DeltaCommit): Promise<bigint> {
    const read = readVersion < 0n ? undefined : await this.#log.at(readVersion);
    if (read !== undefined) checkWrite(read, actions.some(({ kind }) => kind === "remove") ? "change" : "append");
    const version = await commit(this.#log, { readVersion, ...(read !== undefined && { read }), actions, reads: readsTable ? READS_TABLE : READS_NOTHING, operation, operationParameters, operationMetrics: {}, engineInfo: `Sparrow/${packageVersion()}` });
    try {
      await afterCommit(this.#log, version, { ...this.#ports, parseTimestamp: this.#ports.sql.parseTimestamp });
    } catch (error) {
      // The commit stands; the next one writes what is missing.
      process.emitWarning(`The checkpoint of version ${version} of ${this.#log.location} was not written: ${error instanceof Error ? error.message : String(error)}`);
    }
    return version;
  }

  /** Newest first. */
  history(limit?: number): Promise<HistoryEntry[]> {
    return this.#log.history(limit);
  }
}

/** A table at one version. */
export class DeltaTableVersion implements AsyncIterable<Arrow.RecordBatch> {
  readonly #snapshot: DeltaSnapshot;
  readonly #ports: DeltaPorts;

  /** @internal */
  constructor(snapshot: DeltaSnapshot, ports: DeltaPorts) {
    this.#snapshot = snapshot;
    this.#ports = ports;
  }

  get version(): bigint {
    return this.#snapshot.version;
  }

  get columns(): readonly StructField[] {
    return this.#snapshot.columns;
  }

  get metadata(): Metadata {
    return this.#snapshot.metadata;
  }

  get protocol(): Protocol {
    return this.#snapshot.protocol;
  }

  /** The files that a scan reads, as the log has them. */
  files({ where }: Pick<ScanOptions, "where"> = {}): AddFile[] {
    return prunedFiles(this.#snapshot, this.#ports.sql, this.#condition(where)).map(({ add }) => add);
  }

  /** Rows as Arrow record batches, at least one for each file that has some. */
  async *rows({ columns, where }: ScanOptions = {}): AsyncGenerator<Arrow.RecordBatch> {
    const all = this.#snapshot.columns;
    const wanted = columns === undefined ? all.map((_, i) => i) : columns.map((name) => columnAt(all, name));
    const fields = wanted.map((i) => all[i]);
    const { ArrowConversion } = await import("../executor/result-arrow.ts");
    const arrow = await ArrowConversion.load();
    const schema = arrow.schema(fields);
    for await (const rows of readRows(this.#snapshot, this.#ports, wanted, this.#condition(where))) {
      yield arrow.recordBatch(valueBatch(fields.map(({ type }) => type), rows), fields, schema);
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Arrow.RecordBatch> {
    return this.rows();
  }

  #condition(where: string | undefined) {
    return where === undefined ? undefined : this.#ports.sql.condition(where, this.#snapshot.columns);
  }
}

/** Raises UNRESOLVED_COLUMN.WITH_SUGGESTION. */
function columnAt(columns: readonly StructField[], name: string): number {
  const at = columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase());
  if (at >= 0) return at;
  const proposal = columns.map((column) => `\`${column.name}\``).join(", ");
  throw new SparrowError("UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703", `A column with name \`${name}\` cannot be resolved. Did you mean one of the following? [${proposal}].`, { objectName: `\`${name}\``, proposal });
}

async function* given(rows: AsyncIterable<Readonly<Record<string, unknown>>> | Iterable<Readonly<Record<string, unknown>>>, columns: readonly StructField[]) {
  for await (const row of rows) {
    for (const name of Object.keys(row)) columnAt(columns, name);
    const byName = new Map(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]));
    yield columns.map(({ name, type }) => {
      const input = byName.get(name.toLowerCase());
      return input === undefined ? undefined : inputValue(input, type, name);
    });
  }
}
