import type { Column } from "../../catalog/expression.ts";
import { emitExpr } from "../emit/expression.ts";
import type { StoredValue } from "../operators/row-store.ts";
import { copyBytes, ensureBytes } from "../operators/row-store.ts";
import type { RowStoreState } from "../operators/row-store.ts";
import { laneKind } from "../emit/emitted-value.ts";
import { get, i32, select } from "../wasm/instructions.ts";
import { SLOT_BYTES, storeOutput } from "./buffer-access.ts";
import type { SegmentEmitter } from "./segment-emitter.ts";
import type { StateLayout } from "./state-layout.ts";
import { HEADER, STATUS } from "./state-layout.ts";

/**
 * The columnar batch in which a segment leaves its rows: for the result, or for a TypeScript function over whole columns and the segment after it.
 * Fixed capacity; strings are views, copied when their bytes would not outlive the batch.
 */
export interface OutputBatch {
  readonly columns: readonly OutputColumn[];
  /** uint32: rows that fit. */
  readonly capacity: number;
  /** uint32 next byte, end: copied strings; emptied with the batch. */
  readonly bytes: number;
}

export interface OutputColumn {
  readonly column: Column;
  readonly slot: number;
}

export function reserveOutput(state: StateLayout, columns: readonly Column[]): OutputBatch {
  return {
    columns: columns.map((column) => ({ column, slot: state.reserve(SLOT_BYTES, 8) })),
    capacity: state.reserve(4, 4),
    bytes: state.reserve(8),
  };
}

/** The sink that appends the row to the batch. */
export function emitOutput(emitter: SegmentEmitter, batch: OutputBatch): void {
  const { f } = emitter;
  const block = get(emitter.state);
  const index = f.let(i32.load(block, HEADER.outputRows));
  f.if(i32.geU(get(index), get(emitter.stateWord(batch.capacity))), () => emitter.suspend(STATUS.outputFull));
  const values: (Omit<StoredValue, "field"> & { output: OutputColumn })[] = batch.columns.map((output) => {
    const expr = { kind: "column", ...output.column } as const;
    const value = emitExpr(expr, emitter);
    return { output, value, copy: laneKind(value.type) === "bytes" && emitter.lifetimeOf(expr) === "row" };
  });
  const lengths = values.filter((v) => v.copy).map(({ value }) => (value.isNull ? select(value.isNull, i32.const(0), value.lanes[1]) : value.lanes[1]));
  if (lengths.length > 0) ensureBytes(emitter, heapOf(batch), lengths.reduce((a, b) => i32.add(a, b)));
  for (const { output, value, copy } of values) {
    if (!copy) {
      storeOutput(emitter, output.slot, get(index), value, output.column.nullable);
      continue;
    }
    const length = f.let(value.isNull ? select(value.isNull, i32.const(0), value.lanes[1]) : value.lanes[1]);
    const address = copyBytes(emitter, heapOf(batch), value.lanes[0], get(length));
    storeOutput(emitter, output.slot, get(index), { type: value.type, lanes: [get(address), get(length)], isNull: value.isNull }, output.column.nullable);
  }
  f.store("i32", block, i32.add(get(index), i32.const(1)), HEADER.outputRows);
}

/** Only the byte words are used. */
function heapOf(batch: OutputBatch): RowStoreState {
  return { cursors: 0, partitions: 0, bytes: batch.bytes, rowBytes: 0 };
}
