import { unreachable } from "../../catalog/errors.ts";
import { civilFromDays, dayOfMicros, dayOfYear, isoDayOfWeek, microsOfDay } from "./calendar.ts";
import { compilePattern } from "./datetime-pattern.ts";
import type { PatternPart } from "./datetime-pattern.ts";
import { timeZone, toLocalMicros } from "./time-zone.ts";

export const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
export const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const QUARTERS = ["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"];

/** A point of the local calendar, with the zone it was seen from where there is one. */
interface LocalPoint {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly days: number;
  /** Microseconds since midnight. */
  readonly micros: bigint;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly zone: string;
  /** Seconds east of UTC. */
  readonly offset: number;
  readonly epochMillis: number;
  /** The pattern names an era, so `y` is the year of it; else `y` is the signed year. */
  readonly withEra: boolean;
}

/** An instant by a pattern, in a zone. */
export function formatTimestamp(instant: bigint, pattern: string, zone: string): string {
  return formatLocal(toLocalMicros(instant, timeZone(zone)), instant, pattern, zone);
}

/** Local microseconds by a pattern; zone letters show the session's zone. */
export function formatLocalTimestamp(local: bigint, pattern: string, zone: string): string {
  return formatLocal(local, local, pattern, zone);
}

function formatLocal(local: bigint, instant: bigint, pattern: string, zone: string): string {
  const parts = compilePattern(pattern, false);
  const days = dayOfMicros(local);
  const micros = microsOfDay(local);
  const seconds = Number(micros / 1_000_000n);
  const point: LocalPoint = {
    ...civilFromDays(days),
    days,
    micros,
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    zone,
    offset: Number((local - instant) / 1_000_000n),
    epochMillis: Number(instant / 1000n),
    withEra: hasEra(parts),
  };
  return formatParts(parts, point);
}

function hasEra(parts: readonly PatternPart[]): boolean {
  return parts.some((part) => (part.kind === "field" && part.letter === "G") || (part.kind === "optional" && hasEra(part.parts)));
}

function formatParts(parts: readonly PatternPart[], point: LocalPoint): string {
  let text = "";
  for (const part of parts) {
    switch (part.kind) {
      case "literal":
        text += part.text;
        break;
      case "field":
        text += formatField(part.letter, part.count, point);
        break;
      case "optional":
        text += formatParts(part.parts, point);
        break;
      default:
        unreachable(part);
    }
  }
  return text;
}

function padded(value: number, width: number): string {
  return value < 0 ? `-${String(-value).padStart(width, "0")}` : String(value).padStart(width, "0");
}

function named(name: string, count: number): string {
  return count === 4 ? name : name.slice(0, 3);
}

function formatField(letter: string, count: number, point: LocalPoint): string {
  switch (letter) {
    case "G":
      return count === 4 ? (point.year > 0 ? "Anno Domini" : "Before Christ") : point.year > 0 ? "AD" : "BC";
    case "y": {
      const year = point.withEra && point.year <= 0 ? 1 - point.year : point.year;
      if (count === 2) return padded(((year % 100) + 100) % 100, 2);
      return count >= 4 && year > 10 ** count - 1 ? `+${year}` : padded(year, count);
    }
    case "M":
    case "L":
      return count <= 2 ? padded(point.month, count) : named(MONTHS[point.month - 1], count);
    case "d":
      return padded(point.day, count);
    case "D":
      return padded(dayOfYear(point.days), count);
    case "E":
      return named(WEEKDAYS[isoDayOfWeek(point.days) - 1], count);
    case "F":
      return String(Math.floor((point.day - 1) / 7) + 1);
    case "a":
      return point.hour < 12 ? "AM" : "PM";
    case "H":
      return padded(point.hour, count);
    case "k":
      return padded(point.hour === 0 ? 24 : point.hour, count);
    case "K":
      return padded(point.hour % 12, count);
    case "h":
      return padded(point.hour % 12 === 0 ? 12 : point.hour % 12, count);
    case "m":
      return padded(point.minute, count);
    case "s":
      return padded(point.second, count);
    case "S":
      return (point.micros % 1_000_000n).toString().padStart(6, "0").padEnd(9, "0").slice(0, count);
    case "q":
    case "Q": {
      const quarter = Math.ceil(point.month / 3);
      return count <= 2 ? padded(quarter, count) : count === 3 ? `Q${quarter}` : QUARTERS[quarter - 1];
    }
    case "V":
      return point.zone;
    case "z":
      return zoneName(point, count === 4);
    case "O":
      return localizedOffset(point.offset, count === 4);
    case "X":
      return point.offset === 0 ? "Z" : offsetText(point.offset, count);
    case "x":
      return offsetText(point.offset, count);
    default:
      // Z: +0100, localized, or as XXX
      if (count < 4) return offsetText(point.offset, 2);
      return count === 4 ? localizedOffset(point.offset, true) : point.offset === 0 ? "Z" : offsetText(point.offset, 5);
  }
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** Widths of `x`: 1 hours and minutes if any, 2 `+0100`, 3 `+01:00`, 4 and 5 the same with seconds if any. */
function offsetText(offset: number, count: number): string {
  const size = Math.abs(offset);
  const sign = offset < 0 ? "-" : "+";
  const hours = twoDigits(Math.floor(size / 3600));
  const minutes = Math.floor(size / 60) % 60;
  const seconds = size % 60;
  const separator = count === 3 || count === 5 ? ":" : "";
  if (count === 1 && minutes === 0) return sign + hours;
  return `${sign}${hours}${separator}${twoDigits(minutes)}${count >= 4 && seconds !== 0 ? separator + twoDigits(seconds) : ""}`;
}

function localizedOffset(offset: number, full: boolean): string {
  if (offset === 0) return "GMT";
  if (full) return `GMT${offsetText(offset, 5)}`;
  const size = Math.abs(offset);
  const minutes = Math.floor(size / 60) % 60;
  const seconds = size % 60;
  return `GMT${offset < 0 ? "-" : "+"}${Math.floor(size / 3600)}${minutes === 0 && seconds === 0 ? "" : `:${twoDigits(minutes)}`}${seconds === 0 ? "" : `:${twoDigits(seconds)}`}`;
}

function zoneName(point: LocalPoint, full: boolean): string {
  if (point.zone === "UTC" && !full) return "UTC";
  if (!/^[A-Za-z]/.test(point.zone)) return point.zone;
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: point.zone, timeZoneName: full ? "long" : "short" }).formatToParts(namedInstant(point));
  return parts.find((part) => part.type === "timeZoneName")?.value ?? point.zone;
}

const NAMED_SINCE = Date.UTC(1972, 0, 1);
const WINTER = Date.UTC(2020, 0, 1);
const SUMMER = Date.UTC(2020, 6, 1);

/** Intl knows names from 1972 on: before, the zone's name of today for the same offset, else its standard name. */
function namedInstant(point: LocalPoint): number {
  if (point.epochMillis >= NAMED_SINCE) return point.epochMillis;
  const { offsetAt } = timeZone(point.zone);
  const [winter, summer] = [offsetAt(WINTER / 1000), offsetAt(SUMMER / 1000)];
  if (point.offset === winter) return WINTER;
  if (point.offset === summer) return SUMMER;
  return winter <= summer ? WINTER : SUMMER;
}
