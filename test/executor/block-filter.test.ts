import { afterAll, beforeAll, expect, test } from "vitest";
import type { Expr } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { BOOLEAN, DATE, INT, LONG, STRING } from "../../catalog/types.ts";
import type { ColumnLayout } from "../../catalog/table.ts";
import { takeBlockFilter } from "../../executor/pipeline/block-filter.ts";
import { SegmentEmitter } from "../../executor/pipeline/segment-emitter.ts";
import { StateLayout } from "../../executor/pipeline/state-layout.ts";
import { ModuleBuilder } from "../../executor/wasm/module-builder.ts";
import type { Step } from "../../planner/stages.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";

let sparrow: SparrowUnderTest;
beforeAll(async () => {
  sparrow = await SparrowUnderTest.open({ "sparrow.workers": "2" });
});
afterAll(() => sparrow.close());

/** By name of the column: its SQL type, an expression over `id`, and constants at and beyond its ends. */
const COLUMNS: Readonly<Record<string, readonly [type: string, expression: string, constants: readonly string[]]>> = {
  tiny: ["TINYINT", "id * 7919 % 256 - 128", ["-128", "127"]],
  small: ["SMALLINT", "id * 7919 % 60000 - 30000", ["-32768", "123"]],
  narrow: ["INT", "1000000 + id * 7919 % 200", ["1000199", "999999", "1000077", "2147483647"]],
  plain: ["INT", "id * 7919 * 7919 % 2000000000 - 1000000000", ["0", "-2147483648"]],
  far: ["BIGINT", "9000000000000000000 + id * 7919 % 70000", ["9000000000000000000", "9223372036854775807"]],
  wide: ["BIGINT", "(id * 7919 % 2001 - 1000) * 9000000000000000", ["0", "-9000000000000000000"]],
  money: ["DECIMAL(12, 2)", "id * 7919 % 10001 / 100", ["42.42", "9999999999.99"]],
  day: ["DATE", "date_add(DATE '1992-01-01', CAST(id * 7919 % 2500 AS INT))", ["DATE '1995-06-17'", "DATE '0001-01-01'"]],
};
const OPERATORS = ["=", "<", "<=", ">", ">="];

/** Some inputs of a union share the cost of a query. */
const CONDITIONS_PER_QUERY = 8;

/** The sum of `id` of the rows of `t` that each condition lets through as a filter of its own. */
async function filtered(conditions: readonly string[]): Promise<readonly unknown[]> {
  const sums: unknown[] = [];
  for (let first = 0; first < conditions.length; first += CONDITIONS_PER_QUERY) {
    const inputs = conditions.slice(first, first + CONDITIONS_PER_QUERY).map((condition, i) => `SELECT ${i} AS i, sum(id) AS s FROM t WHERE ${condition}`);
    const { rows } = await sparrow.query(inputs.join(" UNION ALL "));
    sums.push(...rows.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, sum]) => sum));
  }
  return sums;
}

function conditionsOn(name: string): readonly string[] {
  const [type, , constants] = COLUMNS[name];
  return constants.flatMap((constant) => OPERATORS.map((operator) => `${name} ${operator} CAST(${constant} AS ${type})`));
}

test.each([
  ["with NULLs", 1000, "CASE WHEN id % 13 = 0 THEN NULL ELSE", Object.keys(COLUMNS)],
  ["without NULLs", 1000, "CASE WHEN false THEN NULL ELSE", ["narrow", "day"]],
  ["fewer rows than a block", 37, "CASE WHEN id % 5 = 0 THEN NULL ELSE", ["tiny", "wide"]],
])("stored columns are compared with constants, over vectors as in a CASE row by row: %s", async (_, rows, nulls, names) => {
  const columns = names.map((name) => `CAST(${nulls} ${COLUMNS[name][1]} END AS ${COLUMNS[name][0]}) AS ${name}`);
  await sparrow.count(`CREATE OR REPLACE TEMPORARY VIEW t AS SELECT id, ${columns.join(", ")} FROM range(${rows})`);
  await sparrow.count("CACHE TABLE t");
  for (const name of names) {
    const conditions = conditionsOn(name);
    const [rowByRow] = (await sparrow.query(`SELECT ${conditions.map((condition) => `sum(CASE WHEN ${condition} THEN id END)`).join(", ")} FROM t`)).rows;
    const sums = await filtered(conditions);
    expect(conditions.map((condition, i) => [condition, sums[i]])).toEqual(conditions.map((condition, i) => [condition, rowByRow[i]]));
    expect(rowByRow.some((sum) => sum === null) && rowByRow.some((sum) => sum !== null)).toBe(true);
  }
  const mirrored = "SELECT count(*) FROM t WHERE 0 <";
  expect((await sparrow.query(`${mirrored} ${names[0]}`)).rows).toEqual((await sparrow.query(`${mirrored} ${names[0]}`, { "sparrow.exec.emit": "false" })).rows);
  await sparrow.count("UNCACHE TABLE t");
});

