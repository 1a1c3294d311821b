import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { Engine } from "../../server/engine.ts";
import { textRows } from "../../server/results/text-rows.ts";
import { runText } from "../../server/run-text.ts";
import type { Session } from "../../server/session.ts";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { fakeExecutor } from "./fake-executor.ts";

let folder: string;
let session: Session;
let oracle: DuckDBOracle;

beforeAll(async () => {
  oracle = await DuckDBOracle.open();
});
afterAll(() => oracle.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sparrow-insert-"));
  session = new Engine({ settings: { "spark.sql.warehouse.dir": folder, "spark.sql.sources.default": "parquet" }, createExecutor: async () => fakeExecutor() }).newSession();
});
afterEach(() => rm(folder, { recursive: true }));

async function run(...statements: string[]): Promise<void> {
  for (const sql of statements) for await (const _ of (await runText(session, sql)).batches);
}

/** Rows of a table's Parquet files as another engine reads them, as one text. */
async function stored(table: string, order = "1"): Promise<string> {
  const { rows } = await oracle.query(`SELECT CAST(t AS VARCHAR) FROM read_parquet('${folder}/${table}/**/*.parquet', hive_partitioning = true) AS t ORDER BY ${order}`);
  return rows.map(([row]) => String(row)).join("; ");
}

test("INSERT INTO appends, by position, by a column list, by name; defaults and NULLs fill in", async () => {
  await run(
    "CREATE TABLE t (a INT, b STRING DEFAULT 'none', c DECIMAL(6, 2))",
    "INSERT INTO t VALUES (1, 'x', 1.5), (2, NULL, 2)",
    "INSERT INTO t (c, a) VALUES (7.25, 3)",
    "INSERT INTO t BY NAME SELECT 4 AS a, 0.01BD AS c, 'y' AS b",
  );
  expect(await stored("t")).toBe("{'a': 1, 'b': x, 'c': 1.50}; {'a': 2, 'b': NULL, 'c': 2.00}; {'a': 3, 'b': none, 'c': 7.25}; {'a': 4, 'b': y, 'c': 0.01}");
});

test("INSERT OVERWRITE replaces everything, a static partition, or the partitions that get rows", async () => {
  await run("CREATE TABLE t (a INT, p INT, q STRING) PARTITIONED BY (p, q)");
  await run("INSERT INTO t VALUES (1, 1, 'x'), (2, 1, 'y/z'), (3, 2, 'x'), (4, 2, NULL)");
  expect(readdirSync(join(folder, "t")).toSorted()).toEqual(["p=1", "p=2"]);
  expect(readdirSync(join(folder, "t/p=1")).toSorted()).toEqual(["q=x", "q=y%2Fz"]);
  expect(readdirSync(join(folder, "t/p=2")).toSorted()).toEqual(["q=__HIVE_DEFAULT_PARTITION__", "q=x"]);

  await run("INSERT OVERWRITE t PARTITION (p = 1, q) VALUES (5, 'w')");
  expect(readdirSync(join(folder, "t/p=1"))).toEqual(["q=w"]);
  expect(readdirSync(join(folder, "t/p=2"))).toHaveLength(2);

  await run("SET spark.sql.sources.partitionOverwriteMode = dynamic", "INSERT OVERWRITE t VALUES (6, 2, 'x')", "RESET");
  expect(await stored("t")).toContain("{'a': 6, 'p': 2, 'q': x}");
  expect(await stored("t")).not.toContain("'a': 3");
  expect(await stored("t")).toContain("'a': 4");

  await run("INSERT OVERWRITE t VALUES (7, 7, 'z')");
  expect(await stored("t")).toBe("{'a': 7, 'p': 7, 'q': z}");
  expect(readdirSync(join(folder, "t"))).toEqual(["p=7"]);
});

test("CREATE TABLE AS SELECT, with partitions; OR REPLACE", async () => {
  await run("CREATE TABLE t PARTITIONED BY (k) AS SELECT id % 2 AS k, id AS v FROM range(4)");
  expect(await stored("t", "t.v")).toBe("{'v': 0, 'k': 0}; {'v': 1, 'k': 1}; {'v': 2, 'k': 0}; {'v': 3, 'k': 1}");
  await run("CREATE OR REPLACE TABLE t AS SELECT 'only' AS s");
  expect(await stored("t")).toBe("{'s': only}");
  await expect(run("CREATE TABLE t AS SELECT 1 AS a")).rejects.toMatchObject({ condition: "TABLE_OR_VIEW_ALREADY_EXISTS" });
});

