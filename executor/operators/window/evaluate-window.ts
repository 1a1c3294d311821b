import { SparrowError } from "../../../catalog/errors.ts";
import type { Expr, WindowCall } from "../../../catalog/expression.ts";
import { typeOf } from "../../../catalog/expression.ts";
import type { Value } from "../../../catalog/values.ts";
import type { EvalContext } from "../../functions/scalar-function.ts";
import { windowFunction } from "../../functions/window.ts";
import type { Arena } from "../../memory/arena.ts";
import { writeLanes } from "../../pipeline/column-values.ts";
import type { RecordRun } from "../../pipeline/morsels.ts";
import { readField } from "../../pipeline/record-values.ts";
import { fieldOf, storageBytes } from "../../pipeline/row-layout.ts";
import type { ThreadContext } from "../../thread-context.ts";
import type { RowSinkShape } from "../rows/row-sink.ts";
import { recordOrder } from "../rows/sort-records.ts";
import { frameOf } from "./window-frame.ts";
import type { WindowWork } from "./window-work.ts";

/** Fills the calls' fields in sorted records, partition by partition. */
export function evaluateWindow(work: WindowWork, shape: RowSinkShape, sorted: RecordRun, context: ThreadContext, arena: Arena, evaluation: EvalContext): void {
  const { u32 } = context.pool;
  const records = u32.slice(sorted.base >>> 2, (sorted.base >>> 2) + sorted.count);
  const samePartition = recordOrder(context, arena, { order: shape.order.slice(0, work.partitionKeys) });
  const samePeers = recordOrder(context, arena, { order: shape.order });
  for (let start = 0; start < records.length; ) {
    const peers = [0];
    let end = start + 1;
    for (; end < records.length; end++) {
      if (samePeers(records[end - 1], records[end]) === 0) continue;
      if (samePartition(records[end - 1], records[end]) !== 0) break;
      peers.push(end - start);
    }
    peers.push(end - start);
    const partition = { records: records.subarray(start, end), peers: Int32Array.from(peers) };
    for (const { column, call } of work.calls) evaluateCall(column.id, call, partition, work, shape, context, arena, evaluation);
    start = end;
  }
}

interface Partition {
  readonly records: Uint32Array;
  readonly peers: Int32Array;
}

function evaluateCall(
  id: number,
  call: WindowCall,
  { records, peers }: Partition,
  work: WindowWork,
  shape: RowSinkShape,
  context: ThreadContext,
  arena: Arena,
  evaluation: EvalContext,
): void {
  const { pool } = context;
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
      frame: frameOf(call.frame, records, peers, shape.order.slice(work.partitionKeys), pool),
      included: filter === undefined ? undefined : (row) => value(filter, row) === true,
    },
    site,
  );
  const field = fieldOf(shape.layout, id);
  records.forEach((record, row) => {
    if (field.nullOffset !== undefined) pool.u8[record + field.nullOffset] = values[row] === null ? 1 : 0;
    const result = values[row];
    if (result === null) pool.u8.fill(0, record + field.offset, record + field.offset + storageBytes(field.storage));
    else writeLanes(pool, field.type, record + field.offset, result, arena);
  });
}
