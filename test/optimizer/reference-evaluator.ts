import type { AggregateCall, ColumnId, Expr, SortKey, WindowCall } from "../../catalog/expression.ts";
import type { Value } from "../../catalog/values.ts";
import type { LogicalJoin, LogicalPlan } from "../../planner/logical.ts";
import { outputOf } from "../../planner/logical.ts";

/** A row by column id. */
export type Row = ReadonlyMap<ColumnId, Value>;

/** A table's rows, by table name, in field order. */
export type Tables = Readonly<Record<string, readonly (readonly Value[])[]>>;

/** What an expression raises for a row that reaches it. */
export class RaisedError extends Error {}

const NO_ROW: Row = new Map();

/**
 * Evaluates logical plans the slow and plain way, by their definitions: every pair of rows, dependent joins row by row. Knows the types and
 * functions that the random plans are made of. Rows come in no particular order except under Sort and Limit.
 */
export class ReferenceEvaluator {
  readonly #tables: Tables;
  readonly #ctes = new Map<number, { readonly plan: LogicalPlan; readonly outer: Row }>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  rows(plan: LogicalPlan, outer: Row = NO_ROW): readonly Row[] {
    switch (plan.kind) {
      case "scan":
        return this.#tables[plan.table.name].map((row) => new Map(plan.columns.map((c) => [c.column.id, row[c.field]])));
      case "values":
        return plan.rows.map((row) => new Map(plan.columns.map((column, i) => [column.id, row[i]])));
      case "range":
        throw new Error("no ranges in reference plans");
      case "filter":
        return this.rows(plan.input, outer).filter((row) => evaluate(plan.condition, joined(outer, row)) === true);
      case "project":
        return this.rows(plan.input, outer).map((row) => new Map(plan.outputs.map((o) => [o.column.id, evaluate(o.expr, joined(outer, row))])));
      case "aggregate":
        return this.#aggregate(plan, outer);
      case "expand":
        return this.rows(plan.input, outer).flatMap((row) => plan.projections.map((p) => new Map(plan.columns.map((column, i) => [column.id, evaluate(p[i], joined(outer, row))]))));
      case "window":
        return this.#window(plan, outer);
      case "join":
        return this.#join(plan, outer);
      case "sort":
        return sorted(this.rows(plan.input, outer), plan.order, outer);
      case "limit":
        return this.rows(plan.input, outer).slice(plan.offset, plan.limit === undefined ? undefined : plan.offset + plan.limit);
      case "setOperation": {
        const inputs = plan.inputs.map((input) => this.rows(input.plan, outer).map((row) => new Map(plan.columns.map((column, i) => [column.id, row.get(input.columns[i]) as Value]))));
        return setOperation(plan.operation, plan.all, inputs);
      }
      case "generate":
      case "sample":
      case "repartition":
        throw new Error(`no ${plan.kind} in reference plans`);
      case "cte":
        this.#ctes.set(plan.id, { plan: plan.definition, outer });
        return this.rows(plan.input, outer);
      case "cteReference": {
        const cte = this.#ctes.get(plan.id);
        if (cte === undefined) throw new Error(`unknown CTE ${plan.id}`);
        return this.rows(cte.plan, cte.outer).map((row) => new Map(plan.columns.map((column, i) => [column.id, row.get(plan.source[i]) as Value])));
      }
    }
  }

  #join(plan: LogicalJoin, outer: Row): readonly Row[] {
    const left = this.rows(plan.left, outer);
    const fixed = plan.dependent ? undefined : this.rows(plan.right, outer);
    const nulls = (side: LogicalPlan): Row => new Map(outputOf(side).map((column) => [column.id, null]));
    const out: Row[] = [];
    const matchedRight = new Set<Row>();
    for (const l of left) {
      const right = fixed ?? this.rows(plan.right, joined(outer, l));
      const verdicts = right.map((r) => (plan.condition === undefined ? true : evaluate(plan.condition, joined(outer, joined(l, r)))));
      const matches = right.filter((r, i) => verdicts[i] === true && (matchedRight.add(r), true));
      switch (plan.join) {
        case "semi":
          if (matches.length > 0) out.push(l);
          break;
        case "anti":
          if (matches.length === 0) out.push(l);
          break;
        case "mark":
          out.push(plan.mark === undefined ? l : new Map([...l, [plan.mark.id, matches.length > 0 ? true : verdicts.includes(null) ? null : false]]));
          break;
        case "single":
          if (matches.length > 1) throw new RaisedError("SCALAR_SUBQUERY_TOO_MANY_ROWS");
          out.push(joined(l, matches[0] ?? nulls(plan.right)));
          break;
        case "inner":
        case "right":
        case "left":
        case "full":
          out.push(...matches.map((r) => joined(l, r)));
          if (matches.length === 0 && (plan.join === "left" || plan.join === "full")) out.push(joined(l, nulls(plan.right)));
      }
    }
    if (plan.join === "right" || plan.join === "full") for (const r of fixed ?? []) if (!matchedRight.has(r)) out.push(joined(nulls(plan.left), r));
    return out;
  }

  #aggregate(plan: Extract<LogicalPlan, { kind: "aggregate" }>, outer: Row): readonly Row[] {
    const groups = new Map<string, { readonly keys: readonly Value[]; readonly rows: Row[] }>();
    if (plan.keys.length === 0) groups.set("", { keys: [], rows: [] });
    for (const row of this.rows(plan.input, outer)) {
      const keys = plan.keys.map((key) => evaluate(key.expr, joined(outer, row)));
      const text = valuesKey(keys);
      const group = groups.get(text) ?? { keys, rows: [] };
      groups.set(text, group);
      group.rows.push(row);
    }
    return [...groups.values()].map((group) => {
      const rows = group.rows.map((row) => joined(outer, row));
      return new Map([...plan.keys.map((key, i) => [key.column.id, group.keys[i]] as const), ...plan.calls.map((c) => [c.column.id, aggregate(c.call, rows)] as const)]);
    });
  }

  #window(plan: Extract<LogicalPlan, { kind: "window" }>, outer: Row): readonly Row[] {
    const partitions = new Map<string, Row[]>();
    for (const row of this.rows(plan.input, outer)) {
      const key = valuesKey(plan.partitionBy.map((expr) => evaluate(expr, joined(outer, row))));
      partitions.set(key, [...(partitions.get(key) ?? []), row]);
    }
    return [...partitions.values()].flatMap((partition) => {
      const ordered = sorted(partition, plan.orderBy, outer);
      const orderKeys = ordered.map((row) => valuesKey(plan.orderBy.map((key) => evaluate(key.expr, joined(outer, row)))));
      return ordered.map((row, i) => joined(row, new Map(plan.calls.map((c) => [c.column.id, windowValue(c.call, ordered.map((r) => joined(outer, r)), orderKeys, i)]))));
    });
  }
}

