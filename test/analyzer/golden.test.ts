import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { EvalContext } from "../../executor/functions/scalar-function.ts";
import { evaluate } from "../../executor/interpret.ts";
import { goldenCondition, goldenQueries } from "./golden-file.ts";
import { conditionOf, GoldenSession } from "./golden-session.ts";

const ROOT = new URL("../../../shared/corpus/spark-sql/", import.meta.url);

/** How many result schemas are Spark's to the letter, of those that the golden files hold. Only ever raised. */
const SCHEMA_FLOOR = 4015;
/** How many statements that Spark refuses, in analysis or while running, are refused under the same condition in analysis. Only ever raised. */
const CONDITION_FLOOR = 1095;

const CONTEXT: Omit<EvalContext, "timeZone"> = { queryTime: 0n, user: "tester", database: "default", catalog: "spark_catalog" };

function run(): { schemas: number; conditions: number; crashes: readonly string[] } {
  let schemas = 0;
  let conditions = 0;
  const crashes: string[] = [];
  const noColumns = (): never => {
    throw new Error("a constant reads no column");
  };
  for (const file of readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter((f) => f.includes(".sql.out"))) {
    const session = new GoldenSession((expr, timeZone) => evaluate(expr, noColumns, { ...CONTEXT, timeZone }));
    if (file.startsWith("timestampNTZ")) session.run("SET spark.sql.timestampType = TIMESTAMP_NTZ");
    for (const query of goldenQueries(readFileSync(new URL(file, ROOT), "utf8"))) {
      let schema: string | undefined;
      let condition: string | undefined;
      try {
        schema = session.run(query.sql);
      } catch (error) {
        condition = conditionOf(error);
        if (condition.includes("\n")) crashes.push(`${file}: ${query.sql}\n${condition}`);
      }
      if (query.schema !== "struct<>" && schema === query.schema) schemas++;
      if (condition !== undefined && condition === goldenCondition(query)) conditions++;
    }
  }
  return { schemas, conditions, crashes };
}

test.skipIf(!existsSync(ROOT))("result schemas and error conditions of Spark's golden files (skipped where ../shared/corpus is absent)", () => {
  const { schemas, conditions, crashes } = run();
  expect(crashes).toEqual([]);
  expect(schemas).toBeGreaterThanOrEqual(SCHEMA_FLOOR);
  expect(conditions).toBeGreaterThanOrEqual(CONDITION_FLOOR);
});
