import { mkdtemp, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Engine } from "../../server/engine.ts";
import { textRows } from "../../server/results/text-rows.ts";
import type { RunOptions } from "../../server/run-query.ts";
import { runText } from "../../server/run-text.ts";
import type { Session } from "../../server/session.ts";
import { fakeExecutor } from "./fake-executor.ts";

let folder: string;
let executor: ReturnType<typeof fakeExecutor>;
let session: Session;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sparrow-statements-"));
  executor = fakeExecutor();
  session = new Engine({ settings: { "spark.sql.warehouse.dir": join(folder, "warehouse"), "spark.sql.session.timeZone": "UTC" }, createExecutor: async () => executor }).newSession();
});
afterEach(async () => {
  await session.engine.close();
  await rm(folder, { recursive: true });
});

/** Column names, then rows, as texts. */
async function run(sql: string, options: RunOptions = {}, of = session): Promise<(string | null)[][]> {
  const result = await runText(of, sql, options);
  const rows: (string | null)[][] = [];
  for await (const batch of result.batches) for (const row of textRows(batch, result.columns, of.timeZone)) rows.push([...row]);
  return result.columns.length === 0 ? rows : [result.columns.map((column) => column.name), ...rows];
}

async function failure(sql: string, options?: RunOptions): Promise<{ condition: string; sqlState: string; message: string; hint?: string; span?: { start: number; end: number } }> {
  try {
    await run(sql, options);
  } catch (error) {
    return error as Awaited<ReturnType<typeof failure>>;
  }
  throw new Error(`${sql} did not fail`);
}

describe("queries", () => {
  test("give their rows in batches", async () => {
    expect(await run("SELECT id, id * 2 AS twice FROM range(3) WHERE id > 0")).toEqual([["id", "twice"], ["1", "2"], ["2", "4"]]);
    expect(await run("SELECT * FROM VALUES (1, 'a'), (2, NULL) AS t(n, s)")).toEqual([["n", "s"], ["1", "a"], ["2", null]]);
  });

  test("take parameters by name and by position", async () => {
    expect(await run("SELECT :a AS a, :b AS b", { parameters: { a: 1, b: "x" } })).toEqual([["a", "b"], ["1", "x"]]);
    expect(await run("SELECT ? AS a", { parameters: [12345678901n] })).toEqual([["a"], ["12345678901"]]);
  });

  test("are planned once for the same text, settings and parameters", async () => {
    await run("SELECT id + 1 FROM range(2)");
    await run("SELECT id + 1 FROM range(2)");
    expect(executor.executed[0]).toBe(executor.executed[1]);
    await run("SET spark.sql.ansi.enabled = false");
    await run("SELECT id + 1 FROM range(2)");
    expect(executor.executed[2]).not.toBe(executor.executed[0]);
    await run("SELECT :p AS p FROM range(1)", { parameters: { p: 1 } });
    expect(await run("SELECT :p AS p FROM range(1)", { parameters: { p: 2 } })).toEqual([["p"], ["2"]]);
  });

  test("that read the clock are planned anew", async () => {
    const before = session.engine.plans.size;
    await run("SELECT current_timestamp() IS NOT NULL");
    await run("SELECT DATE '2020-01-01', DATE 'today'").catch(() => undefined);
    expect(session.engine.plans.size).toBe(before);
  });

  test("end when they are cancelled, and when their reader leaves", async () => {
    const abort = new AbortController();
    const { batches } = await runText(session, "SELECT id FROM range(1000000)", { signal: abort.signal });
    let seen = 0;
    const reading = (async () => {
      for await (const batch of batches) {
        seen += batch.rows;
        if (seen >= 4) abort.abort();
      }
    })();
    await expect(reading).rejects.toMatchObject({ condition: "OPERATION_CANCELED", sqlState: "HY008", origin: "resource" });
    expect(seen).toBe(4);
    for await (const _ of (await runText(session, "SELECT id FROM range(1000000)")).batches) break;
    expect(executor.abandoned()).toBe(2);
  });

  test("end when they take longer than the limit", async () => {
    await run("SET sparrow.query.timeout = 20ms");
    expect(await failure("SELECT id FROM range(100000000)")).toMatchObject({ condition: "QUERY_EXECUTION_TIMEOUT_EXCEEDED", message: "Query execution was cancelled due to exceeding the timeout (0.02s)." });
  });

  test("raise what their rows raise", async () => {
    expect(await failure("SELECT 10 DIV (id - 1) FROM range(3)")).toMatchObject({ condition: "DIVIDE_BY_ZERO", sqlState: "22012" });
    expect(await run("SELECT id FROM range(1)")).toEqual([["id"], ["0"]]);
  });
});

