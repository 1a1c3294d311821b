import type { RandomStream } from "../../bench/generate/random.ts";
import { DATE, DOUBLE, INT, LONG, STRING, decimal, isIntegral } from "../../catalog/types.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Expressions } from "./expressions.ts";
import type { Scope } from "./scope.ts";
import { TYPES, columnLeaves, literal, randomLiteral } from "./scope.ts";
import type { Expr, Over, SortKey } from "./tree.ts";

const MAX_ROWS = 1e5;
const ROW_FRAMES = [
  "ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING",
  "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
  "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
  "ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING",
  "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
];
const RANGE_FRAMES = [
  undefined,
  undefined,
  "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
  "RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
  "RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
];

/**
 * Random window functions. Where the place of a row among its equals shows, they sort by the keys of all relations; over relations without a key there are
 * none of that kind: rows that are alike in all columns could be paired with other rows' values in two windows of one query.
 */
export class Windows {
  readonly #random: RandomStream;
  readonly #expressions: Expressions;

  constructor(random: RandomStream, expressions: Expressions) {
    this.#random = random;
    this.#expressions = expressions;
  }

  any(scope: Scope): Expr {
    const random = this.#random;
    const arg = this.#expressions.expr(scope, random.pick(TYPES), 1);
    const kind = random.int(0, 6);
    const needsRowKey = kind === 1 || kind === 3 || kind === 4;
    switch (needsRowKey && rowKey(scope) === undefined ? 0 : kind) {
      case 0:
        return windowOf(random.pick(["rank", "dense_rank"]), [], INT, MAX_ROWS, this.#over(scope, "peers"));
      case 1:
        return random.chance(0.6)
          ? windowOf("row_number", [], INT, MAX_ROWS, this.#over(scope, "total"))
          : windowOf("ntile", [literal(random.int(1, 5), INT)], INT, MAX_ROWS, this.#over(scope, "total"));
      case 2:
        return { ...windowOf(random.pick(["percent_rank", "cume_dist"]), [], DOUBLE, 1, this.#over(scope, "peers")), exact: false };
      case 3: {
        const args = [arg, literal(random.int(0, 3), INT), ...(random.chance(0.4) ? [randomLiteral(random, arg.type)] : [])];
        return windowOf(random.pick(["lag", "lead"]), args, arg.type, Math.max(arg.bound, args.at(-1)!.bound), this.#over(scope, "total"));
      }
      case 4: {
        const name = random.pick(["first_value", "last_value", "nth_value"]);
        const args = name === "nth_value" ? [arg, literal(random.int(1, 3), INT)] : [arg];
        const over = { ...this.#over(scope, "total"), frame: random.pick(ROW_FRAMES) };
        return { ...windowOf(name, args, arg.type, arg.bound, over), ignoreNulls: random.chance(0.3) };
      }
      default:
        return this.#aggregate(scope, arg);
    }
  }

  #aggregate(scope: Scope, arg: Expr): Expr {
    const random = this.#random;
    const over = random.chance(0.5) && rowKey(scope) !== undefined
      ? { ...this.#over(scope, "total"), frame: random.pick(ROW_FRAMES) }
      : { ...this.#over(scope, "peers"), frame: random.pick(RANGE_FRAMES) };
    if (random.chance(0.4)) return windowOf(random.pick(["min", "max"]), [arg], arg.type, arg.bound, over);
    const sum = this.#sumType(arg);
    if (sum === undefined) return windowOf("count", random.chance(0.5) ? [] : [arg], LONG, MAX_ROWS, over);
    return windowOf("sum", [arg], sum, arg.bound * MAX_ROWS, over);
  }

  #sumType({ type, bound }: Expr): DataType | undefined {
    if (isIntegral(type)) return bound * MAX_ROWS < 9e18 ? LONG : undefined;
    return type.kind === "decimal" && type.precision <= 28 ? decimal(type.precision + 10, type.scale) : undefined;
  }

  #over(scope: Scope, order: "peers" | "total"): Over {
    const random = this.#random;
    const partition = random.chance(0.6) ? [this.#key(scope)] : [];
    const first = this.#sortKey(this.#key(scope));
    const rest = order === "total" ? (rowKey(scope) ?? []).map((leaf) => this.#sortKey(leaf)) : [];
    return { partition, order: [first, ...rest], frame: undefined };
  }

  #key(scope: Scope): Expr {
    return this.#expressions.expr(scope, this.#random.pick([INT, INT, STRING, DATE]), this.#random.chance(0.3) ? 1 : 0);
  }

  #sortKey(key: Expr): SortKey {
    const nulls = this.#random.chance(0.3) ? this.#random.pick(["first", "last"] as const) : undefined;
    return { key, descending: this.#random.chance(0.4), nulls };
  }
}

/** Columns that tell rows apart: the keys of all relations; undefined where one has none. */
function rowKey(scope: Scope): Expr[] | undefined {
  const columns = columnLeaves(scope);
  const keys = columns.filter((leaf) => leaf.name === "id");
  const relations = new Set(columns.map((leaf) => leaf.relation));
  return keys.length === relations.size ? keys : undefined;
}

function windowOf(name: string, args: readonly Expr[], type: DataType, bound: number, over: Over): Extract<Expr, { kind: "window" }> {
  return { kind: "window", name, args, ignoreNulls: false, over, type, bound, exact: true };
}
