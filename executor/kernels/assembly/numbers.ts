import { power10, place, set_result_high, divide_place } from "./decimals";

/** Numbers, dates and times from text and to text. Readers take the plain forms and leave the others to the host: they say so in `result_high`. */

const PLAIN: i64 = 0;
const NOT_PLAIN: i64 = 1;

@inline
function digitAt(p: u32): u32 {
  return <u32>load<u8>(p) - 48;
}

/** A sign and up to 18 digits. */
export function parse_long(p: u32, n: u32): i64 {
  const end = p + n;
  const negative = n > 0 && load<u8>(p) == 45;
  if (n > 0 && (negative || load<u8>(p) == 43)) p++;
  set_result_high(NOT_PLAIN);
  if (p >= end || end - p > 18) return 0;
  let value: i64 = 0;
  while (p < end) {
    const digit = digitAt(p);
    if (digit > 9) return 0;
    value = value * 10 + digit;
    p++;
  }
  set_result_high(PLAIN);
  return negative ? -value : value;
}

/** Digits of a plain number without its point, and how many of them are behind it. */
let fraction: i32 = 0;

/** A sign, digits, and perhaps a point with digits: up to 18 digits in all. The value without its point; `fraction` digits are behind that. */
function parsePlain(p: u32, n: u32): i64 {
  const end = p + n;
  const negative = n > 0 && load<u8>(p) == 45;
  if (n > 0 && (negative || load<u8>(p) == 43)) p++;
  set_result_high(NOT_PLAIN);
  let value: i64 = 0;
  let digits = 0;
  let point: u32 = 0;
  while (p < end) {
    const byte = load<u8>(p);
    const digit = <u32>byte - 48;
    if (digit > 9) {
      if (byte != 46 || point != 0 || digits == 0) return 0;
      point = p + 1;
    } else {
      value = value * 10 + digit;
      if (++digits > 18) return 0;
    }
    p++;
  }
  if (digits == 0 || point == end) return 0;
  fraction = point == 0 ? 0 : <i32>(end - point);
  set_result_high(PLAIN);
  return negative ? -value : value;
}

/** A plain number of at most 15 digits: both parts are exact doubles, so one division rounds right. */
export function parse_double(p: u32, n: u32): f64 {
  const negative = n > 0 && load<u8>(p) == 45;
  const value = parsePlain(p, n);
  if (value > 999999999999999 || value < -999999999999999) {
    set_result_high(NOT_PLAIN);
    return 0;
  }
  if (value == 0) return negative ? -0.0 : 0.0;
  return <f64>value / <f64>power10(fraction);
}

/** A plain number at a scale that holds its fraction; the value is within 18 digits. */
export function parse_decimal(p: u32, n: u32, scale: i32): i64 {
  const value = parsePlain(p, n);
  const missing = scale - fraction;
  if (missing < 0 || missing > 18) {
    set_result_high(NOT_PLAIN);
    return 0;
  }
  if (missing == 0) return value;
  const factor = <i64>power10(missing);
  const limit: i64 = 999999999999999999 / factor;
  if (value > limit || value < -limit) {
    set_result_high(NOT_PLAIN);
    return 0;
  }
  return value * factor;
}

@inline
function lowered(byte: u8): u8 {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

/** 1, 0, or 2 for the host. */
export function parse_boolean(p: u32, n: u32): i32 {
  if (n == 4 && lowered(load<u8>(p)) == 116 && lowered(load<u8>(p + 1)) == 114 && lowered(load<u8>(p + 2)) == 117 && lowered(load<u8>(p + 3)) == 101) return 1;
  if (n == 5 && lowered(load<u8>(p)) == 102 && lowered(load<u8>(p + 1)) == 97 && lowered(load<u8>(p + 2)) == 108 && lowered(load<u8>(p + 3)) == 115 && lowered(load<u8>(p + 4)) == 101) return 0;
  return 2;
}

/** `count` digits, or -1. */
@inline
function digitsAt(p: u32, count: u32): i32 {
  let value: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const digit = digitAt(p + i);
    if (digit > 9) return -1;
    value = value * 10 + digit;
  }
  return <i32>value;
}

