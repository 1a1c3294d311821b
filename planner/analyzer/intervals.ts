import type { Span } from "../../catalog/errors.ts";
import type { LiteralExpr } from "../../catalog/expression.ts";
import type { DataType, DayTimeField, YearMonthField } from "../../catalog/types.ts";
import { CALENDAR_INTERVAL, INTERVAL_DT, INTERVAL_YM } from "../../catalog/types.ts";
import type { AstExpr, IntervalPart } from "../../parser/ast.ts";
import { analysisError, unsupported } from "./analysis-errors.ts";
import { literal } from "./casts.ts";

const MONTHS: Readonly<Record<string, number>> = { year: 12, month: 1 };
const MICROS: Readonly<Record<string, bigint>> = {
  week: 604_800_000_000n,
  day: 86_400_000_000n,
  hour: 3_600_000_000n,
  minute: 60_000_000n,
  second: 1_000_000n,
  millisecond: 1000n,
  microsecond: 1n,
};
const DAY_TIME_FIELDS: readonly DayTimeField[] = ["day", "hour", "minute", "second"];

/**
 * INTERVAL literals. Years and months give a year-month interval, weeks down to microseconds a day-time interval, both together a
 * calendar interval. Source: Spark's `AstBuilder.visitInterval` with spark.sql.legacy.interval.enabled=false.
 */
export function intervalLiteral(ast: AstExpr & { kind: "interval" }): LiteralExpr {
  if (ast.parts.length === 1 && ast.parts[0].to !== undefined) return fromTo(ast.parts[0], ast.parts[0].to, ast.span);
  const parts = ast.parts.map((part) => ({ unit: part.unit, value: numberText(part.value) }));
  const months = parts.filter((p) => p.unit in MONTHS);
  if (months.length === parts.length) {
    const total = months.reduce((sum, p) => sum + wholeNumber(p.value, p.unit, ast.span) * MONTHS[p.unit], 0);
    checkMonths(total, ast.span);
    const units = new Set(months.map((p) => p.unit as YearMonthField));
    const type: DataType = units.size === 1 ? { kind: "interval_ym", from: months[0].unit as YearMonthField, to: months[0].unit as YearMonthField } : INTERVAL_YM;
    return literal(total, type);
  }
  if (months.length > 0) return calendar(parts, ast.span);
  const micros = parts.reduce((sum, p) => sum + microsOf(p.value, p.unit, ast.span), 0n);
  checkMicros(micros, ast.span);
  const fields = parts.map((p) => DAY_TIME_FIELDS.indexOf(fieldOfUnit(p.unit)));
  return literal(micros, { kind: "interval_dt", from: DAY_TIME_FIELDS[Math.min(...fields)], to: DAY_TIME_FIELDS[Math.max(...fields)] });
}

function calendar(parts: readonly { readonly unit: string; readonly value: string }[], span: Span): LiteralExpr {
  let months = 0;
  let days = 0;
  let micros = 0n;
  for (const { unit, value } of parts) {
    if (unit in MONTHS) months += wholeNumber(value, unit, span) * MONTHS[unit];
    else if (unit === "day" || unit === "week") days += wholeNumber(value, unit, span) * (unit === "week" ? 7 : 1);
    else micros += microsOf(value, unit, span);
  }
  return literal({ months, days, micros }, CALENDAR_INTERVAL);
}

function fieldOfUnit(unit: string): DayTimeField {
  if (unit === "week" || unit === "day") return "day";
  return unit === "hour" || unit === "minute" ? unit : "second";
}

/** The digits of an interval's value, with its sign. */
function numberText(ast: AstExpr): string {
  if (ast.kind === "string") return ast.value.trim();
  if (ast.kind === "number") return ast.text;
  if (ast.kind === "unary" && (ast.operator === "-" || ast.operator === "+")) {
    const text = numberText(ast.operand);
    return ast.operator === "+" ? text : text.startsWith("-") ? text.slice(1) : `-${text}`;
  }
  throw unsupported("an INTERVAL whose value is not a literal", ast.span);
}

