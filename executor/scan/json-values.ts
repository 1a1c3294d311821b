import { STRING, isStringLike } from "../../catalog/types.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { castValue } from "../functions/cast.ts";
import type { ValueOptions } from "./text-options.ts";
import { parseDateText, parseTimestampText } from "./text-values.ts";

/** A number as it is written, so that no digit is lost. */
class NumberText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

const keepDigits: Reviver = (_, value, context) => (typeof value === "number" ? new NumberText(context.source ?? String(value)) : value);

/** A nested value from JSON text; undefined when the text is no JSON or a part does not fit its type. */
export function jsonToValue(text: string, type: DataType, options: ValueOptions): Value | undefined {
  try {
    return converted(JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown), type, options);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof Mismatch) return undefined;
    throw error;
  }
}

class Mismatch extends Error {}

function converted(json: unknown, type: DataType, options: ValueOptions): Value {
  if (json === null || json === undefined) return null;
  if (isStringLike(type)) return typeof json === "string" ? json : written(json);
  switch (type.kind) {
    case "array":
      if (!Array.isArray(json)) throw new Mismatch();
      return json.map((item) => converted(item, type.element, options));
    case "struct": {
      const members = membersOf(json);
      return { fields: type.fields.map((field) => converted(members.get(field.name), field.type, options)) };
    }
    case "map": {
      const members = membersOf(json);
      return { keys: [...members.keys()].map((key) => converted(key, type.key, options)), values: [...members.values()].map((value) => converted(value, type.value, options)) };
    }
    case "boolean":
      if (typeof json !== "boolean") throw new Mismatch();
      return json;
    case "byte":
    case "short":
    case "int":
    case "long":
      if (!(json instanceof NumberText) || !/^-?\d+$/.test(json.text)) throw new Mismatch();
      return cast(json.text, type, options);
    case "float":
    case "double":
    case "decimal":
      if (!(json instanceof NumberText)) throw new Mismatch();
      return cast(json.text, type, options);
    case "binary":
      if (typeof json !== "string") throw new Mismatch();
      return new Uint8Array(Buffer.from(json, "base64"));
    case "date":
    case "timestamp":
    case "timestamp_ntz": {
      if (typeof json !== "string") throw new Mismatch();
      const bytes = new TextEncoder().encode(json);
      const value = type.kind === "date" ? parseDateText(bytes, 0, bytes.length, options) : parseTimestampText(bytes, 0, bytes.length, type.kind, options);
      if (value === undefined) throw new Mismatch();
      return value;
    }
    default:
      if (typeof json !== "string") throw new Mismatch();
      return cast(json, type, options);
  }
}

function cast(text: string, type: DataType, options: ValueOptions): Value {
  const value = castValue(text, STRING, type, "try", options.timeZone);
  if (value === null) throw new Mismatch();
  return value;
}

function membersOf(json: unknown): Map<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json) || json instanceof NumberText) throw new Mismatch();
  return new Map(Object.entries(json));
}

/** JSON text of a value where a string is wanted. */
function written(json: unknown): string {
  if (json instanceof NumberText) return json.text;
  if (Array.isArray(json)) return `[${json.map(writtenMember).join(",")}]`;
  if (typeof json === "object" && json !== null) return `{${Object.entries(json).map(([key, value]) => `${JSON.stringify(key)}:${writtenMember(value)}`).join(",")}}`;
  return String(json);
}

function writtenMember(json: unknown): string {
  return typeof json === "string" ? JSON.stringify(json) : written(json);
}
