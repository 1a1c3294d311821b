import { digitsOf } from "./decimal-text.ts";

/** Arithmetic on unscaled decimals. */

const POWERS: bigint[] = [1n];

export function pow10(exponent: number): bigint {
  for (let i = POWERS.length; i <= exponent; i++) POWERS.push(POWERS[i - 1] * 10n);
  return POWERS[exponent];
}

/** Quotient rounded half away from zero. */
export function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const remainder = dividend % divisor;
  const twice = (remainder < 0n ? -remainder : remainder) * 2n;
  if (twice < (divisor < 0n ? -divisor : divisor)) return quotient;
  return dividend < 0n === divisor < 0n ? quotient + 1n : quotient - 1n;
}

/** Quotient rounded half to even. */
export function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const remainder = dividend % divisor;
  const twice = (remainder < 0n ? -remainder : remainder) * 2n;
  const size = divisor < 0n ? -divisor : divisor;
  if (twice < size || (twice === size && quotient % 2n === 0n)) return quotient;
  return dividend < 0n === divisor < 0n ? quotient + 1n : quotient - 1n;
}

/** The same number at another scale, rounded half away from zero. */
export function rescale(unscaled: bigint, from: number, to: number): bigint {
  if (from === to) return unscaled;
  return to > from ? unscaled * pow10(to - from) : divideHalfUp(unscaled, pow10(from - to));
}

export function fits(unscaled: bigint, precision: number): boolean {
  const limit = pow10(precision);
  return unscaled < limit && unscaled > -limit;
}

export interface ParsedDecimal {
  readonly unscaled: bigint;
  readonly scale: number;
}

const DECIMAL_TEXT = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Decimal text with an optional exponent; undefined when it is none. Scale is never negative. */
export function parseDecimal(text: string): ParsedDecimal | undefined {
  const match = DECIMAL_TEXT.exec(text);
  if (match === null) return undefined;
  const [, sign, whole, fraction = "", power = "0"] = match;
  if (whole === "" && fraction === "") return undefined;
  const exponent = Number(power);
  if (Math.abs(exponent) > 2_147_483_647) return undefined;
  const digits = BigInt(whole + fraction);
  const scale = fraction.length - exponent;
  const signed = sign === "-" ? -digits : digits;
  if (digits === 0n) return { unscaled: 0n, scale: Math.max(0, Math.min(scale, 400)) };
  // A number far beyond any decimal type: its size is all that counts.
  if (scale < -400) return { unscaled: (sign === "-" ? -1n : 1n) * pow10(400), scale: 0 };
  if (scale < 0) return { unscaled: signed * pow10(-scale), scale: 0 };
  if (scale > 400 + whole.length + fraction.length) return { unscaled: 0n, scale: 0 };
  return { unscaled: signed, scale };
}

/** The decimal that a double's shortest text stands for; undefined for NaN and infinities. */
export function decimalFromDouble(value: number): ParsedDecimal | undefined {
  if (!Number.isFinite(value)) return undefined;
  const { negative, digits, exponent } = digitsOf(String(value));
  const scale = digits.length - 1 - exponent;
  const magnitude = scale < 0 ? BigInt(digits) * pow10(-scale) : BigInt(digits);
  return { unscaled: negative ? -magnitude : magnitude, scale: Math.max(0, scale) };
}

/** Nearest double. */
export function decimalToDouble(unscaled: bigint, scale: number): number {
  if (scale === 0) return Number(unscaled);
  return Number(`${unscaled}e-${scale}`);
}