function wholeNumber(text: string, unit: string, span: Span): number {
  if (!/^[+-]?\d+$/.test(text)) throw invalid(`${text} ${unit}`, span);
  return Number(text);
}

function microsOf(text: string, unit: string, span: Span): bigint {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text);
  if (match === null || (match[2] === "" && (match[3] ?? "") === "") || !(unit in MICROS)) throw invalid(`${text} ${unit}`, span);
  const [, sign, whole, fraction] = match;
  if (fraction !== undefined && unit !== "second") throw invalid(`${text} ${unit}`, span);
  const size = BigInt(whole || "0") * MICROS[unit] + BigInt((fraction ?? "").slice(0, 6).padEnd(6, "0") || "0") * (fraction === undefined ? 0n : 1n);
  return sign === "-" ? -size : size;
}

/** INTERVAL '1-2' YEAR TO MONTH, INTERVAL '1 02:03:04.5' DAY TO SECOND and the ranges between. */
function fromTo(part: IntervalPart, to: string, span: Span): LiteralExpr {
  const text = numberText(part.value);
  if (part.unit === "year" && to === "month") {
    const match = /^([+-]?)(\d+)-(\d+)$/.exec(text);
    if (match === null || Number(match[3]) > 11) throw invalid(text, span);
    const size = Number(match[2]) * 12 + Number(match[3]);
    const total = match[1] === "-" ? -size : size;
    checkMonths(total, span);
    return literal(total, INTERVAL_YM);
  }
  const from = DAY_TIME_FIELDS.indexOf(part.unit as DayTimeField);
  const last = DAY_TIME_FIELDS.indexOf(to as DayTimeField);
  if (from < 0 || last <= from) throw invalid(text, span);
  const forms = ["(\\d+)", "(\\d{1,2})", "(\\d{1,2})", "(\\d{1,2}(?:\\.\\d{1,9})?)"];
  forms[from] = from === 3 ? forms[3] : "(\\d+)";
  let pattern = forms[from];
  for (let i = from + 1; i <= last; i++) pattern += `${i === 1 ? "\\s+" : ":"}${forms[i]}`;
  const match = new RegExp(`^([+-]?)${pattern}$`).exec(text);
  if (match === null) throw invalid(text, span);
  const limits = [Number.POSITIVE_INFINITY, 24, 60, 60];
  let micros = 0n;
  for (let i = from; i <= last; i++) {
    const value = match[2 + i - from];
    if (i > from && Number(value) >= limits[i]) throw invalid(text, span);
    micros += microsOf(value, DAY_TIME_FIELDS[i], span);
  }
  if (match[1] === "-") micros = -micros;
  checkMicros(micros, span);
  return literal(micros, { ...(INTERVAL_DT as Extract<DataType, { kind: "interval_dt" }>), from: DAY_TIME_FIELDS[from], to: DAY_TIME_FIELDS[last] });
}

function checkMonths(months: number, span: Span): void {
  if (months > 2 ** 31 - 1 || months < -(2 ** 31)) throw overflow(span);
}

function checkMicros(micros: bigint, span: Span): void {
  if (micros >= 2n ** 63n || micros < -(2n ** 63n)) throw overflow(span);
}

function overflow(span: Span): Error {
  return analysisError("INTERVAL_ARITHMETIC_OVERFLOW.WITHOUT_SUGGESTION", "22015", "Integer overflow while operating with intervals.", {}, span);
}

function invalid(input: string, span: Span): Error {
  return analysisError("INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING", "22006", `Error parsing '${input}' to interval. Please ensure that the value provided is in a valid format for defining an interval. You can reference the documentation for the correct format. The interval string does not match the supported format.`, { input: `'${input}'` }, span);
}