function windowValue(call: WindowCall, partition: readonly Row[], orderKeys: readonly string[], at: number): Value {
  switch (call.name) {
    case "row_number":
      return at + 1;
    case "rank":
      return orderKeys.indexOf(orderKeys[at]) + 1;
    default:
      return aggregate({ ...call }, partition);
  }
}

function joined(a: Row, b: Row): Row {
  return a.size === 0 ? b : new Map([...a, ...b]);
}

function setOperation(operation: string, all: boolean, inputs: readonly (readonly Row[])[]): readonly Row[] {
  const key = (row: Row): string => valuesKey([...row.values()]);
  const distinct = (rows: readonly Row[]): readonly Row[] => [...new Map(rows.map((row) => [key(row), row])).values()];
  if (operation === "union") return all ? inputs.flat() : distinct(inputs.flat());
  const counts = new Map<string, number>();
  for (const row of inputs[1]) counts.set(key(row), (counts.get(key(row)) ?? 0) + 1);
  const wanted = operation === "intersect";
  if (!all) return distinct(inputs[0]).filter((row) => counts.has(key(row)) === wanted);
  return inputs[0].filter((row) => {
    const left = counts.get(key(row)) ?? 0;
    counts.set(key(row), left - 1);
    return left > 0 === wanted;
  });
}

function sorted(rows: readonly Row[], order: readonly SortKey[], outer: Row): readonly Row[] {
  const keyed = rows.map((row) => ({ row, keys: order.map((key) => evaluate(key.expr, joined(outer, row))) }));
  keyed.sort((a, b) => {
    for (let i = 0; i < order.length; i++) {
      const [x, y] = [a.keys[i], b.keys[i]];
      if (x === null && y === null) continue;
      if (x === null || y === null) return (x === null) === order[i].nullsFirst ? -1 : 1;
      if (x !== y) return Number(x) < Number(y) === order[i].ascending ? -1 : 1;
    }
    return 0;
  });
  return keyed.map((item) => item.row);
}

