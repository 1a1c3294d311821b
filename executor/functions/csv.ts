import type { DataType, StructField } from "../../catalog/types.ts";
import { DOUBLE, INT, LONG, sqlTypeName, STRING, TIMESTAMP } from "../../catalog/types.ts";
import type { StructValue, Value } from "../../catalog/values.ts";
import { castValue } from "./cast.ts";
import { castToText } from "./cast-text.ts";
import { dataError } from "./data-errors.ts";
import { formatLocalTimestamp, formatTimestamp } from "./datetime-format.ts";
import { MICROS_PER_DAY } from "./calendar.ts";
import { optionsOf, readDatetime } from "./json.ts";
import type { FormatOptions } from "./json.ts";
import type { ScalarCall, ScalarFunction } from "./scalar-function.ts";
import { define } from "./scalar-function.ts";

/** `from_csv`, `to_csv`, `schema_of_csv`: one record of text. */

function separatorOf(options: FormatOptions): string {
  return options.get("sep") ?? options.get("delimiter") ?? ",";
}

/** The fields of a record; a field in quotes may hold the separator. */
function splitRecord(text: string, options: FormatOptions): string[] {
  const separator = separatorOf(options);
  const quote = options.get("quote") ?? '"';
  const escape = options.get("escape") ?? "\\";
  const fields: string[] = [];
  let field = "";
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === escape && (text[i + 1] === quote || text[i + 1] === escape)) field += text[++i];
      else if (c === quote) quoted = false;
      else field += c;
    } else if (c === quote && field === "") quoted = true;
    else if (text.startsWith(separator, i)) {
      fields.push(field);
      field = "";
      i += separator.length - 1;
    } else field += c;
  }
  fields.push(field);
  return fields;
}

function readField(text: string | undefined, type: DataType, options: FormatOptions, call: ScalarCall): Value {
  if (text === undefined || text === (options.get("nullvalue") ?? "")) return null;
  switch (type.kind) {
    case "string":
      return text;
    case "date":
    case "time":
    case "timestamp":
    case "timestamp_ntz":
      return readDatetime(text, type, options, call) ?? null;
    default:
      return castValue(text, STRING, type, "try", call.timeZone);
  }
}

function fromCsv(text: string, fields: readonly StructField[], options: FormatOptions, call: ScalarCall): Value {
  const texts = splitRecord(text, options);
  const corrupt = options.get("columnnameofcorruptrecord") ?? "_corrupt_record";
  const data = fields.filter((field) => field.name !== corrupt);
  let bad = texts.length !== data.length;
  const values = data.map((field, i) => {
    const value = readField(texts[i], field.type, options, call);
    if (value === null && texts[i] !== undefined && texts[i] !== (options.get("nullvalue") ?? "")) bad = true;
    return value;
  });
  if (bad && options.get("mode")?.toUpperCase() === "FAILFAST") throw dataError("MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION", "22023", `The record ${text} does not fit the schema.`, { badRecord: text, failFastMode: "FAILFAST" }, call);
  let next = 0;
  return { fields: fields.map((field) => (field.name === corrupt ? (bad ? text : null) : values[next++])) };
}

function toCsv(value: StructValue, fields: readonly StructField[], options: FormatOptions, call: ScalarCall): string {
  const separator = separatorOf(options);
  const quote = options.get("quote") ?? '"';
  const texts = value.fields.map((field, i) => {
    if (field === null) return options.get("nullvalue") ?? "";
    const { type } = fields[i];
    const text = fieldText(field, type, options, call);
    const special = text.includes(separator) || text.includes(quote) || /[\r\n]/.test(text) || (text === "" && type.kind === "string");
    return special ? quote + text.replaceAll(quote, `\\${quote}`) + quote : text;
  });
  return texts.join(separator);
}

function fieldText(value: Value, type: DataType, options: FormatOptions, call: ScalarCall): string {
  switch (type.kind) {
    case "date":
      return options.has("dateformat") ? formatLocalTimestamp(BigInt(value as number) * MICROS_PER_DAY, options.get("dateformat") ?? "", "UTC") : (castToText(value, type, "ansi", call.timeZone) ?? "");
    case "timestamp":
      return formatTimestamp(value as bigint, options.get("timestampformat") ?? "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", call.timeZone);
    case "timestamp_ntz":
      return formatLocalTimestamp(value as bigint, options.get("timestampntzformat") ?? "yyyy-MM-dd'T'HH:mm:ss.SSS", "UTC");
    default:
      return castToText(value, type, "ansi", call.timeZone) ?? "";
  }
}

/** The narrowest of int, bigint, decimal, double, timestamp, boolean and string. Source: Spark's `CSVInferSchema`. */
function inferField(text: string, zone: string): DataType {
  if (text === "") return STRING;
  for (const type of [INT, LONG]) if (/^[+-]?\d+$/.test(text) && castValue(text, STRING, type, "try", zone) !== null) return type;
  if (/^[+-]?\d+$/.test(text) && text.length <= 39) return { kind: "decimal", precision: text.replace(/^[+-]/, "").length, scale: 0 };
  if (castValue(text, STRING, DOUBLE, "try", zone) !== null) return DOUBLE;
  if (/^\d{4}-\d{1,2}-\d{1,2}$/.test(text) && castValue(text, STRING, { kind: "date" }, "try", zone) !== null) return { kind: "date" };
  if (/^\d{4}-/.test(text) && castValue(text, STRING, TIMESTAMP, "try", zone) !== null) return TIMESTAMP;
  return /^(true|false)$/i.test(text) ? { kind: "boolean" } : STRING;
}

function fieldsOf(type: DataType): readonly StructField[] {
  return type.kind === "struct" ? type.fields : [];
}

export const csvFunctions: readonly ScalarFunction[] = [
  define("from_csv", ([text, , options], call) => fromCsv(text as string, fieldsOf(call.type), optionsOf(options), call)),
  define("to_csv", ([value, options], call) => toCsv(value as StructValue, fieldsOf(call.argTypes[0]), optionsOf(options), call)),
  define("schema_of_csv", ([text, options], call) => {
    const fields = splitRecord(text as string, optionsOf(options)).map((field, i): StructField => ({ name: `_c${i}`, type: inferField(field, call.timeZone), nullable: true }));
    return sqlTypeName({ kind: "struct", fields });
  }),
];
