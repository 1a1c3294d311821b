import type { ColumnStatistics } from "../catalog/table.ts";
import type { DataType, StructField } from "../catalog/types.ts";
import type { Value } from "../catalog/values.ts";
import { encodeExactJson, type ExactJson, ExactNumber } from "./exact-json.ts";
import { decimalText } from "./parquet-rows.ts";

const DEFAULT_INDEXED_COLUMNS = 32;
const STRING_PREFIX = 32;
/** How much longer than the prefix a maximum may get while a character is looked for that can be raised. */
const MAX_STRING = 64;
/** 0001-01-01 and 9999-12-31: what four digits of a year can say. */
const MIN_TEXT_MS = -62_135_596_800_000;
const MAX_TEXT_MS = 253_402_300_799_999;

/**
 * The `stats` of an `add` action: row count, and bounds and null counts of the first leaf columns (`delta.dataSkippingNumIndexedCols`, 32). Columns in nested
 * values take their place in the count and have no statistics.
 * `columns`: by field position; bounds may be wider than the values.
 */
export function statisticsText(rows: number, fields: readonly StructField[], columns: ReadonlyMap<number, ColumnStatistics>, configuration: Readonly<Record<string, string>>): string {
  const minValues: Record<string, ExactJson> = {};
  const maxValues: Record<string, ExactJson> = {};
  const nullCount: Record<string, ExactJson> = {};
  for (const [i, { name, type }] of indexedFields(fields, configuration).entries()) {
    const own = columns.get(i);
    if (own === undefined) continue;
    if (own.nulls !== undefined) nullCount[name] = own.nulls;
    const min = own.min === null ? undefined : boundJson(own.min, type, "min");
    const max = own.max === null ? undefined : boundJson(own.max, type, "max");
    if (min !== undefined) minValues[name] = min;
    if (max !== undefined) maxValues[name] = max;
  }
  return encodeExactJson({ numRecords: rows, minValues, maxValues, nullCount });
}

/** The columns of data files that have statistics: those that begin among the first leaves (`delta.dataSkippingNumIndexedCols`; -1 for all). */
export function indexedFields(fields: readonly StructField[], configuration: Readonly<Record<string, string>>): readonly StructField[] {
  const limit = Number(configuration["delta.dataSkippingNumIndexedCols"] ?? DEFAULT_INDEXED_COLUMNS);
  let leaves = 0;
  const beyond = fields.findIndex(({ type }) => {
    const first = leaves;
    leaves += leafCount(type);
    return limit >= 0 && first >= limit;
  });
  return beyond < 0 ? fields : fields.slice(0, beyond);
}

function leafCount(type: DataType): number {
  return type.kind === "struct" ? type.fields.reduce((sum, field) => sum + leafCount(field.type), 0) : 1;
}

/** Whether statistics have bounds of a type: of numbers, dates, timestamps and strings, not of booleans, binary and nested values. */
export function hasBounds(type: DataType): boolean {
  return ["byte", "short", "int", "long", "float", "double", "decimal", "date", "timestamp", "timestamp_ntz", "string", "char", "varchar"].includes(type.kind);
}

function boundJson(value: Value, type: DataType, which: "min" | "max"): ExactJson | undefined {
  switch (type.kind) {
    case "byte":
    case "short":
    case "int":
      return value as number;
    case "long":
      return value as bigint;
    case "float":
    case "double":
      return Number.isFinite(value) ? (value as number) : undefined;
    case "decimal":
      return new ExactNumber(decimalText(value as bigint, type.scale));
    case "date":
      return dateText((value as number) * 86_400_000);
    case "timestamp":
      return timestampJson(value as bigint, "Z");
    case "timestamp_ntz":
      return timestampJson(value as bigint, "");
    case "string":
    case "char":
    case "varchar":
      return which === "min" ? prefix(value as string) : maximumText(value as string);
    default:
      return undefined;
  }
}

function dateText(ms: number): string | undefined {
  return ms < MIN_TEXT_MS || ms > MAX_TEXT_MS ? undefined : new Date(ms).toISOString().slice(0, 10);
}

/** Cut to milliseconds towards the past, as Spark does; readers add one to a maximum. */
function timestampJson(micros: bigint, zone: string): string | undefined {
  const ms = Number((micros - (((micros % 1000n) + 1000n) % 1000n)) / 1000n);
  return ms < MIN_TEXT_MS || ms > MAX_TEXT_MS ? undefined : `${new Date(ms).toISOString().slice(0, -1)}${zone}`;
}

/** The first 32 UTF-16 units, without half of a surrogate pair at the end. */
function prefix(text: string, length = STRING_PREFIX): string {
  if (text.length <= length) return text;
  const splitsPair = /[\uD800-\uDBFF]/.test(text[length - 1]);
  return text.slice(0, splitsPair ? length - 1 : length);
}

/** A text that is not below `text` by UTF-8 bytes; undefined when no short one is found. */
function maximumText(text: string): string | undefined {
  if (text.length <= STRING_PREFIX) return text;
  for (let length = STRING_PREFIX; length <= MAX_STRING; length++) {
    const start = prefix(text, length);
    const next = text.codePointAt(start.length);
    if (next === undefined) return text;
    if (next < 0x7f) return `${start}\u007f`;
    if (next < 0x10ffff) return `${start}\u{10ffff}`;
  }
  return undefined;
}
