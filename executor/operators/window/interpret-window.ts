import { SparrowError } from "../../../catalog/errors.ts";
import type { Expr } from "../../../catalog/expression.ts";
import { typeOf } from "../../../catalog/expression.ts";
import type { Value } from "../../../catalog/values.ts";
import type { EvalContext } from "../../functions/scalar-function.ts";
import { windowFunction } from "../../functions/window.ts";
import type { Arena } from "../../memory/arena.ts";
import { writeLanes } from "../../pipeline/column-values.ts";
import { readField } from "../../pipeline/record-values.ts";
import { fieldOf, storageBytes } from "../../pipeline/row-layout.ts";
import type { ThreadContext } from "../../thread-context.ts";
import type { RowSinkShape } from "../rows/row-sink.ts";
import { SORT_ENTRY } from "../rows/sort-module.ts";
import type { RecordSorter, SortedEntries } from "../rows/sort-records.ts";
import type { SortedPartition } from "./interpreted-frame.ts";
import { frameOf } from "./interpreted-frame.ts";
import type { WindowResult } from "./window-module.ts";

/** Fills the calls' fields in sorted records, partition by partition, through the registry's implementations. */
export function interpretWindow(
  calls: readonly WindowResult[],
  shape: RowSinkShape,
  sorted: SortedEntries,
  sorter: RecordSorter,
  context: ThreadContext,
  arena: Arena,
  evaluation: EvalContext,
): void {
  const { u32 } = context.pool;
  const records = new Uint32Array(sorted.count);
  const numbers = new Uint32Array(sorted.count);
  for (let i = 0, at = sorted.address >>> 2; i < sorted.count; i++, at += SORT_ENTRY.bytes / 4) {
    records[i] = u32[at + SORT_ENTRY.record / 4];
    if (shape.partitionBy.length > 0) numbers[i] = u32[at + SORT_ENTRY.partition / 4];
  }
  for (let start = 0; start < records.length; ) {
    const peers = [0];
    let end = start + 1;
    for (; end < records.length && numbers[end] === numbers[start]; end++) {
      if (sorter.compare(records[end - 1], records[end]) !== 0) peers.push(end - start);
    }
    peers.push(end - start);
    const partition: SortedPartition = { records: records.subarray(start, end), peers: Int32Array.from(peers), order: shape.order, pool: context.pool, zone: evaluation.timeZone };
    for (const call of calls) interpretCall(call, partition, shape, context, arena, evaluation);
    start = end;
  }
}

function interpretCall({ column, call }: WindowResult, partition: SortedPartition, shape: RowSinkShape, context: ThreadContext, arena: Arena, evaluation: EvalContext): void {
  const { records, peers, pool } = partition;
  const fn = windowFunction(call.name);
  if (fn === undefined) throw new SparrowError("UNSUPPORTED_FEATURE.WINDOW_FUNCTION", "0A000", `The window function ${call.name} is not supported yet.`, { functionName: call.name }, { span: call.span });
  const value = (expr: Expr, row: number): Value => {
    if (expr.kind === "literal") return expr.value;
    if (expr.kind === "column") return readField(pool, fieldOf(shape.layout, expr.id), records[row]);
    throw new SparrowError("UNSUPPORTED_FEATURE.WINDOW_ARGUMENT", "0A000", "A window function's argument is neither a column nor a constant.", {}, { span: call.span });
  };
  const { filter } = call;
  const site = {
    name: call.name,
    argTypes: call.args.map(typeOf),
    type: call.type,
    mode: call.mode,
    timeZone: evaluation.timeZone,
    ignoreNulls: call.ignoreNulls,
    span: call.span,
  };
  const values = fn.evaluate(
    {
      rows: records.length,
      arg: (index, row) => value(call.args[index], row),
      peers,
      frame: frameOf(call.frame, partition),
      included: filter === undefined ? undefined : (row) => value(filter, row) === true,
    },
    site,
  );
  const field = fieldOf(shape.layout, column.id);
  records.forEach((record, row) => {
    if (field.nullOffset !== undefined) pool.u8[record + field.nullOffset] = values[row] === null ? 1 : 0;
    const result = values[row];
    if (result === null) pool.u8.fill(0, record + field.offset, record + field.offset + storageBytes(field.storage));
    else writeLanes(pool, field.type, record + field.offset, result, arena);
  });
}
