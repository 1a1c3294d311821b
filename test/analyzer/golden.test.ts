import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { InternalError } from "../../catalog/errors.ts";
import type { GoldenQuery } from "./golden-file.ts";
import { goldenCondition, goldenQueries } from "./golden-file.ts";
import { conditionOf, GoldenSession } from "./golden-session.ts";

const ROOT = new URL("../../../shared/corpus/spark-sql/", import.meta.url);

/** How many result schemas are Spark's to the letter, of the 5,138 that the golden files hold. Only ever raised. */
const SCHEMA_FLOOR = 4018;
/** How many statements that Spark refuses, in analysis or while running, are refused under the same condition in analysis. Only ever raised. */
const CONDITION_FLOOR = 1096;
/** How many queries give Spark's rows when their analyzed plans are run by definition. Only ever raised. */
const ROWS_FLOOR = 4030;

interface Counts {
  schemas: number;
  conditions: number;
  rows: number;
  /** What is no error meant for users: a broken promise of ours. */
  readonly crashes: string[];
}

function runFile(file: string, counts: Counts): void {
  const session = new GoldenSession();
  if (file.startsWith("timestampNTZ")) session.run("SET spark.sql.timestampType = TIMESTAMP_NTZ");
  for (const query of goldenQueries(readFileSync(new URL(file, ROOT), "utf8"))) {
    try {
      const schema = session.run(query.sql);
      if (query.schema === "struct<>") continue;
      if (schema === query.schema) counts.schemas++;
      if (schema !== "struct<>" && sameRows(session, query)) counts.rows++;
    } catch (error) {
      const condition = conditionOf(error);
      if (condition.includes("\n")) counts.crashes.push(`${file}: ${query.sql}\n${condition}`);
      if (condition === goldenCondition(query)) counts.conditions++;
    }
  }
}

/** Without a total order rows may come in any; the files' own trailing blanks do not count. */
function sameRows(session: GoldenSession, query: GoldenQuery): boolean {
  const plain = (lines: readonly string[]): string => lines.map((line) => line.trim()).toSorted().join("\n").trim();
  try {
    return plain(session.rowTexts().flatMap((line) => line.split("\n"))) === plain(query.output.split("\n"));
  } catch (error) {
    // What a value raises, or a function that the reference does not have, is no equal row; a broken promise is a crash.
    if (error instanceof InternalError) throw error;
    return false;
  }
}

test.skipIf(!existsSync(ROOT))("schemas, rows and error conditions of Spark's golden files (skipped where ../shared/corpus is absent)", () => {
  const counts: Counts = { schemas: 0, conditions: 0, rows: 0, crashes: [] };
  for (const file of readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter((f) => f.includes(".sql.out"))) runFile(file, counts);
  expect(counts.crashes).toEqual([]);
  expect(counts.schemas).toBeGreaterThanOrEqual(SCHEMA_FLOOR);
  expect(counts.conditions).toBeGreaterThanOrEqual(CONDITION_FLOOR);
  expect(counts.rows).toBeGreaterThanOrEqual(ROWS_FLOOR);
});
