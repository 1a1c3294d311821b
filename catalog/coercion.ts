import type { DataType } from "./types.ts";
import { decimal, DOUBLE, FLOAT, INT, isIntegral, isNumeric, isStringLike, LONG, MAX_DECIMAL_PRECISION, sameType, SHORT, STRING, TIMESTAMP, TIMESTAMP_NTZ } from "./types.ts";

/** Decimal that holds every value of an integral type. Source: Spark's `DecimalType.forType`. */
export function decimalFor(type: DataType): Extract<DataType, { kind: "decimal" }> {
  switch (type.kind) {
    case "byte":
      return decimal(3, 0);
    case "short":
      return decimal(5, 0);
    case "int":
      return decimal(10, 0);
    case "long":
      return decimal(20, 0);
    case "float":
      return decimal(14, 7);
    case "double":
      return decimal(30, 15);
    case "decimal":
      return type;
    default:
      return decimal(38, 18);
  }
}

/** Cuts a result type that is too precise, keeping at least six digits of scale. Source: Spark's `DecimalType.adjustPrecisionScale`. */
export function adjustedDecimal(precision: number, scale: number): DataType {
  if (precision <= MAX_DECIMAL_PRECISION) return decimal(precision, scale);
  const integerDigits = precision - scale;
  const minScale = Math.min(scale, 6);
  const adjusted = Math.max(MAX_DECIMAL_PRECISION - integerDigits, minScale);
  return decimal(MAX_DECIMAL_PRECISION, adjusted);
}

/** The decimal that holds both, losing scale first when 38 digits do not suffice. Source: Spark's `DecimalPrecision.widerDecimalType`. */
function widerDecimal(a: DataType & { kind: "decimal" }, b: DataType & { kind: "decimal" }): DataType {
  const scale = Math.max(a.scale, b.scale);
  const range = Math.max(a.precision - a.scale, b.precision - b.scale);
  const precision = range + scale;
  if (precision <= MAX_DECIMAL_PRECISION) return decimal(precision, scale);
  return decimal(MAX_DECIMAL_PRECISION, Math.max(0, Math.min(scale, MAX_DECIMAL_PRECISION - range)));
}

const INTEGRAL_ORDER = ["byte", "short", "int", "long"] as const;
const INTEGRAL_TYPES: Record<string, DataType> = { byte: { kind: "byte" }, short: SHORT, int: INT, long: LONG };

/**
 * The least type that both can be cast to without a change of meaning, or undefined.
 * In ANSI mode strings meet other atomic types on the other type's side; in legacy mode on the string's.
 * Source: Spark's `AnsiTypeCoercion.findTightestCommonType` / `findWiderTypeForTwo`, `TypeCoercion` with ANSI off.
 */
export function commonType(a: DataType, b: DataType, ansi: boolean): DataType | undefined {
  if (sameType(a, b)) return a;
  if (a.kind === "null") return b;
  if (b.kind === "null") return a;
  if (isStringLike(a) && isStringLike(b)) return a.kind === "string" && a.collation !== undefined ? a : b.kind === "string" && b.collation !== undefined ? b : STRING;
  if (isNumeric(a) && isNumeric(b)) return commonNumeric(a, b, ansi);
  if (isStringLike(a)) return stringMeets(b, ansi);
  if (isStringLike(b)) return stringMeets(a, ansi);
  if (isDateTime(a) && isDateTime(b)) {
    if (a.kind === "date") return b;
    if (b.kind === "date") return a;
    return a.kind === "timestamp" || b.kind === "timestamp" ? TIMESTAMP : TIMESTAMP_NTZ;
  }
  if (a.kind === "time" && b.kind === "time") return a.precision >= b.precision ? a : b;
  if (a.kind === "interval_ym" && b.kind === "interval_ym") return { kind: "interval_ym", from: "year", to: a.to === "month" || b.to === "month" || a.from !== b.from ? "month" : "year" };
  if (a.kind === "interval_dt" && b.kind === "interval_dt") {
    const fields = ["day", "hour", "minute", "second"] as const;
    const from = fields[Math.min(fields.indexOf(a.from), fields.indexOf(b.from))];
    const to = fields[Math.max(fields.indexOf(a.to), fields.indexOf(b.to))];
    return { kind: "interval_dt", from, to };
  }
  if (a.kind === "array" && b.kind === "array") {
    const element = commonType(a.element, b.element, ansi);
    return element && { kind: "array", element, containsNull: a.containsNull || b.containsNull };
  }
  if (a.kind === "map" && b.kind === "map") {
    const key = commonType(a.key, b.key, ansi);
    const value = commonType(a.value, b.value, ansi);
    return key && value && { kind: "map", key, value, valueContainsNull: a.valueContainsNull || b.valueContainsNull };
  }
  if (a.kind === "struct" && b.kind === "struct" && a.fields.length === b.fields.length) {
    const fields = [];
    for (let i = 0; i < a.fields.length; i++) {
      if (a.fields[i].name.toLowerCase() !== b.fields[i].name.toLowerCase()) return undefined;
      const type = commonType(a.fields[i].type, b.fields[i].type, ansi);
      if (type === undefined) return undefined;
      fields.push({ name: a.fields[i].name, type, nullable: a.fields[i].nullable || b.fields[i].nullable });
    }
    return { kind: "struct", fields };
  }
  return undefined;
}

