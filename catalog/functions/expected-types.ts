import { canStoreAssign, decimalFor } from "../coercion.ts";
import type { DataType } from "../types.ts";
import { decimal, DOUBLE, INTERVAL_DT, INTERVAL_YM, isNumeric, isStringLike, NULL, sqlTypeName, STRING, TIMESTAMP, TIMESTAMP_NTZ, INT, BINARY, LONG, DATE, BOOLEAN, VARIANT } from "../types.ts";

/**
 * What a function's parameter takes: a type or a class of types. Source: Spark's `AbstractDataType`, `TypeCollection`.
 */
export interface ExpectedType {
  /** Quoted as messages show it: `"STRING"`, `("STRING" or "BINARY")`. */
  readonly name: string;
  readonly accepts: (type: DataType) => boolean;
  /** The type that a value of a type not accepted is cast to without being asked; undefined: the argument does not fit. */
  readonly implicit: (type: DataType, ansi: boolean) => DataType | undefined;
}

/** What the argument becomes, or undefined when it does not fit. */
export function implicitCast(type: DataType, expected: ExpectedType, ansi: boolean): DataType | undefined {
  return expected.accepts(type) ? type : expected.implicit(type, ansi);
}

/** Exactly one type. Source: the cases for concrete types of `AnsiTypeCoercion.implicitCast` and `TypeCoercion.implicitCast`. */
export function exactly(type: DataType): ExpectedType {
  return { name: `"${sqlTypeName(type)}"`, accepts: (t) => t.kind === type.kind && (type.kind !== "decimal" || sqlTypeName(t) === sqlTypeName(type)), implicit: (t, ansi) => toConcrete(t, type, ansi) };
}

function toConcrete(from: DataType, to: DataType, ansi: boolean): DataType | undefined {
  if (from.kind === "null") return to;
  if (isStringLike(from) && isStringLike(to)) return to;
  if (ansi) {
    if (isStringLike(from)) return isAtomic(to) ? to : undefined;
    return canStoreAssign(from, to) ? to : undefined;
  }
  if (isStringLike(from)) return isNumeric(to) || to.kind === "date" || to.kind === "timestamp" || to.kind === "binary" ? to : undefined;
  if (isStringLike(to)) return isAtomic(from) ? to : undefined;
  if (isNumeric(from) && isNumeric(to)) return to;
  if (from.kind === "date" && (to.kind === "timestamp" || to.kind === "timestamp_ntz")) return to;
  if ((from.kind === "timestamp" || from.kind === "timestamp_ntz") && to.kind === "date") return to;
  if ((from.kind === "timestamp" && to.kind === "timestamp_ntz") || (from.kind === "timestamp_ntz" && to.kind === "timestamp")) return to;
  return undefined;
}

function isAtomic(type: DataType): boolean {
  switch (type.kind) {
    case "array":
    case "map":
    case "struct":
    case "variant":
    case "null":
    case "calendar_interval":
      return false;
    default:
      return true;
  }
}

function classOf(name: string, accepts: (type: DataType) => boolean, implicit: ExpectedType["implicit"]): ExpectedType {
  return { name: `"${name}"`, accepts, implicit };
}

export const ANY: ExpectedType = classOf("ANY", () => true, () => undefined);
export const STRING_TYPE = exactly(STRING);
/** Text alone: a number is not taken for its digits. */
export const ONLY_STRING: ExpectedType = { ...STRING_TYPE, accepts: (t) => t.kind === "string", implicit: (t) => (t.kind === "null" || isStringLike(t) ? STRING : undefined) };
export const BINARY_TYPE = exactly(BINARY);
export const INT_TYPE = exactly(INT);
export const LONG_TYPE = exactly(LONG);
export const DOUBLE_TYPE = exactly(DOUBLE);
export const BOOLEAN_TYPE = exactly(BOOLEAN);
export const DATE_TYPE = exactly(DATE);
export const TIMESTAMP_TYPE = exactly(TIMESTAMP);
export const TIMESTAMP_NTZ_TYPE = exactly(TIMESTAMP_NTZ);