test("filters on several columns, and what stands above them, see the same rows, however few a call of compiled code takes", async () => {
  await sparrow.count("CREATE OR REPLACE TEMPORARY VIEW t AS SELECT id, CAST(id % 100 AS TINYINT) AS a, CAST(id % 1000 AS SMALLINT) AS b, CAST(id % 7 AS STRING) AS s FROM range(5000)");
  await sparrow.count("CACHE TABLE t");
  const query = "SELECT s, count(*), sum(id), max(concat(s, CAST(a AS STRING))) FROM t WHERE a >= 10 AND a < 90 AND b > 500 AND s <> '3' GROUP BY s ORDER BY s";
  const expected = (await sparrow.query(query, { "sparrow.exec.emit": "false" })).rows;
  expect(expected).toHaveLength(6);
  for (const batchRows of ["1", "63", "64", "100", "16384"]) expect((await sparrow.query(query, { "sparrow.exec.batchRows": batchRows })).rows).toEqual(expected);
  const generated = "SELECT count(*), sum(x) FROM (SELECT explode(sequence(0, a)) AS x FROM t WHERE b = 77 OR b < 3) WHERE x > 5";
  expect((await sparrow.query(generated)).rows).toEqual((await sparrow.query(generated, { "sparrow.exec.emit": "false" })).rows);
});

test("stored columns are compared with each other, over vectors as row by row, however far apart they are stored", async () => {
  const day = (from: string, days: number): string => `date_add(DATE '${from}', CAST(id * 31 % ${days} AS INT))`;
  const pairs: Readonly<Record<string, readonly [string, string]>> = {
    bytes: ["CAST(id * 7919 % 200 AS INT)", "CAST(id * 104729 % 200 AS INT)"],
    apart: ["CAST(100 + id * 7919 % 200 AS INT)", "CAST(id * 104729 % 250 AS INT)"],
    never: ["CAST(5000000 + id % 200 AS INT)", "CAST(id % 250 AS INT)"],
    dates: [day("1992-01-01", 2500), day("1992-02-01", 2400)],
    widths: [day("1992-01-01", 100), day("1992-01-01", 2400)],
    ints: ["CAST(id * 7919 * 7919 % 2000000000 - 1000000000 AS INT)", "CAST(id * 104729 * 7919 % 2000000000 - 1000000000 AS INT)"],
    longs: ["(id * 7919 % 2001 - 1000) * 9000000000000000", "(id * 104729 % 2001 - 1000) * 9000000000000000"],
  };
  const columns = Object.entries(pairs).flatMap(([name, [a, b]]) => [`CASE WHEN id % 13 <> 0 THEN ${a} END AS ${name}_a`, `${name === "bytes" ? b : `CASE WHEN id % 11 <> 0 THEN ${b} END`} AS ${name}_b`]);
  await sparrow.count(`CREATE OR REPLACE TEMPORARY VIEW t AS SELECT id, ${columns.join(", ")} FROM range(1000)`);
  await sparrow.count("CACHE TABLE t");
  const conditions = Object.keys(pairs).flatMap((name) => OPERATORS.map((operator) => `${name}_a ${operator} ${name}_b`));
  const [rowByRow] = (await sparrow.query(`SELECT ${conditions.map((condition) => `sum(CASE WHEN ${condition} THEN id END)`).join(", ")} FROM t`)).rows;
  const sums = await filtered(conditions);
  expect(conditions.map((condition, i) => [condition, sums[i]])).toEqual(conditions.map((condition, i) => [condition, rowByRow[i]]));
  expect(new Set(rowByRow).size).toBeGreaterThan(20);
  await sparrow.count("UNCACHE TABLE t");
});

const ID = 1;
const column: Expr = { kind: "column", id: ID, name: "c", type: INT, nullable: true };
const five: Expr = { kind: "literal", type: INT, value: 5 };

function filterStep(name: string, args: readonly Expr[]): Step {
  const condition: Expr = { kind: "call", name, args, type: BOOLEAN, nullable: true, mode: "ansi" };
  return { kind: "filter", node: { kind: "filter", id: 7, rows: 1, input: { kind: "values", id: 8, rows: 0, columns: [], data: [] }, condition } };
}

/** How many of the steps are left to the row loop. */
function left(steps: readonly Step[], type: DataType = INT, layout: ColumnLayout = { kind: "fixed", width: 4 }): number {
  const module = new ModuleBuilder();
  const state = new StateLayout();
  const { builder } = module.function("run", { params: ["i32", "i32", "i32"], results: ["i32"] }, true);
  const emitter = new SegmentEmitter({ module, state, sites: [], hosted: [], timeZone: "UTC", measure: false }, builder);
  emitter.bind(ID, { kind: "buffer", type, layout, nulls: "bits", slot: state.reserve(16, 8), index: emitter.position, lifetime: "query" });
  const { filter, steps: rest } = takeBlockFilter(steps, emitter);
  expect(filter === undefined).toBe(rest.length === steps.length);
  return rest.length;
}

test("comparisons of stored integers with constants are taken, from among others that cannot raise", () => {
  const taken = filterStep("<", [column, five]);
  const other = filterStep("<>", [column, five]);
  const raises = filterStep("=", [{ kind: "call", name: "div", args: [column, column], type: LONG, nullable: true, mode: "ansi" }, { kind: "literal", type: LONG, value: 1n }]);
  expect(left([taken])).toBe(0);
  expect(left([filterStep("=", [five, column])])).toBe(0);
  expect(left([other, taken, taken])).toBe(1);
  expect(left([raises, taken])).toBe(2);
  expect(left([taken, raises, taken])).toBe(2);
  expect(left([filterStep("<", [column, column])])).toBe(0);
  expect(left([filterStep("<>", [column, column])])).toBe(1);
  expect(left([filterStep("<", [column, { ...five, value: null }])])).toBe(1);
  expect(left([taken], DATE, { kind: "fixed", width: 2, base: 8000n })).toBe(0);
  expect(left([taken], LONG, { kind: "fixed", width: 8, base: 1n })).toBe(1);
  expect(left([taken], STRING, { kind: "utf8" })).toBe(1);
});
