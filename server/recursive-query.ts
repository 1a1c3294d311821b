import { SparrowError } from "../catalog/errors.ts";
import type { Split, TableSnapshot } from "../catalog/table.ts";
import type { CachedRelations } from "../executor/cache/cached-relations.ts";
import { type RowFile, rowTable } from "../executor/cache/row-file.ts";
import type { ResultBatch } from "../executor/result-batch.ts";
import type { PlannedColumns, Recursion } from "../planner/logical.ts";
import { rowsWanted, type StoredRows } from "../planner/recursion.ts";
import { executeQuery, fillCache, type Measurement } from "./execute-query.ts";
import type { PreparedQuery, RecursiveQuery } from "./run-query.ts";
import type { Session } from "./session.ts";

/**
 * Runs a query over recursive common tables: their rows first, round by round, into files that are removed when the query ends in whichever way, then the query,
 * planned over them. `sparrow.query.timeout` counts for all of it together. Raises RECURSION_LEVEL_LIMIT_EXCEEDED and RECURSION_ROW_LIMIT_EXCEEDED. Source:
 * Spark's UnionLoopExec.
 */
export async function* executeRecursive(session: Session, prepared: PreparedQuery, recursive: RecursiveQuery, signal: AbortSignal | undefined, planAgain: () => Promise<PreparedQuery>, measurement: Measurement): AsyncGenerator<ResultBatch> {
  const timeoutMs = session.settings.number("sparrow.query.timeout") ?? 0;
  const combined = AbortSignal.any([...(signal === undefined ? [] : [signal]), ...(timeoutMs > 0 ? [AbortSignal.timeout(timeoutMs)] : [])]);
  if (prepared.missing.length > 0) {
    // A table to be cached may be made of the recursive ones, which are not read any more then.
    await fillCache(session, prepared.missing, combined);
    const again = await planAgain();
    measurement.onPlannedAgain?.(again);
    yield* executeQuery(session, again, combined, planAgain, measurement);
    return;
  }
  const executor = await session.engine.executor();
  const rounds = new Rounds(session, recursive.plan, await executor.cached(), combined);
  try {
    const rows = await rounds.read(recursive, prepared);
    const plan = (): PreparedQuery => recursive.plan(recursive.query, rows);
    const planned = plan();
    measurement.onPlannedAgain?.(planned);
    yield* executeQuery(session, planned, combined, async () => plan(), measurement);
  } finally {
    await rounds.remove();
  }
}

/** The recursive tables of one statement. Each has its rows computed once, however often it is read. */
class Rounds {
  readonly #session: Session;
  readonly #plan: RecursiveQuery["plan"];
  readonly #store: CachedRelations;
  readonly #signal: AbortSignal;
  readonly #files: RowFile[] = [];
  /** Tables with all their rows. */
  readonly #whole = new Map<string, TableSnapshot>();

  constructor(session: Session, plan: RecursiveQuery["plan"], store: CachedRelations, signal: AbortSignal) {
    this.#session = session;
    this.#plan = plan;
    this.#store = store;
    this.#signal = signal;
  }

  /** Rows of the tables that the statement's query reads: as many as it wants. */
  async read({ recursions }: RecursiveQuery, { optimized }: PreparedQuery): Promise<StoredRows> {
    const limited = new Map<string, TableSnapshot>();
    for (const { table, recursion } of recursions) {
      const wanted = rowsWanted(optimized, table.version);
      if (wanted === undefined) await this.#readWhole(table, recursion);
      else limited.set(table.version, await this.#run(table, recursion, wanted));
    }
    return new Map([...limited, ...this.#whole]);
  }

  async remove(): Promise<void> {
    for (const file of this.#files) await file.remove();
  }

  async #readWhole(table: TableSnapshot, recursion: Recursion): Promise<void> {
    if (!this.#whole.has(table.version)) this.#whole.set(table.version, await this.#run(table, recursion, undefined));
  }

  async #run({ columns }: TableSnapshot, { name, anchor, step, previous, maxLevel }: Recursion, wanted: number | undefined): Promise<TableSnapshot> {
    const { settings } = this.#session;
    const levels = maxLevel ?? settings.number("spark.sql.cteRecursionLevelLimit") ?? -1;
    const mostRows = settings.number("spark.sql.cteRecursionRowLimit") ?? -1;
    const file = this.#store.newRowFile();
    this.#files.push(file);
    const splits: Split[] = [];
    let rows = 0;
    const counted = async function* (batches: AsyncIterable<ResultBatch>): AsyncGenerator<ResultBatch> {
      for await (const batch of batches) {
        rows += batch.rows;
        if (wanted === undefined && mostRows !== -1 && rows >= mostRows) throw tooManyRows(mostRows);
        yield batch;
        if (wanted !== undefined && rows >= wanted) return;
      }
    };
    let round: PlannedColumns = anchor;
    let before: StoredRows = new Map();
    for (let level = 1; ; level++) {
      const made = await file.append(counted(await this.#batches(round, before)));
      if (made.length === 0) break;
      if (levels !== -1 && level > levels) throw tooManyLevels(levels);
      splits.push(...made);
      if (wanted !== undefined && rows >= wanted) break;
      round = step;
      before = new Map([[previous.version, rowTable(previous.name, columns, made)]]);
    }
    return rowTable(name, columns, splits);
  }

  /** Runs one round, over other recursive tables that it reads, which come first. */
  async #batches(round: PlannedColumns, before: StoredRows): Promise<AsyncIterable<ResultBatch>> {
    const plan = (): PreparedQuery => this.#plan(round, new Map([...this.#whole, ...before]));
    let prepared = plan();
    if (prepared.recursive !== undefined) {
      for (const { table, recursion } of prepared.recursive.recursions) await this.#readWhole(table, recursion);
      prepared = plan();
    }
    return executeQuery(this.#session, prepared, this.#signal, async () => plan());
  }
}

function tooManyLevels(limit: number): SparrowError {
  const hint = "MAX RECURSION LEVEL after the table's name and spark.sql.cteRecursionLevelLimit set the limit.";
  return new SparrowError("RECURSION_LEVEL_LIMIT_EXCEEDED", "42836", `A recursive common table has rows in more than ${limit} rounds, the limit.`, { levelLimit: String(limit) }, { hint });
}

function tooManyRows(limit: number): SparrowError {
  return new SparrowError("RECURSION_ROW_LIMIT_EXCEEDED", "42836", `A recursive common table has ${limit} rows or more, the limit.`, { rowLimit: String(limit) }, { hint: "spark.sql.cteRecursionRowLimit sets the limit." });
}
