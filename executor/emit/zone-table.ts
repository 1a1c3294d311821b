import { timeZone } from "../functions/time-zone.ts";

const DAY = 86_400;
/** Beyond these years instants are asked of the host one by one. */
const FIRST_SECOND = Date.UTC(1900, 0, 1) / 1000;
const LAST_SECOND = Date.UTC(2100, 0, 1) / 1000;
/** No zone has changed its clocks twice within it. */
const STEP = 14 * DAY;

/** Offsets of a session's zone from UTC. */
export type ZoneOffsets =
  | { readonly kind: "fixed"; readonly seconds: number }
  /** `bytes`: number of changes (u32), padding; seconds of each change (i64); offsets before the first and after each (i32). */
  | { readonly kind: "changing"; readonly bytes: Uint8Array };

const known = new Map<string, ZoneOffsets>();

/** The offsets of a zone by IANA name, offset (`+01:00`) or `UTC`; raises INVALID_TIMEZONE. Costs some milliseconds for a region, once. */
export function zoneOffsets(id: string): ZoneOffsets {
  let offsets = known.get(id);
  if (offsets === undefined) {
    offsets = collect(regionOffsets(id) ?? timeZone(id).offsetAt);
    known.set(id, offsets);
  }
  return offsets;
}

const REGION = /^[A-Z]\w+\/[\w/+-]+$/;
const OFFSET = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;

/** Offsets of a region, five times as fast as asking for the fields of its local time; undefined for other names and before years have four digits. */
function regionOffsets(id: string): ((seconds: number) => number) | undefined {
  if (!REGION.test(id)) return undefined;
  const { offsetAt } = timeZone(id);
  const format = new Intl.DateTimeFormat("en-US", { timeZone: id, timeZoneName: "longOffset", year: "numeric" });
  return (seconds) => {
    if (seconds < FIRST_SECOND) return offsetAt(seconds);
    const [, sign, hours = "0", minutes = "0", rest = "0"] = OFFSET.exec(format.format(seconds * 1000)) ?? [];
    const magnitude = Number(hours) * 3600 + Number(minutes) * 60 + Number(rest);
    return sign === "-" ? -magnitude : magnitude;
  };
}

function collect(offsetAt: (seconds: number) => number): ZoneOffsets {
  const changes: number[] = [];
  const offsets = [offsetAt(FIRST_SECOND)];
  for (let start = FIRST_SECOND; start < LAST_SECOND; start += STEP) {
    const after = offsetAt(start + STEP);
    if (after === offsets[offsets.length - 1]) continue;
    changes.push(firstSecondWith(after, start, start + STEP, offsetAt));
    offsets.push(after);
  }
  // A zone without changes in two centuries may still have had one before: only offsets written as such are fixed for all times.
  if (changes.length === 0 && offsetAt(FIRST_SECOND - 300 * 365 * DAY) === offsets[0]) return { kind: "fixed", seconds: offsets[0] };
  const bytes = new Uint8Array(8 + changes.length * 8 + offsets.length * 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, changes.length, true);
  changes.forEach((second, i) => view.setBigInt64(8 + 8 * i, BigInt(second), true));
  offsets.forEach((offset, i) => view.setInt32(8 + 8 * changes.length + 4 * i, offset, true));
  return { kind: "changing", bytes };
}

function firstSecondWith(offset: number, start: number, end: number, offsetAt: (seconds: number) => number): number {
  let low = start;
  let high = end;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === offset) high = middle;
    else low = middle;
  }
  return high;
}
