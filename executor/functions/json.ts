import { SparrowError } from "../../catalog/errors.ts";
import type { DataType, StructField } from "../../catalog/types.ts";
import { DOUBLE, LONG, sqlTypeName, STRING } from "../../catalog/types.ts";
import { decimalText, doubleText, floatText } from "../../catalog/number-text.ts";
import type { MapValue, StructValue, Value } from "../../catalog/values.ts";
import { castValue } from "./cast.ts";
import { castToText } from "./cast-text.ts";
import { compareText } from "./compare.ts";
import { dataError } from "./data-errors.ts";
import { formatLocalTimestamp, formatTimestamp } from "./datetime-format.ts";
import { truncateTime } from "./datetime-text.ts";
import { instantOf, localOf, parseByPattern } from "./datetime-parse.ts";
import { dayOfMicros, MICROS_PER_DAY } from "./calendar.ts";
import type { JsonNode } from "./json-text.ts";
import { jsonScalarText, parseJson } from "./json-text.ts";
import { evaluateJsonPath } from "./json-path.ts";
import type { ScalarCall, ScalarFunction } from "./scalar-function.ts";
import { define } from "./scalar-function.ts";
import { variantJson } from "../nested/variant-json.ts";
import { writeVariant } from "../nested/variant-writer.ts";
import { jsonVariant } from "./variant-from-json.ts";

/** Text formats' options by lower-case name. */
export type FormatOptions = ReadonlyMap<string, string>;

export function optionsOf(value: Value | undefined): FormatOptions {
  if (value === undefined || value === null) return new Map();
  const { keys, values } = value as MapValue;
  return new Map(keys.map((key, i) => [(key as string).toLowerCase(), String(values[i])]));
}

/** A value that is not what the schema says: the field becomes NULL. */
class Mismatch extends Error {}

/** The option that holds the pattern of a type. */
const FORMAT_OPTIONS = { date: "dateformat", time: "timeformat", timestamp: "timestampformat", timestamp_ntz: "timestampntzformat" } as const;

/** A text by the option's pattern, or as a cast reads it. Shared by JSON and CSV. */
export function readDatetime(text: string, type: DataType & { kind: keyof typeof FORMAT_OPTIONS }, options: FormatOptions, call: ScalarCall): Value | undefined {
  const pattern = options.get(FORMAT_OPTIONS[type.kind]);
  if (pattern === undefined) {
    const value = castValue(text, STRING, type, "try", call.timeZone);
    return value === null ? undefined : value;
  }
  const parsed = parseByPattern(text, pattern);
  if ("problem" in parsed) return undefined;
  switch (type.kind) {
    case "date":
      return dayOfMicros(localOf(parsed));
    case "time":
      return truncateTime(parsed.micros * 1000n, type.precision);
    case "timestamp":
      return instantOf(parsed, options.get("timezone") ?? call.timeZone);
    case "timestamp_ntz":
      return localOf(parsed);
  }
}

/** A JSON node as a value of a type. Source: Spark's `JacksonParser.makeConverter`. */
function convert(node: JsonNode, type: DataType, options: FormatOptions, call: ScalarCall): Value {
  if (node.kind === "null" && type.kind !== "variant") return null;
  switch (type.kind) {
    case "string":
    case "char":
    case "varchar":
      return jsonScalarText(node);
    case "boolean":
      if (node.kind === "boolean") return node.value;
      throw new Mismatch();
    case "byte":
    case "short":
    case "int":
    case "long": {
      const value = node.kind === "number" && /^-?\d+$/.test(node.text) ? castValue(node.text, STRING, type, "try", call.timeZone) : null;
      if (value === null) throw new Mismatch();
      return value;
    }
    case "float":
    case "double":
      if (node.kind === "number") return castValue(node.text, STRING, type, "try", call.timeZone);
      if (node.kind === "string" && /^(NaN|[+-]?INF|[+-]?Infinity)$/.test(node.value)) return castValue(node.value, STRING, type, "try", call.timeZone);
      throw new Mismatch();
    case "decimal": {
      const text = node.kind === "number" ? node.text : node.kind === "string" ? node.value.replaceAll(",", "") : undefined;
      const value = text === undefined ? null : castValue(text, STRING, type, "try", call.timeZone);
      if (value === null) throw new Mismatch();
      return value;
    }
    case "date":
    case "time":
    case "timestamp":
    case "timestamp_ntz": {
      if (node.kind === "number" && type.kind === "timestamp" && /^-?\d+$/.test(node.text)) return BigInt(node.text) * 1_000_000n;
      const value = node.kind === "string" ? readDatetime(node.value, type, options, call) : undefined;
      if (value === undefined) throw new Mismatch();
      return value;
    }
    case "binary":
      if (node.kind === "string") return new Uint8Array(Buffer.from(node.value, "base64"));
      throw new Mismatch();
    case "variant":
      return writeVariant(jsonVariant(node));
    case "array":
      if (node.kind === "array") return node.items.map((item) => convert(item, type.element, options, call));
      throw new Mismatch();
    case "map":
      if (node.kind !== "object") throw new Mismatch();
      return { keys: node.fields.map((field) => castValue(field.name, STRING, type.key, "try", call.timeZone)), values: node.fields.map((field) => convert(field.value, type.value, options, call)) };
    case "struct":
      if (node.kind !== "object") throw new Mismatch();
      return readStruct(node, type.fields, options, call);
    default: {
      const value = node.kind === "string" ? castValue(node.value, STRING, type, "try", call.timeZone) : null;
      if (value === null) throw new Mismatch();
      return value;
    }
  }
}

