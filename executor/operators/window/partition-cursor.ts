import type { Expr } from "../../../catalog/expression.ts";
import type { EmittedValue } from "../../emit/emitted-value.ts";
import { emitExpr } from "../../emit/expression.ts";
import type { RowLayout } from "../../pipeline/row-layout.ts";
import type { Lifetime } from "../../pipeline/binding.ts";
import type { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { Local, Val } from "../../wasm/instructions.ts";
import { i32 } from "../../wasm/instructions.ts";
import type { PartitionRows } from "./partition-rows.ts";

/** Compiled code that walks through one partition: rows are known by their index, from `start` up to `end`. */
export interface PartitionCursor {
  readonly emitter: SegmentEmitter;
  readonly layout: RowLayout;
  /** Where the records of rows other than the one at hand are found. */
  readonly rows: PartitionRows;
  /** Index of the partition's first row, and of the one behind its last. */
  readonly start: Local;
  readonly end: Local;
  /** The row at hand: its index and its record. */
  readonly row: Local;
  readonly record: Local;
  /** The row at which the partition began or the code was entered: what locals have kept of a row before it is void. */
  readonly first: Local;
  /** First row of the row's peers, and the one behind their last; kept only where a call asks for peers. */
  readonly peerStart: Local;
  readonly peerEnd: Local;
}

/** Compiled steps of window calls: what happens at the beginning of each partition, and at each of its rows in order. */
export interface WindowStep {
  readonly begin: () => void;
  readonly row: () => void;
}

/** Code that reads the columns of the record at `pointer`, whose strings live so long. */
export function reading({ emitter, layout }: PartitionCursor, pointer: Local, body: () => void, lifetime: Lifetime = "query"): void {
  emitter.scoped(() => {
    for (const field of layout.fields) emitter.bind(field.id, { kind: "row", field, pointer, optional: false, lifetime });
    body();
  });
}

/** i32: whether the value is NULL; a constant where it never is. */
export function isNullAt(cursor: PartitionCursor, pointer: Local, expr: Expr): Val {
  let flag: Val = i32.const(0);
  reading(cursor, pointer, () => {
    const value: EmittedValue = emitExpr(expr, cursor.emitter);
    flag = value.isNull ?? flag;
  });
  return flag;
}
