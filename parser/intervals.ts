import type { AstExpr, IntervalPart } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { numberLiteral } from "./literals.ts";
import { stringValue } from "./string-literals.ts";

const UNITS = new Set(["year", "month", "week", "day", "hour", "minute", "second", "millisecond", "microsecond", "nanosecond"]);

/** The unit in lower case and singular, or undefined for another word. */
function unitOf(word: string): string | undefined {
  const lower = word.toLowerCase();
  if (UNITS.has(lower)) return lower;
  const singular = lower.endsWith("s") ? lower.slice(0, -1) : lower;
  return UNITS.has(singular) ? singular : undefined;
}

/** Whether INTERVAL stands here as the beginning of a literal, not as a name. */
export function startsInterval(c: Cursor): boolean {
  if (c.word !== "INTERVAL") return false;
  const kind = c.kindAt(1);
  if (kind === "string" || kind === "number") return true;
  const sign = c.wordAt(1) === "-" || c.wordAt(1) === "+";
  return sign && (c.kindAt(2) === "string" || c.kindAt(2) === "number") && unitOf(c.wordAt(3)) !== undefined;
}

/** `INTERVAL 3 days 2 hours`, `INTERVAL '1-2' YEAR TO MONTH`, `INTERVAL '1 day 2 hours'`. */
export function parseInterval(c: Cursor): AstExpr {
  const start = c.start;
  c.expect("INTERVAL");
  if (c.kind === "string" && unitOf(c.wordAt(1)) === undefined) {
    const textStart = c.start;
    const parts = textParts(c, c.string(), textStart);
    checkUnits(c, parts, start);
    return { kind: "interval", parts, quoted: true, span: c.spanFrom(start) };
  }
  const parts: IntervalPart[] = [];
  do parts.push(part(c, start));
  while (startsPart(c));
  if (parts.length > 1 && parts.some((p) => p.to !== undefined)) {
    c.refuse("_LEGACY_ERROR_TEMP_0024", "Can only have a single from-to unit in the interval literal syntax.", {}, start);
  }
  checkUnits(c, parts, start);
  return { kind: "interval", parts, quoted: false, span: c.spanFrom(start) };
}

const YEAR_MONTH = new Set(["year", "month"]);

/** Months and days have no fixed ratio: an interval has years and months, or the smaller units. */
function checkUnits(c: Cursor, parts: readonly IntervalPart[], start: number): void {
  const yearMonth = parts.filter((p) => YEAR_MONTH.has(p.unit)).length;
  if (yearMonth === 0 || yearMonth === parts.length) return;
  const literal = c.sourceFrom(start);
  c.refuse("_LEGACY_ERROR_TEMP_0029", `Cannot mix year-month and day-time fields: ${literal}.`, { literal }, start);
}

function startsPart(c: Cursor): boolean {
  const sign = c.word === "-" || c.word === "+" ? 1 : 0;
  const kind = c.kindAt(sign);
  return (kind === "number" || kind === "string") && unitOf(c.wordAt(sign + 1)) !== undefined;
}

const NUMERIC = /^\s*[+-]?\s*(\d+(\.\d*)?|\.\d+)\s*$/;

function part(c: Cursor, start: number): IntervalPart {
  const value = partValue(c);
  const unit = acceptUnit(c);
  if (c.accept("TO")) {
    const to = acceptUnit(c);
    checkRange(c, value, unit, to, start);
    return { value, unit, to };
  }
  if (value.kind === "string" && !NUMERIC.test(value.value)) {
    c.refuse("_LEGACY_ERROR_TEMP_0026", `Can only use numbers in the interval value part for multiple unit value pairs interval format, but got invalid value: ${value.value}.`, { value: value.value }, start);
  }
  return { value, unit };
}

const SIGN = "[+-]?";