/** Fields that do not fit are NULL, the others are kept (PERMISSIVE); FAILFAST raises. */
function readStruct(node: JsonNode & { kind: "object" }, fields: readonly StructField[], options: FormatOptions, call: ScalarCall): StructValue {
  const values = fields.map((field) => {
    const found = node.fields.findLast((f) => f.name === field.name);
    if (found === undefined) return null;
    try {
      return convert(found.value, field.type, options, call);
    } catch (error) {
      if (!(error instanceof Mismatch) || options.get("mode")?.toUpperCase() === "FAILFAST") throw error;
      return null;
    }
  });
  return { fields: values };
}

function malformedRecord(text: string, call: ScalarCall): SparrowError {
  return dataError("MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION", "22023", `The record ${text} does not fit the schema.`, { badRecord: text, failFastMode: "FAILFAST" }, call);
}

function fromJson(text: string, type: DataType, options: FormatOptions, call: ScalarCall): Value {
  if (text.trim() === "") return null;
  const bad = (): Value => {
    if (options.get("mode")?.toUpperCase() === "FAILFAST") throw malformedRecord(text, call);
    if (type.kind !== "struct") return null;
    const corrupt = options.get("columnnameofcorruptrecord") ?? "_corrupt_record";
    return { fields: type.fields.map((field) => (field.name === corrupt ? text : null)) };
  };
  const node = parseJson(text);
  if (node === undefined) return bad();
  try {
    if (type.kind === "struct" && node.kind === "array") return node.items.length === 0 ? null : convert(node.items[0], type, options, call);
    if (type.kind === "array" && type.element.kind === "struct" && node.kind === "object") return [convert(node, type.element, options, call)];
    return convert(node, type, options, call);
  } catch (error) {
    if (error instanceof Mismatch) return bad();
    throw error;
  }
}

/** A value as JSON; undefined for NULL, which objects leave out. Source: Spark's `JacksonGenerator`. */
function toJson(value: Value, type: DataType, options: FormatOptions, call: ScalarCall): string {
  if (value === null) return "null";
  switch (type.kind) {
    case "boolean":
    case "byte":
    case "short":
    case "int":
    case "long":
      return String(value);
    case "float":
      return Number.isFinite(value) ? floatText(value as number) : `"${floatText(value as number)}"`;
    case "double":
      return Number.isFinite(value) ? doubleText(value as number) : `"${doubleText(value as number)}"`;
    case "decimal":
      return decimalText(value as bigint, type.scale);
    case "binary":
      return JSON.stringify(Buffer.from(value as Uint8Array).toString("base64"));
    case "date":
      return JSON.stringify(options.has("dateformat") ? formatLocalTimestamp(BigInt(value as number) * MICROS_PER_DAY, options.get("dateformat") ?? "", "UTC") : castToText(value, type, "ansi", call.timeZone));
    case "time":
      return JSON.stringify(options.has("timeformat") ? formatLocalTimestamp((value as bigint) / 1000n, options.get("timeformat") ?? "", "UTC") : castToText(value, type, "ansi", call.timeZone));
    case "timestamp":
      return JSON.stringify(formatTimestamp(value as bigint, options.get("timestampformat") ?? timestampPattern(value as bigint, true), options.get("timezone") ?? call.timeZone));
    case "timestamp_ntz":
      return JSON.stringify(formatLocalTimestamp(value as bigint, options.get("timestampntzformat") ?? timestampPattern(value as bigint, false), "UTC"));
    case "variant":
      return variantJson(value as Uint8Array, call.timeZone);
    case "array":
      return `[${(value as readonly Value[]).map((item) => toJson(item, type.element, options, call)).join(",")}]`;
    case "struct":
      return jsonObject((value as StructValue).fields.map((field, i) => [type.fields[i].name, field, type.fields[i].type]), options, call);
    case "map": {
      const map = value as MapValue;
      return `{${map.keys.map((key, i) => `${JSON.stringify(mapKeyText(key, type.key, call))}:${toJson(map.values[i], type.value, options, call)}`).join(",")}}`;
    }
    default:
      return JSON.stringify(castToText(value, type, "ansi", call.timeZone));
  }
}

