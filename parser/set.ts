import type { IntervalPart } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseAssignment } from "./dml.ts";
import { parseInterval } from "./intervals.ts";
import { parseQuery } from "./query.ts";
import { quotedName } from "./string-literals.ts";
import type { StatementBody } from "./statements.ts";

/** SET of a setting, a time zone, a catalog or a variable. Keys and values of settings are plain text up to the end. */
export function parseSet(c: Cursor): StatementBody {
  c.expect("SET");
  if (c.acceptPhrase("TIME", "ZONE")) return setTimeZone(c);
  if (c.word === "CATALOG" && (c.isIdentifierAt(1) || c.kindAt(1) === "string")) return setCatalog(c);
  if ((c.word === "VAR" || c.word === "VARIABLE") && (c.isIdentifierAt(1) || c.wordAt(1) === "(")) return setVariable(c);
  if (c.word === "ROLE" && c.isIdentifierAt(1)) c.refuse("UNSUPPORTED_FEATURE.STATEMENT", "The feature is not supported: the statement SET ROLE.", { statement: "SET ROLE" }, undefined, "0A000");
  return setSetting(c);
}

const SETTING_KEY = /^[a-zA-Z_\d.:/-]+$/;

function setSetting(c: Cursor): StatementBody {
  if (atEnd(c)) return { kind: "set", verbose: false };
  if (c.word === "-" && c.wordAt(1) === "V") {
    c.position += 2;
    return { kind: "set", verbose: true };
  }
  const start = c.start;
  const key = settingKey(c);
  if (key === "") invalidSet(c, start);
  if (atEnd(c)) return { kind: "set", key, verbose: false };
  if (!SETTING_KEY.test(key) && !c.tokens.text.startsWith("`", start)) invalidKey(c, key, start);
  if (c.word !== "=") {
    while (!atEnd(c)) c.advance();
    invalidSet(c, start);
  }
  c.advance();
  if (c.kind === "quoted" && endsAt(c, 1)) {
    const value = quotedName(c.text);
    c.advance();
    return { kind: "set", key, value, verbose: false };
  }
  return { kind: "set", key, value: restOfText(c), verbose: false };
}

function invalidSet(c: Cursor, start: number): never {
  c.refuse("INVALID_SET_SYNTAX", "Expected format is 'SET', 'SET key', or 'SET key=value'. If you want to include special characters in key, or include semicolon in value, please use backquotes, e.g., SET `key`=`value`.", {}, start, "42000");
}

function invalidKey(c: Cursor, key: string, start: number): never {
  c.refuse("INVALID_PROPERTY_KEY", `"${key}" is an invalid property key, please use quotes, e.g. SET "${key}"="value".`, { key: `"${key}"`, value: '"value"' }, start, "42602");
}

function atEnd(c: Cursor): boolean {
  return endsAt(c, 0);
}

function endsAt(c: Cursor, offset: number): boolean {
  return c.kindAt(offset) === "end" || c.wordAt(offset) === ";";
}

/** In backquotes, or everything up to `=` or the end. */
function settingKey(c: Cursor): string {
  if (c.kind === "quoted") {
    const key = quotedName(c.text);
    c.advance();
    return key;
  }
  const start = c.start;
  while (!atEnd(c) && c.word !== "=") c.advance();
  return c.sourceFrom(start).trim();
}

/** The text up to the semicolon or the end, as it stands. */
function restOfText(c: Cursor): string {
  const start = c.start;
  if (atEnd(c)) return "";
  while (!atEnd(c)) c.advance();
  return c.sourceFrom(start).trim();
}

export function parseReset(c: Cursor): StatementBody {
  c.expect("RESET");
  if (atEnd(c)) return { kind: "reset" };
  return { kind: "reset", key: c.kind === "quoted" ? settingKey(c) : restOfText(c) };
}

function setCatalog(c: Cursor): StatementBody {
  c.expect("CATALOG");
  if (c.kind !== "string") return { kind: "useCatalog", name: c.plainIdentifier("a catalog name") };
  const start = c.start;
  const name = c.string();
  return { kind: "useCatalog", name: { name, quoted: true, span: c.spanFrom(start) } };
}

function setVariable(c: Cursor): StatementBody {
  const start = c.start;
  c.expectAny("VAR", "VARIABLE");
  if (c.isPhrase("(", ")")) invalidSet(c, start);
  if (!c.is("(")) return { kind: "setVariable", assignments: c.commaList(parseAssignment) };
  const targets = c.parenthesizedList((x) => x.qualifiedName());
  c.expect("=");
  c.expect("(");
  const query = parseQuery(c);
  c.expect(")");
  return { kind: "setVariables", targets, query };
}

function setTimeZone(c: Cursor): StatementBody {
  if (c.accept("LOCAL")) return { kind: "setTimeZone", value: "LOCAL" };
  if (c.word !== "INTERVAL") return { kind: "setTimeZone", value: c.string("a time zone, LOCAL, or an interval") };
  const start = c.start;
  const interval = parseInterval(c);
  const minutes = interval.kind === "interval" ? offsetMinutes(interval.parts) : undefined;
  if (minutes === undefined || Math.abs(minutes) > 18 * 60) {
    c.refuse("INVALID_INTERVAL_FORMAT.TIMEZONE_INTERVAL_OUT_OF_RANGE", "The interval value must be in the range of [-18, +18] hours with second precision.", { input: c.sourceFrom(start) }, start, "22006");
  }
  const sign = minutes < 0 ? "-" : "+";
  const two = (n: number): string => String(Math.floor(n)).padStart(2, "0");
  return { kind: "setTimeZone", value: `${sign}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}` };
}

const UNIT_MINUTES: Readonly<Record<string, number>> = { hour: 60, minute: 1 };
const HOURS_AND_MINUTES = /^\s*([+-]?)(\d{1,2}):(\d{1,2})\s*$/;

/** Undefined for an interval that is no offset of whole minutes. */
function offsetMinutes(parts: readonly IntervalPart[]): number | undefined {
  let minutes = 0;
  for (const { value, unit, to } of parts) {
    const text = value.kind === "string" ? value.value : value.kind === "number" ? value.text : "";
    if (unit === "hour" && to === "minute") {
      const match = HOURS_AND_MINUTES.exec(text);
      if (match === null) return undefined;
      minutes += (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
    } else {
      const amount = Number(text) * (UNIT_MINUTES[unit] ?? NaN);
      if (to !== undefined || !Number.isInteger(amount)) return undefined;
      minutes += amount;
    }
  }
  return minutes;
}