describe("settings", () => {
  test("are set, shown and reset", async () => {
    expect(await run("SET spark.sql.ansi.enabled = false")).toEqual([["key", "value"], ["spark.sql.ansi.enabled", "false"]]);
    expect(await run("SET spark.sql.ansi.enabled")).toEqual([["key", "value"], ["spark.sql.ansi.enabled", "false"]]);
    expect(await run("RESET spark.sql.ansi.enabled")).toEqual([]);
    expect(await run("SET spark.sql.ansi.enabled")).toEqual([["key", "value"], ["spark.sql.ansi.enabled", "true"]]);
    expect(await run("SET spark.not.there")).toEqual([["key", "value"], ["spark.not.there", "<undefined>"]]);
    expect(await run("SET TIME ZONE 'Europe/Berlin'")).toEqual([["key", "value"], ["spark.sql.session.timeZone", "Europe/Berlin"]]);
    expect((await run("SET -v"))[0]).toEqual(["key", "value", "meaning"]);
  });

  test("for one statement do not stay", async () => {
    expect(await run("SET spark.sql.ansi.enabled", { settings: { "spark.sql.ansi.enabled": "false" } })).toEqual([["key", "value"], ["spark.sql.ansi.enabled", "false"]]);
    expect(await run("SET spark.sql.ansi.enabled")).toEqual([["key", "value"], ["spark.sql.ansi.enabled", "true"]]);
  });

  test("are checked", async () => {
    expect(await failure("SET spark.sql.ansi.enabled = maybe")).toMatchObject({ condition: "INVALID_CONF_VALUE.TYPE_MISMATCH", sqlState: "22022" });
    expect(await failure("SET sparrow.workers = 3")).toMatchObject({ condition: "CANNOT_MODIFY_STATIC_CONFIG" });
  });
});

describe("databases", () => {
  test("are created, used, described and dropped", async () => {
    await run("CREATE DATABASE sales COMMENT 'what we sold'");
    expect(await failure("CREATE DATABASE sales")).toMatchObject({ condition: "SCHEMA_ALREADY_EXISTS" });
    await run("CREATE DATABASE IF NOT EXISTS sales");
    await run("USE sales");
    await run("CREATE TABLE t (a INT) USING parquet");
    expect(await run("SHOW TABLES")).toEqual([["namespace", "tableName", "isTemporary"], ["sales", "t", "false"]]);
    expect(await run("SHOW DATABASES LIKE 's*'")).toEqual([["namespace"], ["sales"]]);
    expect(await run("DESCRIBE DATABASE sales")).toContainEqual(["Comment", "what we sold"]);
    expect(await failure("DROP DATABASE sales")).toMatchObject({ condition: "SCHEMA_NOT_EMPTY" });
    await run("DROP DATABASE sales CASCADE");
    expect(session.database).toBe("default");
    expect(await failure("USE sales")).toMatchObject({ condition: "SCHEMA_NOT_FOUND" });
    await run("DROP DATABASE IF EXISTS sales");
  });
});

