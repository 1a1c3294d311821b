import type { Value } from "../../catalog/values.ts";
import { Engine } from "../../server/engine.ts";
import { parseText } from "../../server/parse-text.ts";
import { prepareQuery } from "../../server/run-query.ts";
import { runText } from "../../server/run-text.ts";
import { evalContext, sessionFacts } from "../../server/session-facts.ts";
import type { Session } from "../../server/session.ts";
import type { DuckDBOracle } from "../oracle/duckdb.ts";
import type { ResultSet } from "../oracle/result-set.ts";
import { PlanInterpreter } from "./interpret-plan.ts";
import type { Row } from "./relation.ts";

/** The engine up to its physical plans, which are interpreted; DuckDB reads the Parquet files. */
export class InterpretedSparrow {
  readonly #engine: Engine;
  readonly #session: Session;
  readonly #duckdb: DuckDBOracle;
  readonly #files = new Map<string, { readonly names: readonly string[]; readonly rows: readonly Row[] }>();

  constructor(duckdb: DuckDBOracle, settings: Readonly<Record<string, string>> = {}) {
    this.#engine = new Engine({ catalog: "memory", settings: { "spark.sql.session.timeZone": "UTC", ...settings } });
    this.#session = this.#engine.newSession();
    this.#duckdb = duckdb;
  }

  async viewParquet(name: string, path: string): Promise<void> {
    await runText(this.#session, `CREATE OR REPLACE TEMPORARY VIEW ${name} USING parquet OPTIONS (path '${path.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}')`);
  }

  /** Answers a query; other statements are refused. */
  async query(sql: string): Promise<ResultSet> {
    const session = this.#session;
    const { statement } = await parseText(sql, session, {});
    if (statement.kind !== "select") throw new Error(`not a query: ${statement.kind}`);
    const prepared = await prepareQuery(session, statement.query, { text: sql });
    const context = evalContext(sessionFacts(session), session.timeZone);
    const relation = await new PlanInterpreter(context, (path, columns) => this.#read(path, columns)).run(prepared.physical);
    return { columns: prepared.columns.map(({ name, type }) => ({ name, type })), rows: relation.rows };
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  async #read(path: string, columns: readonly string[]): Promise<Row[]> {
    let file = this.#files.get(path);
    if (file === undefined) {
      const all = await this.#duckdb.query(`SELECT * FROM read_parquet('${path.replaceAll("'", "''")}')`);
      file = { names: all.columns.map((column) => column.name), rows: all.rows };
      this.#files.set(path, file);
    }
    const { names, rows } = file;
    const positions = columns.map((column) => names.indexOf(column));
    return rows.map((row): Value[] => positions.map((position) => row[position]));
  }
}
