import { type Column, type ColumnId, type Expr, typeOf } from "../catalog/expression.ts";
import type { ColumnStatistics, Split } from "../catalog/table.ts";
import { isCached } from "../catalog/table.ts";
import type { DataType } from "../catalog/types.ts";
import type { Value } from "../catalog/values.ts";
import { conjuncts, disjuncts } from "./conjunctions.ts";
import type { WantedValues } from "./wanted-values.ts";

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

/** The splits that may hold one of the wanted values in a column; all where its values have no order here. */
export function splitsWithValues(splits: readonly Split[], column: Column, field: number, wanted: WantedValues): readonly Split[] {
  const fieldOf = new Map([[column.id, field]]);
  const kept = splits.filter((split) => {
    if (split.rows === 0) return false;
    const bounds = boundsOf(column.id, split, fieldOf);
    if (bounds.allNull) return false;
    if ("sorted" in wanted) return wanted.someWithin(bounds.min, bounds.max);
    if (bounds.max !== null && (compareValues(wanted.min, bounds.max, column.type) ?? 0) > 0) return false;
    return bounds.min === null || (compareValues(wanted.max, bounds.min, column.type) ?? 0) >= 0;
  });
  return kept.length === splits.length ? splits : kept;
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
      return valueCanBe(expr, true, split, fieldOf);
    case "in": {
      const bounds = boundsOfValue(expr.input, split, fieldOf);
      if (bounds === undefined) return true;
      if (bounds.allNull) return false;
      const type = typeOf(expr.input);
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

function valueCanBe(expr: Expr, value: boolean, split: Split, fieldOf: ReadonlyMap<ColumnId, number>): boolean {
  const bounds = boundsOfValue(expr, split, fieldOf) ?? UNBOUNDED;
  return !bounds.allNull && (typeof bounds.min !== "boolean" || typeof bounds.max !== "boolean" || bounds.min === value || bounds.max === value);
}

function callCanBeTrue(expr: Extract<Expr, { kind: "call" }>, split: Split, fieldOf: ReadonlyMap<ColumnId, number>): boolean {
  switch (expr.name) {
    case "and":
      return conjuncts(expr).every((part) => canBeTrue(part, split, fieldOf));
    case "or":
      return disjuncts(expr).some((part) => canBeTrue(part, split, fieldOf));
    case "not":
      return valueCanBe(expr.args[0], false, split, fieldOf);
    case "getfield":
      return valueCanBe(expr, true, split, fieldOf);
    case "isnull":
      return boundsOfValue(expr.args[0], split, fieldOf)?.noNull !== true;
    case "isnotnull":
      return boundsOfValue(expr.args[0], split, fieldOf)?.allNull !== true;
    case "startswith": {
      const [text, prefix] = expr.args;
      const bounds = boundsOfValue(text, split, fieldOf);
      if (bounds === undefined || prefix.kind !== "literal" || typeof prefix.value !== "string") return true;
      return !bounds.allNull && mayHavePrefix(bounds, prefix.value);
    }
    default:
      return comparisonCanBeTrue(expr, split, fieldOf);
  }
}

const MIRRORED: Readonly<Record<string, string>> = { "=": "=", "<=>": "<=>", "<": ">", "<=": ">=", ">": "<", ">=": "<=" };

function comparisonCanBeTrue(expr: Extract<Expr, { kind: "call" }>, split: Split, fieldOf: ReadonlyMap<ColumnId, number>): boolean {
  if (!(expr.name in MIRRORED)) return true;
  let [compared, literal] = expr.args;
  let operator = expr.name;
  if (compared.kind === "literal") {
    [compared, literal] = [literal, compared];
    operator = MIRRORED[operator];
  }
  const bounds = boundsOfValue(compared, split, fieldOf);
  if (bounds === undefined || literal.kind !== "literal") return true;
  if (literal.value === null) return operator === "<=>" && !bounds.noNull;
  if (bounds.allNull) return false;
  const type = typeOf(compared);
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

/** Of a column, or of a field of structs in one; undefined for every other expression. */
function boundsOfValue(expr: Expr, split: Split, fieldOf: ReadonlyMap<ColumnId, number>): Bounds | undefined {
  if (expr.kind === "column") return boundsOf(expr.id, split, fieldOf);
  if (expr.kind !== "call" || expr.name !== "getfield") return undefined;
  const statistics = fieldStatistics(expr, split, fieldOf);
  return statistics === undefined ? UNBOUNDED : boundsBy(statistics, split);
}

/** What is said of a field of structs. A constant column says nothing of its fields here. */
function fieldStatistics(expr: Expr, split: Split, fieldOf: ReadonlyMap<ColumnId, number>): ColumnStatistics | undefined {
  if (expr.kind === "column") {
    const field = fieldOf.get(expr.id);
    return field === undefined ? undefined : split.columns?.get(field);
  }
  if (expr.kind !== "call" || expr.name !== "getfield") return undefined;
  const [base, name] = expr.args;
  const type = typeOf(base);
  if (type.kind !== "struct" || name.kind !== "literal") return undefined;
  return fieldStatistics(base, split, fieldOf)?.fields?.get(type.fields.findIndex((field) => field.name === name.value));
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
  return statistics === undefined ? UNBOUNDED : boundsBy(statistics, split);
}

function boundsBy({ min, max, nulls }: ColumnStatistics, { rows }: Split): Bounds {
  const allNull = nulls !== undefined && rows !== undefined && rows > 0 && nulls >= rows;
  return { min: usable(min), max: usable(max), allNull, noNull: nulls === 0 };
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
