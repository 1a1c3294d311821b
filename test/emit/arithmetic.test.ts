import { describe, expect, test } from "vitest";
import { decimalResult } from "./decimal-result.ts";
import type { EvalMode } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { BYTE, decimal, DOUBLE, INT, LONG, SHORT } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { canEmit } from "../../executor/emit/expression.ts";
import { call, column, literal, pairs, ref } from "./expressions.ts";
import { expectInterpreted } from "./interpreted.ts";
import { runExpression } from "./row-runner.ts";

const BITS: Record<string, bigint> = { byte: 8n, short: 16n, int: 32n, long: 64n };

function edges(bits: bigint): bigint[] {
  const top = 2n ** (bits - 1n);
  return [-top, -top + 1n, -(2n ** (bits / 2n)), -2n, -1n, 0n, 1n, 2n, 7n, 2n ** (bits / 2n - 1n), top / 2n, top - 1n];
}

function fits(value: bigint, bits: bigint): boolean {
  return BigInt.asIntN(Number(bits), value) === value;
}

function fromBig(value: bigint, type: DataType): Value {
  return type.kind === "long" ? value : Number(value);
}

const OPERATORS: Record<string, (a: bigint, b: bigint, bits: bigint) => bigint | "zero"> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "%": (a, b) => (b === 0n ? "zero" : a % b),
  "pmod": (a, b, bits) => {
    if (b === 0n) return "zero";
    const r = a % b;
    return r < 0n ? BigInt.asIntN(bits === 64n ? 64 : 32, r + b) % b : r;
  },
  "div": (a, b) => (b === 0n ? "zero" : a / b),
};

describe.each([BYTE, SHORT, INT, LONG])("integers of $kind", (type) => {
  const bits = BITS[type.kind];
  const names = Object.keys(OPERATORS).filter((name) => name !== "div" || type.kind === "long");
  const values = edges(bits);

  test.each(names)("%s gives NULL in try mode, raises in ANSI mode and wraps in legacy mode where the result does not fit", async (name) => {
    const a = column(type);
    const b = column(type);
    const inputs = pairs([...values, null], [...values, null]);
    const rows = inputs.map(([x, y]) => [x === null ? null : fromBig(x, type), y === null ? null : fromBig(y, type)]);
    const expected = (mode: EvalMode, x: bigint | null, y: bigint | null): Value | "error" => {
      if (x === null || y === null) return null;
      const exact = OPERATORS[name](x, y, bits);
      if (exact === "zero") return mode === "ansi" ? "error" : null;
      if (fits(exact, bits)) return fromBig(exact, type);
      if (mode === "ansi") return "error";
      return mode === "try" ? null : fromBig(BigInt.asIntN(Number(bits), exact), type);
    };
    for (const mode of ["try", "legacy", "ansi"] as const) {
      const wanted = inputs.map(([x, y]) => expected(mode, x, y));
      const selected = rows.filter((_, i) => wanted[i] !== "error");
      const expr = call(name, [ref(a), ref(b)], type, mode);
      const outcome = await runExpression(expr, [a, b], selected);
      expect(outcome.error).toBeUndefined();
      expect(outcome.values).toEqual(wanted.filter((w) => w !== "error"));
      if (mode !== "ansi") continue;
      for (const [i, row] of rows.entries()) {
        if (wanted[i] !== "error" || i % 7 !== 0) continue;
        const { error, values: before } = await runExpression(expr, [a, b], [[null, null], row]);
        const zero = row[1] === 0 || row[1] === 0n;
        const conditions = { "%": "REMAINDER_BY_ZERO", "pmod": "REMAINDER_BY_ZERO", "div": zero ? "DIVIDE_BY_ZERO" : "ARITHMETIC_OVERFLOW" } as Record<string, string>;
        expect(error?.condition).toBe(conditions[name] ?? (bits < 32n ? "BINARY_ARITHMETIC_OVERFLOW" : "ARITHMETIC_OVERFLOW"));
        expect(before).toEqual([null]);
      }
    }
  });
});

function power(n: number): bigint {
  return 10n ** BigInt(n);
}

function roundHalfUp(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  const q = (2n * n + d) / (2n * d);
  return negative ? -q : q;
}

