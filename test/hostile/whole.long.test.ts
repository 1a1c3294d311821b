import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import type { AnsweredQuery } from "./corpus.ts";
import { answeredCorpus, corpusTables, wrongAnswers } from "./corpus.ts";
import { Engines } from "./engines.ts";

const RANDOM_QUERIES = 100;

let corpus: readonly AnsweredQuery[];
let engines: Engines;

beforeAll(async () => {
  const tables = await corpusTables();
  const duckdb = await DuckDBOracle.open({ threads: 1 });
  for (const { name, path } of tables) await duckdb.loadParquet(name, path);
  corpus = await answeredCorpus(duckdb, RANDOM_QUERIES);
  duckdb.close();
  engines = new Engines(tables);
});

afterAll(() => engines[Symbol.asyncDispose]());

describe("the whole corpus gives DuckDB's answers", () => {
  it.each(CONFIGURATIONS)("with $name", async (configuration) => {
    expect(await wrongAnswers(corpus, (sql) => engines.run(sql, configuration))).toEqual([]);
  });
});