/** How the string of each from-to interval is written; Spark's `IntervalUtils`. */
const RANGE_FORMATS: ReadonlyMap<string, readonly [pattern: RegExp, format: string]> = new Map([
  ["year to month", [new RegExp(`^\\s*${SIGN}${SIGN}\\d+-\\d+\\s*$`), "[+|-]y-m"]],
  ["day to hour", [new RegExp(`^\\s*${SIGN}\\d+ \\d{1,2}\\s*$`), "[+|-]d h"]],
  ["day to minute", [new RegExp(`^\\s*${SIGN}\\d+ \\d{1,2}:\\d{1,2}\\s*$`), "[+|-]d h:m"]],
  ["day to second", [new RegExp(`^\\s*${SIGN}\\d+ \\d{1,2}:\\d{1,2}:\\d{1,2}(\\.\\d{1,9})?\\s*$`), "[+|-]d h:m:s.n"]],
  ["hour to minute", [new RegExp(`^\\s*${SIGN}\\d+:\\d{1,2}\\s*$`), "[+|-]h:m"]],
  ["hour to second", [new RegExp(`^\\s*${SIGN}\\d+:\\d{1,2}:\\d{1,2}(\\.\\d{1,9})?\\s*$`), "[+|-]h:m:s.n"]],
  ["minute to second", [new RegExp(`^\\s*${SIGN}\\d+:\\d{1,2}(\\.\\d{1,9})?\\s*$`), "[+|-]m:s.n"]],
]);

function checkRange(c: Cursor, value: AstExpr, from: string, to: string, start: number): void {
  const known = RANGE_FORMATS.get(`${from} to ${to}`);
  const input = c.sourceFrom(start);
  if (known === undefined) {
    c.refuse("INVALID_INTERVAL_FORMAT.UNSUPPORTED_FROM_TO_EXPRESSION", `Error parsing '${input}' to interval. Please ensure that the value provided is in a valid format for defining an interval. Cannot support (interval '${input}' ${from} to ${to}) expression.`, { input, from, to }, start, "22006");
  }
  if (value.kind !== "string") c.refuse("_LEGACY_ERROR_TEMP_0027", "The value of from-to unit must be a string.", {}, start);
  const [pattern, format] = known;
  if (pattern.test(value.value)) return;
  const intervalStr = from === "year" ? "year-month" : "day-time";
  const typeName = `interval ${from} to ${to}`;
  c.refuse(`INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING${from === "year" ? "" : "_WITH_NOTICE"}`, `Error parsing '${value.value}' to interval. Please ensure that the value provided is in a valid format for defining an interval. Interval string does not match ${intervalStr} format of \`${format}\` when cast to ${typeName}: ${value.value}.`, { input: value.value, intervalStr, typeName, supportedFormat: `\`${format}\`` }, start, "22006");
}

function acceptUnit(c: Cursor): string {
  const unit = c.kind === "word" ? unitOf(c.word) : undefined;
  if (unit === undefined) c.fail("a unit of time (YEAR, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND, MILLISECOND, MICROSECOND, NANOSECOND)");
  c.advance();
  return unit;
}

/** A sign before a string is put into it. */
function partValue(c: Cursor): AstExpr {
  const start = c.start;
  const sign = c.acceptAny("-", "+");
  if (c.kind === "number") return sign === "-" ? numberLiteral(c, start) : numberLiteral(c, c.start);
  if (c.kind !== "string") c.fail("a number or a string");
  const text = stringValue(c.text);
  c.advance();
  const value = sign !== "-" ? text : text.trimStart().startsWith("-") ? text.trimStart().slice(1) : `-${text.trimStart()}`;
  return { kind: "string", value, span: c.spanFrom(start) };
}

const TEXT_PART = /\s*([+-]?)\s*(\d+(?:\.\d*)?|\.\d+)\s+([a-z]+)(?=\s|$)/iy;

/** The parts of `INTERVAL '1 year -2 days'`; each has the span of the string. Source: Spark's `IntervalUtils.stringToInterval`. */
function textParts(c: Cursor, text: string, start: number): IntervalPart[] {
  const span = c.spanFrom(start);
  const parts: IntervalPart[] = [];
  const prefix = /^\s*interval\s+/i.exec(text);
  let at = prefix === null ? 0 : prefix[0].length;
  const body = text.trimEnd();
  while (at < body.length) {
    TEXT_PART.lastIndex = at;
    const match = TEXT_PART.exec(body);
    const unit = match === null ? undefined : unitOf(match[3]);
    if (match === null || unit === undefined || (match[2].includes(".") && unit !== "second")) return refuseText(c, text, start);
    parts.push({ value: { kind: "number", text: `${match[1] === "-" ? "-" : ""}${match[2]}`, suffix: "", span }, unit });
    at = TEXT_PART.lastIndex;
  }
  return parts.length === 0 ? refuseText(c, text, start) : parts;
}

function refuseText(c: Cursor, text: string, start: number): never {
  c.refuse("INVALID_TYPED_LITERAL", `The value of the typed literal "INTERVAL" is invalid: '${text}'.`, { valueType: '"INTERVAL"', value: `'${text}'` }, start, "42604");
}
