import { assert } from "../../catalog/errors.ts";

/**
 * A column in Arrow's layout, wherever its buffers lie: parquet-wasm's memory (arrow-ffi.ts) or an Arrow file's bytes. `format` is the
 * C Data Interface's format string.
 * Source: Arrow's C data interface and columnar format specifications.
 */
export interface ArrowColumn {
  readonly name: string;
  readonly format: string;
  readonly length: number;
  /** -1 when unknown. */
  readonly nullCount: number;
  /** Rows to leave out at the start of every buffer. */
  readonly offset: number;
  /** By the format's order: validity, then values, or validity, offsets, bytes. Absent validity is undefined. */
  readonly buffers: readonly (Uint8Array | undefined)[];
  readonly children: readonly ArrowColumn[];
  readonly dictionary: ArrowColumn | undefined;
}

/** Bytes per value of a fixed-width format; 0 for bits, undefined for formats without one. */
export function formatWidth(format: string): number | undefined {
  switch (format) {
    case "b":
      return 0;
    case "c":
    case "C":
      return 1;
    case "s":
    case "S":
    case "e":
      return 2;
    case "i":
    case "I":
    case "f":
    case "tdD":
    case "tts":
    case "ttm":
    case "tiM":
      return 4;
    case "l":
    case "L":
    case "g":
    case "tdm":
    case "ttu":
    case "ttn":
    case "tiD":
    case "tDs":
    case "tDm":
    case "tDu":
    case "tDn":
      return 8;
    case "tin":
      return 16;
    default:
      if (format.startsWith("ts")) return 8;
      if (format.startsWith("w:")) return Number(format.slice(2));
      if (format.startsWith("d:")) return decimalFormat(format).bits / 8;
      return undefined;
  }
}

/** `d:precision,scale[,bits]` */
export function decimalFormat(format: string): { readonly precision: number; readonly scale: number; readonly bits: number } {
  const [precision, scale, bits] = format.slice(2).split(",").map(Number);
  return { precision, scale, bits: bits ?? 128 };
}

/** 32-bit and 64-bit offsets of variable-width formats; undefined for others. */
export function offsetWidth(format: string): 4 | 8 | undefined {
  switch (format) {
    case "u":
    case "z":
    case "+l":
    case "+m":
      return 4;
    case "U":
    case "Z":
    case "+L":
      return 8;
    default:
      return undefined;
  }
}

export function bufferOf(column: ArrowColumn, index: number): Uint8Array {
  const buffer = column.buffers[index];
  assert(buffer !== undefined, `column ${column.name} of format ${column.format} has no buffer ${index}`);
  return buffer;
}
