import type { ColumnStatistics } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import type { SchemaNode } from "./parquet-schema.ts";
import type { ColumnChunk } from "./parquet-column-chunk.ts";

/**
 * What a chunk's statistics say of a leaf column, as values of `type`; undefined for other columns and where nothing is said. Bounds whose order the
 * writer left open (deprecated min and max of unsigned or textual values) are not used; neither are NaN bounds.
 * Source: parquet-format's `Statistics` and `ColumnOrder`; PARQUET-251, PARQUET-1222.
 */
export function chunkStatistics(chunk: ColumnChunk, node: SchemaNode, type: DataType): ColumnStatistics | undefined {
  const { statistics } = chunk;
  if (statistics === undefined || node.physical === undefined) return undefined;
  const ordered = !statistics.legacy || isSignedNumber(node) || (statistics.min !== undefined && statistics.max !== undefined && Buffer.compare(statistics.min, statistics.max) === 0);
  const min = ordered && statistics.min !== undefined ? bound(statistics.min, node, type, "min") : undefined;
  const max = ordered && statistics.max !== undefined ? bound(statistics.max, node, type, "max") : undefined;
  const known = min !== undefined && max !== undefined;
  return { min: known ? min : null, max: known ? max : null, nulls: statistics.nulls, distinct: statistics.distinct };
}

/** The statistics of a column's chunks in a row group, of a struct those of its fields, which must be the file's by position; floating-point fields have no bounds, for a file does not count NaN. */
export function columnStatistics(chunks: readonly ColumnChunk[], node: SchemaNode, type: DataType): ColumnStatistics | undefined {
  if (type.kind !== "struct") return chunkStatistics(chunks[node.firstLeaf], node, type);
  const fields = new Map<number, ColumnStatistics>();
  for (const [i, field] of type.fields.entries()) {
    const own = columnStatistics(chunks, node.children[i], field.type);
    if (own !== undefined) fields.set(i, field.type.kind === "float" || field.type.kind === "double" ? { ...own, min: null, max: null } : own);
  }
  return { min: null, max: null, nulls: undefined, distinct: undefined, fields };
}

function isSignedNumber(node: SchemaNode): boolean {
  switch (node.physical) {
    case "BOOLEAN":
    case "INT32":
    case "INT64":
    case "FLOAT":
    case "DOUBLE":
      return node.annotation?.kind !== "int" || node.annotation.signed;
    default:
      return false;
  }
}

function bound(bytes: Uint8Array, node: SchemaNode, type: DataType, which: "min" | "max"): Value | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (node.physical) {
    case "BOOLEAN":
      return bytes.length === 1 && type.kind === "boolean" ? bytes[0] !== 0 : undefined;
    case "INT32":
      if (bytes.length !== 4) return undefined;
      return integerBound(BigInt(isUnsigned(node) ? view.getUint32(0, true) : view.getInt32(0, true)), node, type);
    case "INT64":
      if (bytes.length !== 8) return undefined;
      return integerBound(isUnsigned(node) ? view.getBigUint64(0, true) : view.getBigInt64(0, true), node, type);
    case "FLOAT":
      return bytes.length === 4 ? floatBound(view.getFloat32(0, true), type, which) : undefined;
    case "DOUBLE":
      return bytes.length === 8 ? floatBound(view.getFloat64(0, true), type, which) : undefined;
    case "BYTE_ARRAY":
    case "FIXED_LEN_BYTE_ARRAY":
      if (node.annotation?.kind === "decimal") return type.kind === "decimal" ? rescaled(bigEndian(bytes), node.annotation.scale, type.scale) : undefined;
      if (node.annotation?.kind === "uuid" || node.annotation?.kind === "float16") return undefined;
      if (type.kind === "binary") return bytes.slice();
      return type.kind === "string" ? textBound(bytes, which) : undefined;
    case "INT96":
    case undefined:
      return undefined;
  }
}

function isUnsigned(node: SchemaNode): boolean {
  return node.annotation?.kind === "int" && !node.annotation.signed;
}

function integerBound(stored: bigint, node: SchemaNode, type: DataType): Value | undefined {
  switch (type.kind) {
    case "byte":
    case "short":
    case "int":
    case "date":
    case "double":
      return Number(stored);
    case "long":
      return stored;
    case "decimal":
      return rescaled(stored, node.annotation?.kind === "decimal" ? node.annotation.scale : 0, type.scale);
    case "timestamp":
    case "timestamp_ntz":
      return node.annotation?.kind === "timestamp" ? micros(stored, node.annotation.unit) : undefined;
    default:
      return undefined;
  }
}

function micros(value: bigint, unit: "millis" | "micros" | "nanos"): bigint {
  switch (unit) {
    case "millis":
      return value * 1000n;
    case "micros":
      return value;
    case "nanos":
      return (value - (((value % 1000n) + 1000n) % 1000n)) / 1000n;
  }
}

function rescaled(unscaled: bigint, from: number, to: number): bigint | undefined {
  return to < from ? undefined : unscaled * 10n ** BigInt(to - from);
}

/** A zero bound may stand for either zero. */
function floatBound(value: number, type: DataType, which: "min" | "max"): number | undefined {
  if (Number.isNaN(value) || (type.kind !== "float" && type.kind !== "double")) return undefined;
  return value === 0 ? (which === "min" ? -0 : 0) : value;
}

function bigEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return BigInt.asIntN(bytes.length * 8, value);
}

/** A bound cut inside of a character: the characters before are still a lower bound, but no upper one. */
function textBound(bytes: Uint8Array, which: "min" | "max"): string | undefined {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (let cut = 0; cut <= 3 && cut <= bytes.length; cut++) {
    try {
      return decoder.decode(bytes.subarray(0, bytes.length - cut));
    } catch {
      if (which === "max") return undefined;
    }
  }
  return undefined;
}
