import { SparrowError } from "../../catalog/errors.ts";
import type { AggregateCall, ColumnId, Expr, SortKey, WindowCall } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import type { AggregateSite } from "../../executor/functions/aggregate-function.ts";
import { aggregateFunction } from "../../executor/functions/aggregate-implementations.ts";
import { compareNullsFirst, groupKey } from "../../executor/functions/compare.ts";
import { generatorFunction } from "../../executor/functions/generators.ts";
import type { EvalContext } from "../../executor/functions/scalar-function.ts";
import type { WindowPartition } from "../../executor/functions/window.ts";
import { windowFunction } from "../../executor/functions/window.ts";
import { evaluate } from "../../executor/interpret.ts";
import type { LogicalJoin, LogicalPlan } from "../../planner/logical.ts";
import { outputOf } from "../../planner/logical.ts";

type Row = ReadonlyMap<ColumnId, Value>;

const NO_ROW: Row = new Map();

/** Rows of a logical plan by its definition, over the function library: slow, in memory, every pair of rows of a join. */
export class PlanRows {
  readonly #context: EvalContext;
  readonly #tableRows: (name: string) => readonly (readonly Value[])[];
  readonly #ctes = new Map<number, { readonly plan: LogicalPlan; readonly outer: Row }>();

  constructor(context: EvalContext, tableRows: (name: string) => readonly (readonly Value[])[]) {
    this.#context = context;
    this.#tableRows = tableRows;
  }

