import { SparrowError } from "../../catalog/errors.ts";
import type { ColumnStatistics } from "../../catalog/table.ts";
import type { DataType, StructField } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import type { ScanFile } from "../../delta/scan-files.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import type { AstExpr } from "../../parser/ast.ts";
import { generationOf } from "./derived-columns.ts";

/**
 * What the values of generated partition columns say of the columns that they are computed from: a file with day = 2024-01-31, where day is CAST(at AS DATE), has
 * times of that day only. So conditions on `at` exclude partitions. Source: Delta Spark's `OptimizablePartitionExpression`, which derives conditions instead.
 */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Local times of a TIMESTAMP are those of the writer's zone, which is not known: no zone is further from UTC. */
const ZONE_MS = 16 * HOUR;

const CALENDAR_TYPES = new Set(["date", "timestamp", "timestamp_ntz"]);

/** Milliseconds of the calendar: [from, to). */
interface Period {
  readonly from: number;
  readonly to: number;
}

/** What the partition values of a file, by position of their columns, say of one other column; undefined for nothing. */
interface Derivation {
  readonly source: number;
  readonly partitions: readonly number[];
  readonly bounds: (values: readonly Value[]) => readonly [min: Value, max: Value] | undefined;
  /** The expression is NULL for NULL, and only for it. Not so for texts: an empty one is NULL as a partition value. */
  readonly keepsNull: boolean;
}

const known = new WeakMap<DeltaSnapshot, readonly Derivation[]>();

/** Bounds of columns by position. `rows`: in the file, if known. */
export function generatedBounds(snapshot: DeltaSnapshot, { fields }: Pick<ScanFile, "fields">, rows: number | undefined): ReadonlyMap<number, ColumnStatistics> {
  const derivations = known.get(snapshot) ?? derivationsOf(snapshot);
  known.set(snapshot, derivations);
  const found = new Map<number, ColumnStatistics>();
  for (const { source, partitions, bounds, keepsNull } of derivations) {
    const values = partitions.map((i) => {
      const field = fields[i];
      return field.kind === "constant" ? field.value : null;
    });
    if (keepsNull && values.every((value) => value === null)) found.set(source, { min: null, max: null, nulls: rows, distinct: 0 });
    const own = values.includes(null) ? undefined : bounds(values);
    if (own !== undefined) found.set(source, { min: own[0], max: own[1], nulls: 0, distinct: undefined });
  }
  return found;
}

function derivationsOf({ fields, metadata }: DeltaSnapshot): Derivation[] {
  const partitions = new Set(metadata.partitionColumns.map((name) => name.toLowerCase()));
  const parts = new Map<number, Map<string, number>>();
  const derivations: Derivation[] = [];
  for (const [i, field] of fields.entries()) {
    const form = partitions.has(field.name.toLowerCase()) ? knownForm(field) : undefined;
    const source = form === undefined ? -1 : fields.findIndex(({ name }) => name.toLowerCase() === form.column.toLowerCase());
    if (form === undefined || source < 0) continue;
    const { type } = fields[source];
    const derive = (bounds: (value: Value) => readonly [Value, Value] | undefined, keepsNull = true): void => {
      derivations.push({ source, partitions: [i], bounds: ([value]) => bounds(value), keepsNull });
    };
    if (form.kind === "prefix" ? type.kind !== "string" : !CALENDAR_TYPES.has(type.kind)) continue;
    switch (form.kind) {
      case "prefix":
        derive((value) => prefixBounds(value as string, form.length), false);
        break;
      case "part":
        parts.set(source, (parts.get(source) ?? new Map<string, number>()).set(form.part, i));
        break;
      case "date":
        derive((value) => periodBounds({ from: (value as number) * DAY, to: (value as number) * DAY + DAY }, type));
        break;
      case "format":
        derive((value) => formattedBounds(String(value), type));
        break;
      case "truncated":
        derive((value) => truncatedBounds(value, field.type, form.days, type));
        break;
    }
  }
  for (const [source, byPart] of parts) {
    // A month alone says nothing: each part counts with all greater ones.
    const greater = ["year", "month", "day", "hour"];
    const missing = greater.findIndex((part) => !byPart.has(part));
    const positions = (missing < 0 ? greater : greater.slice(0, missing)).map((part) => byPart.get(part) as number);
    if (positions.length > 0) derivations.push({ source, partitions: positions, bounds: (values) => periodBounds(periodOf(values as number[]), fields[source].type), keepsNull: true });
  }
  return derivations;
}

type Form =
  | { readonly kind: "date" | "format"; readonly column: string }
  | { readonly kind: "part"; readonly column: string; readonly part: string }
  | { readonly kind: "prefix"; readonly column: string; readonly length: number }
  | { readonly kind: "truncated"; readonly column: string; readonly days: number };

