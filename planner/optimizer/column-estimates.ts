import type { ColumnId } from "../../catalog/expression.ts";
import type { ColumnStatistics, TableSnapshot } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";

/** What is thought of a column's values; the bounds as numbers in the units of the type. */
export interface ColumnEstimate {
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** Distinct values among the rows at hand. */
  readonly distinct: number;
  /** Distinct values before any filter: what keys of other tables are drawn from. */
  readonly domain: number;
  /** The domain was counted, not guessed from bounds and rows. */
  readonly counted: boolean;
  /** 0 to 1 */
  readonly nullFraction: number;
}

export type ColumnEstimates = ReadonlyMap<ColumnId, ColumnEstimate>;

/** Rows that a table without any statistics is taken to have. */
const UNKNOWN_TABLE_ROWS = 10_000;

/** Stored bytes per row where only bytes are known. */
const BYTES_PER_ROW = 60;

export function tableRows(table: TableSnapshot): number {
  if (table.statistics.rows !== undefined) return table.statistics.rows;
  let rows = 0;
  let bytes = 0;
  for (const split of table.splits) {
    if (split.rows === undefined) bytes += split.bytes;
    else rows += split.rows;
  }
  if (rows + bytes > 0) return rows + Math.ceil(bytes / BYTES_PER_ROW);
  return table.statistics.bytes === undefined ? UNKNOWN_TABLE_ROWS : Math.ceil(table.statistics.bytes / BYTES_PER_ROW);
}

export function columnEstimate(table: TableSnapshot, field: number, type: DataType, rows: number): ColumnEstimate {
  const statistics: ColumnStatistics | undefined = table.statistics.columns.get(field);
  const layout = table.cached?.[field]?.layout;
  const entries = layout?.kind === "dictionary" ? layout.entries : undefined;
  const min = asNumber(statistics?.min ?? null);
  const max = asNumber(statistics?.max ?? null);
  const counted = statistics?.distinct ?? entries;
  const distinct = Math.max(1, Math.min(Math.max(rows, 1), counted ?? guessedDistinct(type, min, max, rows)));
  return { min, max, distinct, domain: distinct, counted: counted !== undefined, nullFraction: statistics?.nulls === undefined || rows === 0 ? 0 : Math.min(1, statistics.nulls / rows) };
}

/**
 * Integers and dates have at most as many values as their range is wide. Of strings nothing is known: few values are assumed, for a filter taken
 * for too selective puts a large table into memory, one taken for too weak does not.
 */
function guessedDistinct(type: DataType, min: number | undefined, max: number | undefined, rows: number): number {
  if (type.kind === "boolean") return 2;
  if (min !== undefined && max !== undefined && type.kind !== "float" && type.kind !== "double") return Math.max(1, max - min + 1);
  if (rows <= 100) return rows;
  return type.kind === "string" || type.kind === "char" || type.kind === "varchar" ? Math.max(10, rows ** 0.2) : rows ** 0.8;
}

/** A place for the value on the number line of its type; undefined for strings and nested values. */
export function asNumber(value: Value): number | undefined {
  if (typeof value === "number") return Number.isNaN(value) ? undefined : value;
  if (typeof value === "bigint") return Number(value);
  return undefined;
}
