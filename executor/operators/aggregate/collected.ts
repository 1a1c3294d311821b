import { SparrowError } from "../../../catalog/errors.ts";
import type { AggregateCall, SortKey } from "../../../catalog/expression.ts";
import { typeOf } from "../../../catalog/expression.ts";
import type { Value } from "../../../catalog/values.ts";
import type { AggregateSite } from "../../functions/aggregate-function.ts";
import { aggregateFunction } from "../../functions/aggregate-implementations.ts";
import { checkHeapRoom } from "../../functions/heap-room.ts";
import { compareValues } from "../../functions/compare.ts";
import type { EvalContext } from "../../functions/scalar-function.ts";
import { ORDERED_PERCENTILES } from "../../functions/statistics.ts";
import type { Arena } from "../../memory/arena.ts";
import type { Pool } from "../../memory/pool.ts";
import { writeLanes } from "../../pipeline/column-values.ts";
import { readField } from "../../pipeline/record-values.ts";
import type { RecordRun } from "../../pipeline/morsels.ts";
import type { RowField } from "../../pipeline/row-layout.ts";
import { fieldOf } from "../../pipeline/row-layout.ts";
import { stringOffsets } from "../../spill/spill-layout.ts";
import type { ThreadContext } from "../../thread-context.ts";
import { forEachRecord } from "../rows/sort-records.ts";
import type { AggregateState } from "./aggregate-plan.ts";
import type { AggregateShape } from "./aggregate-sink.ts";
import { collectsFixedList, writeFixedList } from "./fixed-lists.ts";
import { NODE, nodeLayout } from "./state-updates.ts";
import { GroupWords } from "./value-lists.ts";

type CollectState = Extract<AggregateState, { kind: "collect" }>;
type ValuesState = Extract<AggregateState, { kind: "values" }>;

/** Fills the results of calls that have collected their arguments, group by group, through the registry's implementations. */
export function completeCollected(shape: AggregateShape, runs: readonly RecordRun[], context: ThreadContext, arena: Arena, work: Arena, evaluation: EvalContext): void {
  for (const state of shape.plan.states) {
    if (state.kind === "collect") completeCollection(state, shape, runs, context, arena, evaluation);
    else if (state.kind === "values") completeValues(state, shape, runs, context, arena, work, evaluation);
  }
}

function siteOf(call: AggregateCall, { timeZone }: EvalContext): AggregateSite {
  const { name, type, mode, span } = call;
  return { name, argTypes: call.args.map(typeOf), type, mode, timeZone, descending: call.orderBy?.[0]?.ascending === false, span };
}

/** What a row takes that has been collected, beside an element of the result: an array of its own. */
const ELEMENTS_PER_ROW = 3;

/** Stores a group's result. */
function putResult(pool: Pool, field: RowField, record: number, value: Value, arena: Arena): void {
  if (field.nullOffset !== undefined) pool.u8[record + field.nullOffset] = value === null ? 1 : 0;
  if (value !== null) writeLanes(pool, field.type, record + field.offset, value, arena);
}

function completeValues(state: ValuesState, shape: AggregateShape, runs: readonly RecordRun[], context: ThreadContext, arena: Arena, work: Arena, evaluation: EvalContext): void {
  const { pool } = context;
  const { call } = state;
  const list = fieldOf(shape.layout, state.list.id);
  const result = fieldOf(shape.layout, state.result.id);
  const site = siteOf(call, evaluation);
  const words = new GroupWords(context, work, state.arg);
  const percentage = call.args[1]?.kind === "literal" ? call.args[1].value : null;
  forEachRecord(pool.u32, runs, (record) => {
    words.load(pool.u32[(record + list.offset) >>> 2]);
    const value = words.length === 0 ? null : call.name === "mode" ? words.mode(site.descending === true) : ORDERED_PERCENTILES[call.name](words, site, percentage);
    putResult(pool, result, record, value, arena);
  });
}

function completeCollection(state: CollectState, shape: AggregateShape, runs: readonly RecordRun[], context: ThreadContext, arena: Arena, evaluation: EvalContext): void {
  const { pool } = context;
  const { call } = state;
  const fn = aggregateFunction(call.name);
  if (fn === undefined) throw new SparrowError("UNSUPPORTED_FEATURE.AGGREGATE_FUNCTION", "0A000", `The aggregate function ${call.name} is not supported yet.`, { functionName: call.name }, { span: call.span });
  const node = nodeLayout(state);
  const list = fieldOf(shape.layout, state.list.id);
  const result = fieldOf(shape.layout, state.result.id);
  const site = siteOf(call, evaluation);
  const isFixedList = collectsFixedList(call);
  const texts = stringOffsets(node.fields);
  forEachRecord(pool.u32, runs, (record) => {
    const nodes = nodesInOrder(pool, pool.u32[(record + list.offset) >>> 2]);
    if (isFixedList) {
      const { address, bytes } = writeFixedList(pool, arena, nodes, node.fields[0]);
      pool.u32.set([address, bytes], (record + result.offset) >>> 2);
      if (result.nullOffset !== undefined) pool.u8[record + result.nullOffset] = 0;
      return;
    }
    checkHeapRoom(ELEMENTS_PER_ROW * nodes.length, texts.reduce((sum, offset) => nodes.reduce((bytes, at) => bytes + pool.u32[(at + offset + 4) >>> 2], sum), 0));
    const rows = nodes.map((at) => node.fields.map((field) => readField(pool, field, at)));
    const ordered = call.orderBy === undefined ? rows : inOrder(rows, call.args.length, call.orderBy);
    const value = fn.finish(call.distinct ? distinctRows(ordered) : ordered, site);
    putResult(pool, result, record, value, arena);
  });
}

/** The nodes of a list in scan order, whichever worker met a row. */
function nodesInOrder({ u32 }: Pool, first: number): readonly number[] {
  const nodes: number[] = [];
  const compare = (a: number, b: number): number => u32[(a + NODE.morsel) >>> 2] - u32[(b + NODE.morsel) >>> 2] || u32[(a + NODE.position) >>> 2] - u32[(b + NODE.position) >>> 2];
  let isSorted = true;
  for (let at = first, before = 0; at !== 0; before = at, at = u32[(at + NODE.next) >>> 2]) {
    nodes.push(at);
    if (before !== 0 && isSorted) isSorted = compare(before, at) <= 0;
  }
  return isSorted ? nodes : nodes.sort(compare);
}

function distinctRows(rows: readonly (readonly Value[])[]): readonly (readonly Value[])[] {
  const seen = new Map<string, readonly Value[]>();
  for (const row of rows) {
    const key = JSON.stringify(row, (_, value) => (typeof value === "bigint" ? `${value}n` : Object.is(value, -0) ? 0 : Number.isNaN(value) ? "NaN" : value));
    if (!seen.has(key)) seen.set(key, row);
  }
  return [...seen.values()];
}

/** WITHIN GROUP (ORDER BY ...): the keys stand behind the arguments, and leave the rows again. */
function inOrder(rows: readonly (readonly Value[])[], args: number, order: readonly SortKey[]): readonly (readonly Value[])[] {
  const sorted = [...rows].sort((a, b) => {
    for (let i = 0; i < order.length; i++) {
      const [x, y] = [a[args + i], b[args + i]];
      if (x === null || y === null) {
        if (x !== y) return (x === null) === order[i].nullsFirst ? -1 : 1;
        continue;
      }
      const comparison = compareValues(typeOf(order[i].expr), x, y);
      if (comparison !== 0) return order[i].ascending ? comparison : -comparison;
    }
    return 0;
  });
  return sorted.map((row) => row.slice(0, args));
}
