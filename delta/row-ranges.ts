/**
 * Sets of row positions in a file as sorted ranges [from, to), flattened in pairs: what a deletion vector takes out. Ranges neither touch nor overlap.
 */
export type RowRangeSet = Uint32Array;

export const NO_ROWS: RowRangeSet = new Uint32Array(0);

/** The set of some positions, in any order, some perhaps more than once. Sorts `positions` in place. */
export function rangesOf(positions: Uint32Array): RowRangeSet {
  positions.sort();
  const ranges: number[] = [];
  for (const row of positions) {
    const last = ranges.length - 1;
    if (last > 0 && row < ranges[last]) continue;
    if (last > 0 && row === ranges[last]) ranges[last]++;
    else ranges.push(row, row + 1);
  }
  return Uint32Array.from(ranges);
}

export function unionOf(left: RowRangeSet, right: RowRangeSet): RowRangeSet {
  if (left.length === 0) return right;
  const ranges: number[] = [];
  for (let i = 0, j = 0; i < left.length || j < right.length; ) {
    const takesLeft = j >= right.length || (i < left.length && left[i] <= right[j]);
    const from = takesLeft ? left[i] : right[j];
    const to = takesLeft ? left[i + 1] : right[j + 1];
    if (takesLeft) i += 2;
    else j += 2;
    const last = ranges.length - 1;
    if (last > 0 && from <= ranges[last]) ranges[last] = Math.max(ranges[last], to);
    else ranges.push(from, to);
  }
  return Uint32Array.from(ranges);
}

export function rowCount(ranges: RowRangeSet): number {
  let rows = 0;
  for (let i = 0; i < ranges.length; i += 2) rows += ranges[i + 1] - ranges[i];
  return rows;
}

/** Beyond every row of a file. */
const END = 0xffff_ffff;

/** All rows but those of the set. */
export function complementOf(ranges: RowRangeSet): RowRangeSet {
  const complement: number[] = [];
  let next = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    if (ranges[i] > next) complement.push(next, ranges[i]);
    next = ranges[i + 1];
  }
  if (next < END) complement.push(next, END);
  return Uint32Array.from(complement);
}

/** Rows of `left` that are not in `right`. */
export function differenceOf(left: RowRangeSet, right: RowRangeSet): RowRangeSet {
  return complementOf(unionOf(complementOf(left), right));
}
