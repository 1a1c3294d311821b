import type { ColumnStatistics } from "../catalog/table.ts";
import type { DataType } from "../catalog/types.ts";
import type { Value } from "../catalog/values.ts";
import { asDouble, asInteger, type ExactJson, numberText, parseExactJson, unscaledDecimal } from "./exact-json.ts";
import { dateDays, localMicros, zonedMicros } from "./partition-values.ts";

/** What the log says of a file's rows. */
export interface FileStatistics {
  /** Rows in the file, deleted ones included. */
  readonly rows: number | undefined;
  /** Of a column by physical name, as values of `type`, which has physical names too; undefined where nothing is said. */
  readonly column: (name: string, type: DataType) => ColumnStatistics | undefined;
}

export const NO_STATISTICS: FileStatistics = { rows: undefined, column: () => undefined };

const MAX_LONG = 2n ** 63n - 1n;
const MILLISECOND = 1000n;

type JsonObject = { readonly [key: string]: ExactJson };

/** Reads the JSON of an `add` action's statistics; statistics that cannot be read say nothing. */
export function parseFileStatistics(stats: string | undefined): FileStatistics {
  if (stats === undefined || stats === "") return NO_STATISTICS;
  let json: ExactJson;
  try {
    json = parseExactJson(stats);
  } catch {
    return NO_STATISTICS;
  }
  if (!isObject(json)) return NO_STATISTICS;
  const rows = asDouble(json.numRecords);
  const [minValues, maxValues, nullCount] = [json.minValues, json.maxValues, json.nullCount].map(objectOf);
  const tight = json.tightBounds !== false;
  const columnOf = (mins: JsonObject, maxs: JsonObject, counts: JsonObject, name: string, type: DataType): ColumnStatistics | undefined => {
    if (type.kind === "struct") {
      const [innerMins, innerMaxs, innerCounts] = [mins, maxs, counts].map((part) => objectOf(part[name]));
      const fields = new Map(type.fields.flatMap((field, i) => {
        const own = columnOf(innerMins, innerMaxs, innerCounts, field.name, field.type);
        return own === undefined ? [] : [[i, own] as const];
      }));
      return fields.size === 0 ? undefined : { min: null, max: null, nulls: undefined, distinct: undefined, fields };
    }
    const min = boundOf(mins[name], type, "min");
    const max = boundOf(maxs[name], type, "max");
    const counted = asDouble(counts[name]);
    // With wide bounds a count of nulls says something only if no row, or every row, is null.
    const nulls = counted === undefined || tight || counted === 0 || counted === rows ? counted : undefined;
    if (min === undefined && max === undefined && nulls === undefined) return undefined;
    return { min: min ?? null, max: max ?? null, nulls, distinct: undefined };
  };
  return { rows, column: (name, type) => columnOf(minValues, maxValues, nullCount, name, type) };
}

function objectOf(json: ExactJson | undefined): JsonObject {
  return isObject(json) ? json : {};
}

function isObject(json: ExactJson | undefined): json is JsonObject {
  return json !== null && typeof json === "object" && !Array.isArray(json);
}

function boundOf(json: ExactJson | undefined, type: DataType, which: "min" | "max"): Value | undefined {
  const value = statisticValue(json, type);
  switch (type.kind) {
    case "float":
    case "double":
      return floatBound(value as number | undefined, which);
    case "timestamp":
    case "timestamp_ntz":
      return timestampBound(value as bigint | undefined, which);
    default:
      return value;
  }
}

/** A bound as it is written; undefined for what is no value of the type. */
export function statisticValue(json: ExactJson | undefined, type: DataType): Value | undefined {
  if (json === undefined || json === null) return undefined;
  switch (type.kind) {
    case "byte":
    case "short":
    case "int": {
      const value = asInteger(json);
      return value === undefined ? undefined : Number(value);
    }
    case "long":
      return asInteger(json);
    case "float": {
      // Writers print the shortest digits that stand for the FLOAT, which as a DOUBLE is another number.
      const bound = asDouble(json);
      return bound === undefined ? undefined : Math.fround(bound);
    }
    case "double":
      return asDouble(json);
    case "decimal": {
      const text = numberText(json) ?? (typeof json === "string" ? json : undefined);
      return text === undefined ? undefined : unscaledDecimal(text, type.scale);
    }
    case "string":
    case "char":
    case "varchar":
      return typeof json === "string" ? json : undefined;
    case "boolean":
      return typeof json === "boolean" ? json : undefined;
    case "date":
      return typeof json === "string" ? dateDays(json) : undefined;
    case "timestamp":
      return typeof json === "string" ? zonedMicros(json) : undefined;
    case "timestamp_ntz":
      return typeof json === "string" ? localMicros(json.replace(/Z$/, "")) : undefined;
    default:
      return undefined;
  }
}

/** A zero bound may stand for either zero. */
function floatBound(value: number | undefined, which: "min" | "max"): number | undefined {
  if (value === undefined || Number.isNaN(value)) return undefined;
  return value === 0 ? (which === "min" ? -0 : 0) : value;
}

/** Writers cut timestamps to milliseconds, so the true maximum may be up to one later. */
function timestampBound(micros: bigint | undefined, which: "min" | "max"): bigint | undefined {
  if (micros === undefined || which === "min") return micros;
  return micros > MAX_LONG - MILLISECOND ? MAX_LONG : micros + MILLISECOND;
}
