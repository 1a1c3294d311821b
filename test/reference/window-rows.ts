import type { FrameBound, SortKey, WindowFrame } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import { SparrowError } from "../../catalog/errors.ts";
import type { Value } from "../../catalog/values.ts";
import { compareValues } from "../../executor/functions/compare.ts";
import type { EvalContext } from "../../executor/functions/scalar-function.ts";
import { windowFunction } from "../../executor/functions/window.ts";
import type { PhysicalPlan } from "../../planner/physical.ts";
import { physicalOutput } from "../../planner/physical.ts";
import type { Relation, Row, RowEvaluator } from "./relation.ts";
import { evaluatorOver, keyOf } from "./relation.ts";

export function windowRows(plan: PhysicalPlan & { readonly kind: "window" }, input: Relation, context: EvalContext): Relation {
  const valueOf = evaluatorOver(input.columns, context);
  const partitions = new Map<string, Row[]>();
  for (const row of input.rows) {
    const key = keyOf(plan.partitionBy, row, valueOf);
    const partition = partitions.get(key);
    if (partition === undefined) partitions.set(key, [row]);
    else partition.push(row);
  }
  const rows: Row[] = [];
  for (const partition of partitions.values()) {
    const sorted = sortRows(partition, plan.orderBy, valueOf);
    const peers = peerGroups(sorted, plan.orderBy, valueOf);
    const added = plan.calls.map(({ call }) => {
      const fn = windowFunction(call.name);
      if (fn === undefined) throw new SparrowError("UNSUPPORTED_FEATURE.FUNCTION", "0A000", `no window function ${call.name}`);
      const args = call.args.map((arg) => sorted.map((row) => valueOf(arg, row)));
      const frames = sorted.map((_, row) => frameOf(call.frame, row, sorted, peers, plan.orderBy, valueOf));
      const { filter } = call;
      const site = { name: call.name, argTypes: call.args.map(typeOf), type: call.type, mode: call.mode, timeZone: context.timeZone, ignoreNulls: call.ignoreNulls };
      return fn.evaluate(
        {
          rows: sorted.length,
          arg: (index, row) => args[index][row],
          peers: Int32Array.from(peers),
          frame: (row) => frames[row],
          ...(filter === undefined ? {} : { included: (row: number) => valueOf(filter, sorted[row]) === true }),
        },
        site,
      );
    });
    for (const [i, row] of sorted.entries()) rows.push([...row, ...added.map((values) => values[i])]);
  }
  return { columns: physicalOutput(plan), rows };
}

/** Stable. */
export function sortRows(rows: readonly Row[], order: readonly SortKey[], valueOf: RowEvaluator): Row[] {
  const keyed = rows.map((row) => ({ row, keys: order.map((key) => valueOf(key.expr, row)) }));
  keyed.sort((a, b) => {
    for (const [i, key] of order.entries()) {
      const compared = compareKeys(key, a.keys[i], b.keys[i]);
      if (compared !== 0) return compared;
    }
    return 0;
  });
  return keyed.map(({ row }) => row);
}

function compareKeys(key: SortKey, a: Value, b: Value): number {
  if (a === null || b === null) return (Number(b === null) - Number(a === null)) * (key.nullsFirst ? 1 : -1);
  return compareValues(typeOf(key.expr), a, b) * (key.ascending ? 1 : -1);
}

/** Starts of the groups of rows equal under the order, and the number of rows. */
function peerGroups(sorted: readonly Row[], order: readonly SortKey[], valueOf: RowEvaluator): number[] {
  const starts: number[] = [];
  for (let i = 0; i < sorted.length; i++) {
    const equal = i > 0 && order.every((key) => compareKeys(key, valueOf(key.expr, sorted[i - 1]), valueOf(key.expr, sorted[i])) === 0);
    if (!equal) starts.push(i);
  }
  return [...starts, sorted.length];
}

function frameOf(frame: WindowFrame, row: number, sorted: readonly Row[], peers: readonly number[], order: readonly SortKey[], valueOf: RowEvaluator): [number, number] {
  const rows = sorted.length;
  if (frame.unit === "rows") {
    const at = (bound: FrameBound): number => row + offsetOf(bound, rows);
    return [Math.max(0, Math.min(rows, at(frame.start))), Math.max(0, Math.min(rows, at(frame.end) + 1))];
  }
  const group = peers.findLastIndex((start) => start <= row);
  const [peerStart, peerEnd] = [peers[group], peers[group + 1]];
  const valueAt = (i: number) => valueOf(order[0].expr, sorted[i]);
  const edge = (bound: FrameBound, end: boolean): number => {
    switch (bound.kind) {
      case "unboundedPreceding":
        return 0;
      case "unboundedFollowing":
        return rows;
      case "currentRow":
        return end ? peerEnd : peerStart;
      case "preceding":
      case "following": {
        const current = valueAt(row);
        if (current === null) return end ? peerEnd : peerStart;
        const distance = Number(bound.offset.value) * (bound.kind === "following" ? 1 : -1);
        const inside = (i: number): boolean => {
          const value = valueAt(i);
          if (value === null) return order[0].nullsFirst;
          const ahead = (Number(value) - Number(current)) * (order[0].ascending ? 1 : -1);
          return end ? ahead <= distance : ahead < distance;
        };
        let to = 0;
        while (to < rows && inside(to)) to++;
        return to;
      }
    }
  };
  return [edge(frame.start, false), edge(frame.end, true)];
}

/** Rows from the current one; beyond all rows where unbounded. */
function offsetOf(bound: FrameBound, rows: number): number {
  switch (bound.kind) {
    case "unboundedPreceding":
      return -rows;
    case "unboundedFollowing":
      return rows;
    case "currentRow":
      return 0;
    case "preceding":
      return -Number(bound.offset.value);
    case "following":
      return Number(bound.offset.value);
  }
}
