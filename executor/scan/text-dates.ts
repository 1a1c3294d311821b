import { parsed } from "./text-numbers.ts";

/**
 * Dates and timestamps in their usual forms, read from bytes: `yyyy-MM-dd` and `yyyy-MM-dd[ T]HH:mm:ss[.fraction][Z]`. False sends the caller to the full
 * grammar.
 */
export function parsePlainDate(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== 10 || bytes[start + 4] !== 45 || bytes[start + 7] !== 45) return false;
  const year = digits(bytes, start, 4);
  const month = digits(bytes, start + 5, 2);
  const day = digits(bytes, start + 8, 2);
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > daysOfMonth(year, month)) return false;
  parsed.number = daysFromCivil(year, month, day);
  return true;
}

/** Microseconds of the local calendar into `parsed.number` (exact); `hasZ` in `parsed.low`. */
export function parsePlainTimestamp(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 19 || !parsePlainDate(bytes, start, start + 10)) return false;
  const between = bytes[start + 10];
  if ((between !== 32 && between !== 84) || bytes[start + 13] !== 58 || bytes[start + 16] !== 58) return false;
  const hour = digits(bytes, start + 11, 2);
  const minute = digits(bytes, start + 14, 2);
  const second = digits(bytes, start + 17, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
  let micros = 0;
  let at = start + 19;
  if (bytes[at] === 46 && at < end) {
    at++;
    let unit = 100_000;
    while (at < end && bytes[at] >= 48 && bytes[at] <= 57) {
      micros += Math.floor((bytes[at] - 48) * unit);
      unit = unit > 1 ? unit / 10 : 0;
      at++;
    }
  }
  parsed.low = 0;
  if (at < end && bytes[at] === 90) {
    parsed.low = 1;
    at++;
  }
  if (at !== end) return false;
  parsed.number = (parsed.number * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000 + micros;
  return Number.isSafeInteger(parsed.number);
}

function digits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = bytes[i] - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function daysOfMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970-01-01 of a date in the proleptic Gregorian calendar, for years from 0 to 9999. */
function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
