import { SparrowError } from "../catalog/errors.ts";
import { BINARY, BOOLEAN, DOUBLE, INT, LONG, NULL, STRING, TIMESTAMP } from "../catalog/types.ts";
import type { Parameters, TypedValue } from "../planner/analyzer/context.ts";

/** A value for `?` or `:name` as JavaScript has it. A whole number is INT or BIGINT by its size, another number DOUBLE, a Date TIMESTAMP. */
export type ParameterInput = null | boolean | number | bigint | string | Uint8Array | Date;

/** By position, or by name. */
export type ParametersInput = readonly ParameterInput[] | Readonly<Record<string, ParameterInput>>;

const MAX_INT = 2 ** 31 - 1;

/** Raises INVALID_PARAMETER_VALUE for a value of no SQL type. */
export function queryParameters(input: ParametersInput | undefined): Parameters | undefined {
  if (input === undefined) return undefined;
  if (Array.isArray(input)) return { named: new Map(), positional: input.map((value, i) => typedValue(value as ParameterInput, `?${i + 1}`)) };
  return { named: new Map(Object.entries(input).map(([name, value]) => [name, typedValue(value as ParameterInput, name)])), positional: [] };
}

function typedValue(value: ParameterInput, name: string): TypedValue {
  if (value === null) return { type: NULL, value };
  switch (typeof value) {
    case "boolean":
      return { type: BOOLEAN, value };
    case "string":
      return { type: STRING, value };
    case "bigint":
      return { type: LONG, value };
    case "number":
      if (!Number.isInteger(value) || Object.is(value, -0)) return { type: DOUBLE, value };
      if (Math.abs(value) <= MAX_INT) return { type: INT, value };
      return Number.isSafeInteger(value) ? { type: LONG, value: BigInt(value) } : { type: DOUBLE, value };
    default:
      if (value instanceof Uint8Array) return { type: BINARY, value };
      if (value instanceof Date) return { type: TIMESTAMP, value: BigInt(value.getTime()) * 1000n };
      throw new SparrowError("INVALID_PARAMETER_VALUE.TYPE", "22023", `The parameter ${name} has no SQL type: it must be null, boolean, number, bigint, string, Uint8Array or Date.`, { parameter: name });
  }
}
