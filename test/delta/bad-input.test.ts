import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { replayLog } from "./replay-log.ts";
import { TablesUnderTest } from "./tables-under-test.ts";

let tables: TablesUnderTest;
beforeAll(async () => {
  tables = await TablesUnderTest.open();
  await tables.run(
    "CREATE TABLE base (id INT, s STRING) USING delta TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.checkpointInterval' = '4')",
    "INSERT INTO base VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (5, 'e')",
    "ALTER TABLE base ADD CONSTRAINT small CHECK (id < 100)",
    "DELETE FROM base WHERE id = 2",
    "INSERT INTO base VALUES (6, 'f')",
    "INSERT INTO base VALUES (7, 'g')",
  );
  const log = join(tables.folder, "base/_delta_log");
  for (let version = 0; version <= 5; version++) utimesSync(commit(log, version), Date.UTC(2024, 0, 1 + version) / 1000, Date.UTC(2024, 0, 1 + version) / 1000);
});
afterAll(() => tables.close());

function commit(log: string, version: number): string {
  return `${log}/${String(version).padStart(20, "0")}.json`;
}

/** A copy of the table with something done to it, in FROM. */
function damaged(name: string, damage: (folder: string) => void): { readonly folder: string; readonly table: string } {
  const folder = join(tables.folder, `damaged ${name}`);
  cpSync(join(tables.folder, "base"), folder, { recursive: true, preserveTimestamps: true });
  damage(folder);
  return { folder, table: `delta.\`${folder}\`` };
}

/** Everything that is in a folder. */
function contents(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => statSync(join(folder, path)).isFile());
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), "base64")]));
}

function dataFile(folder: string, which: (path: string) => boolean = () => true): string {
  const [path] = readdirSync(folder).filter((name) => name.endsWith(".parquet")).map((name) => join(folder, name)).filter(which);
  return path;
}

/** Statements that need the files of the table. */
const CHANGES = (table: string): string[] => [
  `UPDATE ${table} SET s = 'x' WHERE s <> 'nothing'`,
  `DELETE FROM ${table} WHERE s <> 'nothing'`,
  `MERGE INTO ${table} t USING (SELECT 'a' AS k) u ON t.s <> u.k WHEN MATCHED THEN DELETE`,
  `OPTIMIZE ${table}`,
  `INSERT INTO ${table} SELECT * FROM ${table}`,
];

