import type { DataType } from "../../catalog/types.ts";
import { isIntegral, isStringLike, typeName } from "../../catalog/types.ts";
import type { CalendarInterval, MapValue, StructValue, Value } from "../../catalog/values.ts";
import type { ResultSet } from "./result-set.ts";

export interface CompareOptions {
  /** True only when the query's ORDER BY leaves no two rows equal; else rows are compared as a multiset. */
  readonly ordered?: boolean;
}

/** DOUBLE results may differ by the order of summation. */
const DOUBLE_TOLERANCE = 1e-9;
const FLOAT_TOLERANCE = 1e-5;

/**
 * Compares our result with DuckDB's. Exact types match exactly, whatever their width (DuckDB sums integers to HUGEINT); where DuckDB
 * computes in DOUBLE what Spark has as a decimal, our value may be off by one unit of its last digit; DOUBLE to 1e-9 relative.
 *
 * @returns undefined when they are equal, else what differs first, in words.
 */
export function firstDifference(ours: ResultSet, theirs: ResultSet, options: CompareOptions = {}): string | undefined {
  if (ours.columns.length !== theirs.columns.length) {
    return `ours has ${ours.columns.length} columns (${names(ours)}), DuckDB's has ${theirs.columns.length} (${names(theirs)})`;
  }
  const types: TypePair[] = [];
  for (const [i, column] of ours.columns.entries()) {
    const other = theirs.columns[i].type;
    if (!comparable(column.type, other)) {
      return `column ${i + 1} (${column.name}) is ${typeName(column.type)}, DuckDB's is ${typeName(other)}`;
    }
    types.push({ ours: column.type, theirs: other });
  }
  if (ours.rows.length !== theirs.rows.length) {
    const example = options.ordered === true ? undefined : unmatchedRow(ours, theirs, types);
    return `ours has ${ours.rows.length} rows, DuckDB's has ${theirs.rows.length}${example === undefined ? "" : `; ${example}`}`;
  }
  return options.ordered === true ? firstDifferentRow(ours, theirs, types) : unmatchedRow(ours, theirs, types);
}

interface TypePair {
  readonly ours: DataType;
  readonly theirs: DataType;
}

type Row = readonly Value[];

function firstDifferentRow(ours: ResultSet, theirs: ResultSet, types: readonly TypePair[]): string | undefined {
  for (const [r, row] of ours.rows.entries()) {
    const other = theirs.rows[r];
    for (const [c, pair] of types.entries()) {
      if (!equalValues(row[c], pair.ours, other[c], pair.theirs)) {
        return `row ${r + 1}, column ${c + 1} (${ours.columns[c].name}): ours ${show(row[c], pair.ours)}, DuckDB's ${show(other[c], pair.theirs)}`;
      }
    }
  }
  return undefined;
}

/** Multiset comparison: rows fall into groups by their exact columns; within a group every row must find a partner within tolerance. */
function unmatchedRow(ours: ResultSet, theirs: ResultSet, types: readonly TypePair[]): string | undefined {
  const exact = types.map((pair) => !isApproximate(pair.ours) && !isApproximate(pair.theirs));
  const waiting = new Map<string, Row[]>();
  for (const row of theirs.rows) {
    const key = groupKey(row, types, exact, "theirs");
    const group = waiting.get(key);
    if (group === undefined) waiting.set(key, [row]);
    else group.push(row);
  }
  for (const row of ours.rows) {
    const group = waiting.get(groupKey(row, types, exact, "ours")) ?? [];
    const partner = group.findIndex((other) => types.every((pair, c) => exact[c] || equalValues(row[c], pair.ours, other[c], pair.theirs)));
    if (partner < 0) {
      const near = nearestRow(row, types, group.length > 0 ? group : [...waiting.values()].flat());
      const beside = near === undefined ? "" : `; nearest of DuckDB's: ${showRow(near, types, "theirs")}`;
      return `DuckDB has no row ${showRow(row, types, "ours")}${beside}`;
    }
    group.splice(partner, 1);
  }
  for (const group of waiting.values()) {
    if (group.length > 0) return `only DuckDB has the row ${showRow(group[0], types, "theirs")}`;
  }
  return undefined;
}

