import * as fc from "fast-check";
import { expect, test } from "vitest";
import { DATE, INT, STRING } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { call, column, literal, ref } from "./expressions.ts";
import { expectInterpreted } from "./interpreted.ts";

const SEED = 7;
const EDGES = [0, -1, 1, 59, 60, 365, 11016, 11017, 10957, -719162, -719528, -719529, 2932896, -25567, 2 ** 31 - 1, -(2 ** 31), 100_000_000, -100_000_000];
const days: Value[] = [...EDGES, ...fc.sample(fc.integer({ min: -800_000, max: 3_000_000 }), { numRuns: 400, seed: SEED }), null];

test.each(["year", "quarter", "month", "day", "dayofweek", "dayofweek_iso", "weekday", "dayofyear", "weekofyear", "yearofweek", "last_day", "unix_date"])("%s", async (name) => {
  const d = column(DATE);
  const inside = name === "last_day" ? days.filter((x) => x !== 2 ** 31 - 1) : days;
  expect(await expectInterpreted(call(name, [ref(d)], name === "last_day" ? DATE : INT), [d], inside.map((x) => [x]))).toBe(0);
});

test("add_months, date_add, date_sub, datediff", async () => {
  const d = column(DATE);
  const n = column(INT);
  const e = column(DATE);
  const near = days.filter((x): x is number => x === null || Math.abs(x as number) < 4_000_000);
  const rows = near.flatMap((x, i) => [0, 1, -1, 12, -13, 25, 1000].map((months) => [x, i % 11 === 0 ? null : months] as Value[]));
  for (const name of ["add_months", "date_add", "date_sub"]) expect(await expectInterpreted(call(name, [ref(d), ref(n)], DATE), [d, n], rows)).toBe(0);
  expect(await expectInterpreted(call("datediff", [ref(d), ref(e)], INT), [d, e], near.map((x, i) => [x, near[(i * 7) % near.length]]))).toBe(0);
});

test.each(["year", "YYYY", "yy", "quarter", "month", "MON", "mm", "week"])("trunc to %s", async (unit) => {
  const d = column(DATE);
  expect(await expectInterpreted(call("trunc", [ref(d), literal(unit, STRING)], DATE), [d], days.filter((x) => x === null || Math.abs(x as number) < 2 ** 30).map((x) => [x]))).toBe(0);
});

test.each(["Mon", "TU", "wednesday", "sun"])("next_day %s", async (name) => {
  const d = column(DATE);
  expect(await expectInterpreted(call("next_day", [ref(d), literal(name, STRING)], DATE), [d], days.filter((x) => x === null || Math.abs(x as number) < 2 ** 30).map((x) => [x]))).toBe(0);
});

test("make_date", async () => {
  const [y, m, d] = [column(INT), column(INT), column(INT)];
  const rows = [1970, 2024, 2023, 1900, 2000, 1, 9999, -5, null].flatMap((year) => [1, 2, 12, 0, 13, null].flatMap((month) => [1, 28, 29, 30, 31, 0, 32, -1].map((day) => [year, month, day])));
  expect(await expectInterpreted(call("make_date", [ref(y), ref(m), ref(d)], DATE), [y, m, d], rows)).toBeGreaterThan(50);
  expect(await expectInterpreted(call("make_date", [ref(y), ref(m), ref(d)], DATE, "legacy"), [y, m, d], rows)).toBe(0);
});
