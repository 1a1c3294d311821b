import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { QueryCounters } from "../../executor/query-counters.ts";
import { Engine } from "../../server/engine.ts";
import type { EngineEvent, SparrowSession } from "../../server/library.ts";
import { Sparrow } from "../../server/library.ts";
import { arrowRows } from "../oracle/arrow-rows.ts";
import { WatchedExecutor } from "../oracle/watched-executor.ts";

/** What a query gave, its rows as texts, and what it took. */
export interface LimitedResult {
  /** As they came. */
  readonly rows: readonly string[];
  readonly counters: QueryCounters;
}

/** An engine whose queries run with and without a limit of memory, over a spill folder of its own. */
export class LimitedEngine {
  readonly workers: number;
  readonly #sparrow: Sparrow;
  readonly #directory: string;
  readonly #counters: QueryCounters[] = [];
  /** Of all queries. */
  readonly events: EngineEvent[] = [];
  readonly #watched = new WatchedExecutor((counters) => this.#counters.push(counters));

  private constructor(directory: string, workers: number, settings: Readonly<Record<string, string>>) {
    this.workers = workers;
    this.#directory = directory;
    const engine = new Engine({
      catalog: "memory",
      settings: { "sparrow.workers": String(workers), "sparrow.spill.dir": directory, "spark.sql.session.timeZone": "UTC", ...settings },
      createExecutor: this.#watched.create,
      onEvent: (event) => this.events.push(event),
    });
    this.#sparrow = new Sparrow(engine);
  }

  static async open(workers: number, settings: Readonly<Record<string, string>> = {}): Promise<LimitedEngine> {
    return new LimitedEngine(await mkdtemp(join(tmpdir(), "sparrow-test-")), workers, settings);
  }

  session(settings: Readonly<Record<string, string>> = {}): SparrowSession {
    return this.#sparrow.session(settings);
  }

  /** `limit`: as the setting has it; absent: none. */
  async run(sql: string, limit?: string, settings: Readonly<Record<string, string>> = {}): Promise<LimitedResult> {
    const result = await this.#sparrow.session({ ...settings, ...(limit === undefined ? {} : { "sparrow.query.memory.limit": limit }) }).sql(sql);
    const rows: string[] = [];
    for await (const batch of result) for (const row of arrowRows(batch)) rows.push(JSON.stringify(row, (_, value) => (typeof value === "bigint" ? `${value}n` : value)));
    return { rows, counters: this.#counters.at(-1)! };
  }

  /** Bytes of the pool that are in use, and files on disk. */
  async leftovers(): Promise<{ readonly bytes: number; readonly files: readonly string[] }> {
    const files = await readdir(this.#directory, { recursive: true });
    return { bytes: this.#watched.poolBytes, files: files.filter((name) => !/^sparrow-spill-[^/]*$/.test(name)) };
  }

  /** Ends a worker thread, whatever it does. */
  async endWorker(index: number): Promise<void> {
    await this.#watched.endThread(index);
  }

  async close(): Promise<void> {
    await this.#sparrow.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
