import type { AggregateCall, Column, Expr } from "../../../catalog/expression.ts";
import { isNullable, typeOf } from "../../../catalog/expression.ts";
import type { DataType } from "../../../catalog/types.ts";
import { decimal, DOUBLE, isIntegral, LONG } from "../../../catalog/types.ts";
import { isConstant, isWord } from "./value-lists.ts";
import type { ComomentColumns, MomentColumns } from "./moment-results.ts";
import { COMOMENT_RESULTS, MOMENT_RESULTS } from "./moment-results.ts";

/**
 * What a group keeps for its aggregate calls. Several calls share a state where they can: avg(x) is sum(x) and count(x). What has no compiled state
 * of its own collects its arguments, row by row, for the registry's implementation over all of a group's rows.
 */
export type AggregateState = { readonly filter: Expr | undefined } & (
  | { readonly kind: "count"; readonly args: readonly Expr[]; readonly column: Column }
  /** Accumulates in 64 bits where overflow is impossible, else in 128 (its column is a decimal(38, s) then), or in a double. */
  | { readonly kind: "sum"; readonly arg: Expr; readonly column: Column }
  | { readonly kind: "extreme"; readonly want: "min" | "max"; readonly arg: Expr; readonly column: Column }
  /** Count, mean, and sums of the second (and third and fourth) powers of the differences from it. */
  | { readonly kind: "moments"; readonly arg: Expr; readonly count: Column; readonly mean: Column; readonly powers: readonly Column[] }
  /** Of rows where neither argument is NULL: count, means, and sums of products of the differences from them. */
  | { readonly kind: "comoments"; readonly args: readonly [Expr, Expr]; readonly count: Column; readonly xMean: Column; readonly yMean: Column; readonly xy: Column; readonly xx: Column; readonly yy: Column }
  /** Values of one argument, as words in their order: see value-lists.ts. */
  | { readonly kind: "values"; readonly call: AggregateCall; readonly arg: Expr; readonly list: Column; readonly result: Column }
  /** `list`: addresses of the first and last node. `result`: filled when the group is complete. */
  | { readonly kind: "collect"; readonly call: AggregateCall; readonly args: readonly Column[]; readonly list: Column; readonly result: Column }
);

/** How a call's value comes from the states. */
export type AggregateResult = { readonly column: Column } & (
  | { readonly kind: "state"; readonly state: Column }
  /** A 128-bit sum brought to its type, with Spark's overflow behaviour. */
  | { readonly kind: "sum"; readonly sum: Column; readonly call: AggregateCall }
  | { readonly kind: "average"; readonly sum: Column; readonly count: Column; readonly call: AggregateCall }
  /** An expression over columns of states. */
  | { readonly kind: "expression"; readonly value: Expr }
);

export interface AggregatePlan {
  readonly states: readonly AggregateState[];
  readonly results: readonly AggregateResult[];
}

/** Whether a group's record is the beginning of lists, of which it does not show how long they are. */
export function keepsLists({ states }: AggregatePlan): boolean {
  return states.some(({ kind }) => kind === "collect" || kind === "values");
}

export interface AggregatePlanOptions {
  /** Without keys a group exists for no rows too, so that every state can be empty. */
  readonly grouped: boolean;
  /** False: every call collects (the reference implementation). */
  readonly emit: boolean;
}

/** Ids of columns that live in aggregation records only; below zero, where the analyzer gives none. */
let nextStateColumn = -1;

export function planAggregate(
  calls: readonly { readonly column: Column; readonly call: AggregateCall }[],
  options: AggregatePlanOptions,
): AggregatePlan {
  const planner = new StatePlanner(options);
  const results = calls.map(({ column, call }) => planner.result(column, call));
  return { states: planner.states, results };
}

class StatePlanner {
  readonly states: AggregateState[] = [];
  readonly #options: AggregatePlanOptions;
  readonly #known = new Map<string, AggregateState>();

  constructor(options: AggregatePlanOptions) {
    this.#options = options;
  }

