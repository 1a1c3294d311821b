import { availableParallelism, tmpdir, totalmem } from "node:os";
import { resolve } from "node:path";
import { SparrowError } from "../catalog/errors.ts";
import type { CatalogStore, LocalFile, Storage, TableProvider } from "../catalog/ports.ts";
import { Settings } from "../catalog/settings.ts";
import type { EngineEvent } from "../executor/events.ts";
import type { ExecuteOptions } from "../executor/executor.ts";
import type { ResultBatch } from "../executor/result-batch.ts";
import type { PhysicalPlan } from "../planner/physical.ts";
import { planStages } from "../planner/plan-stages.ts";
import type { StagePlan } from "../planner/stages.ts";
import type { CachedRelations } from "../executor/cache/cached-relations.ts";
import { RelationCache } from "./cache/relation-cache.ts";
import { memoryCatalog, warehouseCatalog } from "./catalog-store.ts";
import { localStorage } from "./local-storage.ts";
import { localFileOf } from "./storages.ts";
import { machineTimeZone } from "./machine-time-zone.ts";
import { PlanCache } from "./plan-cache.ts";
import { EngineEvents } from "./engine-events.ts";
import type { PreparedQuery } from "./run-query.ts";
import { Session, type TemporaryView } from "./session.ts";
import { findTableProvider, TABLE_FORMATS } from "./table-providers.ts";

/** What the engine asks of an executor. */
export interface QueryExecutor {
  readonly execute: (plan: PhysicalPlan, options: ExecuteOptions) => AsyncIterable<ResultBatch>;
  /** What is kept beyond queries. */
  readonly cached: () => Promise<CachedRelations>;
  readonly close: () => Promise<void>;
}

export interface ExecutorResources {
  readonly poolBytes: number;
  readonly workers: number;
  readonly allocation: { readonly min: number; readonly max: number; readonly idleMilliseconds: number };
  readonly firstByte: number;
  readonly spillDirectory: string;
  readonly canaries: boolean;
  readonly locateFile: (path: string) => Promise<LocalFile>;
}

export interface EngineOptions {
  /** Settings that every session begins with; the only place for those that are fixed. */
  readonly settings?: Readonly<Record<string, string>>;
  /** `memory`: databases, tables and views end with the process. */
  readonly catalog?: "warehouse" | "memory";
  /** Temporary views that every session begins with. */
  readonly views?: readonly TemporaryView[];
  /** Called with what happens while queries run, and to cached rows; must not raise. */
  readonly onEvent?: (event: EngineEvent) => void;
  /** Makes the executor when the first query needs it. */
  readonly createExecutor?: (resources: ExecutorResources) => Promise<QueryExecutor>;
}

const GIB = 1024 ** 3;
const MAX_DEFAULT_POOL_BYTES = 3 * GIB;

/** One engine: a catalog, an executor with its workers and its pool, and what they share between sessions. */
export class Engine {
  readonly settings: Settings;
  readonly storage: Storage = localStorage;
  readonly catalog: CatalogStore;
  /** Absolute. */
  readonly warehouse: string;
  readonly machineTimeZone = machineTimeZone();
  readonly plans = new PlanCache<PreparedQuery>();
  readonly events = new EngineEvents();
  readonly cache = new RelationCache({
    open: async () => (await this.executor()).cached(),
    protectedShare: () => this.settings.number("spark.memory.storageFraction") ?? 0,
    onChange: (event) => this.events.cacheChanged(event),
  });
  readonly #views: readonly TemporaryView[];
  readonly #createExecutor: (resources: ExecutorResources) => Promise<QueryExecutor>;
  #executor: Promise<QueryExecutor> | undefined;
  #workers: number | undefined;
  #poolBytes: number | undefined;
  #closed = false;

