/**
 * Signed 128-bit integers as two halves. A function gives the low half; the high half waits in a global, which is of the instance and not of the memory that
 * instances share.
 */
let resultHigh: i64 = 0;
/** High half of 2^64 * x products, and remainders: further results of the routines below. */
let otherLow: u64 = 0;
let otherHigh: u64 = 0;

/** 10^38, the first value with too many digits. */
const LIMIT_LOW: u64 = 0x098a224000000000;
const LIMIT_HIGH: u64 = 0x4b3b4ca85a86c47a;

export function result_high(): i64 {
  return resultHigh;
}

export function set_result_high(value: i64): void {
  resultHigh = value;
}

function overflow(): i64 {
  resultHigh = i64.MIN_VALUE;
  return 0;
}

@inline
function mulHigh(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const middle = aHigh * bLow + ((aLow * bLow) >> 32);
  const cross = aLow * bHigh + (middle & 0xffffffff);
  return aHigh * bHigh + (middle >> 32) + (cross >> 32);
}

export function power10(digits: i32): u64 {
  // By the bits of the exponent: a table would be static data.
  let power: u64 = digits & 1 ? 10 : 1;
  if (digits & 2) power *= 100;
  if (digits & 4) power *= 10000;
  if (digits & 8) power *= 100000000;
  if (digits & 16) power *= 10000000000000000;
  return power;
}

/** (high:low) / divisor for high < divisor; the remainder goes to otherLow. By 32-bit digits (Knuth, TAOCP 4.3.1, algorithm D). */
function divide128by64(high: u64, low: u64, divisor: u64): u64 {
  if (high == 0) {
    const quotient = low / divisor;
    otherLow = low - quotient * divisor;
    return quotient;
  }
  const shift = clz(divisor);
  const d = divisor << shift;
  const dHigh = d >> 32;
  const dLow = d & 0xffffffff;
  const top = shift == 0 ? high : (high << shift) | (low >> (64 - shift));
  const rest = low << shift;
  const restHigh = rest >> 32;
  const restLow = rest & 0xffffffff;
  let q1 = top / dHigh;
  let r = top - q1 * dHigh;
  while (q1 > 0xffffffff || q1 * dLow > ((r << 32) | restHigh)) {
    q1--;
    r += dHigh;
    if (r > 0xffffffff) break;
  }
  const middle = ((top << 32) | restHigh) - q1 * d;
  let q0 = middle / dHigh;
  r = middle - q0 * dHigh;
  while (q0 > 0xffffffff || q0 * dLow > ((r << 32) | restLow)) {
    q0--;
    r += dHigh;
    if (r > 0xffffffff) break;
  }
  otherLow = (((middle << 32) | restLow) - q0 * d) >> shift;
  return (q1 << 32) | q0;
}

/** A magnitude of up to 256 bits, the working place of the routines below; w3 is the highest word. */
let w0: u64 = 0;
let w1: u64 = 0;
let w2: u64 = 0;
let w3: u64 = 0;

function addTo(word: i32, value: u64): void {
  let carry = value;
  if (word == 0) {
    w0 += carry;
    if (w0 >= carry) return;
    carry = 1;
  }
  if (word <= 1) {
    w1 += carry;
    if (w1 >= carry) return;
    carry = 1;
  }
  if (word <= 2) {
    w2 += carry;
    if (w2 >= carry) return;
    carry = 1;
  }
  w3 += carry;
}

/** w = a * b, both unsigned 128 bits. */
function multiplyWide(aLow: u64, aHigh: u64, bLow: u64, bHigh: u64): void {
  w0 = aLow * bLow;
  w1 = mulHigh(aLow, bLow);
  w2 = aHigh * bHigh;
  w3 = aHigh == 0 || bHigh == 0 ? 0 : mulHigh(aHigh, bHigh);
  if (bHigh != 0) {
    addTo(1, aLow * bHigh);
    addTo(2, mulHigh(aLow, bHigh));
  }
  if (aHigh != 0) {
    addTo(1, aHigh * bLow);
    addTo(2, mulHigh(aHigh, bLow));
  }
}