  result(column: Column, call: AggregateCall): AggregateResult {
    if (!this.#options.emit || call.distinct) return this.#collect(column, call);
    if (needsValues(call)) return this.#values(column, call);
    if (call.orderBy !== undefined) return this.#collect(column, call);
    const [arg] = call.args;
    switch (call.name) {
      case "count":
        return { kind: "state", column, state: this.#count(call.args, call.filter) };
      case "sum":
      case "try_sum": {
        if (!isSummable(typeOf(arg))) return this.#collect(column, call);
        const sum = this.#sum(arg, call.filter);
        return sum.type.kind === column.type.kind && sum.type.kind !== "decimal" ? { kind: "state", column, state: sum } : { kind: "sum", column, sum, call };
      }
      case "avg":
      case "mean":
      case "try_avg": {
        if (!isSummable(typeOf(arg))) return this.#collect(column, call);
        const input: Expr = isIntegral(typeOf(arg)) ? { kind: "cast", input: arg, type: DOUBLE, nullable: isNullable(arg), mode: call.mode } : arg;
        return { kind: "average", column, sum: this.#sum(input, call.filter), count: this.#count([arg], call.filter), call };
      }
      case "min":
      case "max":
        return { kind: "state", column, state: this.#extreme(call.name, arg, call.filter) };
      case "bool_and":
      case "every":
        return { kind: "state", column, state: this.#extreme("min", arg, call.filter) };
      case "bool_or":
      case "some":
      case "any":
        return { kind: "state", column, state: this.#extreme("max", arg, call.filter) };
      default:
        return this.#statistic(column, call) ?? this.#collect(column, call);
    }
  }

  #statistic(column: Column, { name, args, filter }: AggregateCall): AggregateResult | undefined {
    const [x, y] = args;
    const moments = MOMENT_RESULTS[name];
    if (moments !== undefined) return { kind: "expression", column, value: moments.value(this.#moments(x, moments.order, filter)) };
    const comoments = COMOMENT_RESULTS[name];
    return comoments && { kind: "expression", column, value: comoments(this.#comoments([x, y], filter)) };
  }

  #count(args: readonly Expr[], filter: Expr | undefined): Column {
    const nullable = args.filter(isNullable);
    const state = this.#shared("count", [...nullable], filter, () => ({ kind: "count", args: nullable, filter, column: stateColumn("count", LONG, false) }));
    return state.column;
  }

  #sum(arg: Expr, filter: Expr | undefined): Column {
    const state = this.#shared("sum", [arg], filter, () => ({ kind: "sum", arg, filter, column: stateColumn("sum", sumType(typeOf(arg)), this.#canBeEmpty(arg, filter)) }));
    return state.column;
  }

  #extreme(want: "min" | "max", arg: Expr, filter: Expr | undefined): Column {
    const state = this.#shared(want === "min" ? "extreme-min" : "extreme-max", [arg], filter, () => ({
      kind: "extreme",
      want,
      arg,
      filter,
      column: stateColumn(want, typeOf(arg), true),
    }));
    return state.column;
  }

  #moments(arg: Expr, order: 2 | 4, filter: Expr | undefined): MomentColumns {
    return this.#shared("moments", [arg], filter, () => ({
      kind: "moments",
      arg,
      filter,
      count: stateColumn("count", DOUBLE, false),
      mean: stateColumn("mean", DOUBLE, false),
      powers: Array.from({ length: order - 1 }, (_, i) => stateColumn(`power${i + 2}`, DOUBLE, false)),
    }), order);
  }

  #comoments(args: readonly [Expr, Expr], filter: Expr | undefined): ComomentColumns {
    const [count, xMean, yMean, xy, xx, yy] = ["count", "xMean", "yMean", "xy", "xx", "yy"].map((name) => stateColumn(name, DOUBLE, false));
    return this.#shared("comoments", args, filter, () => ({ kind: "comoments", args, filter, count, xMean, yMean, xy, xx, yy }));
  }

  #collect(column: Column, call: AggregateCall): AggregateResult {
    const inputs = [...call.args, ...(call.orderBy ?? []).map((o) => o.expr)];
    const args = inputs.map((arg, i) => stateColumn(`arg${i}`, typeOf(arg), isNullable(arg)));
    const list = stateColumn("list", LONG, false);
    const result = stateColumn(call.name, column.type, true);
    this.states.push({ kind: "collect", call, args, list, result, filter: call.filter });
    return { kind: "state", column, state: result };
  }

  #values(column: Column, call: AggregateCall): AggregateResult {
    const list = stateColumn("list", LONG, false);
    const result = stateColumn(call.name, column.type, true);
    this.states.push({ kind: "values", call, arg: call.args[0], list, result, filter: call.filter });
    return { kind: "state", column, state: result };
  }

  #canBeEmpty(arg: Expr, filter: Expr | undefined): boolean {
    return !this.#options.grouped || isNullable(arg) || filter !== undefined;
  }

  #shared<K extends AggregateState["kind"] | "extreme-min" | "extreme-max">(
    kind: K,
    args: readonly Expr[],
    filter: Expr | undefined,
    make: () => Extract<AggregateState, { kind: K extends "extreme-min" | "extreme-max" ? "extreme" : K }>,
    order = 0,
  ): ReturnType<typeof make> {
    const key = JSON.stringify([kind, order, args, filter], (_, value) => (typeof value === "bigint" ? `${value}n` : value));
    const known = this.#known.get(key);
    if (known !== undefined) return known as ReturnType<typeof make>;
    const state = make();
    this.#known.set(key, state);
    this.states.push(state);
    return state;
  }
}

/** Percentiles and modes of values that fit into a word. */
function needsValues({ name, args: [arg, second, third] }: AggregateCall): boolean {
  switch (name) {
    case "median":
    case "percentile_cont":
    case "percentile_disc":
    case "percentile_approx":
      return isWord(typeOf(arg)) && isConstant(second);
    case "percentile":
      return isWord(typeOf(arg)) && isConstant(second) && third === undefined;
    case "mode":
      return isWord(typeOf(arg)) && second === undefined;
    default:
      return false;
  }
}

function stateColumn(name: string, type: DataType, nullable: boolean): Column {
  return { id: nextStateColumn--, name, type, nullable };
}

function isSummable(type: DataType): boolean {
  return isIntegral(type) || type.kind === "float" || type.kind === "double" || type.kind === "decimal";
}

/** Sums of up to 2^31 values of 32 bits fit into 64; everything longer is summed in 128. */
function sumType(type: DataType): DataType {
  switch (type.kind) {
    case "byte":
    case "short":
    case "int":
      return LONG;
    case "long":
      return decimal(38, 0);
    case "decimal":
      return decimal(38, type.scale);
    default:
      return DOUBLE;
  }
}

/** Columns of a state that are part of the group's record. */
export function columnsOfState(state: AggregateState): readonly Column[] {
  switch (state.kind) {
    case "count":
    case "sum":
    case "extreme":
      return [state.column];
    case "moments":
      return [state.count, state.mean, ...state.powers];
    case "comoments":
      return [state.count, state.xMean, state.yMean, state.xy, state.xx, state.yy];
    case "values":
    case "collect":
      return [state.list, state.result];
  }
}