export const NUMERIC = classOf("NUMERIC", isNumeric, (t) => (t.kind === "null" || isStringLike(t) ? DOUBLE : undefined));
export const INTEGRAL = classOf("INTEGRAL", (t) => t.kind === "byte" || t.kind === "short" || t.kind === "int" || t.kind === "long", (t) => (t.kind === "null" ? INT : undefined));
export const ANY_DECIMAL = classOf("DECIMAL", (t) => t.kind === "decimal", (t) => (t.kind === "null" || isStringLike(t) ? decimal(38, 18) : isNumeric(t) ? decimalFor(t) : undefined));
export const ANY_TIMESTAMP = classOf("TIMESTAMP", (t) => t.kind === "timestamp" || t.kind === "timestamp_ntz", (t) => (t.kind === "null" || t.kind === "date" || isStringLike(t) ? TIMESTAMP : undefined));
export const DAY_TIME_INTERVAL = classOf("INTERVAL DAY TO SECOND", (t) => t.kind === "interval_dt", (t) => (t.kind === "null" || isStringLike(t) ? INTERVAL_DT : undefined));
export const YEAR_MONTH_INTERVAL = classOf("INTERVAL YEAR TO MONTH", (t) => t.kind === "interval_ym", (t) => (t.kind === "null" || isStringLike(t) ? INTERVAL_YM : undefined));
export const CALENDAR_INTERVAL_TYPE = exactly({ kind: "calendar_interval" });
export const VARIANT_TYPE = exactly(VARIANT);
export const TIME_TYPE = classOf("TIME", (t) => t.kind === "time", (t) => (t.kind === "null" || isStringLike(t) ? { kind: "time", precision: 6 } : undefined));
export const ARRAY = classOf("ARRAY", (t) => t.kind === "array", (t) => (t.kind === "null" ? { kind: "array", element: NULL, containsNull: true } : undefined));
export const MAP = classOf("MAP", (t) => t.kind === "map", (t) => (t.kind === "null" ? { kind: "map", key: NULL, value: NULL, valueContainsNull: true } : undefined));
export const STRUCT = classOf("STRUCT", (t) => t.kind === "struct", () => undefined);

/** An array whose elements are of an expected type. */
export function arrayOf(element: ExpectedType): ExpectedType {
  return {
    name: `"ARRAY<${element.name.replaceAll('"', "")}>"`,
    accepts: (t) => t.kind === "array" && element.accepts(t.element),
    implicit: (t, ansi) => {
      if (t.kind === "null") return { kind: "array", element: element.implicit(t, ansi) ?? NULL, containsNull: true };
      if (t.kind !== "array") return undefined;
      const to = implicitCast(t.element, element, ansi);
      return to && { kind: "array", element: to, containsNull: true };
    },
  };
}

/** The first alternative that accepts the argument, else the first that it can be cast to. */
export function oneOf(...alternatives: readonly ExpectedType[]): ExpectedType {
  return {
    name: `(${alternatives.map((a) => a.name.replace(/^\((.*)\)$/, "$1")).join(" or ")})`,
    accepts: (t) => alternatives.some((a) => a.accepts(t)),
    implicit: (t, ansi) => {
      for (const alternative of alternatives) {
        const to = alternative.implicit(t, ansi);
        if (to !== undefined) return to;
      }
      return undefined;
    },
  };
}

/** Whether values of the type can be compared for order: all but maps, variants, calendar intervals and what holds one. Source: Spark's `RowOrdering.isOrderable`. */
export function isOrderable(type: DataType): boolean {
  switch (type.kind) {
    case "map":
    case "variant":
    case "calendar_interval":
      return false;
    case "array":
      return isOrderable(type.element);
    case "struct":
      return type.fields.every((f) => isOrderable(f.type));
    default:
      return true;
  }
}

/** Whether `=` and grouping take the type: all but maps and variants and what holds one. */
export function isComparable(type: DataType): boolean {
  switch (type.kind) {
    case "map":
    case "variant":
      return false;
    case "array":
      return isComparable(type.element);
    case "struct":
      return type.fields.every((f) => isComparable(f.type));
    default:
      return true;
  }
}