function aggregate(call: AggregateCall | WindowCall, all: readonly Row[]): Value {
  const { filter } = call;
  const rows = filter === undefined ? all : all.filter((row) => evaluate(filter, row) === true);
  let tuples = rows.map((row) => call.args.map((arg) => evaluate(arg, row))).filter((tuple) => !tuple.includes(null));
  if (call.distinct) tuples = [...new Map(tuples.map((tuple) => [valuesKey(tuple), tuple])).values()];
  const numbers = tuples.map((tuple) => Number(tuple[0]));
  const asResult = (value: number): Value => (call.type.kind === "long" ? BigInt(value) : value);
  switch (call.name) {
    case "count":
      return BigInt(call.args.length === 0 ? rows.length : tuples.length);
    case "sum":
      return numbers.length === 0 ? null : asResult(numbers.reduce((a, b) => a + b));
    case "min":
      return numbers.length === 0 ? null : asResult(Math.min(...numbers));
    case "max":
      return numbers.length === 0 ? null : asResult(Math.max(...numbers));
    case "first":
    case "any_value":
      return rows.length === 0 ? null : evaluate(call.args[0], rows[0]);
    default:
      throw new Error(`the reference evaluator does not know the aggregate ${call.name}`);
  }
}

function valuesKey(values: readonly Value[]): string {
  return values.map((value) => (value === null ? "null" : `${typeof value}:${String(value)}`)).join("|");
}

/** The value of an expression for a row; raises RaisedError as ANSI mode does for division by zero. */
export function evaluate(expr: Expr, row: Row): Value {
  switch (expr.kind) {
    case "literal":
      return expr.value;
    case "column": {
      const value = row.get(expr.id);
      if (value === undefined) throw new Error(`no column ${expr.name}#${expr.id}`);
      return value;
    }
    case "cast": {
      const value = evaluate(expr.input, row);
      if (value === null) return null;
      if (expr.type.kind === "long") return BigInt(value as number);
      if (expr.type.kind === "int") return Number(value);
      throw new Error(`the reference evaluator does not cast to ${expr.type.kind}`);
    }
    case "case": {
      for (const branch of expr.branches) if (evaluate(branch.when, row) === true) return evaluate(branch.then, row);
      return evaluate(expr.otherwise, row);
    }
    case "in": {
      const value = evaluate(expr.input, row);
      const items = expr.list.map((item) => evaluate(item, row));
      if (value === null) return null;
      return items.includes(value) ? true : items.includes(null) ? null : false;
    }
    case "lambda":
      throw new Error("no lambdas in reference plans");
    case "call":
      return evaluateCall(expr, row);
  }
}

function evaluateCall(expr: Extract<Expr, { kind: "call" }>, row: Row): Value {
  const value = (i: number): Value => evaluate(expr.args[i], row);
  switch (expr.name) {
    case "and": {
      const a = value(0);
      if (a === false) return false;
      const b = value(1);
      return b === false ? false : a === null || b === null ? null : true;
    }
    case "or": {
      const a = value(0);
      if (a === true) return true;
      const b = value(1);
      return b === true ? true : a === null || b === null ? null : false;
    }
    case "coalesce": {
      for (const arg of expr.args) {
        const v = evaluate(arg, row);
        if (v !== null) return v;
      }
      return null;
    }
    case "isnull":
      return value(0) === null;
    case "isnotnull":
      return value(0) !== null;
    case "istrue":
      return value(0) === true;
    case "<=>": {
      return value(0) === value(1);
    }
  }
  const args = expr.args.map((arg) => evaluate(arg, row));
  if (args.includes(null)) return null;
  const [a, b] = args as [number, number];
  switch (expr.name) {
    case "=":
      return a === b;
    case "<>":
    case "!=":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    case "not":
      return !(a as unknown as boolean);
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      if (b === 0) throw new RaisedError("DIVIDE_BY_ZERO");
      return Math.trunc(a / b);
    default:
      throw new Error(`the reference evaluator does not know ${expr.name}`);
  }
}
