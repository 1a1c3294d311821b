import type { RandomStream } from "../../bench/generate/random.ts";
import type { DataType } from "../../catalog/types.ts";
import { BOOLEAN, DATE, INT, LONG, STRING, decimal } from "../../catalog/types.ts";
import { Aggregates, aggregate } from "./aggregates.ts";
import { Expressions, call } from "./expressions.ts";
import type { Scope, SubqueryMaker } from "./scope.ts";
import { TYPES, columnLeaves, leavesOf, literal } from "./scope.ts";
import { RANDOM_COLUMNS, RANDOM_TABLES } from "./tables.ts";
import type { Expr, Grouping, JoinType, Query, Select, SelectItem, Source, Tail } from "./tree.ts";
import { outputs } from "./tree.ts";
import { Windows } from "./windows.ts";

/** A source with the columns that can be used above it. */
export interface Relation {
  readonly source: Source;
  readonly columns: readonly Expr[];
}

interface SelectOptions {
  /** The output columns' types when they are given; all of them exact. */
  readonly types?: readonly DataType[];
  /** Only exact output columns. */
  readonly exact?: boolean;
}

const TABLE_NAMES = RANDOM_TABLES.flatMap(({ name, rows }) => (rows === 0 ? [name] : [name, name, name]));
const JOIN_TYPES: readonly JoinType[] = ["inner", "inner", "inner", "left", "left", "right", "full", "left semi", "left anti", "cross"];
const SET_OPERATORS = ["UNION", "UNION ALL", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL"] as const;
const JOIN_KEYS = ["id", "k", "k", "num", "word", "day", "tiny"];

/** Random query trees: joins, grouping, windows, subqueries, set operations and WITH over the random tables. */
export class Queries {
  readonly #random: RandomStream;
  readonly #expressions: Expressions;
  readonly #aggregates: Aggregates;
  readonly #windows: Windows;
  #aliases = 0;
  #named: { readonly name: string; readonly items: readonly SelectItem[] } | undefined;

  constructor(random: RandomStream) {
    this.#random = random;
    this.#expressions = new Expressions(random);
    this.#aggregates = new Aggregates(random, this.#expressions);
    this.#windows = new Windows(random, this.#expressions);
  }

  query(depth = 2): Query {
    const random = this.#random;
    if (depth > 0 && random.chance(0.1)) {
      const definition = this.select(depth - 1, { exact: true });
      this.#named = { name: "w", items: definition.items };
      const body = this.#plainQuery(depth);
      this.#named = undefined;
      return { kind: "with", name: "w", definition, body };
    }
    return this.#plainQuery(depth);
  }

  #plainQuery(depth: number): Query {
    return depth > 0 && this.#random.chance(0.15) ? this.#setOperation(depth) : this.select(depth);
  }

  #setOperation(depth: number): Query {
    const random = this.#random;
    const types = Array.from({ length: random.int(1, 3) }, () => random.pick([INT, INT, BOOLEAN, STRING, DATE, decimal(7, 2), LONG]));
    const [left, right] = [this.select(depth - 1, { types }), this.select(depth - 1, { types })];
    return { kind: "set", operator: random.pick(SET_OPERATORS), left, right, tail: this.#tail(types.length) };
  }

  select(depth: number, options: SelectOptions = {}): Select {
    const random = this.#random;
    const relation = this.relation(depth);
    const scope = this.#scope(relation.columns, depth);
    const where = random.chance(0.5) ? this.#expressions.predicate(scope, random.int(1, 2)) : undefined;
    const base = { kind: "select", from: relation.source, where } as const;
    if (random.chance(0.4)) return this.#grouped(base, relation, options);
    const windows = options.types === undefined && random.chance(0.25);
    const distinct = random.chance(0.12);
    const items = this.#items(options, (type) =>
      windows && random.chance(0.6) ? this.#windows.any({ leaves: relation.columns }) : this.#expressions.expr(scope, type, random.int(0, 3)),
    ).filter((item) => item.expr.exact || !(distinct || options.exact === true || options.types !== undefined));
    const kept = items.length > 0 ? items : [{ name: "c1", expr: literal(1, INT, 1) }];
    return { ...base, distinct, items: kept, grouping: undefined, having: undefined, tail: this.#tailFor(kept) };
  }

  #grouped(base: Pick<Select, "kind" | "from" | "where">, relation: Relation, options: SelectOptions): Select {
    const random = this.#random;
    const rows: Scope = { leaves: relation.columns };
    const grouping = this.#grouping(rows);
    const aggregates = Array.from({ length: random.int(1, 3) }, () => this.#aggregates.any(rows));
    const groups: Scope = { leaves: [...grouping.keys, ...aggregates] };
    const having = random.chance(0.2) ? this.#expressions.predicate(groups, 1) : undefined;
    let items: SelectItem[];
    if (options.types !== undefined) {
      items = this.#items(options, (type) => this.#expressions.expr(groups, type, 1));
    } else {
      const shown = options.exact === true ? groups.leaves.filter((leaf) => leaf.exact) : groups.leaves;
      items = shown.map((expr, i) => ({ name: `c${i + 1}`, expr }));
      if (random.chance(0.4)) items.push({ name: `c${items.length + 1}`, expr: this.#expressions.expr(groups, random.pick(TYPES), 2) });
    }
    if (items.length === 0) items = [{ name: "c1", expr: aggregate("count", [], LONG, 1e5, true) }];
    return { ...base, distinct: false, items, grouping, having, tail: this.#tailFor(items) };
  }

  #grouping(rows: Scope): Grouping {
    const random = this.#random;
    const count = random.pick([0, 1, 1, 1, 2, 2, 3]);
    const columns = columnLeaves(rows);
    if (columns.length === 0) return { kind: "plain", keys: [] };
    const keys = new Map<string, Expr>();
    for (let i = 0; i < count; i++) {
      const column = random.pick(columns);
      if (random.chance(0.7)) keys.set(`${column.relation}.${column.name}`, column);
      else keys.set(`nullif ${i}`, call("nullif", [column, this.#expressions.expr(rows, column.type, 1)], column.type, column.bound));
    }
    const plainColumns = [...keys.values()].every((key) => key.kind === "column");
    const kind = keys.size > 0 && plainColumns && random.chance(0.15) ? random.pick(["rollup", "cube"] as const) : "plain";
    return { kind, keys: [...keys.values()] };
  }

  #items(options: SelectOptions, make: (type: DataType) => Expr): SelectItem[] {
    const types = options.types ?? Array.from({ length: this.#random.int(1, 4) }, () => this.#random.pick(TYPES));
    return types.map((type, i) => ({ name: `c${i + 1}`, expr: make(type) }));
  }

  relation(depth: number): Relation {
    const random = this.#random;
    if (random.chance(depth > 0 ? 0.5 : 0.25)) return this.#join(depth);
    return this.#single(depth);
  }

  #single(depth: number): Relation {
    const random = this.#random;
    const alias = `r${++this.#aliases}`;
    if (this.#named !== undefined && random.chance(0.5)) {
      const { name, items } = this.#named;
      return { source: { kind: "table", table: name, alias }, columns: columnsOf(alias, items) };
    }
    if (depth > 0 && random.chance(0.25)) {
      const query = random.chance(0.2) ? this.#setOperation(depth) : this.select(depth - 1, { exact: true });
      return { source: { kind: "derived", query, alias }, columns: columnsOf(alias, outputs(query)) };
    }
    const columns = RANDOM_COLUMNS.map(({ name, type, bound }): Expr => ({ kind: "column", relation: alias, name, type, bound, exact: true }));
    return { source: { kind: "table", table: random.pick(TABLE_NAMES), alias }, columns };
  }

  #join(depth: number): Relation {
    const random = this.#random;
    const left = random.chance(0.25) ? this.#join(0) : this.#single(depth - 1);
    const right = this.#single(depth - 1);
    const type = random.pick(JOIN_TYPES);
    const columns = type === "left semi" || type === "left anti" ? left.columns : [...left.columns, ...right.columns];
    const on = type === "cross" ? undefined : this.#joinCondition(left, right, type);
    return { source: { kind: "join", type, left: left.source, right: right.source, on }, columns };
  }

  #joinCondition(left: Relation, right: Relation, type: JoinType): Expr {
    const random = this.#random;
    const equality = this.#equality(left.columns, right.columns);
    const both: Scope = { leaves: [...left.columns, ...right.columns] };
    if (equality === undefined) return type === "full" ? literal(true, BOOLEAN) : this.#expressions.predicate(both, 1);
    if (random.chance(0.3)) return call("AND", [equality, this.#expressions.predicate(both, 1)], BOOLEAN);
    if (type !== "full" && random.chance(0.1)) return this.#expressions.predicate(both, 1);
    return equality;
  }

  /** Equality of two columns of one type; of the tables' join keys where both sides have them. */
  #equality(left: readonly Expr[], right: readonly Expr[]): Expr | undefined {
    const random = this.#random;
    const name = random.pick(JOIN_KEYS);
    const named = (columns: readonly Expr[]) => columns.filter((c) => c.kind === "column" && c.name === name);
    const candidates = named(left).length > 0 ? named(left) : left;
    for (const a of [random.pick(candidates), random.pick(left)]) {
      const partners = leavesOf({ leaves: named(right) }, a.type);
      const others = partners.length > 0 ? partners : leavesOf({ leaves: right }, a.type);
      if (a.exact && others.length > 0) return call(random.chance(0.9) ? "=" : "<=>", [a, random.pick(others)], BOOLEAN);
    }
    return undefined;
  }

  #scope(columns: readonly Expr[], depth: number): Scope {
    return depth > 0 ? { leaves: columns, subquery: this.#subqueries(columns, depth - 1) } : { leaves: columns };
  }

  #subqueries(outer: readonly Expr[], depth: number): SubqueryMaker {
    const random = this.#random;
    /** A source with a condition that usually refers to the outer query. */
    const inner = () => {
      const relation = random.chance(0.8) ? this.#single(0) : this.#join(0);
      const correlation = random.chance(0.7) ? this.#equality(relation.columns, outer) : undefined;
      const scope: Scope = { leaves: [...relation.columns, ...relation.columns, ...(correlation === undefined ? [] : outer)] };
      const extra = random.chance(0.4) ? this.#expressions.predicate(scope, 1) : undefined;
      const where = correlation !== undefined && extra !== undefined ? call("AND", [correlation, extra], BOOLEAN) : (correlation ?? extra);
      return { relation, where };
    };
    const select = (expr: Expr, from: Source, where: Expr | undefined, grouping: Grouping | undefined): Select => {
      return { kind: "select", distinct: false, items: [{ name: "c1", expr }], from, where, grouping, having: undefined, tail: undefined };
    };
    return {
      exists: () => {
        const { relation, where } = inner();
        const query = select(literal(1, INT, 1), relation.source, where, undefined);
        return { kind: "exists", query, negated: random.chance(0.4), type: BOOLEAN, bound: 0, exact: true };
      },
      in: () => {
        const { relation, where } = inner();
        const result = random.pick(relation.columns.filter((c) => c.exact));
        const input = this.#expressions.expr({ leaves: outer }, result.type, Math.min(1, depth));
        const query = select(result, relation.source, where, undefined);
        return { kind: "inSubquery", input, query, negated: random.chance(0.4), type: BOOLEAN, bound: 0, exact: true };
      },
      scalar: (type) => {
        const { relation, where } = inner();
        const arg = this.#expressions.leaf({ leaves: relation.columns }, type);
        const result = type.kind === "long" && random.chance(0.5) ? aggregate("count", [], LONG, 1e5, true) : this.#aggregates.extreme(arg);
        const query = select(result, relation.source, where, { kind: "plain", keys: [] });
        return { kind: "scalarSubquery", query, type, bound: result.bound, exact: true };
      },
    };
  }

  #tailFor(items: readonly SelectItem[]): Tail | undefined {
    return items.every((item) => item.expr.exact) ? this.#tail(items.length) : undefined;
  }

  #tail(columns: number): Tail | undefined {
    const random = this.#random;
    if (!random.chance(0.25)) return undefined;
    const limit = random.chance(0.7) ? random.int(1, 20) : undefined;
    return { descending: Array.from({ length: columns }, () => random.chance(0.4)), limit, offset: random.chance(0.2) ? random.int(0, 3) : undefined };
  }
}

function columnsOf(alias: string, items: readonly SelectItem[]): Expr[] {
  return items.map(({ name, expr }) => ({ kind: "column", relation: alias, name, type: expr.type, bound: expr.bound, exact: expr.exact }));
}
