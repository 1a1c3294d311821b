import type { AggregateCall, ColumnId, Expr, SortKey, WindowCall } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { aggregateFunction } from "../../executor/functions/aggregate-implementations.ts";
import { compareValues, groupKey } from "../../executor/functions/compare.ts";
import { generatorFunction } from "../../executor/functions/generators.ts";
import type { EvalContext } from "../../executor/functions/scalar-function.ts";
import { windowFunction } from "../../executor/functions/window.ts";
import { evaluate } from "../../executor/interpret.ts";
import type { LogicalJoin, LogicalPlan } from "../../planner/logical.ts";
import { outputOf } from "../../planner/logical.ts";
import { windowFrame } from "./window-frames.ts";

/** A row by column id. */
export type Row = ReadonlyMap<ColumnId, Value>;

/** What a plan of this kind or size is not run for. */
export class NotRun extends Error {}

const MOST_PAIRS = 200_000;

/** Rows of tables, by the snapshot's name; a table that is not in here is empty. */
export type TableRows = ReadonlyMap<string, readonly (readonly Value[])[]>;

/** Rows of a logical plan by its definition, over the interpreter and the reference functions. */
export class PlanRows {
  readonly #context: EvalContext;
  readonly #tables: TableRows;
  readonly #ctes = new Map<number, { readonly plan: LogicalPlan; readonly outer: Row }>();

  constructor(context: EvalContext, tables: TableRows) {
    this.#context = context;
    this.#tables = tables;
  }

  value(expr: Expr, row: Row): Value {
    return evaluate(
      expr,
      (id) => {
        const value = row.get(id);
        if (value === undefined) throw new Error(`no column #${id}`);
        return value;
      },
      this.#context,
    );
  }

