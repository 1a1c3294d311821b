import type { DataType, DayTimeField, StructField, YearMonthField } from "../catalog/types.ts";
import { BINARY, BOOLEAN, BYTE, CALENDAR_INTERVAL, DATE, decimal, DOUBLE, FLOAT, INT, LONG, MAX_DECIMAL_PRECISION, NULL, SHORT, STRING, TIMESTAMP, TIMESTAMP_NTZ, VARIANT } from "../catalog/types.ts";
import type { Cursor } from "./cursor.ts";
import { nearestWord } from "./syntax-error.ts";

/** Types that take no parameters. */
const SIMPLE: ReadonlyMap<string, DataType> = new Map([
  ["BOOLEAN", BOOLEAN],
  ["TINYINT", BYTE],
  ["BYTE", BYTE],
  ["SMALLINT", SHORT],
  ["SHORT", SHORT],
  ["INT", INT],
  ["INTEGER", INT],
  ["BIGINT", LONG],
  ["LONG", LONG],
  ["FLOAT", FLOAT],
  ["REAL", FLOAT],
  ["DOUBLE", DOUBLE],
  ["DATE", DATE],
  ["TIMESTAMP", TIMESTAMP],
  ["TIMESTAMP_LTZ", TIMESTAMP],
  ["TIMESTAMP_NTZ", TIMESTAMP_NTZ],
  ["BINARY", BINARY],
  ["VOID", NULL],
  ["VARIANT", VARIANT],
]);

const DEFAULT_TIME_PRECISION = 6;
const MAX_TIME_PRECISION = 9;

export function parseDataType(c: Cursor): DataType {
  c.enter();
  const heightBefore = c.height;
  c.height = 0;
  const type = dataType(c);
  c.height = Math.max(heightBefore, c.height + 1);
  c.leave();
  return type;
}

function dataType(c: Cursor): DataType {
  if (!c.isIdentifier()) c.fail("a data type");
  const start = c.start;
  const name = c.word;
  c.advance();
  switch (name) {
    case "ARRAY": {
      expectOpen(c, name, start);
      const element = parseDataType(c);
      c.expect(">");
      return { kind: "array", element, containsNull: true };
    }
    case "MAP": {
      expectOpen(c, name, start);
      const key = parseDataType(c);
      c.expect(",");
      const value = parseDataType(c);
      c.expect(">");
      return { kind: "map", key, value, valueContainsNull: true };
    }
    case "STRUCT":
      return structType(c, start);
    case "INTERVAL":
      return intervalType(c);
    case "STRING":
      return c.accept("COLLATE") ? { kind: "string", collation: c.qualifiedName().parts.map((part) => part.name).join(".") } : STRING;
    case "TIMESTAMP":
      if (c.acceptPhrase("WITHOUT", "TIME", "ZONE")) return TIMESTAMP_NTZ;
      c.acceptPhrase("WITH", "LOCAL", "TIME", "ZONE");
      return TIMESTAMP;
    default:
      return parameterizedType(c, name, start);
  }
}

/** A nested type without its parameters has a condition of its own. */
function expectOpen(c: Cursor, name: string, start: number): void {
  if (c.accept("<")) return;
  const example = name === "ARRAY" ? "ARRAY<INT>" : name === "MAP" ? "MAP<INT, STRING>" : "STRUCT<name: STRING>";
  c.refuse("INCOMPLETE_TYPE_DEFINITION", `Incomplete complex type: The definition of "${name}" type is incomplete. You must provide its parts: for example \`${example}\`.`, {}, start, "42K01");
}

