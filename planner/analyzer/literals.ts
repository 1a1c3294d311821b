import type { Span } from "../../catalog/errors.ts";
import { SparrowError } from "../../catalog/errors.ts";
import type { LiteralExpr } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { BYTE, DATE, decimal, DOUBLE, FLOAT, INT, LONG, MAX_DECIMAL_PRECISION, SHORT, STRING, TIMESTAMP, TIMESTAMP_NTZ } from "../../catalog/types.ts";
import type { AstExpr } from "../../parser/ast.ts";
import { analysisError } from "./analysis-errors.ts";
import { digits, literal } from "./casts.ts";
import type { AnalysisContext } from "./context.ts";

type NumberAst = AstExpr & { kind: "number" };

/** A number literal; a minus sign right before it belongs to it (-2147483648 is an int). */
export function numberLiteral(ast: NumberAst): LiteralExpr {
  const { text } = ast;
  switch (ast.suffix) {
    case "L":
      return integral(text, ast, LONG, -(2n ** 63n), 2n ** 63n - 1n);
    case "S":
      return integral(text, ast, SHORT, -32768n, 32767n);
    case "Y":
      return integral(text, ast, BYTE, -128n, 127n);
    case "F":
      return literal(Math.fround(fractional(text, ast, 3.4028234663852886e38)), FLOAT);
    case "D":
      return literal(fractional(text, ast, Number.MAX_VALUE), DOUBLE);
    case "BD":
      return decimalLiteral(text, ast.span);
    case "":
      if (/[eE]/.test(text)) return literal(fractional(text, ast, Number.MAX_VALUE), DOUBLE);
      if (text.includes(".")) return decimalLiteral(text, ast.span);
      return plainInteger(text, ast.span);
  }
}

function plainInteger(text: string, span: Span): LiteralExpr {
  const value = BigInt(text);
  if (value >= -(2n ** 31n) && value < 2n ** 31n) return literal(Number(value), INT);
  if (value >= -(2n ** 63n) && value < 2n ** 63n) return literal(value, LONG);
  return decimalLiteral(text, span);
}

function integral(text: string, ast: NumberAst, type: DataType, min: bigint, max: bigint): LiteralExpr {
  const value = BigInt(text);
  if (value < min || value > max) throw outOfRange(`${text}${ast.suffix}`, min.toString(), max.toString(), type.kind === "long" ? "bigint" : type.kind === "short" ? "smallint" : "tinyint", ast.span);
  return literal(type.kind === "long" ? value : Number(value), type);
}

function fractional(text: string, ast: NumberAst, max: number): number {
  const value = Number(text);
  if (!(Math.abs(value) <= max)) throw outOfRange(`${text}${ast.suffix}`, String(-max), String(max), ast.suffix === "F" ? "float" : "double", ast.span);
  return value;
}

function outOfRange(raw: string, min: string, max: string, typeName: string, span: Span): SparrowError {
  return analysisError(
    "INVALID_NUMERIC_LITERAL_RANGE",
    "22003",
    `Numeric literal ${raw} is outside the valid range for ${typeName} with minimum value of ${min} and maximum value of ${max}. Please adjust the value accordingly.`,
    { rawStrippedQualifier: raw.replace(/[a-zA-Z]+$/, ""), minValue: min, maxValue: max, typeName },
    span,
  );
}

/** As precise as its digits: 0.001 is decimal(3,3), 100 is decimal(3,0). Source: Spark's `DecimalType.fromDecimal`. */
function decimalLiteral(text: string, span: Span): LiteralExpr {
  const [mantissa, exponent = "0"] = text.toLowerCase().split("e");
  const [whole, fraction = ""] = mantissa.split(".");
  let unscaled = BigInt(`${whole === "" || whole === "-" ? `${whole}0` : whole}${fraction}`);
  let scale = fraction.length - Number(exponent);
  if (scale < 0) {
    if (-scale > MAX_DECIMAL_PRECISION) throw tooPrecise(digits(unscaled) - scale, span);
    unscaled *= 10n ** BigInt(-scale);
    scale = 0;
  }
  const precision = Math.max(digits(unscaled), scale);
  if (precision > MAX_DECIMAL_PRECISION) throw tooPrecise(precision, span);
  return literal(unscaled, decimal(precision, scale));
}

