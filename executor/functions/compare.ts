import type { DataType } from "../../catalog/types.ts";
import type { CalendarInterval, MapValue, StructValue, Value } from "../../catalog/values.ts";
import { collationOf } from "./collation.ts";

/**
 * Spark's order of values: NaN above every number and equal to itself, -0.0 equal to 0.0, strings and binaries by unsigned bytes,
 * arrays and structs from left to right with NULL first. Source: `TypeUtils.getInterpretedOrdering`.
 */

/** By Unicode code point, which is UTF-8's byte order. UTF-16 units differ only where a surrogate meets U+E000 to U+FFFF. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Moves surrogates above the rest of the basic plane. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

function compareDoubles(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

/** Negative, zero or positive; neither value is NULL at the top. */
export function compareValues(type: DataType, a: Value, b: Value): number {
  switch (type.kind) {
    case "null":
      return 0;
    case "boolean":
      return Number(a) - Number(b);
    case "float":
    case "double":
      return compareDoubles(a as number, b as number);
    case "string":
    case "char":
    case "varchar":
      return (collationOf(type)?.compare ?? compareText)(a as string, b as string);
    case "binary":
    case "variant":
      return compareBytes(a as Uint8Array, b as Uint8Array);
    case "byte":
    case "short":
    case "int":
    case "date":
    case "interval_ym":
      return (a as number) - (b as number);
    case "long":
    case "decimal":
    case "time":
    case "timestamp":
    case "timestamp_ntz":
    case "interval_dt":
      return a === b ? 0 : (a as bigint) < (b as bigint) ? -1 : 1;
    case "calendar_interval": {
      const x = a as CalendarInterval;
      const y = b as CalendarInterval;
      return x.months - y.months || x.days - y.days || (x.micros === y.micros ? 0 : x.micros < y.micros ? -1 : 1);
    }
    case "array": {
      const x = a as readonly Value[];
      const y = b as readonly Value[];
      return compareSequences(x, y, () => type.element);
    }
    case "struct":
      return compareSequences((a as StructValue).fields, (b as StructValue).fields, (i) => type.fields[i].type);
    case "map": {
      const x = sortedByKey(type, a as MapValue);
      const y = sortedByKey(type, b as MapValue);
      return compareSequences(x.keys, y.keys, () => type.key) || compareSequences(x.values, y.values, () => type.value);
    }
  }
}

/** SQL has no order of maps; for grouping they are one whatever the order of their entries. */
function sortedByKey({ key }: DataType & { kind: "map" }, { keys, values }: MapValue): Pick<MapValue, "keys" | "values"> {
  const order = keys.map((_, i) => i).sort((i, j) => compareNullsFirst(key, keys[i], keys[j]));
  return { keys: order.map((i) => keys[i]), values: order.map((i) => values[i]) };
}

function compareSequences(a: readonly Value[], b: readonly Value[], typeAt: (index: number) => DataType): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compareNullsFirst(typeAt(i), a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** As `compareValues`, with NULL below everything. */
export function compareNullsFirst(type: DataType, a: Value, b: Value): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return compareValues(type, a, b);
}

/** Whether two values are one value for grouping and `<=>`; NULL equals NULL. */
export function sameValue(type: DataType, a: Value, b: Value): boolean {
  if (a === null || b === null) return a === b;
  return compareValues(type, a, b) === 0;
}

/**
 * A JavaScript value that is equal exactly for values that are one: a key for maps and sets.
 * Nested values become text; type-correct because all keys of one set have one type.
 */
export function groupKey(type: DataType, value: Value): string | number | bigint | boolean | null {
  if (value === null) return null;
  switch (type.kind) {
    case "null":
      return null;
    case "float":
    case "double":
      return value === 0 ? 0 : (value as number);
    case "string":
      return collationOf(type)?.key(value as string) ?? (value as string);
    case "boolean":
    case "byte":
    case "short":
    case "int":
    case "date":
    case "interval_ym":
    case "long":
    case "decimal":
    case "char":
    case "varchar":
    case "time":
    case "timestamp":
    case "timestamp_ntz":
    case "interval_dt":
      return value as string | number | bigint | boolean;
    case "binary":
    case "variant":
      return Buffer.from(value as Uint8Array).toString("latin1");
    case "calendar_interval": {
      const interval = value as CalendarInterval;
      return `${interval.months},${interval.days},${interval.micros}`;
    }
    case "array":
      return sequenceKey(value as readonly Value[], () => type.element);
    case "struct":
      return sequenceKey((value as StructValue).fields, (i) => type.fields[i].type);
    case "map": {
      // Two maps are one for grouping whatever the order of their entries.
      const map = value as MapValue;
      const entries = map.keys.map((key, i) => sequenceKey([key, map.values[i]], (part) => (part === 0 ? type.key : type.value)));
      return entries.sort().join("");
    }
  }
}

function sequenceKey(items: readonly Value[], typeAt: (index: number) => DataType): string {
  let key = `${items.length}(`;
  for (let i = 0; i < items.length; i++) {
    const part = items[i] === null ? "~" : String(groupKey(typeAt(i), items[i]));
    key += `${part.length}:${part}`;
  }
  return `${key})`;
}
