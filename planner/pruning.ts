import type { Column, ColumnId, Expr } from "../catalog/expression.ts";
import type { ColumnStatistics, Split } from "../catalog/table.ts";
import { isCached } from "../catalog/table.ts";
import type { DataType } from "../catalog/types.ts";
import type { Value } from "../catalog/values.ts";
import { conjuncts, disjuncts } from "./conjunctions.ts";

/**
 * The splits that may hold a row for which all conjuncts are TRUE. Exact about what statistics do not say: a bound may be wider than the
 * values (truncated strings), NaN is above every number and not counted in bounds, and a missing bound says nothing.
 * `fieldOf`: the table's column position of a scan column.
 */
export function pruneSplits(splits: readonly Split[], conditions: readonly Expr[], fieldOf: ReadonlyMap<ColumnId, number>): readonly Split[] {
  const tests = conditions.flatMap(conjuncts);
  if (tests.length === 0) return splits;
  const kept = splits.filter((split) => split.rows !== 0 && tests.every((test) => canBeTrue(test, split, fieldOf)));
  return kept.length === splits.length ? splits : kept;
}

/** Values of a column: exactly these, sorted, or those between two bounds. */
export type WantedValues = { readonly sorted: readonly Value[] } | { readonly min: Value; readonly max: Value };

/** The splits that may hold one of the wanted values in a column; all where its values have no order here. */
export function splitsWithValues(splits: readonly Split[], column: Column, field: number, wanted: WantedValues): readonly Split[] {
  const fieldOf = new Map([[column.id, field]]);
  const kept = splits.filter((split) => {
    if (split.rows === 0) return false;
    const bounds = boundsOf(column.id, split, fieldOf);
    if (bounds.allNull) return false;
    const [min, max] = "sorted" in wanted ? [firstFrom(wanted.sorted, bounds.min, column.type), bounds.min] : [wanted.min, wanted.max];
    if (min === undefined) return false;
    if (bounds.max !== null && (compareValues(min, bounds.max, column.type) ?? 0) > 0) return false;
    return bounds.min === null || (compareValues(max, bounds.min, column.type) ?? 0) >= 0;
  });
  return kept.length === splits.length ? splits : kept;
}

/** The first of the sorted values that is not below the bound (null: none is). */
function firstFrom(sorted: readonly Value[], bound: Value, type: DataType): Value | undefined {
  if (bound === null) return sorted[0];
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((compareValues(sorted[middle], bound, type) ?? 0) < 0) low = middle + 1;
    else high = middle;
  }
  return sorted[low];
}

/** What is known of a column within one split. `allNull`: certainly; `noNull`: certainly. */
interface Bounds {
  readonly min: Value;
  readonly max: Value;
  readonly allNull: boolean;
  readonly noNull: boolean;
}

const UNBOUNDED: Bounds = { min: null, max: null, allNull: false, noNull: false };

function canBeTrue(expr: Expr, split: Split, fieldOf: ReadonlyMap<ColumnId, number>): boolean {
  switch (expr.kind) {
    case "literal":
      return expr.value === true;
    case "column":
      return columnCanBe(expr, true, split, fieldOf);
    case "in": {
      if (expr.input.kind !== "column") return true;
      const bounds = boundsOf(expr.input.id, split, fieldOf);
      if (bounds.allNull) return false;
      const { type } = expr.input;
      return expr.list.some((item) => item.kind !== "literal" || (item.value !== null && mayEqual(bounds, item.value, type)));
    }
    case "call":
      return callCanBeTrue(expr, split, fieldOf);
    case "cast":
    case "case":
    case "lambda":
      return true;
  }
}

function columnCanBe(column: Extract<Expr, { kind: "column" }>, value: boolean, split: Split, fieldOf: ReadonlyMap<ColumnId, number>): boolean {
  const bounds = boundsOf(column.id, split, fieldOf);
  return !bounds.allNull && (typeof bounds.min !== "boolean" || typeof bounds.max !== "boolean" || bounds.min === value || bounds.max === value);
}

function callCanBeTrue(expr: Extract<Expr, { kind: "call" }>, split: Split, fieldOf: ReadonlyMap<ColumnId, number>): boolean {
  switch (expr.name) {
    case "and":
      return conjuncts(expr).every((part) => canBeTrue(part, split, fieldOf));
    case "or":
      return disjuncts(expr).some((part) => canBeTrue(part, split, fieldOf));
    case "not":
      return expr.args[0].kind === "column" ? columnCanBe(expr.args[0], false, split, fieldOf) : true;
    case "isnull":
      return expr.args[0].kind !== "column" || !boundsOf(expr.args[0].id, split, fieldOf).noNull;
    case "isnotnull":
      return expr.args[0].kind !== "column" || !boundsOf(expr.args[0].id, split, fieldOf).allNull;
    case "startswith": {
      const [column, prefix] = expr.args;
      if (column.kind !== "column" || prefix.kind !== "literal" || typeof prefix.value !== "string") return true;
      const bounds = boundsOf(column.id, split, fieldOf);
      return !bounds.allNull && mayHavePrefix(bounds, prefix.value);
    }
    default:
      return comparisonCanBeTrue(expr, split, fieldOf);
  }
}

