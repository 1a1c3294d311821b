import type { RandomStream } from "../../bench/generate/random.ts";
import { decimalResult } from "../../catalog/coercion.ts";
import type { DataType, DecimalType } from "../../catalog/types.ts";
import { BINARY, BOOLEAN, BYTE, DATE, DOUBLE, INT, LONG, SHORT, STRING, TIMESTAMP_NTZ, decimal, isIntegral, sameType } from "../../catalog/types.ts";
import type { Scope } from "./scope.ts";
import { TYPES, leavesOf, literal, randomLiteral, typeLimit } from "./scope.ts";
import type { Expr } from "./tree.ts";

type Producer = () => Expr | undefined;

const INTEGERS = [BYTE, SHORT, INT, LONG];
const DECIMALS = [decimal(7, 2), decimal(18, 4), decimal(28, 4)];
const PATTERNS = ["a%", "%b%", "_b%", "%", "", "%本%", "abc", "%a_b", "%z"];
const MAX_TEXT = 120;

export function call(name: string, args: readonly Expr[], type: DataType, bound = 0): Expr {
  return { kind: "call", name, args, type, bound, exact: args.every((arg) => arg.exact) };
}

/** Random typed expressions that raise no error by themselves: bounds exclude overflow, guards exclude division by zero. */
export class Expressions {
  readonly #random: RandomStream;

  constructor(random: RandomStream) {
    this.#random = random;
  }

  /** An expression of the type whose exactness is that of the scope's exact leaves. */
  expr(scope: Scope, type: DataType, depth: number): Expr {
    if (depth > 0 && this.#random.chance(0.75)) {
      for (let attempt = 0; attempt < 3; attempt++) {
        const made = this.#random.pick([...this.#anyType(scope, type, depth - 1), ...this.#byType(scope, type, depth - 1)])();
        if (made !== undefined) return made;
      }
    }
    return this.leaf(scope, type);
  }