  rows(plan: LogicalPlan, outer: Row): readonly Row[] {
    const input = (p: LogicalPlan): Row[] => this.rows(p, outer).map((row) => joined(outer, row));
    switch (plan.kind) {
      case "scan":
        return (this.#tables.get(plan.table.name) ?? []).map((row) => new Map(plan.columns.map((c) => [c.column.id, row[c.field]])));
      case "values":
        return plan.rows.map((row) => new Map(plan.columns.map((c, i) => [c.id, row[i]])));
      case "range": {
        const count = (plan.end - plan.start) / plan.step;
        if (count > 100_000n) throw new NotRun("a long range");
        const rows: Row[] = [];
        for (let i = plan.start; plan.step > 0n ? i < plan.end : i > plan.end; i += plan.step) rows.push(new Map([[plan.column.id, i]]));
        return rows;
      }
      case "filter":
        return input(plan.input).filter((row) => this.value(plan.condition, row) === true);
      case "project":
        return input(plan.input).map((row) => new Map(plan.outputs.map((o) => [o.column.id, this.value(o.expr, row)])));
      case "expand":
        return input(plan.input).flatMap((row) => plan.projections.map((p) => new Map(plan.columns.map((c, i) => [c.id, this.value(p[i], row)]))));
      case "aggregate":
        return this.#aggregate(plan, input(plan.input));
      case "window":
        return this.#window(plan, input(plan.input));
      case "join":
        return this.#join(plan, outer);
      case "sort":
        return this.#sorted(input(plan.input), plan.order);
      case "limit":
        return this.rows(plan.input, outer).slice(plan.offset, plan.limit === undefined ? undefined : plan.offset + plan.limit);
      case "generate":
        return input(plan.input).flatMap((row) => this.#generated(plan, row));
      case "sample":
        throw new NotRun("a sample");
      case "repartition":
        return this.rows(plan.input, outer);
      case "setOperation":
        return setOperation(
          plan,
          plan.inputs.map((i) => this.rows(i.plan, outer).map((row) => new Map(plan.columns.map((c, k) => [c.id, row.get(i.columns[k]) as Value])))),
        );
      case "cte":
        this.#ctes.set(plan.id, { plan: plan.definition, outer });
        return this.rows(plan.input, outer);
      case "cteReference": {
        const cte = this.#ctes.get(plan.id);
        if (cte === undefined) throw new Error(`unknown CTE ${plan.name}`);
        return this.rows(cte.plan, cte.outer).map((row) => new Map(plan.columns.map((c, i) => [c.id, row.get(plan.source[i]) as Value])));
      }
    }
  }

  #generated(plan: Extract<LogicalPlan, { kind: "generate" }>, row: Row): readonly Row[] {
    const made = generatorFunction(plan.generator)?.rows(
      plan.args.map((a) => this.value(a, row)),
      plan.args.map(typeOf),
    );
    if (made === undefined) throw new NotRun(plan.generator);
    const rows = made.length === 0 && plan.outer ? [plan.columns.map(() => null)] : made;
    return rows.map((values) => joined(row, new Map(plan.columns.map((c, i) => [c.id, values[i]]))));
  }

  #join(plan: LogicalJoin, outer: Row): readonly Row[] {
    const left = this.rows(plan.left, outer);
    const fixed = plan.dependent ? undefined : this.rows(plan.right, outer);
    if (left.length * (fixed?.length ?? 1) > MOST_PAIRS) throw new NotRun("a large join");
    const nulls = (side: LogicalPlan): Row => new Map(outputOf(side).map((c) => [c.id, null]));
    const out: Row[] = [];
    const matchedRight = new Set<Row>();
    for (const l of left) {
      const right = fixed ?? this.rows(plan.right, joined(outer, l));
      const verdicts = right.map((r) => (plan.condition === undefined ? true : this.value(plan.condition, joined(outer, joined(l, r)))));
      const matches = right.filter((_, i) => verdicts[i] === true);
      for (const r of matches) matchedRight.add(r);
      switch (plan.join) {
        case "semi":
        case "anti":
          if (matches.length > 0 === (plan.join === "semi")) out.push(l);
          break;
        case "mark":
          out.push(plan.mark === undefined ? l : joined(l, new Map([[plan.mark.id, matches.length > 0 ? true : verdicts.includes(null) ? null : false]])));
          break;
        case "single":
          if (matches.length > 1) throw new Error("SCALAR_SUBQUERY_TOO_MANY_ROWS");
          out.push(joined(l, matches[0] ?? nulls(plan.right)));
          break;
        default:
          out.push(...matches.map((r) => joined(l, r)));
          if (matches.length === 0 && (plan.join === "left" || plan.join === "full")) out.push(joined(l, nulls(plan.right)));
      }
    }
    if (plan.join === "right" || plan.join === "full") out.push(...(fixed ?? []).filter((r) => !matchedRight.has(r)).map((r) => joined(nulls(plan.left), r)));
    return out;
  }