const PARTS: Readonly<Record<string, string>> = { year: "year", month: "month", day: "day", dayofmonth: "day", hour: "hour" };
/** The most days of what DATE_TRUNC and TRUNC cut to. */
const UNIT_DAYS: Readonly<Record<string, number>> = { year: 366, yyyy: 366, yy: 366, quarter: 92, month: 31, mon: 31, mm: 31, week: 7, day: 1, dd: 1, hour: 1 / 24 };
const FORMATS = new Set(["yyyy", "yyyy-MM", "yyyy-MM-dd", "yyyy-MM-dd-HH"]);

/** Undefined too for what only other engines can parse: reading does not need it. */
function knownForm(field: StructField): Form | undefined {
  try {
    const expression = generationOf(field);
    return expression === undefined ? undefined : formOf(expression);
  } catch (error) {
    if (error instanceof SparrowError) return undefined;
    throw error;
  }
}

/** The expressions of which something is known; undefined for all others. */
function formOf(ast: AstExpr): Form | undefined {
  if (ast.kind === "cast") {
    const column = columnOf(ast.operand);
    return ast.type.kind === "date" && column !== undefined ? { kind: "date", column } : undefined;
  }
  if (ast.kind !== "call" || ast.name.parts.length !== 1) return undefined;
  const name = ast.name.parts[0].name.toLowerCase();
  const args = ast.args.map(({ value }) => value);
  const column = columnOf(args[name === "date_trunc" ? 1 : 0]);
  if (column === undefined) return undefined;
  const [, second, third] = args;
  if (name in PARTS && args.length === 1) return { kind: "part", column, part: PARTS[name] };
  if ((name === "substring" || name === "substr") && second?.kind === "number" && /^[01]$/.test(second.text) && third?.kind === "number") return { kind: "prefix", column, length: Number(third.text) };
  if (name === "date_format" && second?.kind === "string" && FORMATS.has(second.value)) return { kind: "format", column };
  const unit = name === "date_trunc" ? args[0] : name === "trunc" ? second : undefined;
  const days = unit?.kind === "string" ? UNIT_DAYS[unit.value.toLowerCase()] : undefined;
  return days === undefined ? undefined : { kind: "truncated", column, days };
}

function columnOf(ast: AstExpr | undefined): string | undefined {
  return ast?.kind === "name" && ast.name.parts.length === 1 ? ast.name.parts[0].name : undefined;
}

/** The period of a year, a month of a year, and so on. */
function periodOf([year, month, day, hour]: readonly (number | undefined)[]): Period {
  const at = (y: number, m = 1, d = 1, h = 0): number => {
    const date = new Date(0);
    date.setUTCFullYear(y, m - 1, d);
    return date.getTime() + h * HOUR;
  };
  const y = year as number;
  if (hour !== undefined) return { from: at(y, month, day, hour), to: at(y, month, day, hour + 1) };
  if (day !== undefined) return { from: at(y, month, day), to: at(y, month, day + 1) };
  return month !== undefined ? { from: at(y, month), to: at(y, month + 1) } : { from: at(y), to: at(y + 1) };
}

/** The values of a column that lie in a period; undefined for a type without a calendar. */
function periodBounds({ from, to }: Period, type: DataType): readonly [Value, Value] | undefined {
  switch (type.kind) {
    case "date":
      return [Math.floor(from / DAY), Math.ceil(to / DAY) - 1];
    case "timestamp_ntz":
      return [BigInt(from) * 1000n, BigInt(to) * 1000n - 1n];
    case "timestamp":
      return [BigInt(from - ZONE_MS) * 1000n, BigInt(to + ZONE_MS) * 1000n - 1n];
    default:
      return undefined;
  }
}

function formattedBounds(text: string, type: DataType): readonly [Value, Value] | undefined {
  if (!/^\d{4}(-\d\d){0,3}$/.test(text)) return undefined;
  return periodBounds(periodOf(text.split("-").map(Number)), type);
}

/** What was cut off is less than the unit, whatever the zone, but for an hour that a clock was put back. */
function truncatedBounds(value: Value, partitionType: DataType, days: number, type: DataType): readonly [Value, Value] | undefined {
  if (partitionType.kind === "date") return periodBounds({ from: (value as number) * DAY, to: (value as number) * DAY + days * DAY }, type);
  if (partitionType.kind !== type.kind || typeof value !== "bigint") return undefined;
  return [value, value + BigInt(Math.ceil(days * DAY) + 2 * HOUR) * 1000n];
}

/** All texts that begin with one; a shorter one than was asked for is the whole text. */
function prefixBounds(prefix: string, length: number): readonly [Value, Value] | undefined {
  const characters = [...prefix];
  if (characters.length !== length) return characters.length < length ? [prefix, prefix] : undefined;
  const last = characters[length - 1]?.codePointAt(0);
  if (last === undefined || last === 0x10ffff) return undefined;
  // The next character in the order of UTF-8; halves of surrogate pairs are none.
  return [prefix, characters.slice(0, -1).join("") + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1)];
}
