import { unreachable } from "../../catalog/errors.ts";
import type { SparrowError } from "../../catalog/errors.ts";
import { civilFromDays, daysFromCivil, isLeapYear, MICROS_PER_DAY, monthLength } from "./calendar.ts";
import { dataError } from "./data-errors.ts";
import { MONTHS } from "./datetime-format.ts";
import { compilePattern } from "./datetime-pattern.ts";
import type { PatternPart } from "./datetime-pattern.ts";
import { isTimeZone, timeZone, toInstantMicros } from "./time-zone.ts";

/** What a text says by a pattern. */
export interface ParsedDatetime {
  readonly days: number;
  /** Microseconds since midnight. */
  readonly micros: bigint;
  readonly zone: string | undefined;
}

interface Compiled {
  readonly regex: RegExp;
  readonly fields: readonly { readonly letter: string; readonly count: number }[];
  /** One expression per prefix of the pattern: they tell how far a text that fails was understood. */
  readonly prefixes: readonly RegExp[];
}

const compiled = new Map<string, Compiled>();

function escapeLiteral(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

const OFFSETS: readonly string[] = ["[+-]\\d{2}(?:\\d{2})?", "[+-]\\d{4}", "[+-]\\d{2}:\\d{2}", "[+-]\\d{4}(?:\\d{2})?", "[+-]\\d{2}:\\d{2}(?::\\d{2})?"];

/** Strict parsing: a number of n letters has n digits, except that one letter takes any width. */
function fieldSource(letter: string, count: number): string {
  const digits = count === 1 ? "-?\\d{1,10}" : `\\d{${count}}`;
  switch (letter) {
    case "G":
      return count === 4 ? "Anno Domini|Before Christ" : "AD|BC";
    case "y":
      if (count === 2) return "\\d{2}";
      if (count < 4) return `-?\\d{${count},10}`;
      return `-?\\d{${count}}|[+-]\\d{${count},10}`;
    case "M":
    case "L":
      return count <= 2 ? digits : count === 3 ? MONTHS.map((m) => m.slice(0, 3)).join("|") : MONTHS.join("|");
    case "D":
      return count === 3 ? "\\d{3}" : `\\d{${count},3}`;
    case "a":
      return "AM|PM";
    case "S":
      return `\\d{1,${count}}`;
    case "V":
    case "z":
      return "[A-Za-z][A-Za-z0-9_+\\-/:]*|[+-]\\d{1,2}(?::?\\d{2}){0,2}";
    case "O":
      return count === 4 ? "GMT(?:[+-]\\d{2}:\\d{2}(?::\\d{2})?)?" : "GMT(?:[+-]\\d{1,2}(?::\\d{2})?)?";
    case "X":
      return `Z|${OFFSETS[count - 1]}`;
    case "x":
      return OFFSETS[count - 1];
    case "Z":
      return count < 4 ? OFFSETS[1] : count === 4 ? "GMT(?:[+-]\\d{2}:\\d{2})?" : `Z|${OFFSETS[2]}`;
    default:
      return digits;
  }
}

function compile(pattern: string): Compiled {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const fields: { letter: string; count: number }[] = [];
  const sources: string[] = [];
  const sourceOf = (part: PatternPart): string => {
    switch (part.kind) {
      case "literal":
        return escapeLiteral(part.text);
      case "field":
        fields.push(part);
        // Java does not take back digits of a fraction that it has read.
        return part.letter === "S" ? `(?=(${fieldSource(part.letter, part.count)}))\\${fields.length}` : `(${fieldSource(part.letter, part.count)})`;
      case "optional":
        return `(?:${part.parts.map(sourceOf).join("")})?`;
      default:
        return unreachable(part);
    }
  };
  for (const part of compilePattern(pattern, true)) sources.push(sourceOf(part));
  const prefixes = sources.map((_, i) => new RegExp(`^${sources.slice(0, i + 1).join("")}`, "i"));
  const result = { regex: new RegExp(`^${sources.join("")}$`, "i"), fields, prefixes };
  if (compiled.size >= 1000) compiled.clear();
  compiled.set(pattern, result);
  return result;
}

/** Reads a text by a pattern; the answer, or what Java's parser would say against it. */
export function parseByPattern(text: string, pattern: string): ParsedDatetime | { readonly problem: string } {
  const { regex, fields, prefixes } = compile(pattern);
  const match = regex.exec(text);
  if (match === null) {
    let reached = 0;
    let whole = false;
    prefixes.forEach((prefix, i) => {
      const part = prefix.exec(text);
      if (part !== null) {
        reached = Math.max(reached, part[0].length);
        whole = i === prefixes.length - 1;
      }
    });
    return { problem: whole ? `Text '${text}' could not be parsed, unparsed text found at index ${reached}` : `Text '${text}' could not be parsed at index ${reached}` };
  }
  const found = new Map<string, string>();
  for (let i = 0; i < fields.length; i++) {
    const value = match[i + 1];
    if (value === undefined) continue;
    const key = fields[i].letter === "L" ? "M" : fields[i].letter;
    const number = key === "y" && fields[i].count === 2 ? `20${value}` : value;
    const previous = found.get(key);
    if (previous !== undefined && previous !== number) return { problem: `Text '${text}' could not be parsed: conflict found` };
    found.set(key, number);
  }
  return resolve(text, found);
}

function resolve(text: string, found: ReadonlyMap<string, string>): ParsedDatetime | { readonly problem: string } {
  const failed = (why: string): { readonly problem: string } => ({ problem: `Text '${text}' could not be parsed: ${why}` });
  const number = (letter: string): number | undefined => (found.has(letter) ? Number(found.get(letter)) : undefined);
  const era = found.get("G")?.toUpperCase();
  const written = number("y");
  const year = written === undefined ? 1970 : era !== undefined && era.startsWith("B") ? 1 - written : written;
  const monthText = found.get("M");
  const month = monthText === undefined ? undefined : /^-?\d/.test(monthText) ? Number(monthText) : MONTHS.findIndex((m) => m.slice(0, 3).toLowerCase() === monthText.slice(0, 3).toLowerCase()) + 1;
  const day = number("d");
  let days: number;
  const yearDay = number("D");
  if (month !== undefined && (month < 1 || month > 12)) return failed(`Invalid value for MonthOfYear (valid values 1 - 12): ${month}`);
  if (yearDay !== undefined) {
    if (yearDay < 1 || yearDay > 366) return failed(`Invalid value for DayOfYear (valid values 1 - 365/366): ${yearDay}`);
    if (yearDay === 366 && !isLeapYear(year)) return failed(`Invalid date 'DayOfYear 366' as '${year}' is not a leap year`);
    days = daysFromCivil(year, 1, 1) + yearDay - 1;
    const civil = civilFromDays(days);
    if ((month !== undefined && month !== civil.month) || (day !== undefined && day !== civil.day)) return failed("conflict found between the day of the year and the date");
  } else {
    const m = month ?? 1;
    const d = day ?? 1;
    if (d < 1 || d > 31) return failed(`Invalid value for DayOfMonth (valid values 1 - 28/31): ${d}`);
    if (d > monthLength(year, m)) return failed(d === 29 ? `Invalid date 'February 29' as '${year}' is not a leap year` : `Invalid date '${MONTHS[m - 1].toUpperCase()} ${d}'`);
    days = daysFromCivil(year, m, d);
  }
  const hour = hourOf(number, found.get("a")?.toUpperCase());
  if (typeof hour === "string") return failed(hour);
  const minute = number("m") ?? 0;
  const second = number("s") ?? 0;
  if (minute < 0 || minute > 59) return failed(`Invalid value for MinuteOfHour (valid values 0 - 59): ${minute}`);
  if (second < 0 || second > 59) return failed(`Invalid value for SecondOfMinute (valid values 0 - 59): ${second}`);
  const fraction = BigInt((found.get("S") ?? "").slice(0, 6).padEnd(6, "0"));
  const zone = found.get("V") ?? found.get("z") ?? found.get("O") ?? found.get("X") ?? found.get("x") ?? found.get("Z");
  const id = zone?.toUpperCase() === "Z" ? "UTC" : zone;
  if (id !== undefined && !isTimeZone(id)) return failed(`unknown time zone ${id}`);
  return { days, micros: BigInt(hour * 3600 + minute * 60 + second) * 1_000_000n + fraction, zone: id };
}

/** The hour of the day from H, k, or K or h with a; or what is wrong with it. */
function hourOf(number: (letter: string) => number | undefined, half: string | undefined): number | string {
  const range = (value: number, low: number, high: number, name: string): string | undefined => (value < low || value > high ? `Invalid value for ${name} (valid values ${low} - ${high}): ${value}` : undefined);
  const hour = number("H");
  if (hour !== undefined) return range(hour, 0, 23, "HourOfDay") ?? hour;
  const clock24 = number("k");
  if (clock24 !== undefined) return range(clock24, 1, 24, "ClockHourOfDay") ?? clock24 % 24;
  const half12 = number("K");
  const clock12 = number("h");
  const base = half12 ?? clock12;
  if (base === undefined) return half === "PM" ? 12 : 0;
  const problem = half12 === undefined ? range(base, 1, 12, "ClockHourOfAmPm") : range(base, 0, 11, "HourOfAmPm");
  return problem ?? (base % 12) + (half === "PM" ? 12 : 0);
}

/** CANNOT_PARSE_TIMESTAMP; `func` is the function that gives NULL instead. */
export function cannotParse(problem: string, func = "try_to_timestamp"): SparrowError {
  return dataError("CANNOT_PARSE_TIMESTAMP", "22007", `${problem}. Use \`${func}\` to get NULL instead.`, { func: `\`${func}\``, message: problem });
}

/** An instant in microseconds from a parsed text. */
export function instantOf(parsed: ParsedDatetime, sessionZone: string): bigint {
  return toInstantMicros(localOf(parsed), timeZone(parsed.zone ?? sessionZone));
}

export function localOf(parsed: ParsedDatetime): bigint {
  return BigInt(parsed.days) * MICROS_PER_DAY + parsed.micros;
}
