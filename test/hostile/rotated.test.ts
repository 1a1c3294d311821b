import { expect, test } from "vitest";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import { answeredCorpus, corpusTables, wrongAnswers } from "./corpus.ts";
import { Engines } from "./engines.ts";

const RANDOM_QUERIES = 60;
/** Of so many neighbours under a configuration one is asked; in the longer set, whole.long.test.ts, each query meets all configurations. */
const QUERIES_PER_ASKED = 26;

test("queries of the corpus give DuckDB's answers under the hostile configurations, each under another", async () => {
  const tables = await corpusTables();
  const duckdb = await DuckDBOracle.open({ threads: 1 });
  for (const { name, path } of tables) await duckdb.loadParquet(name, path);
  const corpus = await answeredCorpus(duckdb, RANDOM_QUERIES);
  duckdb.close();
  await using engines = new Engines(tables);
  const wrong: string[] = [];
  for (const [c, configuration] of CONFIGURATIONS.entries()) {
    const mine = corpus.filter((_, q) => (q + 3 * c) % QUERIES_PER_ASKED === 0);
    for (const problem of await wrongAnswers(mine, (sql) => engines.run(sql, configuration))) wrong.push(`${configuration.name}: ${problem}`);
  }
  expect(wrong).toEqual([]);
});
