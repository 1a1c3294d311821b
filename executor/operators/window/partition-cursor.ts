import type { Expr } from "../../../catalog/expression.ts";
import type { EmittedValue } from "../../emit/emitted-value.ts";
import { emitExpr } from "../../emit/expression.ts";
import type { RowLayout } from "../../pipeline/row-layout.ts";
import type { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { Local, Val } from "../../wasm/instructions.ts";
import { get, i32 } from "../../wasm/instructions.ts";
import { SORT_ENTRY } from "../rows/sort-module.ts";

/** Compiled code that walks through one partition: rows are known by their index among the task's sorted entries. */
export interface PartitionCursor {
  readonly emitter: SegmentEmitter;
  readonly layout: RowLayout;
  /** i32 address of the entries. */
  readonly entries: Local;
  /** Index of the partition's first row, and of the one behind its last. */
  readonly start: Local;
  readonly end: Local;
  /** The row at hand: its index and its record. */
  readonly row: Local;
  readonly record: Local;
  /** First row of the row's peers, and the one behind their last; kept only where a call asks for peers. */
  readonly peerStart: Local;
  readonly peerEnd: Local;
}

/** Compiled steps of window calls: what happens at the beginning of each partition, and at each of its rows in order. */
export interface WindowStep {
  readonly begin: () => void;
  readonly row: () => void;
}

/** i32: address of the entry of a row. */
export function entryAt(cursor: PartitionCursor, index: Val): Val {
  return i32.add(get(cursor.entries), i32.shl(index, i32.const(4)));
}

export function recordAt(cursor: PartitionCursor, index: Val): Local {
  return cursor.emitter.f.let(i32.load(entryAt(cursor, index), SORT_ENTRY.record));
}

/** Code that reads the columns of the record at `pointer`; `optional`: all are NULL where the pointer is 0. */
export function reading(cursor: PartitionCursor, pointer: Local, optional: boolean, body: () => void): void {
  const { emitter, layout } = cursor;
  emitter.scoped(() => {
    for (const field of layout.fields) emitter.bind(field.id, { kind: "row", field, pointer, optional, lifetime: "query" });
    body();
  });
}

/** i32: whether the value is NULL; a constant where it never is. */
export function isNullAt(cursor: PartitionCursor, pointer: Local, expr: Expr): Val {
  let flag: Val = i32.const(0);
  reading(cursor, pointer, false, () => {
    const value: EmittedValue = emitExpr(expr, cursor.emitter);
    flag = value.isNull ?? flag;
  });
  return flag;
}
