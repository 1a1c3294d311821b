import { assert } from "../../catalog/errors.ts";
import type { ColumnId, Expr } from "../../catalog/expression.ts";
import { referencedColumns } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { BOOLEAN } from "../../catalog/types.ts";
import type { EmittedValue } from "../emit/emitted-value.ts";
import { get, i32 } from "../wasm/instructions.ts";
import type { SegmentEmitter } from "./segment-emitter.ts";
import { OPERAND_BYTES } from "./state-layout.ts";

/** An expression that compiled code asks the host to interpret, row by row: operands and result pass through the state block. */
export interface HostedExpression {
  readonly expr: Expr;
  /** Offsets of a uint32 NULL flag; the lanes follow 8 bytes behind, 8 bytes apart. */
  readonly inputs: readonly { readonly id: ColumnId; readonly type: DataType; readonly offset: number }[];
  readonly result: number;
}

/** Interprets the hosted expression of this number. */
const HOST_INTERPRET = { params: ["i32", "i32"], results: [] } as const;

/** The value of a condition that has no compiled form. */
export function emitHosted(expr: Expr, emitter: SegmentEmitter): EmittedValue {
  const { f, parts } = emitter;
  const block = get(emitter.state);
  const inputs = [...referencedColumns(expr)].map((id) => {
    const value = emitter.column(id);
    const offset = parts.state.reserve(OPERAND_BYTES);
    f.store("i32", block, value.isNull ?? i32.const(0), offset);
    value.lanes.forEach((lane, k) => {
      assert(lane.type !== "v128", "an operand is a scalar");
      f.store(lane.type, block, lane, offset + 8 + 8 * k);
    });
    return { id, type: value.type, offset };
  });
  const result = parts.state.reserve(8);
  const number = parts.hosted.length;
  parts.hosted.push({ expr, inputs, result });
  f.perform(parts.module.import("host", "interpret", HOST_INTERPRET), [block, i32.const(number)]);
  return { type: BOOLEAN, lanes: [get(f.let(i32.load(block, result + 4)))], isNull: get(f.let(i32.load(block, result))) };
}