/** w = w * factor; whether it stays within 256 bits. */
function multiplyBy(factor: u64): bool {
  if (w1 == 0 && w2 == 0 && w3 == 0) {
    w1 = mulHigh(w0, factor);
    w0 *= factor;
    return true;
  }
  const h0 = mulHigh(w0, factor);
  const h1 = mulHigh(w1, factor);
  const h2 = mulHigh(w2, factor);
  const h3 = mulHigh(w3, factor);
  w0 *= factor;
  w1 *= factor;
  w2 *= factor;
  w3 *= factor;
  addTo(1, h0);
  addTo(2, h1);
  const before = w3;
  w3 += h2;
  return h3 == 0 && w3 >= before;
}

function multiplyByPower(digits: i32): bool {
  let rest = digits;
  while (rest > 0) {
    const step = rest > 19 ? 19 : rest;
    if (!multiplyBy(power10(step))) return false;
    rest -= step;
  }
  return true;
}

/** w = w / divisor; gives the remainder. */
function divideBy(divisor: u64): u64 {
  if (w2 == 0 && w3 == 0) {
    const quotient = w1 / divisor;
    const left = w1 - quotient * divisor;
    w1 = quotient;
    w0 = divide128by64(left, w0, divisor);
    return otherLow;
  }
  let remainder: u64 = w3 % divisor;
  w3 = w3 / divisor;
  w2 = divide128by64(remainder, w2, divisor);
  remainder = otherLow;
  w1 = divide128by64(remainder, w1, divisor);
  remainder = otherLow;
  w0 = divide128by64(remainder, w0, divisor);
  return otherLow;
}

/** w = w / 10^digits, rounded half up (away from zero) or cut. */
function divideByPower(digits: i32, halfUp: bool): void {
  let rest = digits;
  // All but the last digit first: of what they lose, rounding half up needs nothing.
  while (rest > 1) {
    const step = rest > 20 ? 19 : rest - 1;
    divideBy(power10(step));
    rest -= step;
  }
  if (rest == 1 && divideBy(10) >= 5 && halfUp) addTo(0, 1);
}

/** w = w / (high:low), rounded half up or cut; the remainder of the cut quotient goes to otherHigh:otherLow. By shifting and subtracting. */
function divideByWide(low: u64, high: u64, halfUp: bool): void {
  if (high == 0) {
    const remainder = divideBy(low);
    otherLow = remainder;
    otherHigh = 0;
    if (halfUp && remainder >= low - remainder) addTo(0, 1);
    return;
  }
  let rLow: u64 = 0;
  let rHigh: u64 = 0;
  let bits = 256;
  while (bits > 0 && w3 == 0) {
    w3 = w2;
    w2 = w1;
    w1 = w0;
    w0 = 0;
    bits -= 64;
    if (bits == 0) break;
  }
  while (bits > 0) {
    const out = rHigh >> 63;
    rHigh = (rHigh << 1) | (rLow >> 63);
    rLow = (rLow << 1) | (w3 >> 63);
    w3 = (w3 << 1) | (w2 >> 63);
    w2 = (w2 << 1) | (w1 >> 63);
    w1 = (w1 << 1) | (w0 >> 63);
    w0 = w0 << 1;
    if (out != 0 || rHigh > high || (rHigh == high && rLow >= low)) {
      rHigh = rHigh - high - <u64>(rLow < low);
      rLow = rLow - low;
      w0 |= 1;
    }
    bits--;
  }
  otherLow = rLow;
  otherHigh = rHigh;
  if (!halfUp) return;
  const restLow = low - rLow;
  const restHigh = high - rHigh - <u64>(low < rLow);
  if (rHigh > restHigh || (rHigh == restHigh && rLow >= restLow)) addTo(0, 1);
}