const MIRRORED: Readonly<Record<string, string>> = { "=": "=", "<=>": "<=>", "<": ">", "<=": ">=", ">": "<", ">=": "<=" };

function comparisonCanBeTrue(expr: Extract<Expr, { kind: "call" }>, split: Split, fieldOf: ReadonlyMap<ColumnId, number>): boolean {
  if (!(expr.name in MIRRORED)) return true;
  let [column, literal] = expr.args;
  let operator = expr.name;
  if (column.kind === "literal") {
    [column, literal] = [literal, column];
    operator = MIRRORED[operator];
  }
  if (column.kind !== "column" || literal.kind !== "literal") return true;
  const bounds = boundsOf(column.id, split, fieldOf);
  if (literal.value === null) return operator === "<=>" && !bounds.noNull;
  if (bounds.allNull) return false;
  const { type } = column;
  const nanCounts = type.kind === "float" || type.kind === "double";
  const low = bounds.min === null ? undefined : compareValues(bounds.min, literal.value, type);
  const high = bounds.max === null ? undefined : compareValues(bounds.max, literal.value, type);
  switch (operator) {
    case "=":
    case "<=>":
      return mayEqual(bounds, literal.value, type);
    case "<":
      return low === undefined || low < 0;
    case "<=":
      return low === undefined || low <= 0;
    case ">":
      return nanCounts || high === undefined || high > 0;
    default:
      return nanCounts || high === undefined || high >= 0;
  }
}

function mayEqual(bounds: Bounds, value: Value, type: DataType): boolean {
  if (typeof value === "number" && Number.isNaN(value)) return true;
  const low = bounds.min === null ? undefined : compareValues(bounds.min, value, type);
  const high = bounds.max === null ? undefined : compareValues(bounds.max, value, type);
  return (low === undefined || low <= 0) && (high === undefined || high >= 0);
}

function mayHavePrefix(bounds: Bounds, prefix: string): boolean {
  const cut = (value: Value): string | undefined => (typeof value === "string" ? value.slice(0, prefix.length) : undefined);
  const low = cut(bounds.min);
  const high = cut(bounds.max);
  if (low !== undefined && compareText(low, prefix) > 0) return false;
  return high === undefined || compareText(high, prefix) >= 0;
}

function boundsOf(id: ColumnId, split: Split, fieldOf: ReadonlyMap<ColumnId, number>): Bounds {
  const field = fieldOf.get(id);
  if (field === undefined) return UNBOUNDED;
  const { source } = split;
  if (!isCached(source)) {
    const stored = source.fields[field];
    if (stored?.kind === "constant") return { min: stored.value, max: stored.value, allNull: stored.value === null, noNull: stored.value !== null };
  }
  const statistics: ColumnStatistics | undefined = split.columns?.get(field);
  if (statistics === undefined) return UNBOUNDED;
  const allNull = statistics.nulls !== undefined && split.rows !== undefined && split.rows > 0 && statistics.nulls >= split.rows;
  return { min: usable(statistics.min), max: usable(statistics.max), allNull, noNull: statistics.nulls === 0 };
}

/** A NaN bound was written by a writer that did not leave NaN out: it orders nothing. */
function usable(value: Value): Value {
  return typeof value === "number" && Number.isNaN(value) ? null : value;
}

/**
 * Order of two non-null values of a type; undefined when it is not known here (collations, nested values). -0.0 equals 0.0.
 * Strings and binary order by bytes.
 */
export function compareValues(a: Value, b: Value, type: DataType): number | undefined {
  if (type.kind === "string" && type.collation !== undefined && type.collation !== "UTF8_BINARY") return undefined;
  if (typeof a === "number" && typeof b === "number") return Number.isNaN(a) || Number.isNaN(b) ? undefined : a - b;
  if ((typeof a === "bigint" && typeof b === "bigint") || (typeof a === "boolean" && typeof b === "boolean")) return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  return undefined;
}

/** By UTF-8 bytes, which is by code point; UTF-16 order differs where surrogates meet U+E000 to U+FFFF. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Moves surrogates above the rest of the basic plane. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
