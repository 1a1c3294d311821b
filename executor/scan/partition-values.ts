import { SparrowError } from "../../catalog/errors.ts";
import type { DataType, StructField } from "../../catalog/types.ts";
import { DATE, DOUBLE, INT, LONG, NULL, STRING, TIMESTAMP, decimal } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { castValue } from "../functions/cast.ts";
import { parseDate, parseTimestamp } from "../functions/datetime-text.ts";
import type { DataFile } from "./file-listing.ts";
import { unescapeName } from "./file-listing.ts";

/** The folder name that stands for NULL. */
const NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__";
/** Of timestamps in folder names, which are without one. */
const ZONE = "UTC";

/**
 * Partition columns found in folder names, with types as Spark infers them: int, bigint, decimal, double, date, timestamp, else string. Raises
 * CONFLICTING_PARTITION_COLUMN_NAMES when files lie under different columns.
 * Source: Spark's PartitioningUtils.
 */
export function inferPartitionColumns(files: readonly DataFile[]): StructField[] {
  if (files.length === 0) return [];
  const names = files[0].partition.map(([name]) => name);
  for (const file of files) {
    const own = file.partition.map(([name]) => name);
    if (own.length === names.length && own.every((name, i) => name === names[i])) continue;
    throw new SparrowError(
      "CONFLICTING_PARTITION_COLUMN_NAMES",
      "KD009",
      `Conflicting partition column names detected: ${files[0].path} has (${names.join(", ")}), ${file.path} has (${own.join(", ")}).`,
      { distinctPartColLists: `${names.join(", ")}; ${own.join(", ")}`, suspiciousPaths: file.path },
      { origin: "data" },
    );
  }
  return names.map((name, i) => {
    const texts = new Set(files.map((file) => file.partition[i][1]));
    let type: DataType = NULL;
    for (const text of texts) type = commonType(type, inferType(text));
    return { name, type: type.kind === "null" ? STRING : type, nullable: true };
  });
}

function inferType(text: string): DataType {
  if (text === NULL_PARTITION) return NULL;
  const value = unescapeName(text);
  if (/^[+-]?\d+$/.test(value)) {
    const number = BigInt(value);
    if (number === BigInt.asIntN(32, number)) return INT;
    if (number === BigInt.asIntN(64, number)) return LONG;
    const digits = value.replace(/^[+-]?0*/, "").length;
    return digits <= 38 ? decimal(digits, 0) : DOUBLE;
  }
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?$/.test(value)) return DOUBLE;
  if (/^\d{4}-\d{1,2}-\d{1,2}$/.test(value) && parseDate(value) !== undefined) return DATE;
  if (/^\d{4}-\d{1,2}-\d{1,2}[ T]\d/.test(value) && parseTimestamp(value, ZONE) !== undefined) return TIMESTAMP;
  return STRING;
}

function commonType(a: DataType, b: DataType): DataType {
  if (a.kind === b.kind && a.kind !== "decimal") return a;
  if (a.kind === "null") return b;
  if (b.kind === "null") return a;
  const order = ["int", "long", "decimal", "double"];
  const rank = Math.max(order.indexOf(a.kind), order.indexOf(b.kind));
  if (order.includes(a.kind) && order.includes(b.kind)) {
    if (rank < 2) return LONG;
    if (rank === 3) return DOUBLE;
    return decimal(Math.max(integerDigits(a), integerDigits(b)), 0);
  }
  const kinds = new Set([a.kind, b.kind]);
  return kinds.has("date") && kinds.has("timestamp") ? TIMESTAMP : STRING;
}

function integerDigits(type: DataType): number {
  return type.kind === "decimal" ? type.precision : type.kind === "long" ? 20 : 10;
}

/** The value that a folder name stands for, as `type`. Raises CAST_INVALID_INPUT when it is not one. */
export function partitionValue(text: string, type: DataType): Value {
  return text === NULL_PARTITION ? null : castValue(unescapeName(text), STRING, type, "ansi", ZONE);
}
