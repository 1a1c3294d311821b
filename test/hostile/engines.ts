import type { BenchTable } from "../../bench/suite.ts";
import type { ResultSet } from "../oracle/result-set.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";
import type { Configuration } from "./configurations.ts";

/** Engines over the same tables, one for each set of fixed settings, opened when first asked for. */
export class Engines implements AsyncDisposable {
  readonly #tables: readonly BenchTable[];
  readonly #open = new Map<string, Promise<SparrowUnderTest>>();

  constructor(tables: readonly BenchTable[]) {
    this.#tables = tables;
  }

  async run(sql: string, { engine, session }: Configuration): Promise<ResultSet> {
    const key = JSON.stringify(engine);
    let opened = this.#open.get(key);
    if (opened === undefined) this.#open.set(key, (opened = this.#start(engine)));
    return (await opened).query(sql, session);
  }

  async #start(settings: Readonly<Record<string, string>>): Promise<SparrowUnderTest> {
    const sparrow = await SparrowUnderTest.open(settings);
    for (const { name, path } of this.#tables) await sparrow.viewParquet(name, path);
    return sparrow;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of this.#open.values()) await (await opened).close();
  }
}
