/**
 * Numbers read from text bytes without making strings. The result of a successful call is in `parsed`; the functions answer false when the bytes are no such
 * number. Not re-entrant.
 */
export const parsed = { number: 0, low: 0, high: 0 };

const MINUS = 45;
const PLUS = 43;
const DOT = 46;
const TWO_32 = 2 ** 32;
const DECODER = new TextDecoder();

/** An optional sign and digits, into `parsed.number`, if within [min, max] (both exact in a double). */
export function parseSmallInteger(bytes: Uint8Array, start: number, end: number, min: number, max: number): boolean {
  let at = start;
  const sign = bytes[at];
  if (sign === MINUS || sign === PLUS) at++;
  if (at >= end || end - at > 15) return at < end && parseLong(bytes, start, end) && fits(parsedLong(), min, max);
  let value = 0;
  for (; at < end; at++) {
    const digit = bytes[at] - 48;
    if (digit < 0 || digit > 9) return false;
    value = value * 10 + digit;
  }
  if (sign === MINUS) value = -value;
  parsed.number = value === 0 ? 0 : value;
  return value >= min && value <= max;
}

function fits(value: bigint, min: number, max: number): boolean {
  parsed.number = Number(value);
  return parsed.number >= min && parsed.number <= max;
}

function parsedLong(): bigint {
  return (BigInt(parsed.high) << 32n) | BigInt(parsed.low >>> 0);
}

/** A 64-bit integer, into `parsed.low` and `parsed.high`. */
export function parseLong(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start <= 15 && parseSmallInteger(bytes, start, end, -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)) {
    setWords(parsed.number);
    return true;
  }
  for (let at = start + (bytes[start] === MINUS || bytes[start] === PLUS ? 1 : 0); at < end; at++) if (bytes[at] < 48 || bytes[at] > 57) return false;
  const value = parseUnscaled(bytes, start, end, 0);
  return value !== undefined && setLong(value);
}

function setWords(value: number): void {
  const high = Math.floor(value / TWO_32);
  parsed.high = high | 0;
  parsed.low = (value - high * TWO_32) | 0;
}

function setLong(value: bigint): boolean {
  if (value !== BigInt.asIntN(64, value)) return false;
  parsed.low = Number(BigInt.asIntN(32, value));
  parsed.high = Number(value >> 32n);
  return true;
}

/** Digits with an optional sign, point and exponent as an integer of `scale` decimal places; undefined when it is no number. Digits beyond the scale round half up. */
export function parseUnscaled(bytes: Uint8Array, start: number, end: number, scale: number): bigint | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(DECODER.decode(bytes.subarray(start, end)));
  if (match === null) return undefined;
  const [, sign, whole, fraction = "", exponent = "0"] = match;
  if (whole === "" && fraction === "") return undefined;
  const shift = scale + Number(exponent) - fraction.length;
  const digits = BigInt(whole + fraction);
  const magnitude = shift >= 0 ? digits * 10n ** BigInt(Math.min(shift, 100)) : roundedDown(digits, -shift);
  return sign === "-" ? -magnitude : magnitude;
}

function roundedDown(digits: bigint, places: number): bigint {
  if (places > 100) return 0n;
  const unit = 10n ** BigInt(places);
  return (digits + unit / 2n) / unit;
}

const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i);

/** A decimal of up to 18 digits, into `parsed.low` and `parsed.high`: no sign of overflow is passed over. */
export function parseDecimal(bytes: Uint8Array, start: number, end: number, precision: number, scale: number): boolean {
  let at = start;
  const sign = bytes[at];
  if (sign === MINUS || sign === PLUS) at++;
  let value = 0;
  let digits = 0;
  let places = -1;
  for (; at < end; at++) {
    const byte = bytes[at];
    if (byte === DOT && places < 0) places = 0;
    else if (byte >= 48 && byte <= 57) {
      value = value * 10 + byte - 48;
      digits++;
      if (places >= 0) places++;
    } else break;
  }
  const missing = scale - Math.max(places, 0);
  if (at === end && digits > 0 && digits + Math.max(missing, 0) <= 15 && missing >= 0) {
    value *= POWERS[missing];
    setWords(sign === MINUS ? -value : value);
    return value < POWERS[Math.min(precision, 22)];
  }
  const unscaled = parseUnscaled(bytes, start, end, scale);
  if (unscaled === undefined) return false;
  const limit = 10n ** BigInt(precision);
  return unscaled < limit && unscaled > -limit && setLong(unscaled);
}

/** A double, into `parsed.number`: exact for up to 15 digits and small exponents without a string. */
export function parseDouble(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  const sign = bytes[at];
  if (sign === MINUS || sign === PLUS) at++;
  let value = 0;
  let digits = 0;
  let places = -1;
  for (; at < end; at++) {
    const byte = bytes[at];
    if (byte >= 48 && byte <= 57) {
      value = value * 10 + byte - 48;
      digits++;
      if (places >= 0) places++;
    } else if (byte === DOT && places < 0) places = 0;
    else break;
  }
  if (at === end && digits > 0 && digits <= 15 && places <= 22) {
    if (places > 0) value /= POWERS[places];
    parsed.number = sign === MINUS ? -value : value;
    return true;
  }
  const text = DECODER.decode(bytes.subarray(start, end));
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?$/.test(text)) return false;
  parsed.number = Number(text.replace(/[dDfF]$/, ""));
  return true;
}
