import { SparrowError } from "../../catalog/errors.ts";
import type { Column, ColumnId, Expr } from "../../catalog/expression.ts";
import { plainLayout } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { evaluate } from "../../executor/interpret.ts";
import type { ResultBatch, ResultColumn } from "../../executor/result-batch.ts";
import type { PhysicalPlan } from "../../planner/physical.ts";
import { physicalOutput } from "../../planner/physical.ts";
import type { ExecuteOptions } from "../../executor/executor.ts";
import type { QueryExecutor } from "../../server/engine.ts";

type Row = readonly Value[];

/** Rows in a batch. */
const BATCH_ROWS = 2;

/** An executor for tests of what lies around it: interprets plans of VALUES, range, filter, project, union and limit, row by row, in small batches. */
export function fakeExecutor(): QueryExecutor & { readonly executed: PhysicalPlan[]; readonly abandoned: () => number } {
  const executed: PhysicalPlan[] = [];
  let abandoned = 0;
  return {
    executed,
    cached: () => Promise.reject(new Error("the executor of the tests caches nothing")),
    abandoned: () => abandoned,
    async *execute(plan, options) {
      executed.push(plan);
      let finished = false;
      try {
        const columns = physicalOutput(plan);
        let rows: Row[] = [];
        for (const row of rowsOf(plan, options)) {
          await new Promise((resolve) => setImmediate(resolve));
          options.signal.throwIfAborted();
          rows.push(row);
          if (rows.length < BATCH_ROWS) continue;
          yield encodeBatch(columns, rows);
          rows = [];
        }
        if (rows.length > 0) yield encodeBatch(columns, rows);
        finished = true;
      } finally {
        if (!finished) abandoned++;
      }
    },
    close: async () => undefined,
  };
}

function* rowsOf(plan: PhysicalPlan, options: ExecuteOptions): Generator<Row> {
  switch (plan.kind) {
    case "values":
      yield* plan.data;
      return;
    case "range":
      for (let i = plan.start; i < plan.end; i += plan.step) yield [i];
      return;
    case "filter":
      for (const row of rowsOf(plan.input, options)) if (valueOf(plan.condition, plan.input, row, options) === true) yield row;
      return;
    case "project":
      for (const row of rowsOf(plan.input, options)) yield plan.outputs.map(({ expr }) => valueOf(expr, plan.input, row, options));
      return;
    case "limit": {
      let at = 0;
      for (const row of rowsOf(plan.input, options)) {
        if (at >= plan.offset + (plan.limit ?? Infinity)) return;
        if (at++ >= plan.offset) yield row;
      }
      return;
    }
    case "union":
      for (const input of plan.inputs) {
        const output = physicalOutput(input.plan);
        for (const row of rowsOf(input.plan, options)) yield input.columns.map((id) => row[output.findIndex((column) => column.id === id)]);
      }
      return;
    default:
      throw new SparrowError("UNSUPPORTED_FEATURE.PLAN", "0A000", `the executor of the tests does not run ${plan.kind}`);
  }
}

function valueOf(expr: Expr, input: PhysicalPlan, row: Row, { evaluation }: ExecuteOptions): Value {
  const output = physicalOutput(input);
  const column = (id: ColumnId): Value => row[output.findIndex((candidate) => candidate.id === id)];
  return evaluate(expr, column, evaluation);
}

function encodeBatch(columns: readonly Column[], rows: readonly Row[]): ResultBatch {
  return { rows: rows.length, columns: columns.map((column, i) => encodeColumn(column.type, rows.map((row) => row[i]))) };
}

/** Values of a type without nesting, in the layout that results have. */
export function encodeColumn(type: DataType, values: readonly Value[]): ResultColumn {
  const validity = values.includes(null) ? bits(values.map((value) => value !== null)) : undefined;
  const layout = plainLayout(type);
  switch (layout.kind) {
    case "bits":
      return { type, data: bits(values.map((value) => value === true)), validity };
    case "utf8": {
      const texts = values.map((value) => (value === null ? Buffer.alloc(0) : Buffer.from(value as string)));
      const offsets = new Int32Array(values.length + 1);
      for (let i = 0; i < texts.length; i++) offsets[i + 1] = offsets[i] + texts[i].length;
      return { type, data: new Uint8Array(0), validity, offsets, bytes: Buffer.concat(texts) };
    }
    case "fixed": {
      const data = new Uint8Array(values.length * layout.width);
      const view = new DataView(data.buffer);
      for (let i = 0; i < values.length; i++) store(view, i * layout.width, layout.width, type, values[i]);
      return { type, data, validity };
    }
    default:
      throw new Error(`no plain layout: ${layout.kind}`);
  }
}

function store(view: DataView, at: number, width: number, type: DataType, value: Value): void {
  if (value === null) return;
  if (type.kind === "double") view.setFloat64(at, value as number, true);
  else if (type.kind === "float") view.setFloat32(at, value as number, true);
  else if (width === 16) {
    view.setBigInt64(at, BigInt.asIntN(64, value as bigint), true);
    view.setBigInt64(at + 8, (value as bigint) >> 64n, true);
  } else if (width === 8) view.setBigInt64(at, BigInt(value as bigint), true);
  else if (width === 4) view.setInt32(at, value as number, true);
  else if (width === 2) view.setInt16(at, value as number, true);
  else view.setInt8(at, value as number);
}

function bits(flags: readonly boolean[]): Uint8Array {
  const packed = new Uint8Array(Math.ceil(flags.length / 8));
  for (let i = 0; i < flags.length; i++) if (flags[i]) packed[i >> 3] |= 1 << (i & 7);
  return packed;
}
