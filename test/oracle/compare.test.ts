import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DATE, DOUBLE, INT, LONG, STRING, TIMESTAMP_NTZ, decimal } from "../../catalog/types.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { firstDifference } from "./compare.ts";
import { DuckDBOracle } from "./duckdb.ts";
import type { ResultSet } from "./result-set.ts";

function result(types: readonly DataType[], ...rows: Value[][]): ResultSet {
  return { columns: types.map((type, i) => ({ name: `c${i}`, type })), rows };
}

describe("firstDifference", () => {
  it("takes rows as a multiset unless they are ordered", () => {
    const a = result([INT, STRING], [1, "a"], [2, "b"], [2, "b"]);
    const b = result([INT, STRING], [2, "b"], [1, "a"], [2, "b"]);
    expect(firstDifference(a, b)).toBeUndefined();
    expect(firstDifference(a, b, { ordered: true })).toContain("row 1, column 1 (c0): ours 1, DuckDB's 2");
    expect(firstDifference(a, result([INT, STRING], [1, "a"], [1, "a"], [2, "b"]))).toContain("DuckDB has no row (2, 'b')");
  });

  it("compares exact numbers by value, not by type", () => {
    const ours = result([LONG, decimal(10, 2)], [5n, 150n]);
    expect(firstDifference(ours, result([decimal(38, 0), decimal(5, 1)], [5n, 15n]))).toBeUndefined();
    expect(firstDifference(ours, result([decimal(38, 0), decimal(5, 1)], [5n, 16n]))).toContain("(5, 1.50)");
  });

  it("allows a relative error of 1e-9 in DOUBLE, and the last digit of a decimal beside a DOUBLE", () => {
    expect(firstDifference(result([DOUBLE], [1e10]), result([DOUBLE], [1e10 + 1]))).toBeUndefined();
    expect(firstDifference(result([DOUBLE], [1e10]), result([DOUBLE], [1e10 + 100]))).toBeDefined();
    expect(firstDifference(result([decimal(10, 2)], [33n]), result([DOUBLE], [1 / 3]))).toBeUndefined();
    expect(firstDifference(result([decimal(10, 2)], [35n]), result([DOUBLE], [1 / 3]))).toBeDefined();
    expect(firstDifference(result([DOUBLE], [Number.NaN]), result([DOUBLE], [Number.NaN]))).toBeUndefined();
    expect(firstDifference(result([DOUBLE], [Number.NaN]), result([DOUBLE], [0]))).toBeDefined();
  });

  it("knows a date and its midnight as equal, NULL as equal to NULL only", () => {
    expect(firstDifference(result([DATE], [1]), result([TIMESTAMP_NTZ], [86_400_000_000n]))).toBeUndefined();
    expect(firstDifference(result([DATE], [1]), result([TIMESTAMP_NTZ], [86_400_000_001n]))).toBeDefined();
    expect(firstDifference(result([INT], [null]), result([INT], [null]))).toBeUndefined();
    expect(firstDifference(result([INT], [0]), result([INT], [null]))).toBeDefined();
  });

  it("names a difference in shape", () => {
    expect(firstDifference(result([INT], [1]), result([INT, INT], [1, 1]))).toContain("1 columns");
    expect(firstDifference(result([INT], [1]), result([STRING], ["1"]))).toContain("is int, DuckDB's is string");
    expect(firstDifference(result([INT], [1]), result([INT]))).toContain("ours has 1 rows, DuckDB's has 0");
  });
});

describe("DuckDBOracle", () => {
  let duckdb: DuckDBOracle;
  beforeAll(async () => {
    duckdb = await DuckDBOracle.open({ threads: 1 });
  });
  afterAll(() => duckdb.close());

  it("gives values of every type in our representation", async () => {
    const answer = await duckdb.query(
      `SELECT true, 1::TINYINT, 2::BIGINT, 1.5::DECIMAL(9,2), 'x', DATE '1970-01-02', TIMESTAMP '1970-01-01 00:00:01',
        [1, NULL], {'a': 1}, MAP {'k': 2}, '\\xAA'::BLOB, 3::HUGEINT, NULL, INTERVAL 2 MONTH`,
    );
    expect(answer.rows).toEqual([
      [
        true,
        1,
        2n,
        150n,
        "x",
        1,
        1_000_000n,
        [1, null],
        { fields: [1] },
        { keys: ["k"], values: [2] },
        new Uint8Array([0xaa]),
        3n,
        null,
        { months: 2, days: 0, micros: 0n },
      ],
    ]);
    expect(answer.columns.map((c) => c.type.kind).slice(0, 5)).toEqual(["boolean", "byte", "long", "decimal", "string"]);
  });

  it("sorts NULLs as Spark does", async () => {
    const answer = await duckdb.query("SELECT x FROM (VALUES (1), (NULL)) t(x) ORDER BY x");
    expect(answer.rows).toEqual([[null], [1]]);
    const down = await duckdb.query("SELECT x FROM (VALUES (NULL), (1)) t(x) ORDER BY x DESC");
    expect(down.rows).toEqual([[1], [null]]);
  });
});
