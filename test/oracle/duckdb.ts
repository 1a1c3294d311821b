import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance, DuckDBTypeId } from "@duckdb/node-api";
import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimeValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
} from "@duckdb/node-api";
import type { DuckDBConnection, DuckDBType, DuckDBValue } from "@duckdb/node-api";
import { InternalError } from "../../catalog/errors.ts";
import type { DataType } from "../../catalog/types.ts";
import {
  BINARY,
  BOOLEAN,
  BYTE,
  CALENDAR_INTERVAL,
  DATE,
  DOUBLE,
  FLOAT,
  INT,
  LONG,
  NULL,
  SHORT,
  STRING,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  decimal,
} from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import type { ResultSet } from "./result-set.ts";

export interface OracleOptions {
  /** A database file; in memory when absent. */
  readonly path?: string;
  readonly threads?: number;
  /** DuckDB's `memory_limit`, such as `2GB`. */
  readonly memory?: string;
}

/** Every result of DuckDB that the tests compare with comes through here. */
export class DuckDBOracle {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  /** Opens a database whose NULLs sort as Spark's do: first ascending, last descending. */
  static async open(options: OracleOptions = {}): Promise<DuckDBOracle> {
    const settings: Record<string, string> = { default_null_order: "nulls_first_on_asc_last_on_desc" };
    if (options.threads !== undefined) settings["threads"] = String(options.threads);
    if (options.memory !== undefined) settings["memory_limit"] = options.memory;
    // Of a database in memory it is the folder at hand by default.
    if (options.path === undefined) settings["temp_directory"] = join(tmpdir(), `duckdb-${process.pid}`);
    const instance = await DuckDBInstance.create(options.path ?? ":memory:", settings);
    return new DuckDBOracle(instance, await instance.connect());
  }

  /** Runs one statement and reads its whole result. Raises DuckDB's own error, and one of its own for more than `maxRows` rows. */
  async query(sql: string, maxRows = Infinity): Promise<ResultSet> {
    const result = await this.#connection.stream(sql);
    const types = result.columnTypes();
    const rows: DuckDBValue[][] = [];
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      if (rows.length + chunk.rowCount > maxRows) throw new Error(`there are more than ${maxRows} rows`);
      rows.push(...chunk.getRows());
    }
    return {
      columns: result.columnNames().map((name, i) => ({ name, type: dataType(types[i]) })),
      rows: rows.map((row) => row.map(value)),
    };
  }

  /** As `query`, without DuckDB's optimizer: a second opinion where an answer of the optimized plan is in doubt. */
  async queryUnoptimized(sql: string, maxRows = Infinity): Promise<ResultSet> {
    await this.execute("PRAGMA disable_optimizer");
    try {
      return await this.query(sql, maxRows);
    } finally {
      await this.execute("PRAGMA enable_optimizer");
    }
  }

  /** Runs one statement, fetches its whole result as DuckDB's own vectors, and gives the number of rows. */
  async count(sql: string): Promise<number> {
    const result = await this.#connection.run(sql);
    const chunks = await result.fetchAllChunks();
    return chunks.reduce((rows, chunk) => rows + chunk.rowCount, 0);
  }

  /** Runs one statement for its effect. */
  async execute(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  /** Makes `name` a view of Parquet files (a path or glob). */
  async viewParquet(name: string, path: string): Promise<void> {
    await this.execute(`CREATE OR REPLACE VIEW "${name}" AS SELECT * FROM read_parquet('${path.replaceAll("'", "''")}')`);
  }

  /** Loads Parquet files (a path or glob) into a table of DuckDB's own. */
  async loadParquet(name: string, path: string): Promise<void> {
    await this.execute(`CREATE OR REPLACE TABLE "${name}" AS SELECT * FROM read_parquet('${path.replaceAll("'", "''")}')`);
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

/** The Spark type that holds all values of a DuckDB type; HUGEINT is decimal(38,0). */
function dataType(type: DuckDBType): DataType {
  switch (type.typeId) {
    case DuckDBTypeId.SQLNULL:
      return NULL;
    case DuckDBTypeId.BOOLEAN:
      return BOOLEAN;
    case DuckDBTypeId.TINYINT:
      return BYTE;
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.UTINYINT:
      return SHORT;
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.USMALLINT:
      return INT;
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UINTEGER:
      return LONG;
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
      return decimal(38, 0);
    case DuckDBTypeId.FLOAT:
      return FLOAT;
    case DuckDBTypeId.DOUBLE:
      return DOUBLE;
    case DuckDBTypeId.DECIMAL:
      return decimal(type.width, type.scale);
    case DuckDBTypeId.VARCHAR:
    case DuckDBTypeId.ENUM:
      return STRING;
    case DuckDBTypeId.BLOB:
      return BINARY;
    case DuckDBTypeId.DATE:
      return DATE;
    case DuckDBTypeId.TIME:
      return { kind: "time", precision: 6 };
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_NS:
      return TIMESTAMP_NTZ;
    case DuckDBTypeId.TIMESTAMP_TZ:
      return TIMESTAMP;
    case DuckDBTypeId.INTERVAL:
      return CALENDAR_INTERVAL;
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
      return { kind: "array", element: dataType(type.valueType), containsNull: true };
    case DuckDBTypeId.MAP:
      return { kind: "map", key: dataType(type.keyType), value: dataType(type.valueType), valueContainsNull: true };
    case DuckDBTypeId.STRUCT:
      return {
        kind: "struct",
        fields: type.entryNames.map((name, i) => ({ name, type: dataType(type.entryTypes[i]), nullable: true })),
      };
    default:
      throw new InternalError(`a result of DuckDB has a column of type ${type.toString()}, which has no counterpart`);
  }
}

/** A value of DuckDB's in our representation: narrow integers as number, BIGINT and wider as bigint. */
function value(v: DuckDBValue): Value {
  if (v === null || typeof v === "boolean" || typeof v === "number" || typeof v === "bigint" || typeof v === "string") return v;
  if (v instanceof DuckDBDecimalValue) return v.value;
  if (v instanceof DuckDBDateValue) return v.days;
  if (v instanceof DuckDBTimestampValue || v instanceof DuckDBTimestampTZValue) return v.micros;
  if (v instanceof DuckDBTimestampSecondsValue) return v.seconds * 1_000_000n;
  if (v instanceof DuckDBTimestampMillisecondsValue) return v.millis * 1_000n;
  if (v instanceof DuckDBTimestampNanosecondsValue) return v.nanos / 1_000n;
  if (v instanceof DuckDBTimeValue) return v.micros * 1_000n;
  if (v instanceof DuckDBIntervalValue) return { months: v.months, days: v.days, micros: v.micros };
  if (v instanceof DuckDBBlobValue) return new Uint8Array(v.bytes); // A Buffer of Node is not equal to a Uint8Array for a test.
  if (v instanceof DuckDBListValue || v instanceof DuckDBArrayValue) return v.items.map(value);
  if (v instanceof DuckDBMapValue) return { keys: v.entries.map((e) => value(e.key)), values: v.entries.map((e) => value(e.value)) };
  if (v instanceof DuckDBStructValue) return { fields: Object.values(v.entries).map(value) };
  throw new InternalError(`a result of DuckDB has the value ${String(v)}, which has no counterpart`);
}
