import { expect, test } from "vitest";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import { answeredCorpus, corpusTables, wrongAnswers } from "./corpus.ts";
import { Engines } from "./engines.ts";

const RANDOM_QUERIES = 60;
/** Each query meets so many of the configurations, in turn with its neighbours; in the longer set it meets all. */
const CONFIGURATIONS_PER_QUERY = 1;

test("every query of the corpus gives DuckDB's answer under one of the hostile configurations", async () => {
  const tables = await corpusTables();
  const duckdb = await DuckDBOracle.open({ threads: 1 });
  for (const { name, path } of tables) await duckdb.loadParquet(name, path);
  const corpus = await answeredCorpus(duckdb, RANDOM_QUERIES);
  duckdb.close();
  await using engines = new Engines(tables);
  const wrong: string[] = [];
  for (const [c, configuration] of CONFIGURATIONS.entries()) {
    const mine = corpus.filter((_, q) => (q + c) % CONFIGURATIONS.length < CONFIGURATIONS_PER_QUERY);
    for (const problem of await wrongAnswers(mine, (sql) => engines.run(sql, configuration))) wrong.push(`${configuration.name}: ${problem}`);
  }
  expect(wrong).toEqual([]);
});