function parameterizedType(c: Cursor, name: string, start: number): DataType {
  const parameters = c.is("(") ? c.parenthesizedList((x) => Number(x.integer())) : [];
  const simple = SIMPLE.get(name);
  if (simple !== undefined && parameters.length === 0) return simple;
  switch (name) {
    case "DECIMAL":
    case "DEC":
    case "NUMERIC":
      if (parameters.length <= 2) return decimalType(c, parameters[0] ?? 10, parameters[1] ?? 0, start);
      break;
    case "CHAR":
    case "CHARACTER":
      if (parameters.length === 1) return { kind: "char", length: parameters[0] };
      break;
    case "VARCHAR":
      if (parameters.length === 1) return { kind: "varchar", length: parameters[0] };
      break;
    case "TIME":
      if (parameters.length <= 1) return timeType(c, parameters[0] ?? DEFAULT_TIME_PRECISION, start);
      break;
  }
  if ((name === "CHAR" || name === "CHARACTER" || name === "VARCHAR") && parameters.length === 0) {
    c.refuse("DATATYPE_MISSING_SIZE", `DataType "${name}" requires a length parameter, for example "${name}"(10). Please specify the length.`, { type: `"${name}"` }, start, "42K01");
  }
  const type = `"${c.sourceFrom(start).toUpperCase()}"`;
  const nearest = nearestWord(name, [...SIMPLE.keys(), "STRING", "DECIMAL", "VARCHAR", "ARRAY", "MAP", "STRUCT", "INTERVAL"]);
  c.refuse("UNSUPPORTED_DATATYPE", `Unsupported data type ${type}.`, { typeName: type }, start, "0A000", nearest && `Did you mean ${nearest} instead of ${name}?`);
}

function decimalType(c: Cursor, precision: number, scale: number, start: number): DataType {
  if (precision > MAX_DECIMAL_PRECISION) {
    c.refuse("DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION", `Decimal precision ${precision} exceeds max precision ${MAX_DECIMAL_PRECISION}.`, { precision: `${precision}`, maxPrecision: `${MAX_DECIMAL_PRECISION}` }, start, "22003");
  }
  if (scale > precision) c.refuse("INVALID_DECIMAL_PRECISION_SCALE", `Decimal scale (${scale}) cannot be greater than precision (${precision}).`, { scale: `${scale}`, precision: `${precision}` }, start, "42611");
  return decimal(precision, scale);
}

function timeType(c: Cursor, precision: number, start: number): DataType {
  c.acceptPhrase("WITHOUT", "TIME", "ZONE");
  if (precision > MAX_TIME_PRECISION) c.refuse("UNSUPPORTED_TIME_PRECISION", `The seconds precision ${precision} of the TIME data type is out of the supported range [0, ${MAX_TIME_PRECISION}].`, { precision: `${precision}` }, start, "0A001");
  return { kind: "time", precision };
}

function structType(c: Cursor, start: number): DataType {
  if (c.accept("<>")) return { kind: "struct", fields: [] };
  expectOpen(c, "STRUCT", start);
  if (c.accept(">")) return { kind: "struct", fields: [] };
  const fields = c.commaList(structField);
  c.expect(">");
  return { kind: "struct", fields };
}

/** `name[:] type [NOT NULL] [COMMENT '...']`: a field of a struct type or of a table schema. */
export function structField(c: Cursor): StructField {
  const name = c.plainIdentifier("a field name").name;
  c.accept(":");
  const type = parseDataType(c);
  const nullable = !acceptNotNull(c);
  const comment = c.accept("COMMENT") ? c.string() : undefined;
  return { name, type, nullable, ...(comment !== undefined && { metadata: { comment } }) };
}

export function acceptNotNull(c: Cursor): boolean {
  return c.acceptPhrase("NOT", "NULL") || c.acceptPhrase("!", "NULL");
}

const YEAR_MONTH = ["YEAR", "MONTH"];
const DAY_TIME = ["DAY", "HOUR", "MINUTE", "SECOND"];

function intervalType(c: Cursor): DataType {
  for (const fields of [YEAR_MONTH, DAY_TIME]) {
    const from = c.acceptAny(...fields);
    if (from === undefined) continue;
    const to = c.accept("TO") ? c.expectAny(...fields.slice(fields.indexOf(from) + 1)) : from;
    return fields === YEAR_MONTH
      ? { kind: "interval_ym", from: from.toLowerCase() as YearMonthField, to: to.toLowerCase() as YearMonthField }
      : { kind: "interval_dt", from: from.toLowerCase() as DayTimeField, to: to.toLowerCase() as DayTimeField };
  }
  return CALENDAR_INTERVAL;
}
