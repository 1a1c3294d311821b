import { expect, test } from "vitest";
import type { Column, Expr } from "../../catalog/expression.ts";
import { columnExpr } from "../../catalog/expression.ts";
import type { ColumnStatistics, FileField, Split } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import { DOUBLE, INT, STRING } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { compareValues, pruneSplits } from "../../planner/pruning.ts";
import { call, lit } from "./plan-builder.ts";

const A: Column = { id: 1, name: "a", type: INT, nullable: true };
const S: Column = { id: 2, name: "s", type: STRING, nullable: true };
const X: Column = { id: 3, name: "x", type: DOUBLE, nullable: true };
const FIELDS = new Map([
  [1, 0],
  [2, 1],
  [3, 2],
]);

type Bounds = Partial<ColumnStatistics>;

function split(columns: Readonly<Record<number, Bounds>>, fields: readonly FileField[] = [], rows = 10): Split {
  const source = { kind: "parquet", path: "f", fileBytes: 1, modifiedMs: 0, rowGroup: 0, firstRow: 0, fields } as const;
  const statistics = Object.entries(columns).map(([field, bounds]) => [Number(field), { min: null, max: null, nulls: undefined, distinct: undefined, ...bounds }] as const);
  return { source, rows, bytes: 100, columns: new Map(statistics) };
}

/** Which of the splits, by position, are kept. */
function kept(splits: readonly Split[], ...conditions: readonly Expr[]): readonly number[] {
  return pruneSplits(splits, conditions, FIELDS).map((s) => splits.indexOf(s));
}

const a = columnExpr(A);
const s = columnExpr(S);
const x = columnExpr(X);
const double = (value: number): Expr => ({ kind: "literal", type: DOUBLE, value });

const ranges = [split({ 0: { min: 0, max: 9, nulls: 0 } }), split({ 0: { min: 10, max: 19, nulls: 2 } }), split({ 0: { min: 20, max: 29, nulls: 0 } })];

test.each<[string, Expr, readonly number[]]>([
  ["a = 15", call("=", a, lit(15)), [1]],
  ["a < 10", call("<", a, lit(10)), [0]],
  ["a <= 10", call("<=", a, lit(10)), [0, 1]],
  ["a > 19", call(">", a, lit(19)), [2]],
  ["a >= 19", call(">=", a, lit(19)), [1, 2]],
  ["19 <= a", call("<=", lit(19), a), [1, 2]],
  ["a IN (5, 25, NULL)", { kind: "in", input: a, list: [lit(5), lit(25), lit(null)], nullable: true }, [0, 2]],
  ["a IS NULL", call("isnull", a), [1]],
  ["a IS NOT NULL", call("isnotnull", a), [0, 1, 2]],
  ["a <=> NULL", call("<=>", a, lit(null)), [1]],
  ["a = NULL", call("=", a, lit(null)), []],
  ["a = 5 OR a = 25", call("or", call("=", a, lit(5)), call("=", a, lit(25))), [0, 2]],
  ["a > 5 AND a < 12", call("and", call(">", a, lit(5)), call("<", a, lit(12))), [0, 1]],
  ["a <> 5", call("<>", a, lit(5)), [0, 1, 2]],
  ["a + 1 = 5", call("=", call("+", a, lit(1)), lit(5)), [0, 1, 2]],
  ["FALSE", lit(false), []],
])("%s reads the row groups that can have it", (_, condition, expected) => {
  expect(kept(ranges, condition)).toEqual(expected);
});

test("a split of NULLs alone only answers IS NULL", () => {
  const nulls = [split({ 0: { nulls: 10 } })];
  expect(kept(nulls, call("=", a, lit(1)))).toEqual([]);
  expect(kept(nulls, call("<>", a, lit(1)))).toEqual([0]);
  expect(kept(nulls, call("isnotnull", a))).toEqual([]);
  expect(kept(nulls, call("isnull", a))).toEqual([0]);
});

test("without statistics every split is read", () => {
  expect(kept([split({}), { source: ranges[0].source, rows: undefined, bytes: 1 }], call("=", a, lit(1)))).toEqual([0, 1]);
});

test("a split without rows is not read", () => {
  expect(kept([split({}, [], 0)], call("isnotnull", a))).toEqual([]);
});

test("partition values are exact, NULL included", () => {
  const partition = (value: Value): Split => split({}, [{ kind: "constant", value }]);
  const splits = [partition(1), partition(2), partition(null)];
  expect(kept(splits, call("=", a, lit(2)))).toEqual([1]);
  expect(kept(splits, call("isnull", a))).toEqual([2]);
  expect(kept(splits, call(">", a, lit(1)))).toEqual([1]);
});

test("NaN is above every number and not in the bounds", () => {
  const splits = [split({ 2: { min: 1, max: 2 } }), split({ 2: { min: Number.NaN, max: Number.NaN } })];
  expect(kept(splits, call(">", x, double(5)))).toEqual([0, 1]);
  expect(kept(splits, call("=", x, double(Number.NaN)))).toEqual([0, 1]);
  expect(kept(splits, call("<", x, double(0)))).toEqual([1]);
  expect(kept([split({ 2: { min: 0, max: 0 } })], call("=", x, double(-0)))).toEqual([0]);
});

test("prefixes are looked for between the bounds, which may be cut", () => {
  const splits = [split({ 1: { min: "apple", max: "apricou" } }), split({ 1: { min: "banana", max: "cherrz" } })];
  const startsWith = (prefix: string): Expr => call("startswith", s, lit(prefix));
  expect(kept(splits, startsWith("ap"))).toEqual([0]);
  expect(kept(splits, startsWith("b"))).toEqual([1]);
  expect(kept(splits, startsWith("cherry"))).toEqual([1]);
  expect(kept(splits, startsWith("d"))).toEqual([]);
  expect(kept(splits, startsWith(""))).toEqual([0, 1]);
});

test("strings order by code point, not by UTF-16 unit", () => {
  const type: DataType = STRING;
  expect(Math.sign(compareValues("\u{1F600}", "\uFFFD", type) ?? 0)).toBe(1);
  expect(compareValues("a", "b", { kind: "string", collation: "UNICODE_CI" })).toBeUndefined();
});