test("damaged tables: an error of its own for each kind, by statements that read and that change, and nothing is touched", async () => {
  const withoutCheckpoint = (folder: string): void => readdirSync(`${folder}/_delta_log`).filter((name) => /checkpoint/.test(name)).forEach((name) => rmSync(`${folder}/_delta_log/${name}`));
  const cases: readonly (readonly [name: string, damage: (folder: string) => void, condition: string])[] = [
    ["line that is no JSON", (folder) => appendFileSync(commit(`${folder}/_delta_log`, 5), '{"add":{"path"\n'), "DELTA_LOG_FILE_UNREADABLE"],
    ["line without what it needs", (folder) => appendFileSync(commit(`${folder}/_delta_log`, 5), '{"add":{"size":1}}\n'), "DELTA_LOG_FILE_UNREADABLE"],
    ["commit cut off", (folder) => truncateSync(commit(`${folder}/_delta_log`, 5), statSync(commit(`${folder}/_delta_log`, 5)).size - 20), "DELTA_LOG_FILE_UNREADABLE"],
    ["commit that is missing", (folder) => (withoutCheckpoint(folder), rmSync(commit(`${folder}/_delta_log`, 2))), "DELTA_VERSIONS_NOT_CONTIGUOUS"],
    ["log without metadata", (folder) => (withoutCheckpoint(folder), [0, 2].forEach((version) => withoutActions(commit(`${folder}/_delta_log`, version), "metaData"))), "DELTA_STATE_RECOVER_ERROR"],
    ["log without a protocol", (folder) => (withoutCheckpoint(folder), [0, 2].forEach((version) => withoutActions(commit(`${folder}/_delta_log`, version), "protocol"))), "DELTA_STATE_RECOVER_ERROR"],
    ["unknown feature", (folder) => appendFileSync(commit(`${folder}/_delta_log`, 5), '{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["fromTheFuture"],"writerFeatures":["fromTheFuture"]}}\n'), "DELTA_UNSUPPORTED_FEATURES_FOR_READ"],
    ["data file that is gone", (folder) => rmSync(dataFile(folder)), "FAILED_READ_FILE.FILE_NOT_EXIST"],
    ["data file cut off", (folder) => truncateSync(dataFile(folder), 20), "FAILED_READ_FILE.NO_HINT"],
    ["deletion vector with another checksum", (folder) => damageVector(folder, (bytes) => (bytes[bytes.length - 6] ^= 1)), "DELTA_DELETION_VECTOR_CHECKSUM_MISMATCH"],
    ["deletion vector of another size", (folder) => damageVector(folder, (bytes) => bytes.writeInt32BE(1, 1)), "DELTA_DELETION_VECTOR_SIZE_MISMATCH"],
    ["deletion vector that is gone", (folder) => rmSync(vectorFile(folder)), "FAILED_READ_FILE.FILE_NOT_EXIST"],
  ];
  for (const [name, damage, condition] of cases) {
    const { folder, table } = damaged(name, damage);
    const before = contents(folder);
    for (const statement of [`SELECT s FROM ${table}`, ...CHANGES(table)]) expect(await tables.failure(statement), `${name}: ${statement}`).toBe(condition);
    expect(contents(folder), name).toEqual(before);
  }
});

test("a checkpoint that cannot be read is an error that names it", async () => {
  const { table } = damaged("checkpoint", (folder) => writeFileSync(join(folder, "_delta_log", readdirSync(`${folder}/_delta_log`).find((name) => name.endsWith(".checkpoint.parquet")) as string), "PAR1 no Parquet PAR1"));
  const error = await tables.rows(`SELECT * FROM ${table}`).catch((raised: unknown) => raised as Error);
  expect(String(error)).toContain("00000000000000000004.checkpoint.parquet");
});