  constructor(options: EngineOptions = {}) {
    this.settings = new Settings(options.settings);
    this.warehouse = resolve(this.settings.text("spark.sql.warehouse.dir") ?? "");
    this.catalog = options.catalog === "memory" ? memoryCatalog(this.warehouse) : warehouseCatalog(this.storage, this.warehouse);
    this.#views = options.views ?? [];
    if (options.onEvent !== undefined) this.events.listen(options.onEvent);
    this.#createExecutor = options.createExecutor ?? createExecutor;
  }

  newSession(settings: Readonly<Record<string, string>> = {}): Session {
    const session = new Session(this, this.settings.fork(settings));
    for (const view of this.#views) session.putTemporaryView(view, true);
    return session;
  }

  /** Threads that a query's work is divided among. */
  get workers(): number {
    return (this.#workers ??= this.settings.number("sparrow.workers") ?? availableParallelism());
  }

  get poolBytes(): number {
    return (this.#poolBytes ??= this.settings.number("sparrow.memory.limit") ?? defaultPoolBytes());
  }

  /** The executor; made, with its pool, at the first call. Raises ENGINE_CLOSED. */
  executor(): Promise<QueryExecutor> {
    if (this.#closed) throw new SparrowError("ENGINE_CLOSED", "57P01", "The engine is closed.", {}, { origin: "resource" });
    const { workers } = this;
    this.#executor ??= this.#createExecutor({
      poolBytes: this.poolBytes,
      workers,
      allocation: {
        min: this.settings.number("spark.dynamicAllocation.minExecutors") ?? 0,
        max: this.settings.number("spark.dynamicAllocation.maxExecutors") ?? workers,
        idleMilliseconds: this.settings.flag("spark.dynamicAllocation.enabled") ? (this.settings.number("spark.dynamicAllocation.executorIdleTimeout") ?? 0) : Number.POSITIVE_INFINITY,
      },
      spillDirectory: this.settings.text("sparrow.spill.dir")?.split(",")[0].trim() || tmpdir(),
      firstByte: this.settings.number("sparrow.memory.firstByte") ?? 0,
      canaries: this.settings.flag("sparrow.memory.canaries"),
      locateFile: localFileOf,
    });
    return this.#executor;
  }

  /** The provider of a format; undefined when there is none of that name. */
  findProvider(format: string): Promise<TableProvider | undefined> {
    return findTableProvider(format);
  }

  /** Raises DATA_SOURCE_NOT_FOUND. */
  async provider(format: string): Promise<TableProvider> {
    const provider = await this.findProvider(format);
    if (provider !== undefined) return provider;
    throw new SparrowError("DATA_SOURCE_NOT_FOUND", "42K02", `Failed to find the data source: ${format}. Make sure the provider name is correct and the package is properly registered and compatible with your Spark version.`, { provider: format }, { hint: `There are ${TABLE_FORMATS.join(", ")}.` });
  }

  /** Ends running queries and the executor. Statements that come later raise ENGINE_CLOSED. */
  async close(): Promise<void> {
    this.#closed = true;
    const [made] = await Promise.allSettled([this.#executor]);
    this.#executor = undefined;
    if (made.status === "fulfilled") await made.value?.close();
  }
}

/** Half of what the process may use: of the container's limit where there is one, else of the machine's memory. */
function defaultPoolBytes(): number {
  const limit = process.constrainedMemory();
  const usable = limit > 0 && limit < totalmem() ? limit : totalmem();
  return Math.min(Math.floor(usable / 2), MAX_DEFAULT_POOL_BYTES);
}

/** With the plan, which may run again: the code of its pipelines is kept with them. */
const stagesOfPlans = new WeakMap<PhysicalPlan, StagePlan>();

function stagesOf(plan: PhysicalPlan): StagePlan {
  const stages = stagesOfPlans.get(plan) ?? planStages(plan);
  stagesOfPlans.set(plan, stages);
  return stages;
}

async function createExecutor(resources: ExecutorResources): Promise<QueryExecutor> {
  const { Executor } = await import("../executor/executor.ts");
  const executor = new Executor(resources);
  return {
    execute: (plan, options) => executor.execute(stagesOf(plan), options),
    cached: () => executor.cached(),
    close: () => executor.close(),
  };
}
