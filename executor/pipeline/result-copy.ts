import type { DataType } from "../../catalog/types.ts";
import { laneKind } from "../emit/emitted-value.ts";
import type { Pool } from "../memory/pool.ts";
import type { ResultBatch, ResultColumn } from "../result-batch.ts";
import { outputWidth, SLOT } from "./buffer-access.ts";
import type { OutputBatch } from "./output-batch.ts";

/** Copies the rows of an output batch out of the pool, into buffers of their own in Arrow's layout. */
export function copyResult(pool: Pool, state: number, batch: OutputBatch, rows: number): ResultBatch {
  const columns = batch.columns.map(({ column, slot }) => {
    const data = pool.u32[(state + slot + SLOT.data) >>> 2];
    const nulls = column.nullable ? pool.u32[(state + slot + SLOT.validity) >>> 2] : 0;
    return copyColumn(pool, column.type, data, nulls, rows);
  });
  return { rows, columns };
}

function copyColumn(pool: Pool, type: DataType, data: number, nulls: number, rows: number): ResultColumn {
  const validity = nulls === 0 ? undefined : validityOf(pool.u8, nulls, rows);
  if (laneKind(type) === "bytes") return { type, data: new Uint8Array(0), validity, ...copyStrings(pool, data, nulls, rows) };
  if (type.kind === "boolean") return { type, data: packBits(pool.u8, data, rows, 1), validity };
  return { type, data: copyWords(pool, data, rows * outputWidth(type)), validity };
}

/** Copying words out of shared memory is several times faster than copying bytes. */
function copyWords(pool: Pool, address: number, bytes: number): Uint8Array {
  const words = pool.u32.slice(address >>> 2, (address + bytes + 3) >>> 2);
  return new Uint8Array(words.buffer, 0, bytes);
}

/** Arrow's bitmap from NULL bytes; undefined when no row is NULL. */
function validityOf(u8: Uint8Array, nulls: number, rows: number): Uint8Array | undefined {
  let any = 0;
  for (let i = 0; i < rows; i++) any |= u8[nulls + i];
  return any === 0 ? undefined : packBits(u8, nulls, rows, 0);
}

/** A bitmap with a 1 where the byte is `one`. */
function packBits(u8: Uint8Array, start: number, rows: number, one: 0 | 1): Uint8Array {
  const out = new Uint8Array(Math.ceil(rows / 8));
  for (let i = 0; i < rows; i++) if (u8[start + i] === one) out[i >> 3] |= 1 << (i & 7);
  return out;
}

function copyStrings(pool: Pool, views: number, nulls: number, rows: number): { offsets: Int32Array; bytes: Uint8Array } {
  const { u8, u32 } = pool;
  const offsets = new Int32Array(rows + 1);
  const base = views >>> 2;
  let total = 0;
  for (let i = 0; i < rows; i++) {
    if (nulls === 0 || u8[nulls + i] === 0) total += u32[base + 2 * i + 1];
    offsets[i + 1] = total;
  }
  const bytes = new Uint8Array(total);
  for (let i = 0; i < rows; i++) {
    const length = offsets[i + 1] - offsets[i];
    if (length === 0) continue;
    const from = u32[base + 2 * i];
    // A call per copy costs more than a few bytes do.
    if (length > 32) bytes.set(u8.subarray(from, from + length), offsets[i]);
    else for (let k = 0, at = offsets[i]; k < length; k++) bytes[at + k] = u8[from + k];
  }
  return { offsets, bytes };
}
