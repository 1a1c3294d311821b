import type { ResultBatch, ResultColumn } from "../result-batch.ts";
import type { BufferBytes } from "./cached-file.ts";

/** The rows of all batches, column by column, as buffers of one batch. */
export function concatenateBatches(batches: readonly ResultBatch[]): readonly BufferBytes[] {
  return batches[0].columns.map((_, i) => concatenateColumn(batches.map(({ rows, columns }) => ({ rows, column: columns[i] }))));
}

interface Part {
  readonly rows: number;
  readonly column: ResultColumn;
}

function concatenateColumn(parts: readonly Part[]): BufferBytes {
  const none = new Uint8Array(0);
  const validity = parts.every(({ column }) => column.validity === undefined) ? none : concatenateBits(parts.map(({ rows, column }) => ({ rows, bits: column.validity })));
  const [{ column: first }] = parts;
  if (first.type.kind === "boolean") return [concatenateBits(parts.map(({ rows, column }) => ({ rows, bits: column.data }))), validity, none, none];
  if (first.offsets === undefined) return [Buffer.concat(parts.map(({ column }) => column.data)), validity, none, none];
  return [none, validity, concatenateOffsets(parts), Buffer.concat(parts.map(({ column }) => stringBytes(column)))];
}

/** Absent bits are ones. */
function concatenateBits(parts: readonly { readonly rows: number; readonly bits: Uint8Array | undefined }[]): Uint8Array {
  const out = new Uint8Array(Math.ceil(parts.reduce((sum, { rows }) => sum + rows, 0) / 8));
  let at = 0;
  for (const { rows, bits } of parts) {
    for (let row = 0; row < rows; row++, at++) {
      if (bits === undefined || (bits[row >> 3] & (1 << (row & 7))) !== 0) out[at >> 3] |= 1 << (at & 7);
    }
  }
  return out;
}

function concatenateOffsets(parts: readonly Part[]): Uint8Array {
  const out = new Int32Array(parts.reduce((sum, { rows }) => sum + rows, 1));
  let at = 0;
  for (const { rows, column } of parts) {
    const offsets = column.offsets ?? new Int32Array(rows + 1);
    const shift = out[at] - offsets[0];
    for (let row = 1; row <= rows; row++) out[++at] = offsets[row] + shift;
  }
  return new Uint8Array(out.buffer);
}

function stringBytes({ offsets, bytes }: ResultColumn): Uint8Array {
  return offsets === undefined || bytes === undefined ? new Uint8Array(0) : bytes.subarray(offsets[0], offsets[offsets.length - 1]);
}