function nearestRow(row: Row, types: readonly TypePair[], candidates: readonly Row[]): Row | undefined {
  let best: Row | undefined;
  let bestMatches = -1;
  for (const candidate of candidates.slice(0, 1000)) {
    const matches = types.filter((pair, c) => equalValues(row[c], pair.ours, candidate[c], pair.theirs)).length;
    if (matches > bestMatches) {
      best = candidate;
      bestMatches = matches;
    }
  }
  return best;
}

function groupKey(row: Row, types: readonly TypePair[], exact: readonly boolean[], side: keyof TypePair): string {
  let key = "";
  for (const [c, pair] of types.entries()) {
    if (exact[c]) key += `${canonical(row[c], pair[side], pair)}\u0001`;
  }
  return key;
}

/** A text equal for equal values of two comparable exact types. */
function canonical(v: Value, type: DataType, pair: TypePair): string {
  if (v === null) return "\u0000";
  if (isDateOrTimestamp(type) && pair.ours.kind !== pair.theirs.kind) return String(micros(v, type));
  if (isExactNumber(type)) return normalDecimal(v, type);
  return show(v, type);
}

const MICROS_PER_DAY = 86_400_000_000n;

function isExactNumber(type: DataType): boolean {
  return isIntegral(type) || type.kind === "decimal";
}

/** `unscaled e -scale` without trailing zeros. */
function normalDecimal(v: Value, type: DataType): string {
  let unscaled = BigInt(v as number | bigint);
  let scale = type.kind === "decimal" ? type.scale : 0;
  while (scale > 0 && unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale--;
  }
  return scale === 0 ? String(unscaled) : `${unscaled}e-${scale}`;
}

function isApproximate(type: DataType): boolean {
  switch (type.kind) {
    case "float":
    case "double":
      return true;
    case "array":
      return isApproximate(type.element);
    case "map":
      return true; // Entries have no order.
    case "struct":
      return type.fields.some((f) => isApproximate(f.type));
    default:
      return false;
  }
}

/** Whether values of the two types can be the same result under the known differences of the two systems. */
function comparable(ours: DataType, theirs: DataType): boolean {
  if (ours.kind === "null" || theirs.kind === "null") return true;
  if (isNumber(ours) && isNumber(theirs)) return true;
  if (isStringLike(ours) && isStringLike(theirs)) return true;
  if (isDateOrTimestamp(ours) && isDateOrTimestamp(theirs)) return true;
  if (isInterval(ours) && isInterval(theirs)) return true;
  if (ours.kind === "array" && theirs.kind === "array") return comparable(ours.element, theirs.element);
  if (ours.kind === "map" && theirs.kind === "map") return comparable(ours.key, theirs.key) && comparable(ours.value, theirs.value);
  if (ours.kind === "struct" && theirs.kind === "struct") {
    const others = theirs.fields;
    return ours.fields.length === others.length && ours.fields.every((f, i) => comparable(f.type, others[i].type));
  }
  return ours.kind === theirs.kind;
}

function isNumber(type: DataType): boolean {
  return isExactNumber(type) || type.kind === "float" || type.kind === "double";
}

function isDateOrTimestamp(type: DataType): boolean {
  return type.kind === "date" || type.kind === "timestamp" || type.kind === "timestamp_ntz";
}

function isInterval(type: DataType): boolean {
  return type.kind === "interval_ym" || type.kind === "interval_dt" || type.kind === "calendar_interval";
}

function equalValues(a: Value, aType: DataType, b: Value, bType: DataType): boolean {
  if (a === null || b === null) return a === b;
  if (isNumber(aType)) return equalNumbers(a, aType, b, bType);
  if (isDateOrTimestamp(aType)) return micros(a, aType) === micros(b, bType);
  if (isInterval(aType)) return show(a, aType) === show(b, bType);
  switch (aType.kind) {
    case "binary":
      return Buffer.compare(a as Uint8Array, b as Uint8Array) === 0;
    case "array": {
      const [x, y] = [a as readonly Value[], b as readonly Value[]];
      const other = (bType as typeof aType).element;
      return x.length === y.length && x.every((v, i) => equalValues(v, aType.element, y[i], other));
    }
    case "struct": {
      const [x, y] = [(a as StructValue).fields, (b as StructValue).fields];
      const others = (bType as typeof aType).fields;
      return aType.fields.every((f, i) => equalValues(x[i], f.type, y[i], others[i].type));
    }
    case "map": {
      const [x, y] = [a as MapValue, b as MapValue];
      const other = bType as typeof aType;
      return (
        x.keys.length === y.keys.length &&
        x.keys.every((key, i) => {
          const j = y.keys.findIndex((k) => equalValues(key, aType.key, k, other.key));
          return j >= 0 && equalValues(x.values[i], aType.value, y.values[j], other.value);
        })
      );
    }
    default:
      return a === b;
  }
}

