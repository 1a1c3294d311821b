import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SparrowError } from "../../catalog/errors.ts";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";
import { sortedTexts } from "./row-texts.ts";

const CORPUS = fileURLToPath(new URL("../../../shared/corpus/delta", import.meta.url));
const tables = existsSync(CORPUS) ? readdirSync(CORPUS) : [];
const withRows = tables.filter((name) => existsSync(`${CORPUS}/${name}/expected`));
const absent = tables.length === 0 ? " (skipped: no ../shared/corpus/delta)" : "";

/** Tables whose data files are not there, or that are no tables: how each is refused, or the number of rows. */
const WITHOUT_ANSWER: Readonly<Record<string, string | number>> = {
  "canonicalized-paths-normal-a": "DELTA_MISSING_DELTA_TABLE",
  "canonicalized-paths-special-a": 0,
  checkpoint: "FAILED_READ_FILE.FILE_NOT_EXIST",
  "delete-re-add-same-file-different-transactions": "FAILED_READ_FILE.FILE_NOT_EXIST",
  "deltalog-commit-info": "DELTA_READ_TABLE_WITHOUT_COLUMNS",
  "deltalog-invalid-protocol-version": "DELTA_INVALID_PROTOCOL_VERSION",
  "deltalog-state-reconstruction-from-checkpoint-missing-metadata": "DELTA_STATE_RECOVER_ERROR",
  "deltalog-state-reconstruction-from-checkpoint-missing-protocol": "DELTA_STATE_RECOVER_ERROR",
  "deltalog-state-reconstruction-without-metadata": "DELTA_STATE_RECOVER_ERROR",
  "update-deleted-directory": "DELTA_READ_TABLE_WITHOUT_COLUMNS",
};

/** The zone of a table's writer, where that is not UTC: timestamps in partition values are without one. */
const WRITER_ZONE: Readonly<Record<string, string>> = { "data-reader-partition-values": "America/Los_Angeles" };

let sparrow: SparrowUnderTest;
let duckdb: DuckDBOracle;
beforeAll(async () => {
  sparrow = await SparrowUnderTest.open({ "sparrow.workers": "1", "sparrow.memory.limit": "256m" });
  duckdb = await DuckDBOracle.open({ threads: 1 });
});
afterAll(async () => {
  duckdb.close();
  await sparrow.close();
});

test.skipIf(tables.length === 0)(`tables of Spark's read to their rows${absent}`, async () => {
  const wrong: string[] = [];
  for (const name of withRows) {
    try {
      await sparrow.count(`SET TIME ZONE '${WRITER_ZONE[name] ?? "UTC"}'`);
      const actual = await sparrow.query(`SELECT * FROM delta.\`${CORPUS}/${name}/delta\``);
      const columns = actual.columns.map((column) => `"${column.name}"`).join(", ");
      const expected = await duckdb.query(`SELECT ${columns} FROM read_parquet('${CORPUS}/${name}/expected/*.parquet')`);
      expect(sortedTexts(actual.rows), name).toEqual(sortedTexts(expected.rows));
    } catch (error) {
      wrong.push(`${name}: ${error instanceof Error ? error.message.slice(0, 600) : String(error)}`);
    }
  }
  expect(wrong).toEqual([]);
});

test.skipIf(tables.length === 0)(`tables without an answer are refused by name, or empty${absent}`, async () => {
  const outcomes: Record<string, string | number> = {};
  for (const name of tables.filter((table) => !withRows.includes(table))) {
    try {
      outcomes[name] = (await sparrow.query(`SELECT * FROM delta.\`${CORPUS}/${name}/delta\``)).rows.length;
    } catch (error) {
      if (!(error instanceof SparrowError)) throw error;
      outcomes[name] = error.condition;
    }
  }
  expect(outcomes).toEqual(WITHOUT_ANSWER);
});
