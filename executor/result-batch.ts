import type { DataType } from "../catalog/types.ts";

/**
 * Rows that have left the engine, copied once into buffers of their own, so that whoever holds them pins no pool memory. Full-width plain layouts
 * (`plainLayout` in catalog/table.ts), Arrow-compatible but for nested types, whose bytes are in executor/nested's encoding.
 */
export interface ResultBatch {
  readonly rows: number;
  readonly columns: readonly ResultColumn[];
  /** Of a result that has partitions, which come one after the other: REPARTITION, REBALANCE, DISTRIBUTE BY. */
  readonly partition?: number;
}

export interface ResultColumn {
  readonly type: DataType;
  /** Fixed-width values or boolean bits; empty for variable-width types. */
  readonly data: Uint8Array;
  /** Arrow bitmap; absent: no row is null. */
  readonly validity?: Uint8Array;
  /** rows + 1 offsets into `bytes`, for variable-width types. */
  readonly offsets?: Int32Array;
  readonly bytes?: Uint8Array;
}
