import type { Pool } from "../memory/pool.ts";

/**
 * The state block of one pipeline instance: everything that compiled code must know and must not have in its text. Compiled code gets its address
 * as the first parameter; a header at fixed offsets is shared with the driver (pipeline-instance.ts), the rest is laid out while the pipeline is compiled.
 */
export const HEADER = {
  /** Source row to go on at after OUTPUT_FULL or NEED. */
  position: 0,
  needKind: 4,
  needArgument: 8,
  /** Rows in the output batch of the segment that ran. */
  outputRows: 12,
  errorSite: 16,
  /** 1: nested loops take up their saved positions. */
  resuming: 20,
  /** Scratch bytes of the current row: results of string functions. */
  heapBase: 24,
  heapEnd: 28,
  /** Number of the morsel being run: order of rows, seeds. */
  morsel: 32,
  /** Rows of the source that came before this morsel's (range and scan order), low half of an i64. */
  firstRow: 40,
  /** Four operands. */
  errorOperands: 64,
} as const;

/** A value on its way to the host: uint32 NULL flag, padding, two lanes of 8 bytes. */
export const OPERAND_BYTES = 24;
export const MAX_ERROR_OPERANDS = 4;
const HEADER_BYTES = 64 + OPERAND_BYTES * MAX_ERROR_OPERANDS;

/** What `run` returns. */
export const STATUS = {
  /** All rows asked for are done. */
  done: 0,
  /** The output batch is full; the row at `position` has not been consumed. */
  outputFull: 1,
  /** The sink needs what `needKind` says before the row at `position` can be consumed. */
  need: 2,
  /** The error at `errorSite` was met. */
  error: 3,
  /** No further row is wanted (a limit is satisfied). */
  enough: 4,
} as const;

interface Constant {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A description that travels to workers: size, and bytes to put in. */
export interface StateTemplate {
  readonly bytes: number;
  readonly constants: readonly Constant[];
}

export class StateLayout {
  #size = HEADER_BYTES;
  readonly #constants: Constant[] = [];
  readonly #known = new Map<string, number>();

  /** Offset of fresh, zeroed bytes. */
  reserve(bytes: number, align = 8): number {
    this.#size = Math.ceil(this.#size / align) * align;
    const offset = this.#size;
    this.#size += bytes;
    return offset;
  }

  /** Offset of bytes with this content; equal content lies there once. */
  constant(bytes: Uint8Array): number {
    const key = bytes.length <= 64 ? Buffer.from(bytes).toString("latin1") : undefined;
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    const offset = this.reserve(Math.max(1, bytes.length), 16);
    this.#constants.push({ offset, bytes });
    if (key !== undefined) this.#known.set(key, offset);
    return offset;
  }

  template(): StateTemplate {
    return { bytes: Math.ceil(this.#size / 16) * 16, constants: this.#constants };
  }
}

/** Fills a block at `address` for a new instance. */
export function initializeState(pool: Pool, address: number, template: StateTemplate): void {
  pool.zero(address, template.bytes);
  for (const { offset, bytes } of template.constants) pool.u8.set(bytes, address + offset);
}