/** The magnitude in w with a sign, if it has at most 38 digits. */
function finish(negative: bool): i64 {
  if (w3 != 0 || w2 != 0 || w1 > LIMIT_HIGH || (w1 == LIMIT_HIGH && w0 >= LIMIT_LOW)) return overflow();
  return signed(w0, w1, negative);
}

function signed(low: u64, high: u64, negative: bool): i64 {
  if (negative) {
    resultHigh = <i64>(~high + <u64>(low == 0));
    return <i64>(0 - low);
  }
  resultHigh = <i64>high;
  return <i64>low;
}

@inline
function magnitudeHigh(low: i64, high: i64): u64 {
  return high < 0 ? ~(<u64>high) + <u64>(low == 0) : <u64>high;
}

@inline
function magnitudeLow(low: i64, high: i64): u64 {
  return high < 0 ? 0 - <u64>low : <u64>low;
}

export function decimal_multiply(aLow: i64, aHigh: i64, bLow: i64, bHigh: i64, digits: i32): i64 {
  multiplyWide(magnitudeLow(aLow, aHigh), magnitudeHigh(aLow, aHigh), magnitudeLow(bLow, bHigh), magnitudeHigh(bLow, bHigh));
  divideByPower(digits, true);
  return finish((aHigh ^ bHigh) < 0);
}

export function place(low: i64, high: i64): void {
  w0 = magnitudeLow(low, high);
  w1 = magnitudeHigh(low, high);
  w2 = 0;
  w3 = 0;
}

/** Divides what `place` has put down by 10^18; gives the remainder. */
export function divide_place(): u64 {
  return divideBy(1000000000000000000);
}

export function decimal_multiply_power(low: i64, high: i64, digits: i32): i64 {
  place(low, high);
  if (!multiplyByPower(digits)) return overflow();
  return finish(high < 0);
}

export function decimal_divide(aLow: i64, aHigh: i64, bLow: i64, bHigh: i64, digits: i32): i64 {
  let low = magnitudeLow(bLow, bHigh);
  let high = magnitudeHigh(bLow, bHigh);
  if ((low | high) == 0) {
    resultHigh = 0;
    return 0;
  }
  place(aLow, aHigh);
  if (digits >= 0) {
    if (!multiplyByPower(digits)) return overflow();
  } else {
    // a / (b * 10^-digits): the divisor grows beyond 128 bits only where the quotient is below one half.
    const a0 = w0;
    const a1 = w1;
    w0 = low;
    w1 = high;
    if (!multiplyByPower(-digits) || w2 != 0 || w3 != 0) {
      resultHigh = 0;
      return 0;
    }
    low = w0;
    high = w1;
    w0 = a0;
    w1 = a1;
  }
  divideByWide(low, high, true);
  return finish((aHigh ^ bHigh) < 0);
}

export function decimal_remainder(aLow: i64, aHigh: i64, bLow: i64, bHigh: i64): i64 {
  const low = magnitudeLow(bLow, bHigh);
  const high = magnitudeHigh(bLow, bHigh);
  if ((low | high) == 0) {
    resultHigh = 0;
    return 0;
  }
  place(aLow, aHigh);
  divideByWide(low, high, false);
  return signed(otherLow, otherHigh, aHigh < 0);
}

/** The remainder r where it is not negative, else (r + b) % b. */
export function decimal_positive_remainder(aLow: i64, aHigh: i64, bLow: i64, bHigh: i64): i64 {
  const low = decimal_remainder(aLow, aHigh, bLow, bHigh);
  if (resultHigh >= 0) return low;
  const sum = low + bLow;
  const carry = <i64>(<u64>sum < <u64>low);
  return decimal_remainder(sum, resultHigh + bHigh + carry, bLow, bHigh);
}

export function decimal_round(low: i64, high: i64, digits: i32): i64 {
  place(low, high);
  divideByPower(digits, true);
  return finish(high < 0);
}

export function decimal_truncate(low: i64, high: i64, digits: i32): i64 {
  place(low, high);
  divideByPower(digits, false);
  return finish(high < 0);
}
