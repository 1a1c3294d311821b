import { SparrowError } from "../../catalog/errors.ts";
import type { DataType, StructField } from "../../catalog/types.ts";
import { DATE, DOUBLE, INT, LONG, NULL, STRING, TIMESTAMP, decimal, isStringLike, sqlTypeName } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import type { DataFile } from "./file-listing.ts";
import { unescapeName } from "./file-listing.ts";

/** The folder name that stands for NULL. */
const NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__";

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
  if (dateDays(value) !== undefined) return DATE;
  if (timestampMicros(value) !== undefined) return TIMESTAMP;
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
export function partitionValue(text: string, type: DataType, column: string): Value {
  if (text === NULL_PARTITION) return null;
  const raw = unescapeName(text);
  const value = parseValue(raw, type);
  if (value !== undefined) return value;
  throw new SparrowError(
    "CAST_INVALID_INPUT",
    "22018",
    `The partition value '${raw}' of column ${column} cannot be read as "${sqlTypeName(type)}".`,
    { expression: `'${raw}'`, sourceType: '"STRING"', targetType: `"${sqlTypeName(type)}"` },
    { origin: "data" },
  );
}

function parseValue(text: string, type: DataType): Value | undefined {
  if (isStringLike(type)) return text;
  switch (type.kind) {
    case "boolean":
      return /^(true|t|yes|y|1)$/i.test(text) ? true : /^(false|f|no|n|0)$/i.test(text) ? false : undefined;
    case "byte":
      return integer(text, 8);
    case "short":
      return integer(text, 16);
    case "int":
      return integer(text, 32);
    case "long":
      return /^[+-]?\d+$/.test(text) && BigInt(text) === BigInt.asIntN(64, BigInt(text)) ? BigInt(text) : undefined;
    case "float":
    case "double":
      return text.trim() === "" || Number.isNaN(Number(text)) ? undefined : Number(text);
    case "decimal": {
      const match = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text);
      if (match === null || (match[2] === "" && (match[3] ?? "") === "") || (match[3] ?? "").length > type.scale) return undefined;
      const unscaled = BigInt(`${match[2]}${(match[3] ?? "").padEnd(type.scale, "0")}`);
      return match[1] === "-" ? -unscaled : unscaled;
    }
    case "date":
      return dateDays(text);
    case "timestamp":
    case "timestamp_ntz":
      return timestampMicros(text);
    default:
      return undefined;
  }
}

function integer(text: string, bits: number): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value >= -(2 ** (bits - 1)) && value < 2 ** (bits - 1) ? value : undefined;
}

export function dateDays(text: string): number | undefined {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = match.slice(1).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() / 86_400_000 : undefined;
}

/** `yyyy-MM-dd HH:mm:ss[.SSSSSS]`, taken as UTC. */
export function timestampMicros(text: string): bigint | undefined {
  const match = /^(\d{4}-\d{1,2}-\d{1,2})(?:[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6}))?)?)?$/.exec(text);
  const days = match === null ? undefined : dateDays(match[1]);
  if (match === null || days === undefined) return undefined;
  const [hour, minute, second] = [match[2], match[3], match[4]].map((part) => Number(part ?? 0));
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return (BigInt(days) * 86_400n + BigInt(hour * 3600 + minute * 60 + second)) * 1_000_000n + BigInt((match[5] ?? "").padEnd(6, "0"));
}