test("INSERT OVERWRITE DIRECTORY, with a codec", async () => {
  await run(`INSERT OVERWRITE DIRECTORY '${folder}/out' USING parquet OPTIONS ('compression' = 'zstd') SELECT id FROM range(3)`);
  const [file] = readdirSync(join(folder, "out"));
  expect(file).toMatch(/^part-00000-[0-9a-f-]{36}\.zstd\.parquet$/);
  expect(await stored("out")).toBe("{'id': 0}; {'id': 1}; {'id': 2}");
});

test("a query that fails leaves nothing behind and the old rows in place", async () => {
  await run("CREATE TABLE t (a BIGINT)", "INSERT INTO t VALUES (1)");
  await expect(run("INSERT OVERWRITE t SELECT 1 DIV (id - 5) FROM range(9)")).rejects.toMatchObject({ condition: "DIVIDE_BY_ZERO" });
  expect(await stored("t")).toBe("{'a': 1}");
  expect(readdirSync(join(folder, "t"))).toHaveLength(1);
});

test("TRUNCATE empties a table", async () => {
  await run("CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1)", "TRUNCATE TABLE t");
  expect(readdirSync(join(folder, "t"))).toEqual([]);
  expect(existsSync(join(folder, "t"))).toBe(true);
});

test.each([
  ["INSERT INTO t VALUES (1)", "INSERT_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS", "Cannot write to `spark_catalog`.`default`.`t`, the reason is not enough data columns:\nTable columns: `a`, `b`.\nData columns: `col1`."],
  ["INSERT INTO t VALUES (1, 'x', 2)", "INSERT_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS", "Cannot write to `spark_catalog`.`default`.`t`, the reason is too many data columns:\nTable columns: `a`, `b`.\nData columns: `col1`, `col2`, `col3`."],
  ["INSERT INTO t VALUES ('one', 'x')", "INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST", 'Cannot write incompatible data for the table `spark_catalog`.`default`.`t`: Cannot safely cast `a` "STRING" to "INT".'],
  ["INSERT INTO t (a, z) VALUES (1, 2)", "UNRESOLVED_COLUMN.WITH_SUGGESTION", "A column, variable, or function parameter with name `z` cannot be resolved. Did you mean one of the following? [`a`, `b`]."],
  ["INSERT INTO t PARTITION (a = 1) VALUES ('x')", "NON_PARTITION_COLUMN", "PARTITION clause cannot contain the non-partition column: `a`."],
  ["INSERT INTO absent VALUES (1)", "TABLE_OR_VIEW_NOT_FOUND", "The table or view `absent` cannot be found."],
  ["INSERT INTO t VALUES (99999999999, 'x')", "CAST_OVERFLOW", "The value 99999999999L of the type \"BIGINT\" cannot be cast to \"INT\" due to an overflow."],
])("%s is refused", async (sql, condition, message) => {
  await run("CREATE TABLE t (a INT, b STRING)");
  await expect(run(sql)).rejects.toMatchObject({ condition, message: expect.stringContaining(message) as string });
});

test("CSV, JSON and Arrow tables give back what was put in", async () => {
  for (const format of ["csv", "json", "arrow"]) {
    await run(
      `CREATE TABLE ${format}_table (a INT, s STRING, d DECIMAL(5, 2), t TIMESTAMP, p STRING) USING ${format} PARTITIONED BY (p)`,
      `INSERT INTO ${format}_table VALUES (1, 'x,"y', 1.5, TIMESTAMP '2024-05-06 07:08:09', 'one'), (NULL, '', NULL, NULL, 'two')`,
    );
    const files = readdirSync(join(folder, `${format}_table`), { recursive: true }).map(String);
    expect(files.filter((file) => file.endsWith(`.${format}`)).map((file) => file.split("/")[0]).toSorted()).toEqual(["p=one", "p=two"]);
    const real = new Engine({ settings: { "spark.sql.warehouse.dir": folder, "spark.sql.sources.default": "parquet", "sparrow.memory.limit": "128m", "sparrow.workers": "1" } });
    const rows: (string | null)[][] = [];
    const { columns, batches } = await runText(real.newSession(), `SELECT * FROM ${format}_table ORDER BY a DESC`);
    for await (const batch of batches) rows.push(...textRows(batch, columns, real.machineTimeZone).map((row) => [...row]));
    // Spark reads the empty string of a CSV file as its null value
    expect(rows).toEqual([["1", 'x,"y', "1.50", "2024-05-06 07:08:09", "one"], [null, format === "csv" ? null : "", null, null, "two"]]);
    await real.close();
  }
});
