/**
 * Spark SQL's data types. Plain data: they travel to workers and into catalogs as they are.
 * Source: Spark's `org.apache.spark.sql.types`.
 */
export type DataType =
  | { readonly kind: "null" }
  | { readonly kind: "boolean" }
  | { readonly kind: "byte" }
  | { readonly kind: "short" }
  | { readonly kind: "int" }
  | { readonly kind: "long" }
  | { readonly kind: "float" }
  | { readonly kind: "double" }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "string"; readonly collation?: string }
  | { readonly kind: "char"; readonly length: number }
  | { readonly kind: "varchar"; readonly length: number }
  | { readonly kind: "binary" }
  | { readonly kind: "date" }
  | { readonly kind: "time"; readonly precision: number }
  | { readonly kind: "timestamp" }
  | { readonly kind: "timestamp_ntz" }
  | { readonly kind: "interval_ym"; readonly from: YearMonthField; readonly to: YearMonthField }
  | { readonly kind: "interval_dt"; readonly from: DayTimeField; readonly to: DayTimeField }
  | { readonly kind: "calendar_interval" }
  | { readonly kind: "array"; readonly element: DataType; readonly containsNull: boolean }
  | { readonly kind: "map"; readonly key: DataType; readonly value: DataType; readonly valueContainsNull: boolean }
  | { readonly kind: "struct"; readonly fields: readonly StructField[] }
  | { readonly kind: "variant" };

export type TypeKind = DataType["kind"];
export type YearMonthField = "year" | "month";
export type DayTimeField = "day" | "hour" | "minute" | "second";

export interface StructField {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  /** Delta's column metadata and Spark's comment (`comment`), default (`CURRENT_DEFAULT`) and the like. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export type StructType = Extract<DataType, { kind: "struct" }>;
export type DecimalType = Extract<DataType, { kind: "decimal" }>;

export const NULL: DataType = { kind: "null" };
export const BOOLEAN: DataType = { kind: "boolean" };
export const BYTE: DataType = { kind: "byte" };
export const SHORT: DataType = { kind: "short" };
export const INT: DataType = { kind: "int" };
export const LONG: DataType = { kind: "long" };
export const FLOAT: DataType = { kind: "float" };
export const DOUBLE: DataType = { kind: "double" };
export const STRING: DataType = { kind: "string" };
export const BINARY: DataType = { kind: "binary" };
export const DATE: DataType = { kind: "date" };
export const TIMESTAMP: DataType = { kind: "timestamp" };
export const TIMESTAMP_NTZ: DataType = { kind: "timestamp_ntz" };
export const VARIANT: DataType = { kind: "variant" };
export const CALENDAR_INTERVAL: DataType = { kind: "calendar_interval" };
export const INTERVAL_YM: DataType = { kind: "interval_ym", from: "year", to: "month" };
export const INTERVAL_DT: DataType = { kind: "interval_dt", from: "day", to: "second" };

export const MAX_DECIMAL_PRECISION = 38;

export function decimal(precision: number, scale: number): DecimalType {
  return { kind: "decimal", precision, scale };
}

/** Decimals of up to 18 digits are one 64-bit lane, wider ones two. */
export function isWideDecimal(type: DataType): boolean {
  return type.kind === "decimal" && type.precision > 18;
}

export function isIntegral(type: DataType): boolean {
  return type.kind === "byte" || type.kind === "short" || type.kind === "int" || type.kind === "long";
}

export function isFractional(type: DataType): boolean {
  return type.kind === "float" || type.kind === "double";
}

export function isNumeric(type: DataType): boolean {
  return isIntegral(type) || isFractional(type) || type.kind === "decimal";
}

export function isStringLike(type: DataType): boolean {
  return type.kind === "string" || type.kind === "char" || type.kind === "varchar";
}

export function isNested(type: DataType): boolean {
  return type.kind === "array" || type.kind === "map" || type.kind === "struct" || type.kind === "variant";
}

/** Whether a type is of a kind or holds one at any depth. */
export function containsKind(type: DataType, kind: DataType["kind"]): boolean {
  if (type.kind === kind) return true;
  switch (type.kind) {
    case "array":
      return containsKind(type.element, kind);
    case "map":
      return containsKind(type.key, kind) || containsKind(type.value, kind);
    case "struct":
      return type.fields.some((field) => containsKind(field.type, kind));
    default:
      return false;
  }
}

/** Whether two types are the same, field names and nullability included. */
export function sameType(a: DataType, b: DataType): boolean {
  return a === b || (a.kind === b.kind && JSON.stringify(a) === JSON.stringify(b));
}

/** Spark's `catalogString` in lower case, as `DESCRIBE`, `typeof` and golden schemas print it: `decimal(10,2)`, `struct<a:int>`. */
export function typeName(type: DataType): string {
  switch (type.kind) {
    case "null":
      return "void";
    case "byte":
      return "tinyint";
    case "short":
      return "smallint";
    case "long":
      return "bigint";
    case "boolean":
    case "int":
    case "float":
    case "double":
    case "binary":
    case "date":
    case "timestamp":
    case "timestamp_ntz":
    case "variant":
      return type.kind;
    case "string":
      return type.collation === undefined || type.collation === "UTF8_BINARY" ? "string" : `string collate ${type.collation}`;
    case "char":
    case "varchar":
      return `${type.kind}(${type.length})`;
    case "time":
      return `time(${type.precision})`;
    case "calendar_interval":
      return "interval";
    case "decimal":
      return `decimal(${type.precision},${type.scale})`;
    case "interval_ym":
    case "interval_dt":
      return type.from === type.to ? `interval ${type.from}` : `interval ${type.from} to ${type.to}`;
    case "array":
      return `array<${typeName(type.element)}>`;
    case "map":
      return `map<${typeName(type.key)},${typeName(type.value)}>`;
    case "struct":
      return `struct<${type.fields.map((f) => `${f.name}:${typeName(f.type)}`).join(",")}>`;
  }
}

/** Spark's `sql` form in upper case, as error messages quote it: `"DECIMAL(10,2)"`, `"STRUCT<a: INT>"`. */
export function sqlTypeName(type: DataType): string {
  switch (type.kind) {
    case "array":
      return `ARRAY<${sqlTypeName(type.element)}>`;
    case "map":
      return `MAP<${sqlTypeName(type.key)}, ${sqlTypeName(type.value)}>`;
    case "struct":
      return `STRUCT<${type.fields.map((f) => `${f.name}: ${sqlTypeName(f.type)}${f.nullable ? "" : " NOT NULL"}`).join(", ")}>`;
    default:
      return typeName(type).toUpperCase();
  }
}
