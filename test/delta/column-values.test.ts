import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Identity, IdentityValues, syncedHighWaterMark } from "../../delta/identity-columns.ts";
import { replayLog } from "./replay-log.ts";
import { seenByBoth, TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

/** Metadata of a column as the newest schema in the log has it. */
function columnMetadata(table: string, column: string): unknown {
  const { fields } = replayLog(join(tables.folder, table)).metadata.schema;
  return (fields.find(({ name }) => name === column) as { readonly metadata?: unknown } | undefined)?.metadata;
}

test("defaults stand for columns that are not named and for DEFAULT, in INSERT, UPDATE and MERGE", async () => {
  await tables.run("CREATE TABLE d1 (id INT, n INT DEFAULT 40 + 2, s STRING DEFAULT 'it''s') USING delta", "INSERT INTO d1 (id) VALUES (1)", "INSERT INTO d1 VALUES (2, DEFAULT, 'b'), (3, 3, DEFAULT)", "INSERT INTO d1 (s, id) SELECT 'd', 4");
  expect(await tables.readers("d1")).toEqual(seenByBoth([[1, 42, "it's"], [2, 42, "b"], [3, 3, "it's"], [4, 42, "d"]]));
  expect(columnMetadata("d1", "n")).toEqual({ CURRENT_DEFAULT: "40 + 2" });
  await tables.run("UPDATE d1 SET s = DEFAULT WHERE id > 3", "MERGE INTO d1 USING (SELECT 3 AS k UNION ALL SELECT 9) ON id = k WHEN MATCHED THEN UPDATE SET n = DEFAULT WHEN NOT MATCHED THEN INSERT (id, s) VALUES (k, DEFAULT)");
  expect(await tables.readers("d1")).toEqual(seenByBoth([[1, 42, "it's"], [2, 42, "b"], [3, 42, "it's"], [4, 42, "it's"], [9, 42, "it's"]]));
  await tables.run("ALTER TABLE d1 ALTER COLUMN n SET DEFAULT -1", "ALTER TABLE d1 ALTER COLUMN s DROP DEFAULT", "INSERT INTO d1 VALUES (10, DEFAULT, DEFAULT)");
  expect(await tables.rows("SELECT * FROM d1 WHERE id = 10")).toEqual(["[10,-1,null]"]);
  expect(await tables.failure("ALTER TABLE d1 ALTER COLUMN n SET DEFAULT 'x' || id")).toBe("INVALID_DEFAULT_VALUE.NOT_CONSTANT");
  expect(await tables.failure("CREATE TABLE d2 (d DATE DEFAULT 3) USING delta")).toBe("INVALID_DEFAULT_VALUE.DATA_TYPE");
  expect(await tables.failure("ALTER TABLE d1 ADD COLUMNS (x INT DEFAULT 1)")).toBe("WRONG_COLUMN_DEFAULTS_FOR_DELTA_ALTER_TABLE_ADD_COLUMN_NOT_SUPPORTED");
});

test("generated columns are computed where no value is given, and checked where one is", async () => {
  await tables.run("CREATE TABLE g1 (id INT, at TIMESTAMP, day DATE GENERATED ALWAYS AS (CAST(at AS DATE)), big LONG GENERATED ALWAYS AS (id * 10)) USING delta PARTITIONED BY (day)");
  expect(columnMetadata("g1", "day")).toEqual({ "delta.generationExpression": "CAST(at AS DATE)" });
  await tables.run("INSERT INTO g1 (id, at) VALUES (1, TIMESTAMP'2024-01-31 23:30:00Z'), (2, NULL)", "INSERT INTO g1 VALUES (3, TIMESTAMP'2024-02-01 00:00:00Z', DATE'2024-02-01', 30), (4, TIMESTAMP'2024-02-01 00:00:00Z', '2024-02-01', 40)", "INSERT INTO g1 VALUES (5, NULL, DEFAULT, DEFAULT)");
  const [january, february] = [19753, 19754];
  expect(await tables.rows("SELECT id, day, big FROM g1")).toEqual([[1, january, 10], [2, null, 20], [3, february, 30], [4, february, 40], [5, null, 50]].map((row) => JSON.stringify(row)));
  expect(await tables.independentRows("g1")).toEqual(await tables.rows("SELECT * FROM g1"));
  expect(await tables.failure("INSERT INTO g1 VALUES (9, NULL, NULL, 91)")).toBe("DELTA_VIOLATE_CONSTRAINT_WITH_VALUES");
  expect(await tables.failure("UPDATE g1 SET big = 7 WHERE id = 1")).toBe("DELTA_VIOLATE_CONSTRAINT_WITH_VALUES");
  await tables.run("UPDATE g1 SET id = id + 100, at = TIMESTAMP'2024-02-01 12:00:00Z' WHERE id = 1");
  expect(await tables.rows("SELECT id, day, big FROM g1 WHERE id > 100")).toEqual([JSON.stringify([101, february, 1010])]);
  await tables.run("MERGE INTO g1 USING (SELECT * FROM VALUES (2, TIMESTAMP'2024-01-31 01:00:00Z'), (6, NULL) AS v(id, at)) s ON g1.id = s.id WHEN MATCHED THEN UPDATE SET at = s.at WHEN NOT MATCHED THEN INSERT *");
  expect(await tables.rows("SELECT id, day, big FROM g1 WHERE id IN (2, 6)")).toEqual([[2, january, 20], [6, null, 60]].map((row) => JSON.stringify(row)));
  expect(await tables.independentRows("g1")).toEqual(await tables.rows("SELECT * FROM g1"));
});

test("declarations of generated columns are checked", async () => {
  const declare = (columns: string): Promise<string | undefined> => tables.failure(`CREATE TABLE g2 (${columns}) USING delta`);
  expect(await declare("a INT, b INT GENERATED ALWAYS AS (c + 1)")).toBe("UNRESOLVED_COLUMN.WITH_SUGGESTION");
  expect(await declare("a INT, b INT GENERATED ALWAYS AS (a + 1), c INT GENERATED ALWAYS AS (b + 1)")).toBe("UNSUPPORTED_EXPRESSION_GENERATED_COLUMN");
  expect(await declare("a INT, b DOUBLE GENERATED ALWAYS AS (rand())")).toBe("UNSUPPORTED_EXPRESSION_GENERATED_COLUMN");
  expect(await declare("a INT, b DATE GENERATED ALWAYS AS (a + 1)")).toBe("UNSUPPORTED_EXPRESSION_GENERATED_COLUMN");
  expect(await declare("a INT, b TIMESTAMP GENERATED ALWAYS AS (current_timestamp())")).toBe("DELTA_UNSUPPORTED_EXPRESSION_GENERATED_COLUMN");
});

test("identity columns give out each value once", async () => {
  await tables.run("CREATE TABLE i1 (id BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY -10), s STRING) USING delta", "INSERT INTO i1 (s) VALUES ('a'), ('b')", "INSERT INTO i1 VALUES (DEFAULT, 'c')", "INSERT INTO i1 (s) SELECT 'd' WHERE FALSE");
  expect(await tables.readers("i1")).toEqual(seenByBoth([[100, "a"], [90, "b"], [80, "c"]]));
  expect(columnMetadata("i1", "id")).toEqual({ "delta.identity.start": 100, "delta.identity.step": -10, "delta.identity.allowExplicitInsert": false, "delta.identity.highWaterMark": 80 });
  await tables.run("DELETE FROM i1 WHERE s = 'c'", "MERGE INTO i1 USING (SELECT * FROM VALUES ('a', 'A'), ('x', 'X'), ('y', 'Y') AS v(k, n)) ON s = k WHEN MATCHED THEN UPDATE SET s = n WHEN NOT MATCHED THEN INSERT (s) VALUES (n)");
  expect(await tables.rows("SELECT id FROM i1 WHERE s = 'A' OR s = 'b'")).toEqual(["[100]", "[90]"]);
  expect(await tables.rows("SELECT id FROM i1 WHERE s IN ('X', 'Y')")).toEqual(["[60]", "[70]"]);
  expect(await tables.failure("INSERT INTO i1 VALUES (1, 'z')")).toBe("DELTA_IDENTITY_COLUMNS_EXPLICIT_INSERT_NOT_SUPPORTED");
  expect(await tables.failure("UPDATE i1 SET id = 1")).toBe("DELTA_IDENTITY_COLUMNS_UPDATE_NOT_SUPPORTED");
  expect(await tables.failure("MERGE INTO i1 USING (SELECT 100L AS id, 'x' AS s) n ON i1.id = n.id WHEN MATCHED THEN UPDATE SET *")).toBe("DELTA_IDENTITY_COLUMNS_UPDATE_NOT_SUPPORTED");
  expect(await tables.failure("MERGE INTO i1 USING (SELECT 1 AS k) ON id = k WHEN NOT MATCHED THEN INSERT (id) VALUES (k)")).toBe("DELTA_IDENTITY_COLUMNS_EXPLICIT_INSERT_NOT_SUPPORTED");
  expect(await tables.independentRows("i1")).toEqual(await tables.rows("SELECT * FROM i1"));
});

test("BY DEFAULT takes values of the statement's own, and SYNC IDENTITY goes beyond them", async () => {
  await tables.run("CREATE TABLE i2 (id BIGINT GENERATED BY DEFAULT AS IDENTITY (START WITH 5 INCREMENT BY 3), s STRING) USING delta", "INSERT INTO i2 VALUES (12, 'own')", "INSERT INTO i2 (s) VALUES ('a')");
  expect(await tables.readers("i2")).toEqual(seenByBoth([[12, "own"], [5, "a"]]));
  await tables.run("ALTER TABLE i2 ALTER COLUMN id SYNC IDENTITY", "INSERT INTO i2 (s) VALUES ('b')");
  expect(await tables.rows("SELECT id FROM i2 WHERE s = 'b'")).toEqual(["[17]"]);
  expect(replayLog(join(tables.folder, "i2")).history.map((info) => info.operation)).toEqual(["CREATE TABLE", "WRITE", "WRITE", "CHANGE COLUMN", "WRITE"]);
  expect(await tables.failure("ALTER TABLE i2 ALTER COLUMN s SYNC IDENTITY")).toBe("DELTA_IDENTITY_COLUMNS_ALTER_NON_IDENTITY_COLUMN");
});

test("declarations of identity columns are checked", async () => {
  const declare = (columns: string, more = ""): Promise<string | undefined> => tables.failure(`CREATE TABLE i3 (${columns}, v INT) USING delta ${more}`);
  expect(await declare("id INT GENERATED ALWAYS AS IDENTITY")).toBe("DELTA_IDENTITY_COLUMNS_UNSUPPORTED_DATA_TYPE");
  expect(await declare("id BIGINT GENERATED ALWAYS AS IDENTITY (INCREMENT BY 0)")).toBe("IDENTITY_COLUMNS_ILLEGAL_STEP");
  expect(await declare("id BIGINT GENERATED ALWAYS AS IDENTITY", "PARTITIONED BY (id)")).toBe("DELTA_IDENTITY_COLUMNS_PARTITION_NOT_SUPPORTED");
});

test("statements at the same time give out different values", async () => {
  await tables.run("CREATE TABLE i4 (id BIGINT GENERATED ALWAYS AS IDENTITY, n INT) USING delta", "INSERT INTO i4 (n) VALUES (0)");
  // A change of other rows is not in the way of values that are given out.
  await Promise.all([...Array.from({ length: 4 }, (_, n) => tables.run(`INSERT INTO i4 (n) SELECT ${n + 1} FROM range(5)`)), tables.run("UPDATE i4 SET n = -1 WHERE n = 0")]);
  const rows = (await tables.independentRows("i4")).map((row) => JSON.parse(row) as [number, number]);
  expect(rows.map(([id]) => id).sort((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, i) => i + 1));
  expect(rows.find(([id]) => id === 1)).toEqual([1, -1]);
});

test("RESTORE does not give out again what was given out since", async () => {
  await tables.run("CREATE TABLE i5 (id BIGINT GENERATED ALWAYS AS IDENTITY, s STRING) USING delta", "INSERT INTO i5 (s) VALUES ('a')", "INSERT INTO i5 (s) VALUES ('b'), ('c')", "RESTORE TABLE i5 TO VERSION AS OF 1", "INSERT INTO i5 (s) VALUES ('d')");
  expect(await tables.readers("i5")).toEqual(seenByBoth([[1, "a"], [4, "d"]]));
});

test("what another engine alone can compute is read, and not written", async () => {
  await tables.run("CREATE TABLE g3 (a INT, b INT GENERATED ALWAYS AS (a + 1)) USING delta PARTITIONED BY (b)", "INSERT INTO g3 (a) VALUES (1)");
  const copy = join(tables.folder, "g3copy");
  cpSync(join(tables.folder, "g3"), copy, { recursive: true });
  const commit = join(copy, "_delta_log", `${"0".padStart(20, "0")}.json`);
  writeFileSync(commit, readFileSync(commit, "utf8").replace("a + 1", "a +* 1"));
  expect(await tables.rows(`SELECT a FROM delta.\`${copy}\` WHERE b = 2`)).toEqual(["[1]"]);
  expect(await tables.failure(`INSERT INTO delta.\`${copy}\` (a) VALUES (2)`)).toBe("PARSE_SYNTAX_ERROR");
});

test("SHOW CREATE TABLE gives a statement that makes the same table", async () => {
  await tables.run("CREATE TABLE s1 (id BIGINT GENERATED BY DEFAULT AS IDENTITY (START WITH 2 INCREMENT BY 2), a INT DEFAULT 3, b INT GENERATED ALWAYS AS (a + 1) COMMENT 'one more') USING delta");
  const [[text]] = (await tables.sparrow.query("SHOW CREATE TABLE s1")).rows;
  await tables.run(String(text).replace(".s1 ", ".s2 "), "INSERT INTO s2 (a) VALUES (DEFAULT)");
  expect(replayLog(join(tables.folder, "s2"), 0).metadata.schema).toEqual(replayLog(join(tables.folder, "s1"), 0).metadata.schema);
  expect(await tables.readers("s2")).toEqual(seenByBoth([[2, 3, 4]]));
});

test("the next value and the mark that SYNC IDENTITY sets", () => {
  const identity = (start: bigint, step: bigint, highWaterMark?: bigint): Identity => ({ start, step, highWaterMark, allowsExplicit: true });
  expect(new IdentityValues(identity(7n, 2n)).next()).toBe(7n);
  expect(new IdentityValues(identity(7n, 2n, 9n)).next()).toBe(11n);
  const last = new IdentityValues(identity(0n, 1n, 2n ** 63n - 2n));
  expect(last.next()).toBe(2n ** 63n - 1n);
  expect(() => last.next()).toThrow(expect.objectContaining({ condition: "ARITHMETIC_OVERFLOW" }));
  expect([syncedHighWaterMark(identity(1n, 3n), 4n), syncedHighWaterMark(identity(1n, 3n), 5n), syncedHighWaterMark(identity(1n, -3n), -4n), syncedHighWaterMark(identity(10n, 3n), 9n), syncedHighWaterMark(identity(1n, 3n, 10n), 5n), syncedHighWaterMark(identity(1n, 3n), null)]).toEqual([4n, 7n, -5n, undefined, undefined, undefined]);
});
