import type { RandomStream } from "../../bench/generate/random.ts";
import { adjustedDecimal } from "../../catalog/coercion.ts";
import type { DataType } from "../../catalog/types.ts";
import { BOOLEAN, DOUBLE, LONG, isIntegral, isNumeric } from "../../catalog/types.ts";
import type { Expressions } from "./expressions.ts";
import type { Scope } from "./scope.ts";
import { TYPES } from "./scope.ts";
import type { Expr } from "./tree.ts";

/** More rows than any random query makes. */
const MAX_ROWS = 1e5;
/** Second moments of greater values lose the digits that are compared. */
const MOMENT_LIMIT = 1e4;

/** Random aggregates over the rows of a scope. */
export class Aggregates {
  readonly #random: RandomStream;
  readonly #expressions: Expressions;

  constructor(random: RandomStream, expressions: Expressions) {
    this.#random = random;
    this.#expressions = expressions;
  }

  any(scope: Scope): Expr {
    const random = this.#random;
    const type = random.pick(TYPES);
    const arg = this.#expressions.expr(scope, type, random.int(0, 2));
    const filter = random.chance(0.2) ? this.#expressions.predicate(scope, 1) : undefined;
    const name = random.pick(["count", "count", "sum", "sum", "avg", "min", "max", "min", "max", "count_if", "bool_and", "bool_or", "moment"]);
    switch (name) {
      case "count":
        if (random.chance(0.3)) return aggregate("count", [], LONG, MAX_ROWS, true, { filter });
        return aggregate("count", [arg], LONG, MAX_ROWS, true, { filter, distinct: random.chance(0.4) });
      case "count_if":
        return aggregate("count_if", [this.#expressions.predicate(scope, 1)], LONG, MAX_ROWS, true, { filter });
      case "bool_and":
      case "bool_or":
        return aggregate(name, [this.#expressions.predicate(scope, 1)], BOOLEAN, 0, true, { filter });
      case "sum":
        return this.sum(scope, arg, filter) ?? this.extreme(arg, filter);
      case "avg":
        return this.#average(scope, arg, filter) ?? this.extreme(arg, filter);
      case "moment":
        return this.#moment(scope, filter) ?? this.extreme(arg, filter);
      default:
        return this.extreme(arg, filter);
    }
  }

  /** min or max: keeps the type and the bound. */
  extreme(arg: Expr, filter?: Expr): Expr {
    return aggregate(this.#random.pick(["min", "max"]), [arg], arg.type, arg.bound, true, { filter });
  }

  sum(scope: Scope, arg: Expr, filter?: Expr): Expr | undefined {
    const distinct = this.#random.chance(0.15);
    const bound = arg.bound * MAX_ROWS;
    const type = arg.type;
    if (isIntegral(type)) return bound < 9e18 ? aggregate("sum", [arg], LONG, bound, true, { filter, distinct }) : undefined;
    if (type.kind === "decimal") return aggregate("sum", [arg], adjustedDecimal(type.precision + 10, type.scale), bound, true, { filter, distinct });
    const column = this.#floatingColumn(scope);
    return column === undefined ? undefined : aggregate("sum", [column], DOUBLE, bound, false, { filter, distinct });
  }

  #average(scope: Scope, arg: Expr, filter: Expr | undefined): Expr | undefined {
    const type = arg.type;
    const distinct = this.#random.chance(0.15);
    if (type.kind === "decimal") {
      return aggregate("avg", [arg], adjustedDecimal(type.precision + 4, type.scale + 4), arg.bound, false, { filter, distinct });
    }
    if (isIntegral(type)) return aggregate("avg", [arg], DOUBLE, arg.bound, false, { filter, distinct });
    const column = this.#floatingColumn(scope);
    return column === undefined ? undefined : aggregate("avg", [column], DOUBLE, column.bound, false, { filter, distinct });
  }

  #moment(scope: Scope, filter: Expr | undefined): Expr | undefined {
    const columns = scope.leaves.filter((leaf) => leaf.kind === "column" && leaf.exact && isNumeric(leaf.type) && leaf.bound <= MOMENT_LIMIT);
    if (columns.length === 0) return undefined;
    const name = this.#random.pick(["stddev_samp", "stddev_pop", "var_samp", "var_pop"]);
    return aggregate(name, [this.#random.pick(columns)], DOUBLE, MOMENT_LIMIT ** 2, false, { filter });
  }

  /** Stored float and double values are multiples of 1/4, so that their sums are exact and none is lost by cancellation. */
  #floatingColumn(scope: Scope): Expr | undefined {
    const columns = scope.leaves.filter((leaf) => leaf.kind === "column" && leaf.exact && (leaf.name === "dbl" || leaf.name === "flt"));
    return columns.length === 0 ? undefined : this.#random.pick(columns);
  }
}

export function aggregate(
  name: string,
  args: readonly Expr[],
  type: DataType,
  bound: number,
  exact: boolean,
  options: { readonly filter?: Expr; readonly distinct?: boolean } = {},
): Expr {
  return { kind: "aggregate", name, args, type, bound, exact, filter: options.filter, distinct: options.distinct ?? false };
}
