import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SparrowError } from "../../catalog/errors.ts";
import { valueReader } from "../../executor/result-values.ts";
import { Engine } from "../../server/engine.ts";
import { runText } from "../../server/run-text.ts";
import type { Session } from "../../server/session.ts";
import { goldenCondition, goldenQueries, type GoldenQuery } from "../analyzer/golden-file.ts";
import { GOLDEN_ZONE, hiveText } from "./hive-text.ts";

const ROOT = new URL("../../../shared/corpus/spark-sql/", import.meta.url);
const STATEMENT_TIMEOUT = "10s";

/** How many of the statements end as in Spark: with its rows, or with its error condition. Only ever raised. */
const FLOOR = 7934;

/** Runs the statements of a file in one session; how many end as in Spark. What is no error meant for users goes into `crashes`. */
async function runFile(file: string, crashes: string[]): Promise<{ passed: number; total: number }> {
  const warehouse = mkdtempSync(join(tmpdir(), "sparrow-golden-"));
  const settings = { "spark.sql.warehouse.dir": warehouse, "spark.sql.session.timeZone": GOLDEN_ZONE, "sparrow.workers": "1", "sparrow.memory.limit": "256m", "sparrow.query.timeout": STATEMENT_TIMEOUT };
  const engine = new Engine({ catalog: "memory", settings });
  const session = engine.newSession();
  const queries = goldenQueries(readFileSync(new URL(file, ROOT), "utf8"));
  let passed = 0;
  for (const query of queries) {
    try {
      if (await endsAsInSpark(session, query)) passed++;
    } catch (error) {
      crashes.push(`${file}: ${query.sql}\n${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  await engine.close();
  rmSync(warehouse, { recursive: true });
  return { passed, total: queries.length };
}

async function endsAsInSpark(session: Session, query: GoldenQuery): Promise<boolean> {
  const condition = goldenCondition(query);
  try {
    const rows = await printedRows(session, query.sql);
    return condition === undefined && sameLines(rows.join("\n"), query.output);
  } catch (error) {
    if (!(error instanceof SparrowError)) throw error;
    return error.condition === condition;
  }
}

async function printedRows(session: Session, sql: string): Promise<string[]> {
  const { columns, batches } = await runText(session, sql);
  const rows: string[] = [];
  for await (const batch of batches) {
    const readers = batch.columns.map(valueReader);
    for (let row = 0; row < batch.rows; row++) rows.push(readers.map((read, i) => hiveText(read(row), columns[i].type)).join("\t"));
  }
  return rows;
}

/** The golden files hold rows in Spark's order, which means something under ORDER BY alone; here the lines are compared in any order. */
function sameLines(ours: string, theirs: string): boolean {
  const sorted = (text: string): string => text.split("\n").map((line) => line.trimEnd()).toSorted().join("\n").trim();
  return sorted(ours) === sorted(theirs);
}

test.skipIf(!existsSync(ROOT))("statements of Spark's golden files end as in Spark (skipped where ../shared/corpus is absent)", async () => {
  const crashes: string[] = [];
  let passed = 0;
  let total = 0;
  for (const file of readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter((name) => name.includes(".sql.out"))) {
    const counts = await runFile(file, crashes);
    passed += counts.passed;
    total += counts.total;
  }
  console.log(`Spark's golden files: ${passed} of ${total} statements end as in Spark`);
  expect(crashes).toEqual([]);
  expect(passed).toBeGreaterThanOrEqual(FLOOR);
});
