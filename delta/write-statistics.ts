import type { ColumnStatistics } from "../catalog/table.ts";
import type { DataType, StructField } from "../catalog/types.ts";
import type { Value } from "../catalog/values.ts";
import type { Metadata } from "./actions.ts";
import { columnMappingMode, physicalName } from "./column-mapping.ts";
import { encodeExactJson, type ExactJson, ExactNumber } from "./exact-json.ts";
import { indexedLeaves } from "./indexed-columns.ts";
import { decimalText } from "./parquet-rows.ts";
import type { ColumnPath } from "./schema-change.ts";

const STRING_PREFIX = 32;
/** How much longer than the prefix a maximum may get while a character is looked for that can be raised. */
const MAX_STRING = 64;
/** 0001-01-01 and 9999-12-31: what four digits of a year can say. */
const MIN_TEXT_MS = -62_135_596_800_000;
const MAX_TEXT_MS = 253_402_300_799_999;

/** Columns of a data file, under the names that statistics have. */
export interface StatisticsTarget {
  /** The table's columns that files hold, in the files' order. */
  readonly fields: readonly StructField[];
  readonly metadata: Pick<Metadata, "configuration">;
}

/**
 * The `stats` of an `add` action: row count, and bounds and null counts of the leaf columns that are to have some (`indexedLeaves`). `columns`: by field position;
 * bounds may be wider than the values.
 */
export function statisticsText(rows: number, { fields, metadata }: StatisticsTarget, columns: ReadonlyMap<number, ColumnStatistics>): string {
  const mapping = columnMappingMode(metadata);
  const indexed = new Set(indexedLeaves(fields, metadata.configuration, mapping).map(({ physicalPath }) => JSON.stringify(physicalPath)));
  const describe = (siblings: readonly StructField[], known: ReadonlyMap<number, ColumnStatistics>, parent: ColumnPath): Parts => {
    const parts: Parts = { minValues: {}, maxValues: {}, nullCount: {} };
    for (const [i, field] of siblings.entries()) {
      const own = known.get(i);
      if (own === undefined) continue;
      const name = physicalName(field, mapping);
      const path = [...parent, name];
      const { type } = field;
      if (type.kind === "struct") {
        const inner = describe(type.fields, own.fields ?? new Map(), path);
        for (const part of PARTS) if (Object.keys(inner[part]).length > 0) parts[part][name] = inner[part];
      } else if (indexed.has(JSON.stringify(path))) {
        if (own.nulls !== undefined) parts.nullCount[name] = own.nulls;
        const min = own.min === null ? undefined : boundJson(own.min, type, "min");
        const max = own.max === null ? undefined : boundJson(own.max, type, "max");
        if (min !== undefined) parts.minValues[name] = min;
        if (max !== undefined) parts.maxValues[name] = max;
      }
    }
    return parts;
  };
  return encodeExactJson({ numRecords: rows, ...describe(fields, columns, []) });
}

const PARTS = ["minValues", "maxValues", "nullCount"] as const;
type Parts = Record<(typeof PARTS)[number], Record<string, ExactJson>>;

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