  #aggregate(plan: Extract<LogicalPlan, { kind: "aggregate" }>, input: readonly Row[]): readonly Row[] {
    const groups = new Map<string, { readonly keys: readonly Value[]; readonly rows: Row[] }>();
    if (plan.keys.length === 0) groups.set("", { keys: [], rows: [] });
    for (const row of input) {
      const keys = plan.keys.map((k) => this.value(k.expr, row));
      const text = rowKey(
        keys,
        plan.keys.map((k) => k.column.type),
      );
      const group = groups.get(text) ?? { keys, rows: [] };
      groups.set(text, group);
      group.rows.push(row);
    }
    return [...groups.values()].map((g) => new Map([...plan.keys.map((k, i): [ColumnId, Value] => [k.column.id, g.keys[i]]), ...plan.calls.map((c): [ColumnId, Value] => [c.column.id, this.#aggregated(c.call, g.rows)])]));
  }

  #aggregated(call: AggregateCall, all: readonly Row[]): Value {
    const { filter } = call;
    const filtered = filter === undefined ? all : all.filter((row) => this.value(filter, row) === true);
    const ordered = call.orderBy === undefined ? filtered : this.#sorted(filtered, call.orderBy);
    const argTypes = call.args.map(typeOf);
    let tuples = ordered.map((row) => call.args.map((a) => this.value(a, row)));
    if (call.distinct) tuples = [...new Map(tuples.map((t) => [rowKey(t, argTypes), t])).values()];
    const fn = aggregateFunction(call.name);
    if (fn === undefined) throw new NotRun(call.name);
    const direction = call.orderBy === undefined ? {} : { descending: !call.orderBy[0].ascending };
    return fn.finish(tuples, { name: call.name, argTypes, type: call.type, mode: call.mode, timeZone: this.#context.timeZone, ...direction });
  }

  #window(plan: Extract<LogicalPlan, { kind: "window" }>, input: readonly Row[]): readonly Row[] {
    const partitions = new Map<string, Row[]>();
    for (const row of input) {
      const key = rowKey(
        plan.partitionBy.map((e) => this.value(e, row)),
        plan.partitionBy.map(typeOf),
      );
      const partition = partitions.get(key);
      if (partition === undefined) partitions.set(key, [row]);
      else partition.push(row);
    }
    return [...partitions.values()].flatMap((partition) => {
      const rows = this.#sorted(partition, plan.orderBy);
      const results = plan.calls.map((c) => this.#overPartition(c.call, rows, plan.orderBy));
      return rows.map((row, i) => joined(row, new Map(plan.calls.map((c, k) => [c.column.id, results[k][i]]))));
    });
  }

  #overPartition(call: WindowCall, rows: readonly Row[], order: readonly SortKey[]): readonly Value[] {
    const fn = windowFunction(call.name);
    if (fn === undefined || call.distinct) throw new NotRun(`${call.name} over a window`);
    const keys = rows.map((row) => order.map((k) => this.value(k.expr, row)));
    const same = (a: number, b: number): boolean => order.every((k, i) => compareKey(k, keys[a][i], keys[b][i]) === 0);
    const peers = rows.flatMap((_, i) => (i === 0 || !same(i - 1, i) ? [i] : []));
    const { filter } = call;
    return fn.evaluate(
      {
        rows: rows.length,
        arg: (index, row) => this.value(call.args[index], rows[row]),
        peers: Int32Array.from([...peers, rows.length]),
        frame: windowFrame(call.frame, rows.length, order, keys, this.#context),
        ...(filter === undefined ? {} : { included: (row) => this.value(filter, rows[row]) === true }),
      },
      { name: call.name, argTypes: call.args.map(typeOf), type: call.type, mode: call.mode, timeZone: this.#context.timeZone, ignoreNulls: call.ignoreNulls },
    );
  }

  #sorted(rows: readonly Row[], order: readonly SortKey[]): readonly Row[] {
    const keyed = rows.map((row) => ({ row, keys: order.map((k) => this.value(k.expr, row)) }));
    keyed.sort((a, b) => {
      for (let i = 0; i < order.length; i++) {
        const difference = compareKey(order[i], a.keys[i], b.keys[i]);
        if (difference !== 0) return difference;
      }
      return 0;
    });
    return keyed.map((k) => k.row);
  }
}

export function compareKey(key: SortKey, a: Value, b: Value): number {
  if (a === null && b === null) return 0;
  if (a === null || b === null) return (a === null) === key.nullsFirst ? -1 : 1;
  return key.ascending ? compareValues(typeOf(key.expr), a, b) : compareValues(typeOf(key.expr), b, a);
}

function joined(a: Row, b: Row): Row {
  return a.size === 0 ? b : new Map([...a, ...b]);
}

function rowKey(values: readonly Value[], types: readonly DataType[]): string {
  return values
    .map((v, i) => {
      const key = v === null ? null : groupKey(types[i], v);
      return `${typeof key}:${String(key)}`;
    })
    .join("|");
}

function setOperation(plan: Extract<LogicalPlan, { kind: "setOperation" }>, inputs: readonly (readonly Row[])[]): readonly Row[] {
  const types = plan.columns.map((c) => c.type);
  const key = (row: Row): string => rowKey([...row.values()], types);
  if (plan.operation === "union") return inputs.flat();
  const counts = new Map<string, number>();
  for (const row of inputs[1]) counts.set(key(row), (counts.get(key(row)) ?? 0) + 1);
  const wanted = plan.operation === "intersect";
  if (!plan.all) return [...new Map(inputs[0].map((row) => [key(row), row])).values()].filter((row) => counts.has(key(row)) === wanted);
  return inputs[0].filter((row) => {
    const left = counts.get(key(row)) ?? 0;
    counts.set(key(row), left - 1);
    return left > 0 === wanted;
  });
}