describe("views", () => {
  test("mean what they meant where they were made", async () => {
    await run("CREATE DATABASE d");
    await run("USE d");
    await run("CREATE VIEW numbers AS SELECT id FROM range(2)");
    await run("CREATE VIEW twice (n COMMENT 'number', m) AS SELECT id, id * 2 FROM numbers");
    await run("USE default");
    await run("CREATE TEMPORARY VIEW numbers AS SELECT 99 AS id");
    expect(await run("SELECT * FROM d.twice")).toEqual([["n", "m"], ["0", "0"], ["1", "2"]]);
    expect(await run("SELECT * FROM numbers")).toEqual([["id"], ["99"]]);
    expect(await run("DESCRIBE d.twice")).toEqual([["col_name", "data_type", "comment"], ["n", "bigint", "number"], ["m", "bigint", null]]);
    expect(await run("SHOW VIEWS IN d")).toEqual([["namespace", "viewName", "isTemporary"], ["d", "numbers", "false"], ["d", "twice", "false"], ["", "numbers", "true"]]);
    await run("DROP VIEW numbers");
    expect(await failure("SELECT * FROM numbers")).toMatchObject({ condition: "TABLE_OR_VIEW_NOT_FOUND" });
  });

  test("that are temporary may stand before a view of the same name", async () => {
    await run("CREATE VIEW v AS SELECT 1 AS a");
    await run("CREATE TEMPORARY VIEW v AS SELECT a + 1 AS a FROM v");
    expect(await run("SELECT a FROM v")).toEqual([["a"], ["2"]]);
    expect(await failure("CREATE OR REPLACE TEMPORARY VIEW v AS SELECT * FROM v")).toMatchObject({ condition: "RECURSIVE_VIEW", message: "Recursive view `v` detected (cycle: `v` -> `v`)." });
  });

  test("keep the ANSI mode they were made under", async () => {
    await run("SET spark.sql.ansi.enabled = false");
    await run("CREATE VIEW quotient AS SELECT 1 / id AS q FROM range(1)");
    await run("SET spark.sql.ansi.enabled = true");
    expect(await run("SELECT q FROM quotient")).toEqual([["q"], [null]]);
  });

  test("are replaced only when asked, and checked when made", async () => {
    await run("CREATE VIEW v AS SELECT 1 AS a");
    expect(await failure("CREATE VIEW v AS SELECT 2 AS a")).toMatchObject({ condition: "TABLE_OR_VIEW_ALREADY_EXISTS" });
    await run("CREATE OR REPLACE VIEW v AS SELECT 2 AS a");
    expect(await run("SELECT a FROM v")).toEqual([["a"], ["2"]]);
    await run("ALTER VIEW v AS SELECT 3 AS a");
    expect(await run("SELECT a FROM v")).toEqual([["a"], ["3"]]);
    expect(await failure("CREATE VIEW w AS SELECT b FROM v")).toMatchObject({ condition: "UNRESOLVED_COLUMN.WITH_SUGGESTION" });
    expect(await failure("CREATE VIEW w (x, y) AS SELECT a FROM v")).toMatchObject({ condition: "CREATE_VIEW_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS" });
  });

  test("in a circle are found out", async () => {
    await run("CREATE VIEW a AS SELECT 1 AS x");
    await run("CREATE VIEW b AS SELECT * FROM a");
    const message = "Recursive view `default`.`a` detected (cycle: `default`.`a` -> `default`.`b` -> `default`.`a`).";
    expect(await failure("CREATE OR REPLACE VIEW a AS SELECT * FROM b")).toMatchObject({ condition: "RECURSIVE_VIEW", message });
    expect(await failure("ALTER VIEW a AS SELECT * FROM b")).toMatchObject({ condition: "RECURSIVE_VIEW", message });
    const broken = await session.engine.catalog.view("default", "a");
    await session.engine.catalog.putView({ ...broken!, text: "SELECT * FROM b" }, "replace");
    expect(await failure("SELECT * FROM a")).toMatchObject({ condition: "RECURSIVE_VIEW", message });
  });
});

