import type { Value } from "../../catalog/values.ts";
import { open } from "../../server/library.ts";
import type { Sparrow, SparrowSession } from "../../server/library.ts";
import { arrowRows } from "./arrow-rows.ts";
import type { ResultSet } from "./result-set.ts";

/** The engine as its users have it, through the embedded library, with results in the form in which they are compared. */
export class SparrowUnderTest {
  readonly #sparrow: Sparrow;
  readonly #session: SparrowSession;

  private constructor(sparrow: Sparrow) {
    this.#sparrow = sparrow;
    this.#session = sparrow.session();
  }

  /** Opens an engine whose catalog ends with it, in UTC. */
  static async open(settings: Readonly<Record<string, string>> = {}): Promise<SparrowUnderTest> {
    return new SparrowUnderTest(await open({ settings: { "spark.sql.session.timeZone": "UTC", ...settings }, catalog: "memory" }));
  }

  /** `settings`: for this statement alone. */
  async query(sql: string, settings?: Readonly<Record<string, string>>): Promise<ResultSet> {
    const result = await this.#session.sql(sql, { settings });
    const rows: Value[][] = [];
    for await (const batch of result) for (const row of arrowRows(batch)) rows.push(row);
    return { columns: result.columns.map(({ name, type }) => ({ name, type })), rows };
  }

  /** Runs one statement, takes its whole result as the engine's own batches, and gives the number of rows. */
  async count(sql: string): Promise<number> {
    const result = await this.#session.sql(sql);
    let rows = 0;
    for await (const batch of result.batches()) rows += batch.rows;
    return rows;
  }

  /** Makes `name` a temporary view of a Parquet file. */
  async viewParquet(name: string, path: string): Promise<void> {
    await this.count(`CREATE OR REPLACE TEMPORARY VIEW ${name} USING parquet OPTIONS (path '${path.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}')`);
  }

  /** Makes the view, and caches the table in the engine's memory. */
  async loadParquet(name: string, path: string): Promise<void> {
    await this.viewParquet(name, path);
    await this.count(`CACHE TABLE ${name}`);
  }

  close(): Promise<void> {
    return this.#sparrow.close();
  }
}
