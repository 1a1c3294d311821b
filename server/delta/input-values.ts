import { SparrowError } from "../../catalog/errors.ts";
import { type DataType, sqlTypeName } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { unscaledDecimal } from "../../delta/exact-json.ts";

const DAY_MS = 86_400_000;
/** Values of whole-number types lie within +-2^(bits - 1). */
const BITS: Readonly<Record<string, number>> = { byte: 8, short: 16, int: 32, long: 64 };

/** A value as JavaScript has it, in the form that `QueryResult.toArray` gives, as one of a type. Raises DELTA_INVALID_VALUE for what is none. */
export function inputValue(input: unknown, type: DataType, column: string): Value {
  if (input === null || input === undefined) return null;
  const value = valueOf(input, type, column);
  if (value !== undefined) return value;
  throw new SparrowError("DELTA_INVALID_VALUE", "22023", `${inputText(input)} is no ${sqlTypeName(type)}, and cannot be a value of the column ${column}.`, { columnName: column, dataType: sqlTypeName(type) }, { origin: "data" });
}

function inputText(input: unknown): string {
  return typeof input === "object" ? Object.prototype.toString.call(input) : `'${String(input)}'`;
}

function valueOf(input: unknown, type: DataType, column: string): Value | undefined {
  switch (type.kind) {
    case "boolean":
      return typeof input === "boolean" ? input : undefined;
    case "byte":
    case "short":
    case "int":
    case "long":
      return wholeNumber(input, type.kind);
    case "float":
    case "double":
      return typeof input === "number" ? (type.kind === "float" ? Math.fround(input) : input) : undefined;
    case "decimal":
      return decimal(input, type);
    case "string":
    case "char":
    case "varchar":
      return typeof input === "string" ? input : undefined;
    case "binary":
      return input instanceof Uint8Array ? input : undefined;
    case "date":
      return input instanceof Date && Number.isFinite(input.getTime()) ? Math.floor(input.getTime() / DAY_MS) : undefined;
    case "timestamp":
    case "timestamp_ntz":
      // A bigint counts microseconds, which a Date does not.
      return typeof input === "bigint" ? input : input instanceof Date && Number.isFinite(input.getTime()) ? BigInt(input.getTime()) * 1000n : undefined;
    case "array":
      return Array.isArray(input) ? input.map((item: unknown) => inputValue(item, type.element, column)) : undefined;
    case "map": {
      if (!(input instanceof Map)) return undefined;
      const entries = [...(input as Map<unknown, unknown>)];
      return { keys: entries.map(([key]) => inputValue(key, type.key, column)), values: entries.map(([, value]) => inputValue(value, type.value, column)) };
    }
    case "struct":
      return typeof input === "object" ? { fields: type.fields.map((field) => inputValue((input as Record<string, unknown>)[field.name], field.type, `${column}.${field.name}`)) } : undefined;
    case "null":
    case "variant":
    case "time":
    case "interval_ym":
    case "interval_dt":
    case "calendar_interval":
      return undefined;
  }
}

function wholeNumber(input: unknown, kind: "byte" | "short" | "int" | "long"): Value | undefined {
  if (typeof input !== "bigint" && !(typeof input === "number" && Number.isSafeInteger(input))) return undefined;
  const whole = BigInt(input);
  if (BigInt.asIntN(BITS[kind], whole) !== whole) return undefined;
  return kind === "long" ? whole : Number(whole);
}

function decimal(input: unknown, { precision, scale }: Extract<DataType, { kind: "decimal" }>): bigint | undefined {
  const unscaled = typeof input === "string" || typeof input === "number" || typeof input === "bigint" ? unscaledDecimal(String(input), scale) : undefined;
  return unscaled !== undefined && String(unscaled).replace("-", "").length <= precision ? unscaled : undefined;
}