describe("tables", () => {
  test("are created, described and dropped with their files", async () => {
    await run("CREATE TABLE t (a INT COMMENT 'first', `b c` DECIMAL(10, 2), p STRING) USING parquet PARTITIONED BY (p) COMMENT 'ours' TBLPROPERTIES ('k' = 'v')");
    const location = join(folder, "warehouse/t");
    expect(existsSync(location)).toBe(true);
    expect(await run("DESCRIBE t")).toEqual([
      ["col_name", "data_type", "comment"],
      ["a", "int", "first"],
      ["b c", "decimal(10,2)", null],
      ["p", "string", null],
      ["# Partition Information", "", ""],
      ["# col_name", "data_type", "comment"],
      ["p", "string", null],
    ]);
    expect(await run("DESCRIBE EXTENDED t")).toContainEqual(["Location", location, ""]);
    expect(await run("DESCRIBE t a")).toEqual([["info_name", "info_value"], ["col_name", "a"], ["data_type", "int"], ["comment", "first"]]);
    expect(await run("SHOW COLUMNS IN t")).toEqual([["col_name"], ["a"], ["b c"], ["p"]]);
    expect(await run("SHOW TBLPROPERTIES t")).toEqual([["key", "value"], ["k", "v"]]);
    expect(await run("SHOW CREATE TABLE t")).toEqual([
      ["createtab_stmt"],
      ["CREATE TABLE spark_catalog.default.t (\n  a INT COMMENT 'first',\n  `b c` DECIMAL(10,2),\n  p STRING)\nUSING parquet\nPARTITIONED BY (p)\nCOMMENT 'ours'\nTBLPROPERTIES (\n  'k' = 'v')\n"],
    ]);
    expect(await failure("CREATE TABLE t (a INT)")).toMatchObject({ condition: "TABLE_OR_VIEW_ALREADY_EXISTS" });
    await run("DROP TABLE t");
    expect(existsSync(location)).toBe(false);
    expect(await failure("DROP TABLE t")).toMatchObject({ condition: "TABLE_OR_VIEW_NOT_FOUND" });
    await run("DROP TABLE IF EXISTS t");
  });

  test("are altered as far as no file must change", async () => {
    await run("CREATE TABLE t (a INT) USING parquet");
    await run("ALTER TABLE t ADD COLUMNS (b STRING)");
    await run("ALTER TABLE t ALTER COLUMN b COMMENT 'second'");
    await run("ALTER TABLE t SET TBLPROPERTIES ('x' = '1', 'y' = '2')");
    await run("ALTER TABLE t UNSET TBLPROPERTIES ('x')");
    await run("ALTER TABLE t RENAME TO u");
    expect(await run("DESCRIBE u")).toEqual([["col_name", "data_type", "comment"], ["a", "int", null], ["b", "string", "second"]]);
    expect(await run("SHOW TBLPROPERTIES u")).toEqual([["key", "value"], ["y", "2"]]);
    expect(existsSync(join(folder, "warehouse/u"))).toBe(true);
    expect(await failure("ALTER TABLE u DROP COLUMN a")).toMatchObject({ condition: "UNSUPPORTED_FEATURE.TABLE_OPERATION", sqlState: "0A000" });
  });

  test.each([
    ["CREATE TABLE t (a INT) USING orc", "DATA_SOURCE_NOT_FOUND"],
    ["CREATE TABLE t (a INT, A INT)", "COLUMN_ALREADY_EXISTS"],
    ["CREATE TABLE t (a INT) PARTITIONED BY (b)", "COLUMN_NOT_DEFINED_IN_TABLE"],
    ["CREATE TABLE t USING parquet", "UNABLE_TO_INFER_SCHEMA"],
    ["CREATE TABLE x.t (a INT)", "SCHEMA_NOT_FOUND"],
    ["CREATE TABLE a.b.c (a INT)", "REQUIRES_SINGLE_PART_NAMESPACE"],
    ["CREATE OR REPLACE TEMPORARY VIEW v USING parquet", "DATA_SOURCE_PATH_MISSING"],
    ["DROP VIEW default.absent", "TABLE_OR_VIEW_NOT_FOUND"],
    ["SELECT * FROM parquet.`/no/such/file.parquet`", "PATH_NOT_FOUND"],
    ["SELECT * FROM read_files('/no/such/file')", "INVALID_PARAMETER_VALUE.READ_FILES"],
    ["SELECT * FROM csv.``", "INVALID_EMPTY_LOCATION"],
    ["CREATE TABLE t (a INT) USING parquet LOCATION ' '", "INVALID_EMPTY_LOCATION"],
    ["UPDATE t SET a = 1", "TABLE_OR_VIEW_NOT_FOUND"],
    ["DESCRIBE FUNCTION no_such_function", "UNRESOLVED_ROUTINE"],
  ])("%s is refused", async (sql, condition) => {
    expect(await failure(sql)).toMatchObject({ condition });
  });

  test("what only Delta tables have is refused for files", async () => {
    await run("CREATE TABLE plain (a INT) USING parquet");
    for (const sql of ["UPDATE plain SET a = 1", "DELETE FROM plain", "OPTIMIZE plain", "DESCRIBE HISTORY plain"]) expect(await failure(sql)).toMatchObject({ condition: "UNSUPPORTED_FEATURE.TABLE_OPERATION" });
  });

  test("a misspelt name is answered with the nearest", async () => {
    await run("CREATE TABLE orders (a INT)");
    expect(await failure("SELECT * FROM odrers")).toMatchObject({ condition: "TABLE_OR_VIEW_NOT_FOUND", hint: "Did you mean orders?", span: { start: 14, end: 20 } });
  });

  test("outlive the engine", async () => {
    await run("CREATE TABLE t (a INT) USING parquet");
    const later = new Engine({ settings: { "spark.sql.warehouse.dir": join(folder, "warehouse") } }).newSession();
    expect(await run("SHOW TABLES", {}, later)).toEqual([["namespace", "tableName", "isTemporary"], ["default", "t", "false"]]);
  });
});

describe("EXPLAIN", () => {
  test("shows plans", async () => {
    expect(await run("EXPLAIN SELECT id FROM range(3)")).toEqual([["plan"], [expect.stringContaining("== Physical Plan ==")]]);
    expect(await run("EXPLAIN EXTENDED SELECT id FROM range(3)")).toEqual([["plan"], [expect.stringContaining("== Analyzed Logical Plan ==\nid: bigint")]]);
  });
});
