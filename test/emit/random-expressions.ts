import type { Column, EvalMode, Expr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { DataType, DecimalType } from "../../catalog/types.ts";
import { BOOLEAN, DATE, decimal, DOUBLE, INT, LONG, sameType, SHORT, STRING, TIMESTAMP } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { decimalResult } from "./decimal-result.ts";
import { call, cases, cast, column, inList, literal, ref } from "./expressions.ts";

export const NARROW = decimal(9, 2);
export const WIDE = decimal(24, 4);
const TYPES: readonly DataType[] = [BOOLEAN, SHORT, INT, LONG, NARROW, WIDE, DOUBLE, STRING, DATE, TIMESTAMP];
const COMPARISONS = ["=", "<>", "<", "<=", ">", ">=", "<=>"];

const SMALL_VALUES = 4;
/** Plain values of a type, four at least, and then edge values. */
const VALUES: readonly [DataType, readonly Value[]][] = [
  [BOOLEAN, [true, false]],
  [SHORT, [0, 1, -1, 7, 32767, -32768]],
  [INT, [0, 1, -1, 12, 2, 2 ** 31 - 1, -(2 ** 31), 1000]],
  [LONG, [0n, 1n, -1n, 3n, 2n ** 63n - 1n, -(2n ** 63n), 100000n]],
  [NARROW, [0n, 1n, -1n, 150n, 999999999n, -999999999n]],
  [WIDE, [0n, 1n, -1n, 15000n, 10n ** 24n - 1n, -(10n ** 24n) + 1n, 2n ** 64n]],
  [DOUBLE, [0, -0, 1, -1.5, 0.1, 1e10, 1e300, NaN, Infinity, -Infinity]],
  [STRING, ["", "a", "abc", "été", "12", "-3.5", "2024-02-29", "true", " x ", "日本語 text", "abcdefghijklmnop"]],
  [DATE, [0, -1, 19782, 11016, -719162]],
  [TIMESTAMP, [0n, -1n, 1709208000123456n, 951782400000000n]],
];

function valuesOf(type: DataType): readonly Value[] {
  return VALUES.find(([t]) => sameType(t, type))?.[1] ?? [];
}

/** Seeded: mulberry32. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Typed expression trees over columns of every type, one nullable and one not; and rows for them. */
export class RandomExpressions {
  readonly columns: readonly Column[] = TYPES.flatMap((type) => [column(type, true), column(type, false)]);
  readonly #next: (below: number) => number;

  constructor(seed: number) {
    this.#next = randomNumbers(seed);
  }

  /** `small`: without the edge values, which come last. */
  row(small = false): Value[] {
    return this.columns.map((c) => (c.nullable && this.#next(4) === 0 ? null : this.#pick(small ? valuesOf(c.type).slice(0, SMALL_VALUES) : valuesOf(c.type))));
  }

  expression(depth: number): Expr {
    return this.#of(this.#pick(TYPES), depth);
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#next(items.length)];
  }

  #mode(): EvalMode {
    return this.#pick(["ansi", "try", "try", "legacy"] as const);
  }

  #of(type: DataType, depth: number): Expr {
    if (depth <= 0 || this.#next(8) === 0) return this.#leaf(type);
    switch (this.#next(6)) {
      case 0:
        return this.#case(type, depth - 1);
      case 1:
        return call("coalesce", [this.#of(type, depth - 1), this.#of(type, depth - 1)], type);
      default:
        return this.#function(type, depth - 1);
    }
  }

  #leaf(type: DataType): Expr {
    if (this.#next(4) === 0) return literal(this.#next(6) === 0 ? null : this.#pick(valuesOf(type)), type);
    return ref(this.#pick(this.columns.filter((c) => sameType(c.type, type))));
  }

  #case(type: DataType, depth: number): Expr {
    const branches = Array.from({ length: 1 + this.#next(2) }, (): [Expr, Expr] => [this.#of(BOOLEAN, depth), this.#of(type, depth)]);
    return cases(branches, this.#of(type, depth), type);
  }

  #function(type: DataType, depth: number): Expr {
    const of = (t: DataType): Expr => this.#of(t, depth);
    switch (type.kind) {
      case "boolean":
        return this.#predicate(depth);
      case "short":
      case "int":
      case "long":
        return this.#pick([
          () => call(this.#pick(["+", "-", "*", "%"]), [of(type), of(type)], type, this.#mode()),
          () => call(this.#pick(["negative", "abs"]), [of(type)], type, this.#mode()),
          () => call(this.#pick(["greatest", "least"]), [of(type), of(type), of(type)], type),
          () => (type.kind === "long" ? call("div", [of(LONG), of(LONG)], LONG, this.#mode()) : cast(of(LONG), type, this.#mode())),
          () => (type.kind === "int" ? call(this.#pick(["year", "month", "day", "dayofyear", "weekofyear"]), [of(DATE)], INT) : cast(of(INT), type, this.#mode())),
          () => (type.kind === "int" ? call("length", [of(STRING)], INT) : cast(of(STRING), type, "try")),
        ])();
      case "double":
        return this.#pick([
          () => call(this.#pick(["+", "-", "*", "/", "%"]), [of(DOUBLE), of(DOUBLE)], DOUBLE, this.#mode()),
          () => cast(of(this.#pick([LONG, NARROW, WIDE, INT])), DOUBLE),
          () => call(this.#pick(["sqrt", "abs", "sign"]), [of(DOUBLE)], DOUBLE),
          () => cast(of(STRING), DOUBLE, "try"),
        ])();
      case "decimal":
        return this.#decimal(type, depth);
      case "date":
        return this.#pick([() => call("add_months", [of(DATE), literal(this.#next(30) - 15, INT)], DATE), () => call("last_day", [of(DATE)], DATE), () => cast(of(TIMESTAMP), DATE), () => cast(this.#leaf(STRING), DATE, "try")])();
      case "timestamp":
        return this.#pick([() => cast(of(DATE), TIMESTAMP), () => ({ ...call("date_trunc", [literal(this.#pick(["hour", "day", "month"]), STRING), of(TIMESTAMP)], TIMESTAMP), nullable: true })])();
      default:
        return this.#pick([
          () => call("concat", [of(STRING), of(STRING)], STRING),
          () => call(this.#pick(["upper", "lower", "trim", "reverse"]), [of(STRING)], STRING),
          () => call("substring", [of(STRING), literal(this.#next(7) - 2, INT), literal(this.#next(5), INT)], STRING),
          () => cast(of(this.#pick([BOOLEAN, INT, LONG, NARROW, WIDE, DATE, DOUBLE, TIMESTAMP])), STRING),
        ])();
    }
  }

  #decimal(type: DecimalType, depth: number): Expr {
    const operator = this.#pick(["+", "-", "*", "/", "%"] as const);
    const [a, b] = [this.#pick([NARROW, WIDE]), this.#pick([NARROW, WIDE])];
    return this.#pick([
      () => cast(call(operator, [this.#of(a, depth), this.#of(b, depth)], decimalResult(operator, a, b), this.#mode()), type, this.#mode()),
      () => cast(this.#of(this.#pick([INT, LONG, DOUBLE, sameType(type, NARROW) ? WIDE : NARROW]), depth), type, this.#mode()),
      () => call("negative", [this.#of(type, depth)], type),
    ])();
  }

  #predicate(depth: number): Expr {
    const of = (t: DataType): Expr => this.#of(t, depth);
    return this.#pick([
      () => call(this.#pick(["and", "or"]), [of(BOOLEAN), of(BOOLEAN)]),
      () => call("not", [of(BOOLEAN)]),
      () => call(this.#pick(["isnull", "isnotnull"]), [of(this.#pick(TYPES))]),
      () => {
        const type = this.#pick(TYPES);
        return call(this.#pick(COMPARISONS), [of(type), of(type)]);
      },
      () => {
        const type = this.#pick(TYPES);
        const list = Array.from({ length: 1 + this.#next(12) }, () => literal(this.#next(8) === 0 ? null : this.#pick(valuesOf(type)), type));
        return inList(of(type), list);
      },
      () => call("like", [of(STRING), literal(this.#pick(["a%", "%b%", "%é%", "_b_", "%", "abc", "%t"]), STRING)]),
      () => call(this.#pick(["startswith", "endswith", "contains"]), [of(STRING), of(STRING)]),
    ])();
  }
}

/** Text of an expression for messages. */
export function describeExpression(expr: Expr): string {
  switch (expr.kind) {
    case "literal":
      return expr.value === null ? "NULL" : typeof expr.value === "string" ? `'${expr.value}'` : String(expr.value);
    case "column":
      return expr.name;
    case "call":
      return `${expr.name}.${expr.mode}(${expr.args.map(describeExpression).join(", ")})`;
    case "cast":
      return `cast.${expr.mode}(${describeExpression(expr.input)} as ${typeOf(expr).kind})`;
    case "case":
      return `case(${expr.branches.map((b) => `${describeExpression(b.when)} ? ${describeExpression(b.then)} : `).join("")}${describeExpression(expr.otherwise)})`;
    case "in":
      return `in(${describeExpression(expr.input)}; ${expr.list.map(describeExpression).join(", ")})`;
    case "lambda":
      return "lambda";
  }
}
