import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimeValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBUUIDValue,
} from "@duckdb/node-api";
import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";

export interface Workbench {
  readonly folder: string;
  readonly duckdb: DuckDBConnection;
  readonly close: () => void;
}

/** A temporary folder and a DuckDB to fill it and to compare with. */
export async function openWorkbench(): Promise<Workbench> {
  const folder = mkdtempSync(join(tmpdir(), "sparrow-scan-"));
  const instance = await DuckDBInstance.create(":memory:");
  const duckdb = await instance.connect();
  await duckdb.run("SET TimeZone = 'UTC'");
  return {
    folder,
    duckdb,
    close: () => {
      duckdb.closeSync();
      instance.closeSync();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The rows of a query as values of the given types, by column. */
export async function duckdbColumns(duckdb: DuckDBConnection, sql: string, types: readonly DataType[]): Promise<Value[][]> {
  const reader = await duckdb.runAndReadAll(sql);
  return reader.getColumns().map((column, i) => column.map((value) => asValue(value, types[i])));
}

function asValue(value: DuckDBValue, type: DataType): Value {
  if (value === null) return null;
  if (value instanceof DuckDBDateValue) return value.days;
  if (value instanceof DuckDBDecimalValue) return value.value;
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return value.micros;
  if (value instanceof DuckDBTimeValue) return value.micros * 1000n;
  if (value instanceof DuckDBBlobValue) return Uint8Array.from(value.bytes);
  if (value instanceof DuckDBUUIDValue) return value.toString();
  if (value instanceof DuckDBListValue && type.kind === "array") return value.items.map((item) => asValue(item, type.element));
  if (value instanceof DuckDBStructValue && type.kind === "struct") return { fields: type.fields.map((field) => asValue(value.entries[field.name], field.type)) };
  if (value instanceof DuckDBMapValue && type.kind === "map") {
    return { keys: value.entries.map((entry) => asValue(entry.key, type.key)), values: value.entries.map((entry) => asValue(entry.value, type.value)) };
  }
  switch (type.kind) {
    case "decimal":
      return BigInt(value as bigint) * 10n ** BigInt(type.scale);
    case "long":
      return BigInt(value as bigint);
    default:
      return value as Value;
  }
}
