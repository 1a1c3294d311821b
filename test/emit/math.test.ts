import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DataType } from "../../catalog/types.ts";
import { BOOLEAN, BYTE, DATE, decimal, DOUBLE, FLOAT, INT, LONG, SHORT, STRING } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { call, column, literal, pairs, ref } from "./expressions.ts";
import { expectInterpreted } from "./interpreted.ts";
import { runExpression } from "./row-runner.ts";

const SEED = 3;
const doubles: Value[] = [0, -0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.49999999999999994, 1, -1, 2, 10, 100, 1e15, 4503599627370495.5, 1e300, -7.25, Infinity, -Infinity, NaN, null, ...fc.sample(fc.double(), { numRuns: 60, seed: SEED }), ...fc.sample(fc.double({ min: -1000, max: 1000 }), { numRuns: 60, seed: SEED })];

describe("doubles", () => {
  test.each(["sign", "sqrt", "cbrt", "exp", "expm1", "ln", "log10", "log2", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "degrees", "radians", "abs", "negative", "log"])("%s", async (name) => {
    const x = column(DOUBLE);
    expect(await expectInterpreted(call(name, [ref(x)], DOUBLE), [x], doubles.map((v) => [v]))).toBe(0);
  });

  test.each(["power", "atan2", "log", "nanvl"])("%s of two", async (name) => {
    const x = column(DOUBLE);
    const y = column(DOUBLE);
    const some = doubles.slice(0, 24);
    expect(await expectInterpreted(call(name, [ref(x), ref(y)], DOUBLE), [x, y], pairs(some, some))).toBe(0);
  });

  test.each(["floor", "ceil"])("%s", async (name) => {
    const x = column(DOUBLE);
    expect(await expectInterpreted(call(name, [ref(x)], LONG), [x], doubles.map((v) => [v]))).toBe(0);
  });

  test.each([0, 1, 2, 3, 6])("round to %i digits", async (scale) => {
    const x = column(DOUBLE);
    // -0.0 is left out: Spark's decimals have no negative zero, so it rounds to 0.0.
    const near = [0.005, 0.015, 1.005, 2.675, 1.115, 0.045, -1.005, 1234.5678, 99.995, 0.285, 1e9 + 0.125, 0.1 + 0.2];
    expect(await expectInterpreted(call("round", [ref(x), literal(scale, INT)], DOUBLE), [x], [...doubles, ...near].filter((v) => !Object.is(v, -0)).map((v) => [v]))).toBe(0);
  });

  test("rint keeps the sign of zero", async () => {
    const x = column(DOUBLE);
    const { values } = await runExpression(call("rint", [ref(x)], DOUBLE), [x], [0.5, 1.5, 2.5, -0.3, -2.5, 1e300, NaN, null].map((v) => [v]));
    expect(values).toEqual([0, 2, 2, -0, -2, 1e300, NaN, null]);
  });

  test("pi and e", async () => {
    expect(await expectInterpreted(call("+", [call("pi", [], DOUBLE), call("e", [], DOUBLE)], DOUBLE), [], [[]])).toBe(0);
  });
});

describe.each([decimal(5, 2), decimal(18, 4), decimal(18, 18), decimal(30, 10), decimal(37, 37)])("decimals %o", (type) => {
  const top = 10n ** BigInt(type.precision) - 1n;
  const unit = 10n ** BigInt(type.scale);
  const values = [0n, 1n, -1n, unit, -unit, unit + 1n, unit - 1n, unit / 2n, -(unit / 2n), unit / 2n - 1n, 5n, -5n, 15n, top, -top, top / 3n, null].filter((x) => x === null || (x <= top && x >= -top));

  test.each(["floor", "ceil"])("%s", async (name) => {
    const x = column(type);
    const result = decimal(type.precision - type.scale + 1, 0);
    expect(await expectInterpreted(call(name, [ref(x)], result), [x], values.map((v) => [v]))).toBe(0);
  });

  test("round, abs, negative", async () => {
    const x = column(type);
    for (const scale of [0, 1, type.scale]) {
      const result = decimal(Math.min(38, type.precision - type.scale + 1 + scale), scale);
      expect(await expectInterpreted(call("round", [ref(x), literal(scale, INT)], result), [x], values.map((v) => [v]))).toBe(0);
    }
    for (const name of ["abs", "negative"]) expect(await expectInterpreted(call(name, [ref(x)], type), [x], values.map((v) => [v]))).toBe(0);
  });
});

test("abs and negative of integers raise for the smallest one", async () => {
  const smallest: [DataType, Value][] = [[BYTE, -128], [SHORT, -32768], [INT, -(2 ** 31)], [LONG, -(2n ** 63n)]];
  for (const [type, least] of smallest) {
    const x = column(type);
    const values = (type.kind === "long" ? [0n, -5n, 5n, least, null] : [0, -5, 5, least, null]).map((v) => [v]);
    for (const mode of ["ansi", "try", "legacy"] as const) {
      expect(await expectInterpreted(call("abs", [ref(x)], type, mode), [x], values)).toBe(mode === "ansi" ? 1 : 0);
      expect(await expectInterpreted(call("negative", [ref(x)], type, mode), [x], values)).toBe(mode === "ansi" ? 1 : 0);
    }
  }
});

test("bit_count", async () => {
  const x = column(LONG);
  const b = column(BOOLEAN);
  expect(await expectInterpreted(call("bit_count", [ref(x)], INT), [x], [[0n], [-1n], [255n], [null]])).toBe(0);
  expect(await expectInterpreted(call("bit_count", [ref(b)], INT), [b], [[true], [false], [null]])).toBe(0);
});

test.each([
  [INT, [1, -5, 7, null]],
  [DOUBLE, [1.5, NaN, -Infinity, null]],
  [FLOAT, [1.5, NaN, -2, null]],
  [STRING, ["a", "", "ab", null]],
  [DATE, [0, 5, null]],
  [decimal(38, 2), [10n ** 30n, -(10n ** 37n), 0n, null]],
] as [DataType, Value[]][])("greatest and least of %o pass over NULLs", async (type, values) => {
  const [a, b, c] = [column(type), column(type), column(type)];
  const rows = values.flatMap((x) => values.flatMap((y) => values.map((z) => [x, y, z])));
  for (const name of ["greatest", "least"]) {
    expect(await expectInterpreted(call(name, [ref(a), ref(b), ref(c)], type), [a, b, c], rows)).toBe(0);
    expect(await expectInterpreted(call(name, [ref(a), literal(null, type), ref(b)], type), [a, b], rows.map(([x, y]) => [x, y]))).toBe(0);
  }
});
