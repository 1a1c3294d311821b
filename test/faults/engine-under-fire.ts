import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Engine } from "../../server/engine.ts";
import { runText } from "../../server/run-text.ts";
import type { Session } from "../../server/session.ts";
import { valueReader } from "../../executor/result-values.ts";
import type { BenchTable } from "../../bench/suite.ts";
import type { ResultSet } from "../oracle/result-set.ts";
import type { Value } from "../../catalog/values.ts";
import { DyingThreads } from "./dying-threads.ts";

/** What a process holds that queries could leave behind. */
export interface Holdings {
  readonly poolBytes: number;
  readonly spillFiles: number;
  readonly threads: number;
}

/** An engine whose worker threads can be ended from outside, and whose holdings can be counted. */
export class EngineUnderFire implements AsyncDisposable {
  readonly session: Session;
  readonly #engine: Engine;
  readonly #spillFolder: string;
  readonly threads = new DyingThreads();

  constructor(settings: Readonly<Record<string, string>>) {
    this.#spillFolder = mkdtempSync(path.join(tmpdir(), "sparrow-faults-"));
    this.#engine = new Engine({
      catalog: "memory",
      settings: { "spark.sql.session.timeZone": "UTC", "sparrow.spill.dir": this.#spillFolder, ...settings },
      createExecutor: this.threads.create,
    });
    this.session = this.#engine.newSession();
  }

  async view(tables: readonly BenchTable[]): Promise<void> {
    for (const { name, path: file } of tables) await this.query(`CREATE OR REPLACE TEMPORARY VIEW ${name} USING parquet OPTIONS (path '${file}')`);
  }

  async query(sql: string, signal?: AbortSignal): Promise<ResultSet> {
    const { columns, batches } = await runText(this.session, sql, { signal });
    const rows: Value[][] = [];
    for await (const batch of batches) {
      const readers = batch.columns.map(valueReader);
      for (let row = 0; row < batch.rows; row++) rows.push(readers.map((read) => read(row)));
    }
    return { columns: columns.map(({ name, type }) => ({ name, type })), rows };
  }

  /** Ends one of the worker threads, if there are any. */
  async endThread(index: number): Promise<void> {
    await this.threads.watched.endThread(index);
  }

  get holdings(): Holdings {
    // The folder of the engine itself stays until it is closed.
    const spilled = readdirSync(this.#spillFolder, { recursive: true }).filter((name) => String(name).includes(path.sep));
    return { poolBytes: this.threads.watched.poolBytes, spillFiles: spilled.length, threads: this.threads.watched.executor?.workerPool.threads ?? 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine.close();
    rmSync(this.#spillFolder, { recursive: true });
  }
}