  rows(plan: LogicalPlan, outer: Row = NO_ROW): readonly Row[] {
    switch (plan.kind) {
      case "scan":
        return this.#tableRows(plan.table.name).map((row) => new Map(plan.columns.map((c) => [c.column.id, row[c.field]])));
      case "values":
        return plan.rows.map((row) => new Map(plan.columns.map((column, i) => [column.id, row[i]])));
      case "range": {
        const rows: Row[] = [];
        for (let x = plan.start; plan.step > 0n ? x < plan.end : x > plan.end; x += plan.step) rows.push(new Map([[plan.column.id, x]]));
        return rows;
      }
      case "filter":
        return this.rows(plan.input, outer).filter((row) => this.#value(plan.condition, row, outer) === true);
      case "project":
        return this.rows(plan.input, outer).map((row) => new Map(plan.outputs.map((o) => [o.column.id, this.#value(o.expr, row, outer)])));
      case "aggregate": {
        const input = this.rows(plan.input, outer);
        const groups = new Map<string, { readonly keys: readonly Value[]; readonly rows: Row[] }>();
        if (plan.keys.length === 0) groups.set("", { keys: [], rows: [...input] });
        else
          for (const row of input) {
            const keys = plan.keys.map((k) => this.#value(k.expr, row, outer));
            const key = keyText(keys, plan.keys.map((k) => typeOf(k.expr)));
            const group = groups.get(key);
            if (group === undefined) groups.set(key, { keys, rows: [row] });
            else group.rows.push(row);
          }
        return [...groups.values()].map((group) => new Map([...plan.keys.map((k, i): [ColumnId, Value] => [k.column.id, group.keys[i]]), ...plan.calls.map((c): [ColumnId, Value] => [c.column.id, this.#aggregate(c.call, group.rows, outer)])]));
      }
      case "expand":
        return this.rows(plan.input, outer).flatMap((row) => plan.projections.map((p) => new Map(plan.columns.map((column, i) => [column.id, this.#value(p[i], row, outer)]))));
      case "window":
        return this.#windows(plan, outer);
      case "join":
        return this.#join(plan, outer);
      case "sort":
        return this.#sorted(this.rows(plan.input, outer), plan.order, outer);
      case "limit":
        return this.rows(plan.input, outer).slice(plan.offset, plan.limit === undefined ? undefined : plan.offset + plan.limit);
      case "setOperation":
        return this.#setOperation(plan, outer);
      case "generate": {
        const generator = generatorFunction(plan.generator);
        if (generator === undefined) throw new Error(`no generator ${plan.generator}`);
        return this.rows(plan.input, outer).flatMap((row) => {
          const made = generator.rows(plan.args.map((arg) => this.#value(arg, row, outer)), plan.args.map(typeOf));
          const all = made.length === 0 && plan.outer ? [plan.columns.map(() => null)] : made;
          return all.map((values) => new Map([...row, ...plan.columns.map((column, i): [ColumnId, Value] => [column.id, values[i]])]));
        });
      }
      case "sample":
        throw new SparrowError("UNSUPPORTED_FEATURE.SAMPLE", "0A000", "no samples here");
      case "repartition":
        return this.rows(plan.input, outer);
      case "cte":
        this.#ctes.set(plan.id, { plan: plan.definition, outer });
        return this.rows(plan.input, outer);
      case "cteReference": {
        const cte = this.#ctes.get(plan.id);
        if (cte === undefined) throw new Error(`unknown CTE ${plan.id}`);
        return this.rows(cte.plan, cte.outer).map((row) => new Map(plan.columns.map((column, i) => [column.id, at(row, plan.source[i])])));
      }
    }
  }

  #value(expr: Expr, row: Row, outer: Row): Value {
    return evaluate(expr, (id) => (row.has(id) ? at(row, id) : at(outer, id)), this.#context);
  }

  #site(call: AggregateCall | WindowCall): AggregateSite {
    const descending = "orderBy" in call && call.orderBy?.[0]?.ascending === false;
    return { name: call.name, argTypes: call.args.map(typeOf), type: call.type, mode: call.mode, timeZone: this.#context.timeZone, descending, ...("ignoreNulls" in call ? { ignoreNulls: call.ignoreNulls } : {}), span: call.span };
  }

  #aggregate(call: AggregateCall, input: readonly Row[], outer: Row): Value {
    const fn = aggregateFunction(call.name);
    if (fn === undefined) throw new Error(`no aggregate ${call.name}`);
    const filter = call.filter;
    let rows = filter === undefined ? input : input.filter((row) => this.#value(filter, row, outer) === true);
    if (call.orderBy !== undefined) rows = this.#sorted(rows, call.orderBy, outer);
    let values = rows.map((row) => call.args.map((arg) => this.#value(arg, row, outer)));
    if (call.distinct) {
      const types = call.args.map(typeOf);
      values = [...new Map(values.map((row) => [keyText(row, types), row] as const)).values()];
    }
    return fn.finish(values, this.#site(call));
  }

  #sorted(rows: readonly Row[], order: readonly SortKey[], outer: Row): readonly Row[] {
    const keyed = rows.map((row) => ({ row, keys: order.map((key) => this.#value(key.expr, row, outer)) }));
    keyed.sort((a, b) => {
      for (let i = 0; i < order.length; i++) {
        const c = compareBySortKey(order[i], a.keys[i], b.keys[i]);
        if (c !== 0) return c;
      }
      return 0;
    });
    return keyed.map((k) => k.row);
  }

  #windows(plan: LogicalPlan & { kind: "window" }, outer: Row): readonly Row[] {
    const types = plan.partitionBy.map(typeOf);
    const partitions = new Map<string, Row[]>();
    for (const row of this.rows(plan.input, outer)) {
      const key = keyText(plan.partitionBy.map((expr) => this.#value(expr, row, outer)), types);
      partitions.set(key, [...(partitions.get(key) ?? []), row]);
    }
    return [...partitions.values()].flatMap((unsorted) => {
      const rows = this.#sorted(unsorted, plan.orderBy, outer);
      const keys = rows.map((row) => plan.orderBy.map((key) => this.#value(key.expr, row, outer)));
      const starts = [0];
      for (let i = 1; i < rows.length; i++) if (plan.orderBy.some((key, k) => compareBySortKey(key, keys[i - 1][k], keys[i][k]) !== 0)) starts.push(i);
      const peers = Int32Array.from([...starts, rows.length]);
      const added = plan.calls.map(({ call }) => {
        const fn = windowFunction(call.name);
        if (fn === undefined) throw new Error(`no window function ${call.name}`);
        const filter = call.filter;
        const partition: WindowPartition = {
          rows: rows.length,
          arg: (i, row) => this.#value(call.args[i], rows[row], outer),
          peers,
          frame: (row) => this.#frame(call, plan.orderBy, keys, peers, row),
          ...(filter === undefined ? {} : { included: (row: number) => this.#value(filter, rows[row], outer) === true }),
        };
        return fn.evaluate(partition, this.#site(call));
      });
      return rows.map((row, i) => new Map([...row, ...plan.calls.map((c, k): [ColumnId, Value] => [c.column.id, added[k][i]])]));
    });
  }

  #frame(call: WindowCall, orderBy: readonly SortKey[], keys: readonly (readonly Value[])[], peers: Int32Array, row: number): readonly [number, number] {
    const { start, end, unit } = call.frame;
    const group = peers.findLastIndex((first) => first <= row && first < keys.length);
    const bound = (side: typeof start, isStart: boolean): number => {
      if (side.kind === "unboundedPreceding") return 0;
      if (side.kind === "unboundedFollowing") return keys.length;
      if (unit === "rows") {
        const offset = side.kind === "currentRow" ? 0 : Number(side.offset.value) * (side.kind === "preceding" ? -1 : 1);
        return Math.max(0, Math.min(keys.length, row + offset + (isStart ? 0 : 1)));
      }
      if (side.kind === "currentRow") return isStart ? peers[group] : peers[group + 1];
      const key = orderBy[0];
      const type = typeOf(key.expr);
      const current = keys[row][0];
      if (current === null) return isStart ? peers[group] : peers[group + 1];
      const towardsStart = side.kind === "preceding";
      const minus = towardsStart === key.ascending;
      const plus: Expr = {
        kind: "call", name: minus ? "-" : "+", mode: "ansi", nullable: false, type,
        args: [{ kind: "literal", type, value: current }, side.offset],
      };
      const edge = this.#value(plus, NO_ROW, NO_ROW);
      for (let i = 0; i < keys.length; i++) {
        const order = compareBySortKey(key, keys[i][0], edge);
        if (isStart ? order >= 0 : order > 0) return i;
      }
      return keys.length;
    };
    return [bound(start, true), bound(end, false)];
  }

  #join(plan: LogicalJoin, outer: Row): readonly Row[] {
    const left = this.rows(plan.left, outer);
    const fixed = plan.dependent ? undefined : this.rows(plan.right, outer);
    const nulls = (side: LogicalPlan): Row => new Map(outputOf(side).map((column) => [column.id, null]));
    const out: Row[] = [];
    const matchedRight = new Set<Row>();
    for (const l of left) {
      const right = fixed ?? this.rows(plan.right, new Map([...outer, ...l]));
      const verdicts = right.map((r) => (plan.condition === undefined ? true : this.#value(plan.condition, new Map([...l, ...r]), outer)));
      const matches = right.filter((_, i) => verdicts[i] === true);
      for (const m of matches) matchedRight.add(m);
      switch (plan.join) {
        case "semi":
          if (matches.length > 0) out.push(l);
          break;
        case "anti":
          if (matches.length === 0) out.push(l);
          break;
        case "mark": {
          const value = matches.length > 0 ? true : verdicts.includes(null) ? null : false;
          out.push(plan.mark === undefined ? l : new Map([...l, [plan.mark.id, value] as const]));
          break;
        }
        default:
          if (plan.join === "single" && matches.length > 1) throw new SparrowError("SCALAR_SUBQUERY_TOO_MANY_ROWS", "21000", "more than one row");
          for (const m of matches) out.push(new Map([...l, ...m]));
          if (matches.length === 0 && (plan.join === "left" || plan.join === "full" || plan.join === "single")) out.push(new Map([...l, ...nulls(plan.right)]));
      }
    }
    if (plan.join === "right" || plan.join === "full") for (const r of fixed ?? []) if (!matchedRight.has(r)) out.push(new Map([...nulls(plan.left), ...r]));
    return out;
  }

  #setOperation(plan: LogicalPlan & { kind: "setOperation" }, outer: Row): readonly Row[] {
    const types = plan.columns.map((c) => c.type);
    const inputs = plan.inputs.map((input) => this.rows(input.plan, outer).map((row) => input.columns.map((id) => at(row, id))));
    const asRow = (values: readonly Value[]): Row => new Map(plan.columns.map((column, i) => [column.id, values[i]]));
    if (plan.operation === "union") return inputs.flat(1).map(asRow);
    const left = plan.all ? inputs[0] : [...new Map(inputs[0].map((row) => [keyText(row, types), row] as const)).values()];
    const counts = new Map<string, number>();
    for (const row of inputs[1]) counts.set(keyText(row, types), (counts.get(keyText(row, types)) ?? 0) + 1);
    return left
      .filter((row) => {
        const key = keyText(row, types);
        const count = counts.get(key) ?? 0;
        if (plan.all && count > 0) counts.set(key, count - 1);
        return (count > 0) === (plan.operation === "intersect");
      })
      .map(asRow);
  }
}

function at(row: Row, id: ColumnId): Value {
  const value = row.get(id);
  if (value === undefined) throw new Error(`column ${id} is not in the row`);
  return value;
}

function keyText(values: readonly Value[], types: readonly DataType[]): string {
  return values.map((value, i) => `${typeof value}:${String(groupKey(types[i], value))}`).join("\u0000");
}

function compareBySortKey(key: SortKey, a: Value, b: Value): number {
  if (a === null || b === null) return a === b ? 0 : (a === null) === key.nullsFirst ? -1 : 1;
  const order = compareNullsFirst(typeOf(key.expr), a, b);
  return key.ascending ? order : -order;
}