  leaf(scope: Scope, type: DataType): Expr {
    const leaves = leavesOf(scope, type);
    if (leaves.length > 0 && this.#random.chance(0.85)) return this.#random.pick(leaves);
    return randomLiteral(this.#random, type);
  }

  /** Rarely a mere column or literal. */
  predicate(scope: Scope, depth: number): Expr {
    if (this.#random.chance(0.1)) return this.leaf(scope, BOOLEAN);
    return this.#random.pick(this.#booleans(scope, depth - 1))() ?? this.expr(scope, BOOLEAN, Math.max(1, depth));
  }

  #anyType(scope: Scope, type: DataType, depth: number): Producer[] {
    const random = this.#random;
    const one = () => this.expr(scope, type, depth);
    const widest = (exprs: readonly Expr[]) => Math.max(...exprs.map((e) => e.bound));
    const same = (name: string, args: readonly Expr[]) => call(name, args, type, widest(args));
    const producers: Producer[] = [
      () => {
        const branches = Array.from({ length: random.int(1, 2) }, () => ({ when: this.predicate(scope, depth), then: one() }));
        const otherwise = random.chance(0.7) ? one() : undefined;
        const results = [...branches.map((b) => b.then), ...(otherwise === undefined ? [] : [otherwise])];
        return { kind: "case", branches, otherwise, type, bound: widest(results), exact: true };
      },
      () => same("coalesce", [one(), one()]),
      () => same("nullif", [one(), one()]),
      () => (random.chance(0.5) ? same("nvl", [one(), one()]) : call("if", [this.predicate(scope, depth), ...twoOf(one)], type, typeLimit(type))),
      () => {
        const [a, b] = twoOf(one);
        return call("if", [this.predicate(scope, depth), a, b], type, widest([a, b]));
      },
      () => {
        const [a, b] = twoOf(one);
        return call("nvl2", [this.leaf(scope, random.pick(TYPES)), a, b], type, widest([a, b]));
      },
      () => scope.subquery?.scalar(type),
      () => {
        const [a, b] = twoOf(one);
        return random.chance(0.5)
          ? call("array_element", [literal(random.int(0, 1), INT), a, b], type, widest([a, b]))
          : call("struct_field", [a, b], type, a.bound);
      },
    ];
    if (type.kind !== "boolean" && type.kind !== "binary") producers.push(() => same(random.pick(["greatest", "least"]), [one(), one()]));
    return producers;
  }

  #byType(scope: Scope, type: DataType, depth: number): Producer[] {
    switch (type.kind) {
      case "boolean":
        return this.#booleans(scope, depth);
      case "byte":
      case "short":
      case "int":
      case "long":
        return this.#integers(scope, type, depth);
      case "decimal":
        return this.#decimals(scope, type, depth);
      case "float":
        return [() => this.#arithmetic("+", twoOf(() => this.expr(scope, type, depth)), type), () => this.#castFrom(scope, [BYTE, SHORT], type, depth)];
      case "double":
        return this.#doubles(scope, depth);
      case "string":
        return this.#strings(scope, depth);
      case "binary":
        return [() => cast(this.expr(scope, STRING, depth), BINARY)];
      case "date":
        return this.#dates(scope, depth);
      case "timestamp_ntz":
        return [() => cast(this.expr(scope, DATE, depth), TIMESTAMP_NTZ)];
      default:
        return [];
    }
  }

  #booleans(scope: Scope, depth: number): Producer[] {
    const random = this.#random;
    const text = () => this.expr(scope, STRING, depth);
    const comparison: Producer = () => {
      const type = random.pick(TYPES);
      const other = isIntegral(type) && random.chance(0.3) ? random.pick(INTEGERS) : type;
      const operators = type.kind === "boolean" ? ["=", "<>", "<=>"] : ["=", "=", "<>", "<", "<=", ">", ">=", "<=>", "IS DISTINCT FROM"];
      return call(random.pick(operators), [this.expr(scope, type, depth), this.expr(scope, other, depth)], BOOLEAN);
    };
    return [
      comparison,
      comparison,
      comparison,
      () => call(random.pick(["AND", "OR"]), [this.predicate(scope, depth), this.predicate(scope, depth)], BOOLEAN),
      () => call("NOT", [this.predicate(scope, depth)], BOOLEAN),
      () => call(random.pick(["IS NULL", "IS NOT NULL"]), [this.expr(scope, random.pick(TYPES), depth)], BOOLEAN),
      () => call(random.pick(["IS TRUE", "IS FALSE"]), [this.predicate(scope, depth)], BOOLEAN),
      () => {
        const type = random.pick([INT, LONG, STRING, DATE, decimal(7, 2)]);
        const list = Array.from({ length: random.int(1, 4) }, () => randomLiteral(random, type));
        return { kind: "in", input: this.expr(scope, type, depth), list, negated: random.chance(0.3), type: BOOLEAN, bound: 0, exact: true };
      },
      () => {
        const type = random.pick([INT, DOUBLE, STRING, DATE, TIMESTAMP_NTZ, decimal(18, 4)]);
        return call("BETWEEN", [this.expr(scope, type, depth), this.leaf(scope, type), this.expr(scope, type, depth)], BOOLEAN);
      },
      () => call("LIKE", [text(), literal(random.pick(PATTERNS), STRING)], BOOLEAN),
      () => call("RLIKE", [text(), literal(random.pick(["^a", "b+", "[a-c]z?", "x|y", "."]), STRING)], BOOLEAN),
      () => call(random.pick(["startswith", "endswith", "contains"]), [text(), text()], BOOLEAN),
      () => scope.subquery?.exists(),
      () => scope.subquery?.in(),
    ];
  }

  #integers(scope: Scope, type: DataType, depth: number): Producer[] {
    const random = this.#random;
    const one = () => this.expr(scope, type, depth);
    const producers: Producer[] = [
      () => this.#arithmetic(random.pick(["+", "-", "*"]), twoOf(one), type),
      () => this.#arithmetic(random.pick(["+", "-"]), twoOf(one), type),
      () => this.#guarded("%", one(), one(), type),
      () => call(random.pick(["&", "|", "^"]), [call("abs", [one()], type), call("abs", [one()], type)], type, typeLimit(type)),
      () => {
        const a = one();
        return call(random.pick(["-", "abs"]), [a], type, a.bound);
      },
      () => this.#castFrom(scope, [...INTEGERS.filter((other) => !sameType(other, type)), ...DECIMALS, DOUBLE], type, depth),
    ];
    if (type.kind === "int") {
      const date = () => this.expr(scope, DATE, depth);
      const text = () => this.expr(scope, STRING, depth);
      producers.push(
        () => call("length", [text()], INT, MAX_TEXT),
        () => call("instr", [text(), text()], INT, MAX_TEXT),
        () => call("octet_length", [this.expr(scope, BINARY, depth)], INT, 4 * MAX_TEXT),
        () => call(random.pick(["year", "month", "day", "quarter", "dayofyear", "weekofyear", "dayofweek"]), [date()], INT, 3000),
        () => call(random.pick(["hour", "minute", "second"]), [this.expr(scope, TIMESTAMP_NTZ, depth)], INT, 60),
        () => call("datediff", [date(), date()], INT, 1e6),
        () => this.#guarded("pmod", one(), one(), type),
        () => cast(this.predicate(scope, depth), INT, 1),
      );
    }
    if (type.kind === "long") producers.push(() => this.#guarded("div", one(), one(), LONG));
    return producers;
  }

  #decimals(scope: Scope, type: DecimalType, depth: number): Producer[] {
    const random = this.#random;
    const other = () => this.expr(scope, random.pick(DECIMALS), depth);
    return [
      () => this.#decimalArithmetic(other(), other(), type),
      () => this.#decimalArithmetic(other(), other(), type),
      () => this.#castFrom(scope, [...INTEGERS, ...DECIMALS.filter((d) => !sameType(d, type))], type, depth),
      () => {
        const a = this.expr(scope, type, depth);
        return call("abs", [a], type, a.bound);
      },
      () => {
        const a = this.expr(scope, type, depth);
        const digits = random.int(0, type.scale);
        const rounded = call("round", [a, literal(digits, INT)], decimal(type.precision - type.scale + digits + 1, digits), a.bound + 1);
        return fits(rounded.bound, type) ? cast(rounded, type) : undefined;
      },
      () => {
        const a = this.expr(scope, type, depth);
        const whole = call(random.pick(["floor", "ceil"]), [a], decimal(type.precision - type.scale + 1, 0), a.bound + 1);
        return fits(whole.bound, type) ? cast(whole, type) : undefined;
      },
    ];
  }