/** As `commonType`, but a string meets only strings: what functions over two collections go by. Source: Spark's `findWiderTypeWithoutStringPromotion`. */
export function commonTypeWithoutStrings(a: DataType, b: DataType, ansi: boolean): DataType | undefined {
  return meetsString(a, b) ? undefined : commonType(a, b, ansi);
}

function meetsString(a: DataType, b: DataType): boolean {
  if (a.kind === "null" || b.kind === "null") return false;
  if (isStringLike(a) || isStringLike(b)) return !(isStringLike(a) && isStringLike(b));
  if (a.kind === "array" && b.kind === "array") return meetsString(a.element, b.element);
  if (a.kind === "map" && b.kind === "map") return meetsString(a.key, b.key) || meetsString(a.value, b.value);
  if (a.kind === "struct" && b.kind === "struct") return a.fields.some((field, i) => b.fields[i] !== undefined && meetsString(field.type, b.fields[i].type));
  return false;
}

/** `commonType` over any number of types; `void` for none. */
export function commonTypeOf(types: readonly DataType[], ansi: boolean): DataType | undefined {
  let result: DataType | undefined = { kind: "null" };
  for (const type of types) {
    if (result === undefined) return undefined;
    result = commonType(result, type, ansi);
  }
  return result;
}

function isDateTime(type: DataType): boolean {
  return type.kind === "date" || type.kind === "timestamp" || type.kind === "timestamp_ntz";
}

function commonNumeric(a: DataType, b: DataType, ansi: boolean): DataType {
  if (a.kind === "decimal" || b.kind === "decimal") {
    if (a.kind === "float" || a.kind === "double" || b.kind === "float" || b.kind === "double") return DOUBLE;
    return widerDecimal(decimalFor(a), decimalFor(b));
  }
  if (a.kind === "double" || b.kind === "double") return DOUBLE;
  if (a.kind === "float" || b.kind === "float") {
    const other = a.kind === "float" ? b : a;
    return ansi && isIntegral(other) ? DOUBLE : FLOAT;
  }
  const rank = Math.max(INTEGRAL_ORDER.indexOf(a.kind as never), INTEGRAL_ORDER.indexOf(b.kind as never));
  return INTEGRAL_TYPES[INTEGRAL_ORDER[rank]];
}

function stringMeets(other: DataType, ansi: boolean): DataType | undefined {
  if (!ansi) return other.kind === "boolean" || other.kind === "binary" || isNested(other) ? undefined : STRING;
  if (isIntegral(other)) return LONG;
  if (other.kind === "float" || other.kind === "double" || other.kind === "decimal") return DOUBLE;
  if (isDateTime(other) || other.kind === "time" || other.kind === "boolean" || other.kind === "binary") return other;
  return undefined;
}

function isNested(type: DataType): boolean {
  return type.kind === "array" || type.kind === "map" || type.kind === "struct" || type.kind === "variant";
}


/**
 * Whether a value may be stored into another type without an explicit cast (a value that does not fit raises when it is stored).
 * Source: Spark's `Cast.canANSIStoreAssign`.
 */
export function canStoreAssign(from: DataType, to: DataType): boolean {
  if (from.kind === "null" || sameType(from, to)) return true;
  if (isNumeric(from) && isNumeric(to)) return true;
  if (isStringLike(to)) return !isNested(from) && from.kind !== "binary";
  if (isDateTime(from) && isDateTime(to)) return true;
  if (from.kind === "time" && to.kind === "time") return true;
  if (from.kind === "interval_ym" && to.kind === "interval_ym") return true;
  if (from.kind === "interval_dt" && to.kind === "interval_dt") return true;
  if (from.kind === "array" && to.kind === "array") return canStoreAssign(from.element, to.element);
  if (from.kind === "map" && to.kind === "map") return canStoreAssign(from.key, to.key) && canStoreAssign(from.value, to.value);
  if (from.kind === "struct" && to.kind === "struct") return from.fields.length === to.fields.length && from.fields.every((f, i) => canStoreAssign(f.type, to.fields[i].type));
  return false;
}

export type DecimalOperator = "+" | "-" | "*" | "/" | "%";

/** Result type of decimal arithmetic; the operands keep their own types. Source: Spark's `Add`, `Multiply`, `Divide`, `Remainder` `.resultDecimalType`. */
export function decimalResult(operator: DecimalOperator, a: DataType & { kind: "decimal" }, b: DataType & { kind: "decimal" }): DataType {
  switch (operator) {
    case "+":
    case "-": {
      const scale = Math.max(a.scale, b.scale);
      return adjustedDecimal(Math.max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale);
    }
    case "*":
      return adjustedDecimal(a.precision + b.precision + 1, a.scale + b.scale);
    case "/": {
      const scale = Math.max(6, a.scale + b.precision + 1);
      return adjustedDecimal(a.precision - a.scale + b.scale + scale, scale);
    }
    case "%": {
      const scale = Math.max(a.scale, b.scale);
      return adjustedDecimal(Math.min(a.precision - a.scale, b.precision - b.scale) + scale, scale);
    }
  }
}

/** The least decimal that holds an integer written in the statement: 100 is decimal(3,0). Source: Spark's `DecimalType.fromLiteral`. */
export function decimalForInteger(value: bigint): DataType & { kind: "decimal" } {
  const digits = (value < 0n ? -value : value).toString().length;
  return decimal(Math.min(digits, MAX_DECIMAL_PRECISION), 0);
}