/** Keys are text: structs as `[1,2]`, the way rows print. */
function mapKeyText(key: Value, type: DataType, call: ScalarCall): string {
  if (type.kind === "struct") return `[${(key as StructValue).fields.map((field, i) => castToText(field, type.fields[i].type, "ansi", call.timeZone) ?? "null").join(",")}]`;
  return castToText(key, type, "ansi", call.timeZone) ?? "null";
}

function timestampPattern(micros: bigint, withZone: boolean): string {
  const fraction = micros % 1_000_000n === 0n ? ".SSS" : micros % 1000n === 0n ? ".SSS" : ".SSSSSS";
  return `yyyy-MM-dd'T'HH:mm:ss${fraction}${withZone ? "XXX" : ""}`;
}

function jsonObject(fields: readonly (readonly [string, Value, DataType])[], options: FormatOptions, call: ScalarCall): string {
  const keepNulls = options.get("ignorenullfields")?.toLowerCase() === "false";
  const parts = fields.filter(([, value]) => value !== null || keepNulls).map(([name, value, type]) => `${JSON.stringify(name)}:${toJson(value, type, options, call)}`);
  return `{${parts.join(",")}}`;
}

/** Types of JSON values as Spark infers them: integers are bigint, other numbers double, null is text. Source: Spark's `JsonInferSchema`. */
function inferType(node: JsonNode): DataType {
  switch (node.kind) {
    case "null":
    case "string":
      return STRING;
    case "boolean":
      return { kind: "boolean" };
    case "number":
      if (!/^-?\d+$/.test(node.text)) return DOUBLE;
      return BigInt.asIntN(64, BigInt(node.text)) === BigInt(node.text) ? LONG : { kind: "decimal", precision: Math.min(38, node.text.replace("-", "").length), scale: 0 };
    case "array": {
      const elements = node.items.filter((item) => item.kind !== "null").map(inferType);
      return { kind: "array", element: elements.length === 0 ? STRING : elements.reduce(mergeInferred), containsNull: true };
    }
    case "object": {
      const fields = node.fields.map((field): StructField => ({ name: field.name, type: inferType(field.value), nullable: true }));
      return { kind: "struct", fields: fields.sort((a, b) => compareText(a.name, b.name)) };
    }
  }
}

function mergeInferred(a: DataType, b: DataType): DataType {
  if (a.kind === "struct" && b.kind === "struct") {
    const names = [...new Set([...a.fields, ...b.fields].map((field) => field.name))].sort(compareText);
    return {
      kind: "struct",
      fields: names.map((name) => {
        const types = [a, b].flatMap((type) => type.fields.filter((field) => field.name === name).map((field) => field.type));
        return { name, type: types.reduce(mergeInferred), nullable: true };
      }),
    };
  }
  if (a.kind === "array" && b.kind === "array") return { ...a, element: mergeInferred(a.element, b.element) };
  if (a.kind === b.kind) return a;
  const numbers = [a, b].every((type) => type.kind === "long" || type.kind === "double" || type.kind === "decimal");
  return numbers ? DOUBLE : STRING;
}

export const jsonFunctions: readonly ScalarFunction[] = [
  define("get_json_object", ([text, path]) => {
    const node = parseJson(text as string, { allowRest: true });
    return node === undefined ? null : evaluateJsonPath(node, path as string);
  }),
  define("json_array_length", ([text]) => {
    const node = parseJson(text as string);
    return node?.kind === "array" ? node.items.length : null;
  }),
  define("json_object_keys", ([text]) => {
    const node = parseJson(text as string);
    return node?.kind === "object" ? node.fields.map((field) => field.name) : null;
  }),
  define("from_json", ([text, , options], call) => fromJson(text as string, call.type, optionsOf(options), call)),
  define("to_json", ([value, options], call) => toJson(value, call.argTypes[0], optionsOf(options), call)),
  define("schema_of_json", ([text], call) => {
    const node = parseJson(text as string);
    if (node === undefined) throw dataError("MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION", "22023", `${text as string} is not JSON.`, { badRecord: text as string, failFastMode: "FAILFAST" }, call);
    return sqlTypeName(inferType(node));
  }),
];