describe.each([
  [decimal(5, 2), decimal(3, 1)],
  [decimal(9, 0), decimal(9, 4)],
  [decimal(15, 2), decimal(16, 2)],
  [decimal(18, 6), decimal(18, 6)],
  [decimal(32, 4), decimal(16, 2)],
  [decimal(30, 10), decimal(20, 5)],
  [decimal(38, 2), decimal(38, 2)],
  [decimal(38, 10), decimal(38, 10)],
])("decimals (%o, %o)", (left, right) => {
  const some = (type: typeof left): bigint[] => {
    const top = power(type.precision) - 1n;
    return [-top, top, 0n, 1n, -1n, 5n, -15n, power(type.scale), top / 3n, -(top / 7n), power(Math.floor(type.precision / 2))];
  };
  test.each(["+", "-", "*", "/", "%", "pmod"] as const)("%s", async (name) => {
    const a = column(left);
    const b = column(right);
    const result = decimalResult(name === "pmod" ? "%" : name, left, right);
    const limit = power(result.precision);
    const scale = Math.max(left.scale, right.scale);
    const inputs = pairs([...some(left), null], [...some(right), null]);
    const exact = (x: bigint, y: bigint): bigint | "zero" => {
      const xs = x * power(scale - left.scale);
      const ys = y * power(scale - right.scale);
      switch (name) {
        case "+":
          return xs + ys;
        case "-":
          return xs - ys;
        case "*":
          return roundHalfUp(x * y, power(left.scale + right.scale - result.scale));
        case "/":
          return y === 0n ? "zero" : roundHalfUp(x * power(result.scale) * power(right.scale), y * power(left.scale));
        case "%":
          return y === 0n ? "zero" : xs % ys;
        case "pmod":
          return y === 0n ? "zero" : xs % ys < 0n ? ((xs % ys) + ys) % ys : xs % ys;
      }
    };
    const wanted = inputs.map(([x, y]): Value => {
      if (x === null || y === null) return null;
      const value = exact(x, y);
      return value === "zero" || value >= limit || value <= -limit ? null : value;
    });
    // Exact sums beyond 38 digits that lose scale are the one thing left to TypeScript.
    const emitted = canEmit(call(name, [ref(a), ref(b)], result));
    expect(emitted).toBe(!(result.scale < scale && name !== "*" && name !== "/"));
    if (!emitted) return;
    const outcome = await runExpression(call(name, [ref(a), ref(b)], result, "try"), [a, b], inputs);
    expect(outcome.values).toEqual(wanted);
    const bad = inputs.find(([x, y], i) => wanted[i] === null && x !== null && y !== null && y !== 0n);
    if (bad === undefined) return;
    const raised = await runExpression(call(name, [ref(a), ref(b)], result), [a, b], [[null, 1n], bad]);
    expect(raised.error?.condition).toBe("NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION");
    expect(raised.values).toEqual([null]);
  });
});

test("doubles: division by zero raises, other results are IEEE's", async () => {
  const a = column(DOUBLE);
  const b = column(DOUBLE);
  const values = [0, -0, 1.5, -2, Infinity, NaN, null];
  const rows = pairs(values, values);
  for (const [name, f] of [["+", (x: number, y: number) => x + y], ["*", (x: number, y: number) => x * y], ["/", (x: number, y: number) => x / y], ["%", (x: number, y: number) => x % y]] as const) {
    const { values: got } = await runExpression(call(name, [ref(a), ref(b)], DOUBLE, "try"), [a, b], rows);
    expect(got).toEqual(rows.map(([x, y]) => (x === null || y === null || ((name === "/" || name === "%") && y === 0) ? null : f(x, y))));
  }
  const raised = await runExpression(call("/", [ref(a), literal(0, DOUBLE)], DOUBLE), [a], [[null], [1]]);
  expect(raised.error?.condition).toBe("DIVIDE_BY_ZERO");
  expect(raised.values).toEqual([null]);
});

test("operands known to be small need no check, and literal divisors none either", async () => {
  const a = column(LONG, false);
  const expr = call("div", [call("*", [call("%", [ref(a), literal(1000n, LONG)], LONG), literal(3n, LONG)], LONG), literal(7n, LONG)], LONG);
  expect((await runExpression(expr, [a], [[123456n], [-5n]])).values).toEqual([(456n * 3n) / 7n, -2n]);
});

test("bit operations and shifts", async () => {
  const a = column(LONG);
  const n = column(INT);
  const rows = pairs([1n, -1n, 2n ** 62n, null], [0, 1, 63, 64, -1]);
  const shift = async (name: string): Promise<readonly Value[]> => (await runExpression(call(name, [ref(a), ref(n)], LONG), [a, n], rows)).values;
  const by = (count: number): bigint => BigInt(count & 63);
  expect(await shift("<<")).toEqual(rows.map(([x, c]) => (x === null ? null : BigInt.asIntN(64, x << by(c)))));
  expect(await shift(">>")).toEqual(rows.map(([x, c]) => (x === null ? null : x >> by(c))));
  expect(await shift(">>>")).toEqual(rows.map(([x, c]) => (x === null ? null : BigInt.asIntN(64, BigInt.asUintN(64, x) >> by(c)))));
  expect((await runExpression(call("~", [ref(n)], INT), [n], [[5], [null]])).values).toEqual([~5, null]);
  expect((await runExpression(call("^", [ref(n), literal(6, INT)], INT), [n], [[5], [-1]])).values).toEqual([3, ~6]);
});

test("div of decimals cuts the fraction, and does not trap in NULL rows", async () => {
  const a = column(decimal(12, 2));
  const b = column(decimal(10, 3));
  const rows = pairs([0n, 1n, -1n, 500n, -701n, 999999999999n, -999999999999n, null], [0n, 1n, -1n, 7n, -2500n, 9999999999n, null]);
  for (const mode of ["ansi", "try", "legacy"] as const) expect((await expectInterpreted(call("div", [ref(a), ref(b)], LONG, mode), [a, b], rows)) > 0).toBe(mode === "ansi");
});

test("% and / of NULL rows that hold the smallest number and -1 do not trap", async () => {
  const a = column(decimal(9, 0));
  const b = column(decimal(9, 0));
  const rows = pairs([null, 5n, null, null, 7n, null], [null, 2n, null, -1n, null, null]);
  for (const name of ["%", "pmod"]) expect(await expectInterpreted(call(name, [ref(a), ref(b)], decimal(9, 0)), [a, b], rows)).toBe(0);
});
