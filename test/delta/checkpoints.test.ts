import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
let expected: string[];
const name = (version: number, rest: string): string => `${String(version).padStart(20, "0")}.${rest}`;

beforeAll(async () => {
  tables = await TablesUnderTest.open();
  await tables.run("CREATE TABLE t (id INT, at TIMESTAMP, price DECIMAL(10,2)) USING delta");
  for (let i = 1; i <= 10; i++) await tables.run(`INSERT INTO t VALUES (${i}, TIMESTAMP'2024-01-${String(i).padStart(2, "0")} 00:00:00.0005', ${i}.25)`);
  expected = await tables.rows("SELECT * FROM t");
});
afterAll(() => tables.close());

/** A copy of the table whose commits are gone and whose checkpoint is as `write` leaves it. */
async function withCheckpoint(table: string, write: (log: string, classic: string) => Promise<void>): Promise<string> {
  const folder = join(tables.folder, table);
  cpSync(join(tables.folder, "t"), folder, { recursive: true });
  const log = join(folder, "_delta_log");
  for (let version = 0; version <= 9; version++) rmSync(join(log, name(version, "json")));
  const classic = join(log, name(10, "checkpoint.parquet"));
  await write(log, classic);
  return `delta.\`${folder}\``;
}

test("a V2 checkpoint in JSON with sidecars", async () => {
  const table = await withCheckpoint("v2", async (log, classic) => {
    mkdirSync(join(log, "_sidecars"));
    for (const part of [0, 1]) await tables.duckdb.execute(`COPY (SELECT add FROM read_parquet('${classic}') WHERE add IS NOT NULL AND hash(add.path) % 2 = ${part}) TO '${log}/_sidecars/part${part}.parquet' (FORMAT parquet)`);
    const { rows } = await tables.duckdb.query(`SELECT metaData.id, metaData.schemaString FROM read_parquet('${classic}') WHERE metaData IS NOT NULL`);
    const [[id, schemaString]] = rows;
    const actions = [
      { checkpointMetadata: { version: 10 } },
      { protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["v2Checkpoint"], writerFeatures: ["v2Checkpoint"] } },
      { metaData: { id, format: { provider: "parquet", options: {} }, schemaString, partitionColumns: [], configuration: {} } },
      ...[0, 1].map((part) => ({ sidecar: { path: `part${part}.parquet`, sizeInBytes: 1, modificationTime: 1 } })),
    ];
    writeFileSync(join(log, name(10, "checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json")), actions.map((action) => JSON.stringify(action)).join("\n"));
    rmSync(classic);
  });
  expect(await tables.rows(`SELECT * FROM ${table}`)).toEqual(expected);
});

test("a checkpoint in parts counts when all parts are there", async () => {
  const split = async (log: string, classic: string, parts: readonly number[]): Promise<void> => {
    for (const part of parts) await tables.duckdb.execute(`COPY (SELECT * FROM (SELECT *, row_number() OVER () AS n FROM read_parquet('${classic}')) WHERE n % 2 = ${part - 1}) TO '${log}/${name(10, `checkpoint.000000000${part}.0000000002.parquet`)}' (FORMAT parquet)`);
    rmSync(classic);
  };
  const whole = await withCheckpoint("parts", (log, classic) => split(log, classic, [1, 2]));
  expect(await tables.rows(`SELECT * FROM ${whole}`)).toEqual(expected);
  const incomplete = await withCheckpoint("incomplete", (log, classic) => split(log, classic, [2]));
  expect(await tables.failure(`SELECT * FROM ${incomplete}`)).toBe("DELTA_TRUNCATED_TRANSACTION_LOG");
});

test("statistics in typed form alone: they skip files, and no row is lost", async () => {
  const table = await withCheckpoint("typed", async (log, classic) => {
    const typed = `struct_pack(numRecords := 1::BIGINT,
      minValues := struct_pack(id := (add.stats::JSON->'minValues'->>'id')::INT, at := (add.stats::JSON->'minValues'->>'at')::TIMESTAMPTZ, price := (add.stats::JSON->'minValues'->>'price')::DECIMAL(10,2)),
      maxValues := struct_pack(id := (add.stats::JSON->'maxValues'->>'id')::INT, at := (add.stats::JSON->'maxValues'->>'at')::TIMESTAMPTZ, price := (add.stats::JSON->'maxValues'->>'price')::DECIMAL(10,2)),
      nullCount := struct_pack(id := 0::BIGINT, at := 0::BIGINT, price := 0::BIGINT))`;
    const add = `CASE WHEN add IS NULL THEN NULL ELSE struct_pack(path := add.path, partitionValues := add.partitionValues, size := add.size, modificationTime := add.modificationTime, dataChange := add.dataChange, stats_parsed := ${typed}) END AS add`;
    await tables.duckdb.execute(`COPY (SELECT txn, ${add}, remove, metaData, protocol, domainMetadata FROM read_parquet('${classic}')) TO '${log}/typed.parquet' (FORMAT parquet)`);
    cpSync(join(log, "typed.parquet"), classic);
    rmSync(join(log, "typed.parquet"));
  });
  expect(await tables.rows(`SELECT * FROM ${table}`)).toEqual(expected);
  expect(await tables.rows(`SELECT id FROM ${table} WHERE price = 3.25`)).toEqual(["[3]"]);
  // The maximum in the statistics is cut to milliseconds: the row itself is half a millisecond later.
  expect(await tables.rows(`SELECT id FROM ${table} WHERE at > TIMESTAMP'2024-01-04 00:00:00.0004' AND at < TIMESTAMP'2024-01-05'`)).toEqual(["[4]"]);
  // All files but one may be missing when they need not be read.
  for (const [path] of (await tables.duckdb.query(`SELECT file FROM glob('${join(tables.folder, "typed")}/*.parquet')`)).rows) {
    const { rows } = await tables.duckdb.query(`SELECT count(*) FROM read_parquet('${String(path)}') WHERE id = 7`);
    if (rows[0][0] === 0n) rmSync(String(path));
  }
  expect(await tables.rows(`SELECT id FROM ${table} WHERE id = 7`)).toEqual(["[7]"]);
  expect(await tables.failure(`SELECT id FROM ${table} WHERE id = 6`)).toBe("FAILED_READ_FILE.FILE_NOT_EXIST");
});

test("_last_checkpoint is a hint: wrong, torn or missing, the table is read", async () => {
  const folder = join(tables.folder, "hints");
  for (const hint of ['{"version":999,"size":1}', '{"version":1', '{"version":-5}', "null"]) {
    cpSync(join(tables.folder, "t"), folder, { recursive: true });
    writeFileSync(join(folder, "_delta_log/_last_checkpoint"), hint);
    expect(await tables.rows(`SELECT * FROM delta.\`${folder}\``), hint).toEqual(expected);
    rmSync(folder, { recursive: true });
  }
});

test("a corrupt line of the log is named", async () => {
  const folder = join(tables.folder, "corrupt");
  cpSync(join(tables.folder, "t"), folder, { recursive: true });
  writeFileSync(join(folder, "_delta_log", name(11, "json")), '{"add":{"path":"x"\n');
  expect(await tables.failure(`SELECT * FROM delta.\`${folder}\``)).toBe("DELTA_LOG_FILE_UNREADABLE");
});