test("statements that are refused: the table's class of error, and nothing is touched", async () => {
  const folder = join(tables.folder, "base");
  const before = contents(folder);
  const cases: readonly (readonly [string, string])[] = [
    ["SELECT * FROM base VERSION AS OF 6", "DELTA_VERSION_NOT_FOUND"],
    ["RESTORE TABLE base TO VERSION AS OF 6", "DELTA_CANNOT_RESTORE_TABLE_VERSION"],
    ["SELECT * FROM base TIMESTAMP AS OF '2023-12-31'", "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION"],
    ["SELECT * FROM base TIMESTAMP AS OF '2024-01-07'", "DELTA_TIMESTAMP_GREATER_THAN_COMMIT"],
    ["SELECT * FROM base TIMESTAMP AS OF 'yesterday'", "INVALID_TIME_TRAVEL_TIMESTAMP_EXPR.INPUT"],
    ["RESTORE TABLE base TO TIMESTAMP AS OF '2023-12-31'", "DELTA_CANNOT_RESTORE_TIMESTAMP_EARLIER"],
    ["MERGE INTO base t USING (SELECT * FROM VALUES (1), (1) AS v(k)) u ON t.id = u.k WHEN MATCHED THEN UPDATE SET s = 'x'", "DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE"],
    ["INSERT INTO base VALUES (8, 'h'), (100, 'i')", "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"],
    ["INSERT OVERWRITE base VALUES (100, 'i')", "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"],
    ["UPDATE base SET id = id + 97", "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"],
    ["MERGE INTO base t USING (SELECT 200 AS k) u ON t.id = u.k WHEN NOT MATCHED THEN INSERT (id) VALUES (k)", "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"],
    ["INSERT INTO base SELECT CAST(concat(s, s) AS INT), s FROM base", "CAST_INVALID_INPUT"],
    ["INSERT INTO base VALUES (array(1), 'h')", "INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST"],
    ["INSERT INTO base VALUES ('one', 'h')", "CAST_INVALID_INPUT"],
    ["UPDATE base SET id = s", "CAST_INVALID_INPUT"],
    ["INSERT INTO base VALUES (8)", "DELTA_INSERT_COLUMN_ARITY_MISMATCH"],
    ["RESTORE TABLE base TO TIMESTAMP AS OF '2100-01-01'", "DELTA_CANNOT_RESTORE_TIMESTAMP_GREATER"],
    ["ALTER TABLE base ADD CONSTRAINT odd CHECK (id)", "DELTA_NON_BOOLEAN_CHECK_CONSTRAINT"],
    ["ALTER TABLE base SET TBLPROPERTIES ('delta.constraints.odd' = 'id > 0')", "DELTA_ADD_CONSTRAINTS"],
    ["ALTER TABLE base ADD PARTITION (id = 1)", "INVALID_PARTITION_OPERATION.PARTITION_MANAGEMENT_IS_UNSUPPORTED"],
    ["ALTER TABLE base SET TBLPROPERTIES ('delta.dataSkippingNumIndexedCols' = '-2')", "UNSUPPORTED_TABLE_CHANGE"],
    ["ALTER TABLE base SET TBLPROPERTIES ('delta.checkpointInterval' = 'often')", "UNSUPPORTED_TABLE_CHANGE"],
    ["MSCK REPAIR TABLE base", "NOT_SUPPORTED_COMMAND_FOR_V2_TABLE"],
    ["CREATE TABLE all_keys (a INT) USING delta PARTITIONED BY (a)", "ALL_PARTITION_COLUMNS_NOT_ALLOWED"],
    ["UPDATE base SET id = 1 / 0", "DIVIDE_BY_ZERO"],
    ["VACUUM base RETAIN 0 HOURS", "DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT"],
    ["ALTER TABLE base ADD CONSTRAINT big CHECK (id > 3)", "DELTA_NEW_CHECK_CONSTRAINT_VIOLATION"],
  ];
  for (const [statement, condition] of cases) expect(await tables.failure(statement), statement).toBe(condition);
  expect(contents(folder)).toEqual(before);
});

test("a version whose commits are gone: what can still be read is said", async () => {
  const { folder, table } = damaged("early commits", (copy) => [0, 1, 2].forEach((version) => rmSync(commit(`${copy}/_delta_log`, version))));
  const error = await tables.rows(`SELECT * FROM ${table} VERSION AS OF 3`).catch((raised: unknown) => raised as Error);
  expect(error).toMatchObject({ condition: "DELTA_VERSION_NOT_FOUND", message: expect.stringContaining("Available versions: [4, 5]") as string });
  expect(await tables.rows(`SELECT count(*) FROM ${table}`)).toEqual(["[6]"]);
  expect(readdirSync(`${folder}/_delta_log`)).not.toContain("00000000000000000000.json");
});

function withoutActions(path: string, kind: string): void {
  const lines = readFileSync(path, "utf8").split("\n");
  writeFileSync(path, lines.filter((line) => !line.startsWith(`{"${kind}"`)).join("\n"));
}

function vectorFile(folder: string): string {
  expect(replayLog(folder).files.some(({ deletionVector }) => deletionVector?.storageType === "u")).toBe(true);
  return join(folder, readdirSync(folder).find((name) => name.endsWith(".bin")) as string);
}

function damageVector(folder: string, damage: (bytes: Buffer) => void): void {
  const path = vectorFile(folder);
  const bytes = readFileSync(path);
  damage(bytes);
  writeFileSync(path, bytes);
}
