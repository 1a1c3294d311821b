import type { DataType, StructField } from "../catalog/types.ts";
import type { MapValue, StructValue, Value } from "../catalog/values.ts";
import type { ExactJson } from "./exact-json.ts";
import { ExactNumber } from "./exact-json.ts";
import { timestampText } from "./partition-values.ts";

/** Rows of a Parquet file: checkpoints and sidecars. */
export interface ParquetRows {
  readonly fields: readonly StructField[];
  /** By row, then by field. */
  readonly rows: readonly (readonly Value[])[];
}

/** The port that reading needs beside storage. */
export interface ParquetRowsReader {
  /** All rows of the columns that are asked for and there; raises SparrowError for a file that is none. */
  readonly readParquetRows: (path: string, columns: readonly string[]) => Promise<ParquetRows>;
}

/** The port that writing checkpoints needs beside storage. */
export interface ParquetRowsWriter {
  /** A Parquet file with these rows. */
  readonly encodeParquetRows: (fields: readonly StructField[], rows: readonly (readonly Value[])[]) => Promise<Uint8Array>;
}

/** A value as the JSON that Delta's log would have for it. */
export function valueToJson(value: Value, type: DataType): ExactJson {
  if (value === null) return null;
  switch (type.kind) {
    case "struct": {
      const { fields } = value as StructValue;
      const json: Record<string, ExactJson> = {};
      for (const [i, field] of type.fields.entries()) json[field.name] = valueToJson(fields[i], field.type);
      return json;
    }
    case "array":
      return (value as readonly Value[]).map((item) => valueToJson(item, type.element));
    case "map": {
      const { keys, values } = value as MapValue;
      return Object.fromEntries(keys.map((key, i) => [String(key), valueToJson(values[i], type.value)]));
    }
    case "long": {
      const long = value as bigint;
      return Number.isSafeInteger(Number(long)) ? Number(long) : long;
    }
    case "decimal":
      return new ExactNumber(decimalText(value as bigint, type.scale));
    case "date":
      return new Date((value as number) * 86_400_000).toISOString().slice(0, 10);
    case "timestamp":
      return timestampText(value as bigint);
    case "timestamp_ntz":
      return timestampText(value as bigint).slice(0, -1);
    default:
      return value as ExactJson;
  }
}

/** `-1.50` for -150 at scale 2. */
export function decimalText(unscaled: bigint, scale: number): string {
  const negative = unscaled < 0n;
  const digits = String(negative ? -unscaled : unscaled).padStart(scale + 1, "0");
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return negative ? `-${text}` : text;
}
