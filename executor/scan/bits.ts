/** Copies `count` bits that start at bit `from` of `source` to the start of byte `to` of `target`; the last byte's other bits become 0. */
export function copyBits(source: Uint8Array, from: number, count: number, target: Uint8Array, to: number): void {
  const bytes = Math.ceil(count / 8);
  const shift = from & 7;
  const first = from >> 3;
  if (shift === 0) target.set(source.subarray(first, first + bytes), to);
  else for (let i = 0; i < bytes; i++) target[to + i] = (source[first + i] >> shift) | ((source[first + i + 1] ?? 0) << (8 - shift));
  if (count % 8 !== 0) target[to + bytes - 1] &= (1 << (count & 7)) - 1;
}

/** Zero bits among `count` bits from bit `from`. */
export function countNulls(bits: Uint8Array, from: number, count: number): number {
  let nulls = 0;
  for (let i = from; i < from + count; i++) if ((bits[i >> 3] & (1 << (i & 7))) === 0) nulls++;
  return nulls;
}
