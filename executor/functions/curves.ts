import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { compareValues } from "./compare.ts";
import { define, defineWithNulls, type ScalarFunction } from "./scalar-function.ts";

const INT_BITS = 32;

/** How many of the sorted ends a value is beyond. */
function rangeId(value: Value, ends: readonly Value[], element: DataType): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareValues(element, ends[middle], value) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The place of a point on the Hilbert curve through the cube whose edges are 2^`bits` long. Points that follow each other on the curve are neighbours.
 * Source: J. Skilling, "Programming the Hilbert curve", AIP Conference Proceedings 707 (2004).
 */
export function hilbertIndex(bits: number, point: readonly number[]): bigint {
  const axes = [...point];
  const dimensions = axes.length;
  const top = 2 ** (bits - 1);
  // Undo the turns of each level, from the largest cube down.
  for (let bit = top; bit > 1; bit /= 2) {
    const below = bit - 1;
    for (let i = 0; i < dimensions; i++) {
      if ((axes[i] & bit) !== 0) axes[0] ^= below;
      else {
        const swapped = (axes[0] ^ axes[i]) & below;
        axes[0] ^= swapped;
        axes[i] ^= swapped;
      }
    }
  }
  // From the Gray code to the place.
  for (let i = 1; i < dimensions; i++) axes[i] ^= axes[i - 1];
  let turned = 0;
  for (let bit = top; bit > 1; bit /= 2) if ((axes[dimensions - 1] & bit) !== 0) turned ^= bit - 1;
  let index = 0n;
  for (let bit = bits - 1; bit >= 0; bit--) for (const axis of axes) index = (index << 1n) | BigInt(((axis ^ turned) >> bit) & 1);
  return BigInt.asIntN(64, index);
}

/** Bits of INTs in turn, highest first, as bytes that sort like the curve. */
export function interleavedBits(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array((values.length * INT_BITS) / 8);
  let at = 0;
  for (let bit = INT_BITS - 1; bit >= 0; bit--) {
    for (const value of values) {
      bytes[at >> 3] |= ((value >>> bit) & 1) << (7 - (at & 7));
      at++;
    }
  }
  return bytes;
}

export const curveFunctions: readonly ScalarFunction[] = [
  defineWithNulls("range_partition_id", ([value, ends], { argTypes }) => (value === null || ends === null ? 0 : rangeId(value, ends as readonly Value[], argTypes[0]))),
  define("hilbert_index", ([bits, ...point]) => hilbertIndex(bits as number, point as number[])),
  define("interleave_bits", (values) => interleavedBits(values as number[])),
];
