import type { Column, Expr } from "../../catalog/expression.ts";
import { columnExpr, isNullable } from "../../catalog/expression.ts";
import type { ColumnStatistics } from "../../catalog/table.ts";
import { BOOLEAN, INT, LONG } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { booleanCall } from "../../planner/conjunctions.ts";
import type { JoinKind, LogicalPlan } from "../../planner/logical.ts";
import { outputOf } from "../../planner/logical.ts";
import { agg, lit, PlanBuilder } from "./plan-builder.ts";
import type { Tables } from "./reference-evaluator.ts";

/** mulberry32: the same plans for the same seed. */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Plans of every node kind that the reference evaluator knows, over small tables full of NULLs and duplicates. */
export class RandomPlans {
  readonly builder = new PlanBuilder();
  readonly tables: Tables;
  readonly #random: () => number;
  #tableCount = 0;
  readonly #made: Record<string, (readonly Value[])[]> = {};

  constructor(seed: number) {
    this.#random = randomSource(seed);
    this.tables = this.#made;
  }

  plan(depth = 4, outer: readonly Column[] = []): LogicalPlan {
    if (depth <= 0) return this.#scan();
    const input = (): LogicalPlan => this.plan(depth - 1 - this.#below(2), outer);
    switch (this.#below(11)) {
      case 0:
      case 1:
        return this.#filter(input(), outer);
      case 2:
        return this.#project(input(), outer);
      case 3:
        return this.#aggregate(input(), outer);
      case 4:
        return this.#window(input());
      case 5:
        return this.#setOperation(input(), input());
      case 6:
        return this.#limited(input());
      case 7:
        return this.#subquery(input(), depth, outer);
      case 8:
        return this.#withCte(depth);
      default:
        return this.#join(input(), input(), outer);
    }
  }

  #scan(): LogicalPlan {
    const name = `t${this.#tableCount++}`;
    const columnCount = 1 + this.#below(3);
    const kinds = Array.from({ length: columnCount }, () => this.#below(3));
    const rows = Array.from({ length: this.#below(12) === 0 ? 0 : 2 + this.#below(6) }, (_, r) => kinds.map((kind): Value => (kind === 0 ? r : kind === 1 ? this.#below(4) : this.#below(4) === 0 ? null : this.#below(4))));
    this.#made[name] = rows;
    const columns: Record<string, "int" | "int!"> = {};
    const statistics: Record<string, Partial<ColumnStatistics>> = {};
    kinds.forEach((kind, i) => {
      const column = `${"abc"[i]}`;
      columns[column] = kind === 2 ? "int" : "int!";
      const values = rows.map((row) => row[i]).filter((v) => v !== null) as number[];
      if (values.length > 0) statistics[column] = { min: Math.min(...values), max: Math.max(...values), nulls: rows.length - values.length, distinct: this.#below(2) === 0 ? new Set(values).size : undefined };
    });
    return this.builder.scan(name, columns, { rows: rows.length, statistics });
  }

  #filter(input: LogicalPlan, outer: readonly Column[]): LogicalPlan {
    return this.builder.filter(input, ...Array.from({ length: 1 + this.#below(2) }, () => this.condition([...outputOf(input), ...outer])));
  }

  #project(input: LogicalPlan, outer: readonly Column[]): LogicalPlan {
    // Columns passed through keep their ids, as the analyzer makes them.
    const outputs = outputOf(input).filter(() => this.#below(3) > 0).map((column) => ({ column, expr: columnExpr(column) as Expr }));
    const expr = this.number([...outputOf(input), ...outer], 2);
    outputs.push({ column: this.builder.column("e", INT, isNullable(expr)), expr });
    return { kind: "project", input, outputs };
  }

  #aggregate(input: LogicalPlan, outer: readonly Column[]): LogicalPlan {
    const columns = outputOf(input);
    const numbers = this.#numeric(columns);
    const keys = columns.filter(() => this.#below(3) === 0).map((column) => ({ column, expr: columnExpr(column) as Expr }));
    if (this.#below(4) === 0 && numbers.length > 0) keys.push({ column: this.builder.column("k"), expr: this.number(columns, 1) });
    const calls = Array.from({ length: this.#below(3) }, () => {
      const name = this.#pick(["count", "sum", "min", "max"]);
      const args = name === "count" && this.#below(2) === 0 ? [] : [this.number([...columns, ...outer], 1)];
      const call = agg(name, args, { distinct: args.length > 0 && this.#below(3) === 0, filter: this.#below(4) === 0 ? this.condition(columns) : undefined });
      return { column: this.builder.column(name, call.type, call.nullable), call };
    });
    if (keys.length + calls.length === 0) return input;
    return { kind: "aggregate", input, keys, calls };
  }

  #window(input: LogicalPlan): LogicalPlan {
    const columns = outputOf(input);
    const partitionBy = columns.filter(() => this.#below(2) === 0).map(columnExpr);
    const orderBy = columns.map((column) => ({ expr: columnExpr(column), ascending: this.#below(2) === 0, nullsFirst: this.#below(2) === 0 }));
    const name = this.#pick(["row_number", "rank"]);
    const frame = { unit: "rows", start: { kind: "unboundedPreceding" }, end: { kind: "currentRow" } } as const;
    const window: LogicalPlan = {
      kind: "window",
      input,
      partitionBy,
      orderBy,
      calls: [{ column: this.builder.column(name, INT, false), call: { name, args: [], distinct: false, ignoreNulls: false, frame, type: INT, nullable: false, mode: "ansi" } }],
    };
    return this.#below(2) === 0 ? window : this.#filter(window, []);
  }

  #setOperation(a: LogicalPlan, b: LogicalPlan): LogicalPlan {
    const left = this.#numeric(outputOf(a));
    const right = this.#numeric(outputOf(b));
    const width = Math.min(left.length, right.length, 2);
    if (width === 0) return a;
    const operation = this.#pick(["union", "union", "intersect", "except"] as const);
    return {
      kind: "setOperation",
      operation,
      all: this.#below(2) === 0,
      columns: left.slice(0, width).map((column) => this.builder.column(column.name)),
      inputs: [
        { plan: a, columns: left.slice(0, width).map((c) => c.id) },
        { plan: b, columns: right.slice(0, width).map((c) => c.id) },
      ],
    };
  }

  /** Ordered by every column, so that which rows are cut is not open. */
  #limited(input: LogicalPlan): LogicalPlan {
    const order = outputOf(input).map((column) => ({ expr: columnExpr(column), ascending: this.#below(2) === 0, nullsFirst: this.#below(2) === 0 }));
    const sort: LogicalPlan = { kind: "sort", input, order, global: true };
    return { kind: "limit", input: sort, limit: this.#below(5), offset: this.#below(3) === 0 ? 1 : 0 };
  }

  #join(left: LogicalPlan, right: LogicalPlan, outer: readonly Column[]): LogicalPlan {
    const kind = this.#pick<JoinKind>(["inner", "inner", "inner", "left", "right", "full", "semi", "anti"]);
    const both = [...outputOf(left), ...outputOf(right)];
    const [a, b] = [this.#numeric(outputOf(left)), this.#numeric(outputOf(right))];
    const conditions = a.length > 0 && b.length > 0 && this.#below(5) > 0 ? [booleanCall("=", [columnExpr(this.#pick(a)), columnExpr(this.#pick(b))])] : [];
    if (this.#below(3) === 0) conditions.push(this.condition(this.#below(4) === 0 && kind === "inner" ? [...both, ...outer] : both) as (typeof conditions)[number]);
    const condition = conditions.reduce<Expr | undefined>((all, c) => (all === undefined ? c : booleanCall("and", [all, c])), undefined);
    const joined = this.builder.join(kind, left, right, condition);
    return this.#below(2) === 0 ? this.#filter(joined, outer) : joined;
  }

  /** A correlated or plain subquery in one of the forms that analysis makes. */
  #subquery(left: LogicalPlan, depth: number, outer: readonly Column[]): LogicalPlan {
    const scope = [...this.#numeric(outputOf(left)), ...outer];
    const right = this.plan(Math.min(depth - 1, 3), scope);
    const kind = this.#pick<JoinKind>(["semi", "anti", "mark", "mark", "single", "inner", "left"]);
    const [a, b] = [this.#numeric(outputOf(left)), this.#numeric(outputOf(right))];
    const isIn = (kind === "mark" || kind === "semi") && a.length > 0 && b.length > 0 && this.#below(2) === 0;
    const condition = isIn ? booleanCall("=", [columnExpr(this.#pick(a)), columnExpr(this.#pick(b))]) : undefined;
    if (kind === "single") {
      const global = this.#below(4) > 0;
      const call = agg(this.#pick(["count", "sum", "max"]), b.length > 0 ? [columnExpr(this.#pick(b))] : [], {});
      const named = b.length === 0 ? agg("count") : call;
      const inner: LogicalPlan = global ? { kind: "aggregate", input: right, keys: [], calls: [{ column: this.builder.column("v", named.type, named.nullable), call: named }] } : right;
      const value: LogicalPlan = global && named.type.kind === "int" ? this.#project(inner, this.#below(2) === 0 ? scope : []) : inner;
      return this.#maybeFiltered(this.builder.join("single", left, value, undefined, { dependent: true }));
    }
    const mark = kind === "mark" ? this.builder.column("m", BOOLEAN, condition === undefined ? false : isNullable(condition)) : undefined;
    const join = this.builder.join(kind, left, right, condition, { dependent: true, mark });
    if (mark === undefined) return this.#maybeFiltered(join);
    const tests: readonly Expr[] = [columnExpr(mark), booleanCall("not", [columnExpr(mark)]), booleanCall("isnull", [columnExpr(mark)])];
    return this.#below(4) === 0 ? join : this.builder.filter(join, this.#pick(tests));
  }

  #maybeFiltered(plan: LogicalPlan): LogicalPlan {
    return this.#below(2) === 0 ? this.#filter(plan, []) : plan;
  }

  #withCte(depth: number): LogicalPlan {
    const definition = this.plan(depth - 2);
    const columns = outputOf(definition);
    const id = this.builder.nextColumnId();
    const reference = (): LogicalPlan => ({ kind: "cteReference", id, name: "c", columns: columns.map((c) => ({ ...c, id: this.builder.nextColumnId() })), source: columns.map((c) => c.id) });
    const body = this.#below(3) === 0 ? this.#filter(reference(), []) : this.#join(reference(), this.#filter(reference(), []), []);
    return { kind: "cte", id, name: "c", definition, input: body };
  }

  /** A boolean expression that never raises. */
  condition(columns: readonly Column[], depth = 2): Expr {
    const numbers = this.#numeric(columns);
    if (numbers.length === 0) return lit(this.#below(2) === 0);
    switch (this.#below(depth > 0 ? 10 : 6)) {
      case 0:
        return booleanCall("isnull", [columnExpr(this.#pick(numbers))]);
      case 1:
        return booleanCall("isnotnull", [columnExpr(this.#pick(numbers))]);
      case 2: {
        const input = this.number(columns, 0);
        const list = Array.from({ length: 1 + this.#below(3) }, () => lit(this.#below(8) === 0 ? null : this.#below(4)));
        return { kind: "in", input, list, nullable: isNullable(input) || list.some(isNullable) };
      }
      case 6:
        return booleanCall("not", [this.condition(columns, depth - 1)]);
      case 7:
      case 8:
        return booleanCall(this.#pick(["and", "or"]), [this.condition(columns, depth - 1), this.condition(columns, depth - 1)]);
      default: {
        const name = this.#pick(["=", "=", "<>", "<", "<=", ">", ">=", "<=>"]);
        const [a, b] = [this.number(columns, 1), this.number(columns, 1)];
        if (this.#below(4) === 0) return booleanCall(name, [this.#asLong(a), this.#below(2) === 0 ? this.#asLong(b) : { kind: "literal", type: LONG, value: BigInt(this.#below(6)) }]);
        return booleanCall(name, [a, b]);
      }
    }
  }

  #asLong(input: Expr): Expr {
    return { kind: "cast", input, type: LONG, nullable: isNullable(input), mode: "ansi" };
  }

  /** An integer expression that never raises. */
  number(columns: readonly Column[], depth: number): Expr {
    const numbers = this.#numeric(columns);
    const choice = this.#below(depth > 0 ? 6 : 3);
    if (choice <= 1 && numbers.length > 0) return columnExpr(this.#pick(numbers));
    if (choice <= 2 || numbers.length === 0) return lit(this.#below(10) === 0 ? null : this.#below(4));
    const [a, b] = [this.number(columns, depth - 1), this.number(columns, depth - 1)];
    if (choice === 3) return { kind: "call", name: "coalesce", args: [a, b], type: INT, nullable: isNullable(a) && isNullable(b), mode: "ansi" };
    if (choice === 4) return { kind: "case", branches: [{ when: this.condition(columns, 0), then: a }], otherwise: b, type: INT, nullable: isNullable(a) || isNullable(b) };
    return { kind: "call", name: this.#pick(["+", "-"]), args: [a, b], type: INT, nullable: isNullable(a) || isNullable(b), mode: "ansi" };
  }

  #numeric(columns: readonly Column[]): readonly Column[] {
    return columns.filter((column) => column.type.kind === "int");
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)];
  }
}