function equalNumbers(a: Value, aType: DataType, b: Value, bType: DataType): boolean {
  if (isExactNumber(aType) && isExactNumber(bType)) return normalDecimal(a, aType) === normalDecimal(b, bType);
  const x = toNumber(a, aType);
  const y = toNumber(b, bType);
  if (x === y || (Number.isNaN(x) && Number.isNaN(y))) return true;
  const single = aType.kind === "float" || bType.kind === "float";
  let allowed = (single ? FLOAT_TOLERANCE : DOUBLE_TOLERANCE) * Math.max(Math.abs(x), Math.abs(y));
  for (const type of [aType, bType]) if (type.kind === "decimal") allowed += 10 ** -type.scale;
  return Math.abs(x - y) <= allowed;
}

function toNumber(v: Value, type: DataType): number {
  return type.kind === "decimal" ? Number(v as bigint) / 10 ** type.scale : Number(v as number | bigint);
}

function micros(v: Value, type: DataType): bigint {
  return type.kind === "date" ? BigInt(v as number) * MICROS_PER_DAY : (v as bigint);
}

function names(result: ResultSet): string {
  return result.columns.map((c) => c.name).join(", ");
}

function showRow(row: Row, types: readonly TypePair[], side: keyof TypePair): string {
  return `(${row.map((v, c) => show(v, types[c][side])).join(", ")})`;
}

/** A value as a message shows it. */
export function show(v: Value, type: DataType): string {
  if (v === null) return "NULL";
  switch (type.kind) {
    case "decimal": {
      const digits = String((v as bigint) < 0n ? -(v as bigint) : v).padStart(type.scale + 1, "0");
      const sign = (v as bigint) < 0n ? "-" : "";
      return type.scale === 0 ? sign + digits : `${sign}${digits.slice(0, -type.scale)}.${digits.slice(-type.scale)}`;
    }
    case "date":
      return new Date((v as number) * 86_400_000).toISOString().slice(0, 10);
    case "timestamp":
    case "timestamp_ntz": {
      const micro = ((v as bigint) % 1_000_000n + 1_000_000n) % 1_000_000n;
      const seconds = new Date(Number(((v as bigint) - micro) / 1_000n));
      return `${seconds.toISOString().slice(0, 19)}.${String(micro).padStart(6, "0")}`;
    }
    case "string":
    case "char":
    case "varchar":
      return `'${v as string}'`;
    case "binary":
      return `X'${Buffer.from(v as Uint8Array).toString("hex")}'`;
    case "interval_ym":
      return showInterval({ months: v as number, days: 0, micros: 0n });
    case "interval_dt":
      return showInterval({ months: 0, days: 0, micros: v as bigint });
    case "calendar_interval":
      return showInterval(v as CalendarInterval);
    case "array":
      return `[${(v as readonly Value[]).map((x) => show(x, type.element)).join(", ")}]`;
    case "map": {
      const { keys, values } = v as MapValue;
      return `{${keys.map((k, i) => `${show(k, type.key)}: ${show(values[i], type.value)}`).join(", ")}}`;
    }
    case "struct":
      return `{${type.fields.map((f, i) => `${f.name}: ${show((v as StructValue).fields[i], f.type)}`).join(", ")}}`;
    case "null":
    case "boolean":
    case "byte":
    case "short":
    case "int":
    case "long":
    case "float":
    case "double":
    case "time":
    case "variant":
      return String(v);
  }
}

/** Days count as 24 hours, for DuckDB keeps them apart and Spark's day-time intervals do not. */
function showInterval(interval: CalendarInterval): string {
  return `${interval.months} months ${interval.micros + BigInt(interval.days) * MICROS_PER_DAY} micros`;
}
