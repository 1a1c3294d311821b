import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import type { DuckDBOracle } from "../oracle/duckdb.ts";
import type { ResultSet } from "../oracle/result-set.ts";
import { deletedRows, type FileStatistics, type LiveFile, physicalName, type ReplayedTable, type SchemaField, type SchemaType } from "./replay-log.ts";

const MICROS_PER_DAY = 86_400_000_000n;

/** The rows of replayed tables. DuckDB reads the data files, each of them once, for data files never change. */
export class ReplayedRows {
  readonly #duckdb: DuckDBOracle;
  readonly #files = new Map<string, Promise<ResultSet>>();

  constructor(duckdb: DuckDBOracle) {
    this.#duckdb = duckdb;
  }

  /** Rows in the table's columns. Raises for a file that is missing, or has not the rows that the log says. */
  async rows(table: ReplayedTable): Promise<Value[][]> {
    const rows: Value[][] = [];
    for (const file of table.files) rows.push(...(await this.#fileRows(table, file)));
    return rows;
  }

  /** A file as it is, in the order of its rows. */
  dataFile(path: string): Promise<ResultSet> {
    const known = this.#files.get(path) ?? this.#duckdb.query(`SELECT * FROM read_parquet('${path.replaceAll("'", "''").replaceAll(/[*?[]/g, "[$&]")}', hive_partitioning = false)`);
    this.#files.set(path, known);
    return known;
  }

  async #fileRows({ location, metadata }: ReplayedTable, file: LiveFile): Promise<Value[][]> {
    const stored = await this.dataFile(file.path);
    if ((file.stats.numRecords ?? stored.rows.length) !== stored.rows.length) throw new Error(`${file.path} has ${stored.rows.length} rows, and the log says ${file.stats.numRecords}`);
    const deleted = deletedRows(location, file);
    const columns = metadata.schema.fields.map((field) => this.#column(field, metadata, file, stored));
    return stored.rows.flatMap((row, position) => (deleted.has(position) ? [] : [columns.map((column) => column(row))]));
  }

  #column(field: SchemaField, { configuration, partitionColumns }: ReplayedTable["metadata"], { partitionValues, stats }: LiveFile, stored: ResultSet): (row: readonly Value[]) => Value {
    const name = physicalName(field, configuration);
    if (partitionColumns.includes(field.name)) {
      const value = partitionValue(partitionValues[name], field.type);
      return () => value;
    }
    const at = stored.columns.findIndex((column) => column.name === name);
    // A column that was added after the file was written.
    if (at < 0) return () => null;
    checkStatistics(name, stats, stored.rows.map((row) => row[at]), stored.columns[at].type);
    return (row) => widened(row[at], stored.columns[at].type, field.type);
  }
}

/** What the log says of a column that its values refute. Bounds of texts and numbers alone are looked at: those of dates and others are texts here. */
function checkStatistics(name: string, { nullCount = {}, minValues = {}, maxValues = {}, tightBounds }: FileStatistics, values: readonly Value[], type: DataType): void {
  const nulls = values.filter((value) => value === null).length;
  const counted = nullCount[name];
  // Where rows are deleted the count says something only if it is none or all.
  const isExact = tightBounds !== false || counted === 0 || counted === values.length;
  if (isExact && typeof counted === "number" && counted !== nulls) throw new Error(`the log counts ${counted} NULLs in ${name}, and there are ${nulls}`);
  const [min, max] = [minValues[name], maxValues[name]].map((bound) => (type.kind === "float" && typeof bound === "number" ? Math.fround(bound) : bound));
  for (const value of values) {
    const isWithin = typeof value === "string" ? byBytes(value, min) >= 0 && byBytes(value, max) <= 0 : typeof value !== "number" || within(value, min, max);
    if (!isWithin) throw new Error(`${name} has ${value}, and the log says it is within ${String(min)} and ${String(max)}`);
  }
}

function within(value: number, min: unknown, max: unknown): boolean {
  return typeof min !== "number" || typeof max !== "number" || (value >= min && value <= max);
}

/** By UTF-8; a bound that is not there is equal to everything. */
function byBytes(a: string, b: unknown): number {
  return typeof b === "string" ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : 0;
}

/** A partition value as DuckDB would read it. */
function partitionValue(text: string | null, type: SchemaType): Value {
  if (text === null || text === "") return null;
  const decimal = /^decimal\(\d+,(\d+)\)$/.exec(String(type));
  if (decimal !== null) return unscaled(text, Number(decimal[1]));
  switch (type) {
    case "string":
      return text;
    case "byte":
    case "short":
    case "integer":
    case "float":
    case "double":
      return Number(text);
    case "long":
      return BigInt(text);
    case "boolean":
      return text === "true";
    case "date":
      return Date.parse(`${text}T00:00:00Z`) / 86_400_000;
    case "timestamp":
    case "timestamp_ntz":
      return microsOf(text);
    default:
      throw new Error(`the type ${JSON.stringify(type)} is none of a partition column`);
  }
}

function unscaled(text: string, scale: number): bigint {
  const [whole, fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(scale, "0"));
}

/** Microseconds of `yyyy-MM-dd HH:mm:ss[.SSSSSS]`, or with `T` and `Z`, in UTC. */
function microsOf(text: string): bigint {
  const [, seconds, fraction = ""] = /^(.*?)(?:\.(\d+))?Z?$/.exec(text.replace(" ", "T")) as RegExpExecArray;
  return BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(fraction.padEnd(6, "0"));
}

/** A value of a file that was written when the column had a narrower type. */
function widened(value: Value, from: DataType, to: SchemaType): Value {
  if (value === null) return null;
  const scale = /^decimal\(\d+,(\d+)\)$/.exec(String(to))?.[1];
  if (scale !== undefined) return BigInt(value as number | bigint) * 10n ** BigInt(Number(scale) - (from.kind === "decimal" ? from.scale : 0));
  return to === "timestamp_ntz" && from.kind === "date" ? BigInt(value as number) * MICROS_PER_DAY : value;
}
