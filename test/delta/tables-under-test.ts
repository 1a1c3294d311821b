import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";
import { checkFiles, replayLog } from "./replay-log.ts";
import { ReplayedRows } from "./replay-rows.ts";
import { sortedTexts } from "./row-texts.ts";

/** An engine with a warehouse of its own, and a reader beside it that shares no code with it. */
export class TablesUnderTest {
  readonly sparrow: SparrowUnderTest;
  readonly duckdb: DuckDBOracle;
  readonly folder: string;
  readonly replayedRows: ReplayedRows;

  private constructor(sparrow: SparrowUnderTest, duckdb: DuckDBOracle, folder: string) {
    this.sparrow = sparrow;
    this.duckdb = duckdb;
    this.folder = folder;
    this.replayedRows = new ReplayedRows(duckdb);
  }

  static async open(): Promise<TablesUnderTest> {
    const folder = mkdtempSync(join(tmpdir(), "sparrow-delta-"));
    const sparrow = await SparrowUnderTest.open({ "sparrow.workers": "1", "sparrow.memory.limit": "256m", "spark.sql.warehouse.dir": folder });
    return new TablesUnderTest(sparrow, await DuckDBOracle.open({ threads: 1 }), folder);
  }

  async close(): Promise<void> {
    this.duckdb.close();
    await this.sparrow.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async run(...statements: readonly string[]): Promise<void> {
    for (const statement of statements) await this.sparrow.count(statement);
  }

  async rows(sql: string): Promise<string[]> {
    return sortedTexts((await this.sparrow.query(sql)).rows);
  }

  /** The rows of a table's version as DuckDB reads the files that the log names. */
  async independentRows(table: string, version = Infinity): Promise<string[]> {
    const replayed = replayLog(join(this.folder, table), version);
    checkFiles(replayed);
    return sortedTexts(await this.replayedRows.rows(replayed));
  }

  /** The rows of a managed table as both readers see them. */
  async readers(table: string): Promise<{ readonly engine: string[]; readonly replay: string[] }> {
    return { engine: await this.rows(`SELECT * FROM ${table}`), replay: await this.independentRows(table) };
  }

  /** The condition of the error that a statement raises; undefined when it raises none. */
  async failure(sql: string): Promise<string | undefined> {
    try {
      await this.sparrow.count(sql);
    } catch (error) {
      return (error as { condition?: string }).condition ?? String(error);
    }
    return undefined;
  }
}

/** What `TablesUnderTest.readers` gives when both see these rows. */
export function seenByBoth(rows: readonly (readonly unknown[])[]): { readonly engine: string[]; readonly replay: string[] } {
  const texts = sortedTexts(rows as never);
  return { engine: texts, replay: texts };
}