function tooPrecise(precision: number, span: Span): SparrowError {
  return analysisError(
    "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION",
    "22003",
    `Decimal precision ${precision} exceeds max precision ${MAX_DECIMAL_PRECISION}.`,
    { precision: String(precision), maxPrecision: String(MAX_DECIMAL_PRECISION) },
    span,
  );
}

/** As Spark writes a date, time, timestamp or interval: `DATE '2020-01-01'`, `INTERVAL '1 02' DAY TO HOUR`. */
export function literalSql(value: LiteralExpr, context: AnalysisContext): string {
  const text = String(context.evaluate({ kind: "cast", input: value, type: STRING, nullable: false, mode: "ansi" }));
  switch (value.type.kind) {
    case "interval_ym":
    case "interval_dt":
      return text;
    case "calendar_interval":
      return `INTERVAL '${text}'`;
    case "timestamp":
      return `${context.settings.timestampType === "timestamp_ntz" ? "TIMESTAMP_LTZ" : "TIMESTAMP"} '${text}'`;
    default:
      return `${value.type.kind.toUpperCase()} '${text}'`;
  }
}

/** DATE '...', TIMESTAMP '...' and the like: a cast of the string that must succeed. */
export function typedLiteral(ast: AstExpr & { kind: "typedLiteral" }, context: AnalysisContext): LiteralExpr {
  const type = typedLiteralType(ast, context);
  const special = specialMoment(ast.value, type, context);
  if (special !== undefined) return special;
  const value = context.evaluate({ kind: "cast", input: literal(ast.value, STRING), type, nullable: true, mode: "try" });
  if (value === null) {
    const name = ast.type.toUpperCase();
    throw analysisError(
      "INVALID_TYPED_LITERAL",
      "42604",
      `The value of the typed literal "${name}" is invalid: '${ast.value}'.`,
      { valueType: `"${name}"`, value: `'${ast.value}'` },
      ast.span,
    );
  }
  return literal(value, type);
}

/** DATE 'today', TIMESTAMP 'now' and the like. Source: Spark's `convertSpecialDate`, `convertSpecialTimestamp`. */
function specialMoment(text: string, type: DataType, context: AnalysisContext): LiteralExpr | undefined {
  const word = text.trim().toLowerCase();
  const days = ["yesterday", "today", "tomorrow"].indexOf(word) - 1;
  const { session } = context;
  if (type.kind === "date") {
    if (word === "epoch") return literal(0, DATE);
    if (word === "now") return literal(session.date, DATE);
    return days >= -1 ? literal(session.date + days, DATE) : undefined;
  }
  if (type.kind !== "timestamp" && type.kind !== "timestamp_ntz") return undefined;
  const cast = (from: LiteralExpr): LiteralExpr => literal(context.evaluate({ kind: "cast", input: from, type, nullable: false, mode: "ansi" }), type);
  if (word === "epoch") return literal(0n, type);
  if (word === "now") return type.kind === "timestamp" ? literal(session.timestamp, type) : cast(literal(session.timestamp, TIMESTAMP));
  return days >= -1 ? cast(literal(session.date + days, DATE)) : undefined;
}

function typedLiteralType(ast: AstExpr & { kind: "typedLiteral" }, context: AnalysisContext): DataType {
  switch (ast.type) {
    case "date":
      return DATE;
    case "time":
      return { kind: "time", precision: 6 };
    case "timestamp_ltz":
      return TIMESTAMP;
    case "timestamp_ntz":
      return TIMESTAMP_NTZ;
    case "timestamp":
      return context.settings.timestampType === "timestamp_ntz" && !/[zZ]|[+-]\d{1,2}(:\d{2})?$|[A-Za-z]+\/[A-Za-z]/.test(ast.value.slice(10)) ? TIMESTAMP_NTZ : TIMESTAMP;
  }
}
