import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { replayLog } from "./replay-log.ts";
import { seenByBoth, TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
});
afterAll(() => tables.close());

const folder = (name: string): string => join(tables.folder, name);

/** A folder of Parquet files that DuckDB writes. */
async function parquetFiles(name: string, select: string, options = ""): Promise<void> {
  await tables.duckdb.execute(`COPY (${select}) TO '${folder(name)}' (FORMAT parquet${options})`);
}

test("a partitioned folder becomes a table with statistics, and its files stay as they are", async () => {
  await parquetFiles("p1", "SELECT i::INT AS id, 'v' || i AS name, i / 2.0 AS d, DATE '2024-01-01' + (i % 2)::INT AS day, CASE WHEN i % 3 = 0 THEN NULL ELSE i::BIGINT END AS part FROM range(6) t(i)", ", PARTITION_BY (day, part)");
  await tables.run(`CONVERT TO DELTA parquet.\`${folder("p1")}\` PARTITIONED BY (day DATE, part BIGINT)`);
  const replayed = replayLog(folder("p1"));
  expect(replayed.version).toBe(0);
  expect(replayed.metadata).toMatchObject({ partitionColumns: ["day", "part"] });
  expect(replayed.metadata.schema.fields.map(({ name, type }) => [name, type])).toEqual([["id", "integer"], ["name", "string"], ["d", "double"], ["day", "date"], ["part", "long"]]);
  expect(replayed.history[0]).toMatchObject({ operation: "CONVERT", operationParameters: { partitionedBy: '["day","part"]', collectStats: true, sourceFormat: "parquet" }, operationMetrics: { numConvertedFiles: String(replayed.files.length) } });
  const file = replayed.files.find(({ partitionValues }) => partitionValues.part === "4");
  expect(file?.partitionValues).toEqual({ day: "2024-01-01", part: "4" });
  expect(file?.stats).toMatchObject({ numRecords: 1, minValues: { id: 4, name: "v4" }, maxValues: { id: 4, name: "v4" }, nullCount: { id: 0, name: 0 } });
  expect(replayed.files.filter(({ partitionValues }) => partitionValues.part === null)).toHaveLength(2);
  const table = `delta.\`${folder("p1")}\``;
  expect(await tables.rows(`SELECT id, name, CAST(day AS STRING), part FROM ${table} WHERE id < 2`)).toEqual(['[0,"v0","2024-01-01",null]', '[1,"v1","2024-01-02",1]']);
  expect(await tables.rows(`SELECT * FROM ${table}`)).toEqual(await tables.independentRows("p1"));
  await tables.run(`INSERT INTO ${table} VALUES (9, 'v9', 1, DATE'2024-01-09', 9)`, `DELETE FROM ${table} WHERE id = 0`);
  expect(await tables.rows(`SELECT id FROM ${table} WHERE part > 3`)).toEqual(["[4]", "[5]", "[9]"]);
  // A second time it does nothing.
  await tables.run(`CONVERT TO DELTA parquet.\`${folder("p1")}\` PARTITIONED BY (day DATE, part BIGINT)`);
  expect(replayLog(folder("p1")).version).toBe(2);
});

test("columns of all files count, statistics can be left out, and NaN is in no bounds", async () => {
  mkdirSync(folder("p2"));
  await parquetFiles("p2/a.parquet", "SELECT 1::INT AS id, 'NaN'::DOUBLE AS x");
  await parquetFiles("p2/b.parquet", "SELECT 2::INT AS id, 1.5::DOUBLE AS x, true AS more");
  writeFileSync(folder("p2/_SUCCESS"), "");
  await tables.run(`CREATE TABLE t2 (id INT, x DOUBLE, more BOOLEAN) USING parquet LOCATION '${folder("p2")}'`, "CONVERT TO DELTA t2");
  expect(await tables.rows("SELECT id, more FROM t2")).toEqual(["[1,null]", "[2,true]"]);
  expect(await tables.rows("SELECT id FROM t2 WHERE x > 1e300")).toEqual(["[1]"]);
  expect(replayLog(folder("p2")).files.map(({ stats }) => stats.maxValues)).toEqual([{ id: 1 }, { id: 2 }]);
  expect((await tables.sparrow.query("DESCRIBE DETAIL t2")).rows[0][0]).toBe("delta");
  await tables.run("UPDATE t2 SET x = 0 WHERE id = 2");
  expect(await tables.rows("SELECT id FROM t2 WHERE x = 0")).toEqual(["[2]"]);

  await parquetFiles("p3", "SELECT 1::INT AS id", ", PER_THREAD_OUTPUT");
  await tables.run(`CONVERT TO DELTA parquet.\`${folder("p3")}\` NO STATISTICS`);
  const log = readFileSync(join(folder("p3"), "_delta_log", `${"0".padStart(20, "0")}.json`), "utf8");
  expect(log).not.toContain('"stats"');
  expect(await tables.rows(`SELECT * FROM delta.\`${folder("p3")}\``)).toEqual(["[1]"]);
});

test("a partitioned table of the catalog is converted with the types that it has there", async () => {
  await tables.run("CREATE TABLE t4 (id INT, p STRING) USING parquet PARTITIONED BY (p)", "INSERT INTO t4 VALUES (1, '01'), (2, '02')", "CONVERT TO DELTA t4");
  expect(await tables.readers("t4")).toEqual(seenByBoth([[1, "01"], [2, "02"]]));
  await tables.run("INSERT INTO t4 VALUES (3, '03')", "CONVERT TO DELTA t4");
  expect(await tables.readers("t4")).toEqual(seenByBoth([[1, "01"], [2, "02"], [3, "03"]]));
});

test("what cannot be converted is left as it is, and named", async () => {
  await parquetFiles("p5", "SELECT 1::INT AS id, 'x' AS p", ", PARTITION_BY (p)");
  mkdirSync(folder("empty"));
  await tables.run("CREATE TABLE csv (a INT) USING csv", "CREATE VIEW view5 AS SELECT 1 AS a");
  const failures: [string, string][] = [
    [`parquet.\`${folder("p5")}\``, "DELTA_UNEXPECTED_NUM_PARTITION_COLUMNS_FROM_FILE_NAME"],
    [`parquet.\`${folder("p5")}\` PARTITIONED BY (q STRING)`, "DELTA_UNEXPECTED_PARTITION_COLUMN_FROM_FILE_NAME"],
    [`parquet.\`${folder("p5")}\` PARTITIONED BY (p INT)`, "DELTA_PARTITION_COLUMN_CAST_FAILED"],
    [`parquet.\`${folder("empty")}\``, "DELTA_EMPTY_DIRECTORY"],
    [`parquet.\`${folder("nowhere")}\``, "PATH_NOT_FOUND"],
    ["csv", "DELTA_CONVERT_NON_PARQUET_TABLE"],
    [`iceberg.\`${folder("p5")}\``, "UNSUPPORTED_FEATURE.TABLE_OPERATION"],
    ["view5", "TABLE_OR_VIEW_NOT_FOUND"],
    ["nothing", "TABLE_OR_VIEW_NOT_FOUND"],
  ];
  for (const [source, condition] of failures) expect(await tables.failure(`CONVERT TO DELTA ${source}`), source).toBe(condition);
  expect(existsSync(join(folder("p5"), "_delta_log"))).toBe(false);
  rmSync(folder("empty"), { recursive: true });
});
