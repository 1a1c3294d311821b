import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { open } from "../../server/library.ts";
import type { Sparrow, SparrowSession } from "../../server/library.ts";

/** Settings of one run. */
type RunSettings = Readonly<Record<string, string>>;

/** An engine over a warehouse of its own, and how its queries were changed while they ran. */
export class AdaptiveSparrow {
  readonly #sparrow: Sparrow;
  readonly #session: SparrowSession;
  /** Folder of its tables. */
  readonly warehouse: string;

  private constructor(sparrow: Sparrow, warehouse: string) {
    this.#sparrow = sparrow;
    this.#session = sparrow.session();
    this.warehouse = warehouse;
  }

  static async open(...statements: readonly string[]): Promise<AdaptiveSparrow> {
    const warehouse = mkdtempSync(join(tmpdir(), "sparrow-adaptive-"));
    const settings = { "spark.sql.session.timeZone": "UTC", "sparrow.workers": "2", "sparrow.adaptive.minRows": "0", "spark.sql.warehouse.dir": warehouse };
    const opened = new AdaptiveSparrow(await open({ settings, catalog: "memory" }), warehouse);
    for (const statement of statements) await opened.rows(statement);
    return opened;
  }

  /** The rows as they come. */
  async inOrder(sql: string, settings: RunSettings = {}): Promise<readonly Record<string, unknown>[]> {
    return this.#with(settings, async () => await (await this.#session.sql(sql)).toArray());
  }

  /** The rows in an order of their own, for comparing runs. */
  async rows(sql: string, settings: RunSettings = {}): Promise<readonly string[]> {
    return (await this.inOrder(sql, settings)).map((row) => JSON.stringify(row, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value))).toSorted();
  }

  /** What EXPLAIN ANALYZE says. */
  async explain(sql: string, settings: RunSettings = {}): Promise<string> {
    const [row] = await this.#with(settings, async () => await (await this.#session.sql(`EXPLAIN ANALYZE ${sql}`)).toArray());
    return String(row.plan);
  }

  /** The lines of EXPLAIN ANALYZE under "Adaptive Decisions": node numbers left out. */
  async decisions(sql: string, settings: RunSettings = {}): Promise<readonly string[]> {
    const [, section] = /== Adaptive Decisions ==\n([\s\S]*?)\n\n/.exec(await this.explain(sql, settings)) ?? [];
    return section === undefined ? [] : section.split("\n").map((line) => line.replace(/ \(id=\d+\)/, ""));
  }

  /** Those of one rule. */
  async decisionsOf(rule: string, sql: string, settings: RunSettings = {}): Promise<readonly string[]> {
    return (await this.decisions(sql, settings)).filter((line) => line.startsWith(rule));
  }

  async close(): Promise<void> {
    await this.#sparrow.close();
    rmSync(this.warehouse, { recursive: true, force: true });
  }

  async #with<T>(settings: RunSettings, run: () => Promise<T>): Promise<T> {
    for (const [name, value] of Object.entries(settings)) await (await this.#session.sql(`SET ${name} = ${value}`)).toArray();
    try {
      return await run();
    } finally {
      for (const name of Object.keys(settings)) await (await this.#session.sql(`RESET ${name}`)).toArray();
    }
  }
}

export const OFF: RunSettings = { "spark.sql.adaptive.enabled": "false" };

/** The rows are those which the plan gives as it was first made. */
export async function expectRowsOfFirstPlan(sparrow: AdaptiveSparrow, sql: string): Promise<void> {
  expect(await sparrow.rows(sql)).toEqual(await sparrow.rows(sql, OFF));
}
