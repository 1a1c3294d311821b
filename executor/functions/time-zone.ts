import { SparrowError } from "../../catalog/errors.ts";

/** A time zone: its offset from UTC at an instant. */
export interface TimeZone {
  readonly id: string;
  /** Seconds east of UTC at an instant given in seconds since the epoch. */
  readonly offsetAt: (epochSeconds: number) => number;
}

/** Java's `ZoneId.SHORT_IDS`, which Spark accepts beside IANA's names. */
const SHORT_IDS: Readonly<Record<string, string>> = {
  ACT: "Australia/Darwin", AET: "Australia/Sydney", AGT: "America/Argentina/Buenos_Aires", ART: "Africa/Cairo", AST: "America/Anchorage",
  BET: "America/Sao_Paulo", BST: "Asia/Dhaka", CAT: "Africa/Harare", CNT: "America/St_Johns", CST: "America/Chicago", CTT: "Asia/Shanghai",
  EAT: "Africa/Addis_Ababa", ECT: "Europe/Paris", IET: "America/Indiana/Indianapolis", IST: "Asia/Kolkata", JST: "Asia/Tokyo",
  MIT: "Pacific/Apia", NET: "Asia/Yerevan", NST: "Pacific/Auckland", PLT: "Asia/Karachi", PNT: "America/Phoenix",
  PRT: "America/Puerto_Rico", PST: "America/Los_Angeles", SST: "Pacific/Guadalcanal", VST: "Asia/Ho_Chi_Minh",
  EST: "-05:00", MST: "-07:00", HST: "-10:00",
};

const OFFSET = /^(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{1,2}))?(?::?(\d{2}))?$/;
const WINDOW_SECONDS = 7 * 86400;
const zones = new Map<string, TimeZone>();

/** Finds a zone by IANA name, short id, or offset; raises INVALID_TIMEZONE. */
export function timeZone(id: string): TimeZone {
  let zone = zones.get(id);
  if (zone === undefined) {
    zone = makeZone(id);
    zones.set(id, zone);
  }
  return zone;
}

export function isTimeZone(id: string): boolean {
  try {
    timeZone(id);
    return true;
  } catch (error) {
    if (error instanceof SparrowError) return false;
    throw error;
  }
}

function invalid(id: string): SparrowError {
  return new SparrowError("INVALID_TIMEZONE", "22009", `The time zone ${id} is not known: give an offset such as +01:00 or a region such as Europe/Paris.`, { timeZone: id }, { origin: "data" });
}

function makeZone(given: string): TimeZone {
  const id = SHORT_IDS[given] ?? given;
  if (id === "Z" || id === "UTC" || id === "GMT" || id === "UT") return { id: given, offsetAt: () => 0 };
  const match = OFFSET.exec(id);
  if (match !== null) {
    const [, sign, hours, minutes = "0", seconds = "0"] = match;
    const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    if (total > 18 * 3600 || Number(minutes) > 59 || Number(seconds) > 59) throw invalid(given);
    const offset = sign === "-" ? -total : total;
    return { id: given, offsetAt: () => offset };
  }
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]*$/.test(id)) throw invalid(given);
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", { timeZone: id, calendar: "gregory", numberingSystem: "latn", hourCycle: "h23", era: "short", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
  } catch (cause) {
    if (cause instanceof RangeError) throw invalid(given);
    throw cause;
  }
  return { id: given, offsetAt: cachedOffsets((seconds) => intlOffset(format, seconds)) };
}

/** JavaScript's dates end at year 275760; beyond, and far before, rules repeat: the nearest instant inside stands for them. */
const LAST_INSTANT = 8_640_000_000_000 - 86400;

function intlOffset(format: Intl.DateTimeFormat, epochSeconds: number): number {
  const seconds = Math.max(-LAST_INSTANT, Math.min(LAST_INSTANT, epochSeconds));
  let year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  let beforeChrist = false;
  for (const part of format.formatToParts(seconds * 1000)) {
    switch (part.type) {
      case "year": year = Number(part.value); break;
      case "month": month = Number(part.value); break;
      case "day": day = Number(part.value); break;
      case "hour": hour = Number(part.value); break;
      case "minute": minute = Number(part.value); break;
      case "second": second = Number(part.value); break;
      case "era": beforeChrist = part.value.startsWith("B"); break;
    }
  }
  // Intl's calendar is Julian before 1582: offsets are constant there, so any instant of the year 1800 answers for them.
  if (beforeChrist || year < 1700) return intlOffset(format, -5364662400);
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - seconds;
}

interface Window {
  readonly before: number;
  /** First second with the offset `after`; infinite when the window has one offset. */
  readonly change: number;
  readonly after: number;
}

/** Offsets by windows of a week, each with at most one change: asking Intl costs microseconds, this nanoseconds. */
function cachedOffsets(offsetAt: (seconds: number) => number): (seconds: number) => number {
  const windows = new Map<number, Window>();
  return (epochSeconds) => {
    const index = Math.floor(epochSeconds / WINDOW_SECONDS);
    let window = windows.get(index);
    if (window === undefined) {
      const start = index * WINDOW_SECONDS;
      const before = offsetAt(start);
      const after = offsetAt(start + WINDOW_SECONDS);
      let change = Number.POSITIVE_INFINITY;
      if (before !== after) {
        let low = start;
        let high = start + WINDOW_SECONDS;
        while (high - low > 1) {
          const middle = Math.floor((low + high) / 2);
          if (offsetAt(middle) === before) low = middle;
          else high = middle;
        }
        change = high;
      }
      window = { before, change, after };
      windows.set(index, window);
    }
    return epochSeconds < window.change ? window.before : window.after;
  };
}

/** Microseconds of the local calendar at an instant. */
export function toLocalMicros(instant: bigint, zone: TimeZone): bigint {
  return instant + BigInt(zone.offsetAt(Number(instant / 1_000_000n) - (instant < 0n && instant % 1_000_000n !== 0n ? 1 : 0))) * 1_000_000n;
}

/** The instant of a local time: the earlier one where clocks go back, moved on by the gap where they go forward. Source: Java's `ZonedDateTime.of`. */
export function toInstantMicros(local: bigint, zone: TimeZone): bigint {
  const seconds = Math.floor(Number(local / 1_000_000n));
  const before = zone.offsetAt(seconds - 86400);
  const after = zone.offsetAt(seconds + 86400);
  if (before === after) return local - BigInt(before) * 1_000_000n;
  if (zone.offsetAt(seconds - before) === before) return local - BigInt(before) * 1_000_000n;
  if (zone.offsetAt(seconds - after) === after) return local - BigInt(after) * 1_000_000n;
  return local - BigInt(before) * 1_000_000n;
}