  #doubles(scope: Scope, depth: number): Producer[] {
    const one = () => this.expr(scope, DOUBLE, depth);
    return [
      () => this.#arithmetic(this.#random.pick(["+", "-", "*"]), twoOf(one), DOUBLE),
      () => this.#guarded("/", one(), one(), DOUBLE),
      () => this.#guarded("/", this.expr(scope, INT, depth), this.expr(scope, INT, depth), DOUBLE),
      () => call("sqrt", [call("abs", [one()], DOUBLE)], DOUBLE, 1e9),
      () => this.#castFrom(scope, [INT, LONG, decimal(7, 2), decimal(18, 4)], DOUBLE, depth),
    ];
  }

  #strings(scope: Scope, depth: number): Producer[] {
    const random = this.#random;
    const text = () => this.expr(scope, STRING, depth);
    const count = (high: number) => literal(random.int(0, high), INT);
    return [
      () => {
        const [a, b] = twoOf(text);
        return a.bound + b.bound > MAX_TEXT ? undefined : call("concat", [a, b], STRING, a.bound + b.bound);
      },
      () => sized(random.pick(["upper", "lower", "trim", "ltrim", "rtrim", "reverse"]), [text()]),
      () => sized("substr", [text(), count(4), count(5)]),
      () => sized(random.pick(["left", "right"]), [text(), count(4)]),
      () => call(random.pick(["lpad", "rpad"]), [text(), count(8), literal("xy", STRING)], STRING, 8),
      () => sized("replace", [text(), literal(random.pick(["a", "b", "日"]), STRING), literal(random.pick(["", "c"]), STRING)]),
      () => sized("translate", [text(), literal("abz", STRING), literal("xy", STRING)]),
      () => {
        const a = text();
        return a.bound * 2 > MAX_TEXT ? undefined : call("repeat", [a, count(2)], STRING, a.bound * 2);
      },
      () => cast(this.expr(scope, random.pick([INT, LONG, DATE, BOOLEAN, decimal(7, 2)]), depth), STRING, 20),
      () => call("hex", [this.expr(scope, BINARY, depth)], STRING, MAX_TEXT),
    ];
  }

  #dates(scope: Scope, depth: number): Producer[] {
    const random = this.#random;
    const date = () => this.expr(scope, DATE, depth);
    return [
      () => call("date_add", [date(), random.chance(0.5) ? literal(random.int(-40, 400), INT) : this.leaf({ leaves: smallLeaves(scope) }, INT)], DATE),
      () => call("add_months", [date(), literal(random.int(-14, 30), INT)], DATE),
      () => call("last_day", [date()], DATE),
      () => call("trunc", [date(), literal(random.pick(["month", "year", "quarter", "week"]), STRING)], DATE),
      () => cast(this.expr(scope, TIMESTAMP_NTZ, depth), DATE),
    ];
  }

  #arithmetic(operator: string, [a, b]: readonly [Expr, Expr], type: DataType): Expr | undefined {
    const bound = operator === "*" ? a.bound * b.bound : a.bound + b.bound;
    return fits(bound, type) ? call(operator, [a, b], type, bound) : undefined;
  }

  #decimalArithmetic(a: Expr, b: Expr, type: DecimalType): Expr | undefined {
    const operator = this.#random.pick(["+", "-", "*"] as const);
    const result = decimalResult(operator, a.type as DecimalType, b.type as DecimalType) as DecimalType;
    const bound = operator === "*" ? a.bound * b.bound : a.bound + b.bound;
    const digits = operator === "*" ? (a.type as DecimalType).scale + (b.type as DecimalType).scale : result.scale;
    if (bound * 10 ** digits > 1e17 || !fits(bound + 1, type)) return undefined;
    return cast(call(operator, [a, b], result, bound), type, bound + 1);
  }

  /** A division that no row reaches with a zero: behind a CASE, or with NULL in the place of the zero. */
  #guarded(operator: string, a: Expr, b: Expr, type: DataType): Expr {
    const bound = operator === "%" || operator === "pmod" ? b.bound : type.kind === "double" ? 1e30 : a.bound;
    const zero = literal(b.type.kind === "long" ? 0n : 0, b.type);
    if (this.#random.chance(0.4)) return call(operator, [a, call("nullif", [b, zero], b.type, b.bound)], type, bound);
    const division = call(operator, [a, b], type, bound);
    return { kind: "case", branches: [{ when: call("<>", [b, zero], BOOLEAN), then: division }], otherwise: undefined, type, bound, exact: division.exact };
  }

  #castFrom(scope: Scope, sources: readonly DataType[], type: DataType, depth: number): Expr | undefined {
    const input = this.expr(scope, this.#random.pick(sources), depth);
    return fits(input.bound + 1, type) ? cast(input, type, input.bound + 1) : undefined;
  }
}

function twoOf(make: () => Expr): [Expr, Expr] {
  return [make(), make()];
}

function sized(name: string, args: readonly Expr[]): Expr {
  return call(name, args, STRING, args[0].bound);
}

export function cast(input: Expr, type: DataType, bound = input.bound): Expr {
  return { kind: "cast", input, type, bound, exact: input.exact };
}

function fits(bound: number, type: DataType): boolean {
  return bound <= typeLimit(type);
}

function smallLeaves(scope: Scope): Expr[] {
  return scope.leaves.filter((leaf) => leaf.bound <= 1000);
}