function isLeap(year: i32): bool {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

function monthLength(year: i32, month: i32): i32 {
  if (month == 2) return isLeap(year) ? 29 : 28;
  return 30 | (month ^ (month >> 3));
}

/** Days since 1970-01-01, for years from 0. */
function daysFromCivil(year: i32, month: i32, day: i32): i32 {
  const y = year + 400 - <i32>(month <= 2);
  const m = month <= 2 ? month + 12 : month;
  const century = y / 100;
  return ((y * 1461) >> 2) - century + (century >> 2) + ((m * 979 - 2919) >> 5) + day - 1 - 719468 - 146097;
}

/** i64.MIN_VALUE: for the host. */
export function parse_date(p: u32, n: u32): i64 {
  if (n != 10 || load<u8>(p + 4) != 45 || load<u8>(p + 7) != 45) return i64.MIN_VALUE;
  const year = digitsAt(p, 4);
  const month = digitsAt(p + 5, 2);
  const day = digitsAt(p + 8, 2);
  if ((year | month | day) < 0 || month < 1 || month > 12 || day < 1 || day > monthLength(year, month)) return i64.MIN_VALUE;
  return <i64>daysFromCivil(year, month, day);
}

/** Local microseconds of `yyyy-MM-dd` with ` ` or `T`, `HH:mm:ss` and a fraction of up to 6 digits; i64.MIN_VALUE: for the host. */
export function parse_timestamp(p: u32, n: u32): i64 {
  if (n < 19 || n > 26) return i64.MIN_VALUE;
  const days = parse_date(p, 10);
  const separator = load<u8>(p + 10);
  if (days == i64.MIN_VALUE || (separator != 32 && separator != 84) || load<u8>(p + 13) != 58 || load<u8>(p + 16) != 58) return i64.MIN_VALUE;
  const hour = digitsAt(p + 11, 2);
  const minute = digitsAt(p + 14, 2);
  const second = digitsAt(p + 17, 2);
  if ((hour | minute | second) < 0 || hour > 23 || minute > 59 || second > 59) return i64.MIN_VALUE;
  let micros: i64 = 0;
  if (n > 19) {
    if (n == 20 || load<u8>(p + 19) != 46) return i64.MIN_VALUE;
    const part = digitsAt(p + 20, n - 20);
    if (part < 0) return i64.MIN_VALUE;
    micros = <i64>part * <i64>power10(26 - <i32>n);
  }
  return (days * 86400 + <i64>(hour * 3600 + minute * 60 + second)) * 1000000 + micros;
}

/** Decimal digits, at least `atLeast` of them; bytes written. */
function writeDigits(value: u64, atLeast: i32, to: u32): i32 {
  let count = 1;
  let limit: u64 = 10;
  while (count < 20 && value >= limit) {
    count++;
    if (count == 20) break;
    limit *= 10;
  }
  if (count < atLeast) count = atLeast;
  for (let i = count - 1; i >= 0; i--) {
    const next = value / 10;
    store<u8>(to + i, <u8>(48 + (value - next * 10)));
    value = next;
  }
  return count;
}

/** Bytes written, at most 20. */
export function write_long(value: i64, to: u32): i32 {
  if (value >= 0) return writeDigits(value, 1, to);
  store<u8>(to, 45);
  return 1 + writeDigits(0 - <u64>value, 1, to + 1);
}

/** An unscaled decimal in plain digits with its point; bytes written, at most 41. */
export function write_decimal(low: i64, high: i64, scale: i32, to: u32): i32 {
  let at = to;
  if (high < 0) {
    store<u8>(at, 45);
    at++;
  }
  place(low, high);
  // Digits from the last one, in pieces of 18, into their places.
  const bottom = divide_place();
  const middle = divide_place();
  const top = divide_place();
  let written: i32;
  if (top != 0) {
    written = writeDigits(top, 1, at);
    writeDigits(middle, 18, at + written);
    writeDigits(bottom, 18, at + written + 18);
    written += 36;
  } else if (middle != 0) {
    written = writeDigits(middle, 1, at);
    writeDigits(bottom, 18, at + written);
    written += 18;
  } else {
    written = writeDigits(bottom, 1, at);
  }
  if (scale > 0) {
    const missing = scale + 1 - written;
    if (missing > 0) {
      memory.copy(at + missing, at, written);
      memory.fill(at, 48, missing);
      written += missing;
    }
    const point = at + written - scale;
    memory.copy(point + 1, point, scale);
    store<u8>(point, 46);
    written++;
  }
  return <i32>(at - to) + written;
}

let year: i32 = 0;
let month: i32 = 0;
let day: i32 = 0;

/** The civil date of a day of the years 0 to 9999. Source: Neri and Schneider (2022). */
function civilFromDays(days: i32): void {
  const n1 = 4 * <u32>(days + 719468) + 3;
  const century = n1 / 146097;
  const n2 = (n1 % 146097) | 3;
  const p2 = <u64>n2 * 2939745;
  const dayOfYear = <u32>p2 / 2939745 / 4;
  const n3 = 2141 * dayOfYear + 197913;
  const late = dayOfYear >= 306;
  year = <i32>(100 * century + <u32>(p2 >> 32)) + <i32>late;
  month = <i32>(n3 >> 16) - (late ? 12 : 0);
  day = <i32>((n3 & 0xffff) / 2141) + 1;
}

/** First day of year 0 (less two months, which the method needs) and of year 10000. */
const FIRST_DAY: i32 = -719468;
const END_DAY: i32 = 2932897;

/** `yyyy-MM-dd`; 0 for the host. */
export function write_date(days: i32, to: u32): i32 {
  if (days < FIRST_DAY || days >= END_DAY) return 0;
  civilFromDays(days);
  writeDigits(<u64>year, 4, to);
  store<u8>(to + 4, 45);
  writeDigits(<u64>month, 2, to + 5);
  store<u8>(to + 7, 45);
  writeDigits(<u64>day, 2, to + 8);
  return 10;
}

/** `yyyy-MM-dd HH:mm:ss` and a fraction without zeros at its end; at most 26 bytes; 0 for the host. */
export function write_timestamp(local: i64, to: u32): i32 {
  let days = local / 86400000000;
  let rest = local - days * 86400000000;
  if (rest < 0) {
    rest += 86400000000;
    days--;
  }
  if (days < <i64>FIRST_DAY || days >= <i64>END_DAY) return 0;
  write_date(<i32>days, to);
  store<u8>(to + 10, 32);
  const seconds = <u64>(rest / 1000000);
  let micros = <u64>(rest % 1000000);
  writeDigits(seconds / 3600, 2, to + 11);
  store<u8>(to + 13, 58);
  writeDigits((seconds / 60) % 60, 2, to + 14);
  store<u8>(to + 16, 58);
  writeDigits(seconds % 60, 2, to + 17);
  if (micros == 0) return 19;
  let digits = 6;
  while (micros % 10 == 0) {
    micros /= 10;
    digits--;
  }
  store<u8>(to + 19, 46);
  writeDigits(micros, digits, to + 20);
  return 20 + digits;
}

/** A whole number below 10^7 as a double's text, `12.0`; 0 for the host. */
export function write_double(value: f64, to: u32): i32 {
  const whole = <i64>value;
  if (whole > -10000000 && whole < 10000000 && <f64>whole == value && whole != 0) {
    const written = write_long(whole, to);
    store<u16>(to + <u32>written, 0x302e);
    return written + 2;
  }
  return 0;
}
