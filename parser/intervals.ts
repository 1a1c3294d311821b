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
    const text = c.string();
    return { kind: "interval", parts: textParts(c, text, textStart), quoted: true, span: c.spanFrom(start) };
  }
  const parts: IntervalPart[] = [];
  do parts.push(part(c));
  while (startsPart(c));
  const ranges = parts.filter((p) => p.to !== undefined).length;
  if (ranges > 0 && parts.length > 1) {
    const literal = c.sourceFrom(start);
    c.refuse("INVALID_INTERVAL_FORMAT.UNSUPPORTED_FROM_TO_EXPRESSION", `Error parsing '${literal}' to interval. Please ensure that the value provided is in a valid format for defining an interval: a from-to unit does not go with other units.`, { input: literal }, start, "22006");
  }
  return { kind: "interval", parts, quoted: false, span: c.spanFrom(start) };
}

function startsPart(c: Cursor): boolean {
  const sign = c.word === "-" || c.word === "+" ? 1 : 0;
  const kind = c.kindAt(sign);
  return (kind === "number" || kind === "string") && unitOf(c.wordAt(sign + 1)) !== undefined;
}

function part(c: Cursor): IntervalPart {
  const value = partValue(c);
  const unit = acceptUnit(c);
  if (!c.accept("TO")) return { value, unit };
  return { value, unit, to: acceptUnit(c) };
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
