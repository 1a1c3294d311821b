import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { goldenCondition, goldenQueries } from "./golden-file.ts";
import { conditionOf, GoldenSession } from "./golden-session.ts";

const ROOT = new URL("../../../shared/corpus/spark-sql/", import.meta.url);

/** How many result schemas are Spark's to the letter, of the 5,138 that the golden files hold. Only ever raised. */
const SCHEMA_FLOOR = 4230;
/** How many statements that Spark refuses, in analysis or while running, are refused under the same condition in analysis. Only ever raised. */
const CONDITION_FLOOR = 1215;
interface Counts {
  schemas: number;
  conditions: number;
  /** What is no error meant for users: a broken promise of ours. */
  readonly crashes: string[];
}

function runFile(file: string, counts: Counts): void {
  const session = new GoldenSession();
  if (file.startsWith("timestampNTZ")) session.run("SET spark.sql.timestampType = TIMESTAMP_NTZ");
  for (const query of goldenQueries(readFileSync(new URL(file, ROOT), "utf8"))) {
    try {
      const schema = session.run(query.sql);
      if (query.schema !== "struct<>" && schema === query.schema) counts.schemas++;
    } catch (error) {
      const condition = conditionOf(error);
      if (condition.includes("\n")) counts.crashes.push(`${file}: ${query.sql}\n${condition}`);
      if (condition === goldenCondition(query)) counts.conditions++;
    }
  }
}

test.skipIf(!existsSync(ROOT))("schemas and error conditions of Spark's golden files (skipped where ../shared/corpus is absent)", () => {
  const counts: Counts = { schemas: 0, conditions: 0, crashes: [] };
  for (const file of readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter((f) => f.includes(".sql.out"))) runFile(file, counts);
  expect(counts.crashes).toEqual([]);
  expect(counts.schemas).toBeGreaterThanOrEqual(SCHEMA_FLOOR);
  expect(counts.conditions).toBeGreaterThanOrEqual(CONDITION_FLOOR);
});
