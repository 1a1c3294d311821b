import type * as Arrow from "apache-arrow";
import type { StructField } from "../catalog/types.ts";
import type { EngineEvent } from "../executor/events.ts";
import { lazily } from "../executor/lazily.ts";
import type { ResultBatch } from "../executor/result-batch.ts";
import { Engine } from "./engine.ts";
import type { ParametersInput } from "./query-parameters.ts";
import { runText } from "./run-text.ts";
import type { Session } from "./session.ts";
import type { StatementResult } from "./statement-result.ts";

export { SparrowError } from "../catalog/errors.ts";
export type { LocalFile, ObjectWriter, Storage, StoredObject } from "../catalog/ports.ts";
export type { DataType, StructField } from "../catalog/types.ts";
export type { EngineEvent } from "../executor/events.ts";
export type { ResultBatch, ResultColumn } from "../executor/result-batch.ts";
export type { ParameterInput, ParametersInput } from "./query-parameters.ts";
export { registerStorage } from "./storages.ts";

const rowsModule = lazily(() => import("./results/row-objects.ts"));
const persistModule = lazily(() => import("./cache/persist.ts"));

export interface OpenOptions {
  /** Settings that every session begins with, under the names that `SET -v` lists. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where databases, tables and views are kept: in the warehouse folder (the default), or nowhere once the engine is closed. */
  readonly catalog?: "warehouse" | "memory";
  /** Called with what happens while queries run: stages, tasks, memory, and every change of a plan with its reason; and with what becomes of cached rows. Must not raise. */
  readonly onEvent?: (event: EngineEvent) => void;
}

export interface SqlOptions {
  /** Values for `?` by position, for `:name` by name. */
  readonly parameters?: ParametersInput;
  /** Settings for this statement alone. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Aborting it cancels the statement: OPERATION_CANCELED. */
  readonly signal?: AbortSignal;
}

/** Opens an engine in this process. Threads and memory are taken when a query first needs them. */
export async function open(options: OpenOptions = {}): Promise<Sparrow> {
  return new Sparrow(new Engine(options));
}

/** An engine in this process. */
export class Sparrow implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #session: SparrowSession;

  /** @internal */
  constructor(engine: Engine) {
    this.#engine = engine;
    this.#session = this.session();
  }

  /** Settings, temporary views and a current database of its own. */
  session(settings?: Readonly<Record<string, string>>): SparrowSession {
    return new SparrowSession(this.#engine.newSession(settings));
  }

  /** One statement, in a session that all calls of this method share. */
  sql(text: string, options?: SqlOptions): PendingResult {
    return this.#session.sql(text, options);
  }

  /** Ends running statements, threads and memory. */
  close(): Promise<void> {
    return this.#engine.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

export class SparrowSession {
  readonly #session: Session;

  /** @internal */
  constructor(session: Session) {
    this.#session = session;
  }

  /** One statement: awaited it gives its result, iterated its Arrow record batches. It runs when either is done. */
  sql(text: string, options: SqlOptions = {}): PendingResult {
    return new PendingResult(this.#session, text, options);
  }
}

/** A statement that runs when it is awaited or iterated, once. */
export class PendingResult implements PromiseLike<QueryResult>, AsyncIterable<Arrow.RecordBatch> {
  readonly #session: Session;
  readonly #text: string;
  readonly #options: SqlOptions;
  readonly #cancel = new AbortController();
  #started: Promise<QueryResult> | undefined;

  /** @internal */
  constructor(session: Session, text: string, options: SqlOptions) {
    this.#session = session;
    this.#text = text;
    this.#options = options;
  }

  then<A = QueryResult, B = never>(fulfilled?: ((result: QueryResult) => A | PromiseLike<A>) | null, rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
    return this.#run().then(fulfilled, rejected);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Arrow.RecordBatch> {
    yield* await this.#run();
  }

  /** All rows, as `QueryResult.toArray` gives them. */
  async toArray(): Promise<Record<string, unknown>[]> {
    return (await this.#run()).toArray();
  }

  /**
   * Has the rows kept once they are first computed, for every query of the engine that contains this one, until `unpersist` or until what they were read from
   * changes; does not run it. `level`: as in Spark, `MEMORY_AND_DISK`, `MEMORY_ONLY` or `DISK_ONLY`. Raises INVALID_STORAGE_LEVEL.
   */
  async persist(level = "MEMORY_AND_DISK"): Promise<void> {
    await (await persistModule()).persist(this.#ownSession(), this.#text, this.#options, level);
  }

  /** Forgets what `persist` has kept. */
  async unpersist(): Promise<void> {
    await (await persistModule()).unpersist(this.#ownSession(), this.#text, this.#options);
  }

  cancel(): void {
    this.#cancel.abort();
  }

  #ownSession(): Session {
    const { settings } = this.#options;
    return settings === undefined ? this.#session : this.#session.withSettings(settings);
  }

  #run(): Promise<QueryResult> {
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start(): Promise<QueryResult> {
    const { signal } = this.#options;
    const either = signal === undefined ? this.#cancel.signal : AbortSignal.any([signal, this.#cancel.signal]);
    const result = await runText(this.#session, this.#text, { ...this.#options, signal: either });
    return new QueryResult(result, this.#cancel);
  }
}

/** What a statement gives. Rows are made as they are read, and can be read once. */
export class QueryResult implements AsyncIterable<Arrow.RecordBatch> {
  readonly columns: readonly StructField[];
  readonly #batches: AsyncIterable<ResultBatch>;
  readonly #cancel: AbortController;

  /** @internal */
  constructor(result: StatementResult, cancel: AbortController) {
    this.columns = result.columns;
    this.#batches = result.batches;
    this.#cancel = cancel;
  }

  /** The engine's own batches, in Arrow's layout; nothing is converted, and apache-arrow is not loaded. */
  batches(): AsyncIterable<ResultBatch> {
    return this.#batches;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Arrow.RecordBatch> {
    const { ArrowConversion } = await import("../executor/result-arrow.ts");
    const arrow = await ArrowConversion.load();
    const schema = arrow.schema(this.columns);
    for await (const batch of this.#batches) yield arrow.recordBatch(batch, this.columns, schema);
  }

  /**
   * All rows as objects. BIGINT is a bigint, DECIMAL a string, DATE and TIMESTAMP a Date, BINARY a Uint8Array, ARRAY an array, STRUCT an object, MAP a
   * Map; other types that JavaScript lacks are strings as Spark writes them. Of columns with the same name the last stays.
   */
  async toArray(): Promise<Record<string, unknown>[]> {
    const { rowObjects } = await rowsModule();
    const rows: Record<string, unknown>[] = [];
    for await (const batch of this.#batches) for (const row of rowObjects(batch, this.columns)) rows.push(row);
    return rows;
  }

  /** Ends the statement; whoever is reading gets OPERATION_CANCELED. */
  cancel(): void {
    this.#cancel.abort();
  }
}
