import { MICROS_PER_SECOND } from "../functions/calendar.ts";
import { timeZone, toInstantMicros } from "../functions/time-zone.ts";
import { decimalText, doubleText, floatText } from "../../catalog/number-text.ts";

/** What host functions need of the kernels' instance: where 128-bit results put their high half. */
export interface KernelState {
  readonly set_result_high: (high: bigint) => void;
}

const OVERFLOW_MARK = -(2n ** 63n);
const LIMIT = 10n ** 38n;

/** Functions of module `kernels` that are JavaScript: rarely reached, or with an exact counterpart in `Math` only. */
export function hostFunctions(memory: WebAssembly.Memory, state: KernelState): Record<string, unknown> {
  const join = (low: bigint, high: bigint): bigint => (high << 64n) | BigInt.asUintN(64, low);
  const wide = (value: bigint | undefined): bigint => {
    if (value === undefined || value >= LIMIT || value <= -LIMIT) {
      state.set_result_high(OVERFLOW_MARK);
      return 0n;
    }
    state.set_result_high(BigInt.asIntN(64, value >> 64n));
    return BigInt.asIntN(64, value);
  };
  const bytes = new Uint8Array(memory.buffer);
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  // Addresses beyond 2 GiB arrive negative. Text is copied out first: decoders take no shared memory.
  const textAt = (at: number, length: number): string => decoder.decode(bytes.slice(at >>> 0, (at >>> 0) + length));
  const mapText = (change: (text: string) => string) => (at: number, length: number, to: number): number => {
    const encoded = encoder.encode(change(textAt(at, length)));
    bytes.set(encoded, to >>> 0);
    return encoded.length;
  };
  return {
    upper_text: mapText((text) => text.toUpperCase()),
    lower_text: mapText((text) => text.toLowerCase()),
    zone_offset_by_name: (at: number, length: number, seconds: bigint) => timeZone(textAt(at, length)).offsetAt(Number(seconds)),
    zone_local_offset_by_name: (at: number, length: number, seconds: bigint) => {
      const local = seconds * MICROS_PER_SECOND;
      return Number((local - toInstantMicros(local, timeZone(textAt(at, length)))) / MICROS_PER_SECOND);
    },
    float_remainder: (a: number, b: number) => a % b,
    float_positive_remainder: (a: number, b: number) => {
      const remainder = a % b;
      return remainder < 0 ? (remainder + b) % b : remainder;
    },
    decimal_to_double: (low: bigint, high: bigint, scale: number) => Number(decimalText(join(low, high), scale)),
    decimal_to_float: (low: bigint, high: bigint, scale: number) => Math.fround(Number(decimalText(join(low, high), scale))),
    double_to_decimal: (value: number, scale: number) => wide(Number.isFinite(value) ? unscaledFrom(doubleText(value), scale) : undefined),
    float_to_decimal: (value: number, scale: number) => wide(Number.isFinite(value) ? unscaledFrom(floatText(value), scale) : undefined),
  };
}

/** The digits of a number's text at a scale, rounded half up. */
function unscaledFrom(text: string, scale: number): bigint {
  const [, sign, whole, fraction, exponentText] = /^(-?)(\d+)\.(\d+)(?:E(-?\d+))?$/.exec(text) ?? [];
  const shift = scale - fraction.length + Number(exponentText ?? 0);
  const digits = BigInt(whole + fraction);
  if (shift > 400) return sign === "-" ? -LIMIT : LIMIT;
  const magnitude = shift >= 0 ? digits * 10n ** BigInt(shift) : (digits + 10n ** BigInt(-shift) / 2n) / 10n ** BigInt(-shift);
  return sign === "-" ? -magnitude : magnitude;
}
