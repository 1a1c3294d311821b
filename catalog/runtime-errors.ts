import type { Span } from "./errors.ts";
import { SparrowError } from "./errors.ts";
import { decimalText, doubleText, floatText } from "./number-text.ts";
import type { DataType } from "./types.ts";
import { sqlTypeName } from "./types.ts";
import type { Value } from "./values.ts";

/**
 * Errors that values raise while a query runs, whoever computes them: compiled expressions, the TypeScript implementations, constant folding.
 * Conditions, SQLSTATEs and parameters are those of Spark's `QueryExecutionErrors`.
 */
const ANSI_CONFIG = '"spark.sql.ansi.enabled"';
const ANSI_HINT = `If necessary set ${ANSI_CONFIG} to "false" to bypass this error.`;

function dataError(condition: string, sqlState: string, message: string, parameters: Readonly<Record<string, string>>, span: Span | undefined): SparrowError {
  return new SparrowError(condition, sqlState, message, parameters, { origin: "data", span });
}

function quotedType(type: DataType): string {
  return `"${sqlTypeName(type)}"`;
}

/** A value as Spark's messages write it: `128Y`, `5L`, `'abc'`, `1.5D`. Source: Spark's `Literal.sql`. */
export function sqlValue(value: Value, type: DataType): string {
  if (value === null) return "NULL";
  switch (type.kind) {
    case "byte":
      return `${String(value)}Y`;
    case "short":
      return `${String(value)}S`;
    case "long":
      return `${String(value)}L`;
    case "float":
      return `CAST('${floatText(value as number)}' AS FLOAT)`;
    case "double":
      return Number.isFinite(value) ? `${doubleText(value as number)}D` : `CAST('${doubleText(value as number)}' AS DOUBLE)`;
    case "decimal":
      return `${decimalText(value as bigint, type.scale)}BD`;
    case "string":
    case "char":
    case "varchar":
      return `'${value as string}'`;
    default:
      return String(value);
  }
}

/** `suggestion` is the function that gives NULL instead: `try_add`; none for functions without one. */
export function arithmeticOverflow(suggestion: string | undefined, span?: Span): SparrowError {
  const alternative = suggestion === undefined ? "" : ` Use '${suggestion}' to tolerate overflow and return NULL instead.`;
  return dataError("ARITHMETIC_OVERFLOW", "22003", `overflow.${alternative} ${ANSI_HINT}`, { message: "overflow", alternative, config: ANSI_CONFIG }, span);
}

/** Overflow of byte and short arithmetic. */
export function binaryArithmeticOverflow(left: Value, symbol: string, right: Value, type: DataType, suggestion: string, span?: Span): SparrowError {
  const parameters = { value1: sqlValue(left, type), symbol, value2: sqlValue(right, type), functionName: `\`${suggestion}\`` };
  return dataError(
    "BINARY_ARITHMETIC_OVERFLOW",
    "22003",
    `${parameters.value1} ${symbol} ${parameters.value2} caused overflow. Use ${parameters.functionName} to ignore overflow problem and return NULL.`,
    parameters,
    span,
  );
}

export function divideByZero(span?: Span): SparrowError {
  return dataError("DIVIDE_BY_ZERO", "22012", `Division by zero. Use \`try_divide\` to tolerate divisor being 0 and return NULL instead. ${ANSI_HINT}`, { config: ANSI_CONFIG }, span);
}

export function remainderByZero(span?: Span): SparrowError {
  return dataError("REMAINDER_BY_ZERO", "22012", `Remainder by zero. Use \`try_mod\` to tolerate divisor being 0 and return NULL instead. ${ANSI_HINT}`, { config: ANSI_CONFIG }, span);
}

export function intervalDividedByZero(span?: Span): SparrowError {
  return dataError("INTERVAL_DIVIDED_BY_ZERO", "22012", "Division by zero. Use `try_divide` to tolerate divisor being 0 and return NULL instead.", {}, span);
}

/** `suggestion` as in `arithmeticOverflow`. */
export function intervalOverflow(suggestion: string | undefined, span?: Span): SparrowError {
  if (suggestion === undefined) return dataError("INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION", "22015", "Integer overflow while operating with intervals. Try devising appropriate values for the interval parameters.", {}, span);
  const functionName = `\`${suggestion}\``;
  return dataError("INTERVAL_ARITHMETIC_OVERFLOW.WITH_SUGGESTION", "22015", `Integer overflow while operating with intervals. Use ${functionName} to tolerate overflow and return NULL instead.`, { functionName }, span);
}

/** A decimal result with too many digits for its type; `text` is the value in plain digits. */
export function decimalOverflow(text: string, type: Extract<DataType, { kind: "decimal" }>, span?: Span): SparrowError {
  const parameters = { value: text, precision: String(type.precision), scale: String(type.scale), config: ANSI_CONFIG };
  return dataError(
    "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION",
    "22003",
    `The value ${text} cannot be represented as Decimal(${type.precision}, ${type.scale}). If necessary set ${ANSI_CONFIG} to "false" to bypass this error, and return NULL instead.`,
    parameters,
    span,
  );
}

/** CAST of a number or time that the target cannot hold. */
export function castOverflow(value: Value, from: DataType, to: DataType, span?: Span): SparrowError {
  const parameters = { value: sqlValue(value, from), sourceType: quotedType(from), targetType: quotedType(to), ansiConfig: ANSI_CONFIG };
  return dataError(
    "CAST_OVERFLOW",
    "22003",
    `The value ${parameters.value} of the type ${parameters.sourceType} cannot be cast to ${parameters.targetType} due to an overflow. Use \`try_cast\` to tolerate overflow and return NULL instead. ${ANSI_HINT}`,
    parameters,
    span,
  );
}

/** CAST of text that does not read as the target type. */
export function castInvalidInput(value: Value, from: DataType, to: DataType, span?: Span): SparrowError {
  const parameters = { expression: sqlValue(value, from), sourceType: quotedType(from), targetType: quotedType(to), ansiConfig: ANSI_CONFIG };
  return dataError(
    "CAST_INVALID_INPUT",
    "22018",
    `The value ${parameters.expression} of the type ${parameters.sourceType} cannot be cast to ${parameters.targetType} because it is malformed. Correct the value as per the syntax, or change its target type. Use \`try_cast\` to tolerate malformed input and return NULL instead. ${ANSI_HINT}`,
    parameters,
    span,
  );
}

/** `operation` in words: `create a TIMESTAMP from 1L seconds since the epoch`. */
export function datetimeOverflow(operation: string, span?: Span): SparrowError {
  return dataError("DATETIME_OVERFLOW", "22008", `Datetime operation overflow: ${operation}.`, { operation }, span);
}

/** A scalar subquery gave a second row. */
export function secondSubqueryRow(): SparrowError {
  return dataError("SCALAR_SUBQUERY_TOO_MANY_ROWS", "21000", "More than one row returned by a subquery used as an expression.", {}, undefined);
}
