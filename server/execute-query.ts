import { SparrowError } from "../catalog/errors.ts";
import { lazily } from "../executor/lazily.ts";
import type { QueryCounters } from "../executor/query-counters.ts";
import type { OneQueryEvent } from "../executor/events.ts";
import type { ExecuteOptions } from "../executor/executor.ts";
import type { Progress, Replanned } from "../planner/adaptive/progress.ts";
import type { PhysicalPlan } from "../planner/physical.ts";
import type { ResultBatch } from "../executor/result-batch.ts";
import { wholeTable } from "./cache/cached-plans.ts";
import { evalContext, sessionFacts } from "./session-facts.ts";
import type { PreparedQuery } from "./run-query.ts";
import type { Settings } from "../catalog/settings.ts";
import type { Session } from "./session.ts";

/** How often a query is run that cached rows leave too little memory: others may cache more in the meantime. */
const MAX_ATTEMPTS = 3;

/** What is to be known of a query's run. */
export interface Measurement {
  /** The statement's text, for whoever watches. */
  readonly text?: string;
  readonly onEvent?: (event: OneQueryEvent) => void;
  /** Count the rows of every node of the plan. */
  readonly measure?: boolean;
  readonly onEnd?: (counters: QueryCounters) => void;
  /** Called with the plan that is run, where it is not the one that was given. */
  readonly onPlannedAgain?: (prepared: PreparedQuery) => void;
}

/**
 * Runs a query when it is first read; what it reads from the cache and is not there is cached first, and it is planned again then, as it is when cached rows that it reads have been dropped since. It ends early when the signal is aborted (OPERATION_CANCELED), when `sparrow.query.timeout` has passed
 * (QUERY_EXECUTION_TIMEOUT_EXCEEDED), or when its reader stops reading.
 */
export async function* executeQuery(session: Session, prepared: PreparedQuery, signal: AbortSignal | undefined, planAgain: () => Promise<PreparedQuery>, measurement: Measurement = {}): AsyncGenerator<ResultBatch> {
  if (prepared.recursive !== undefined) {
    yield* (await recursiveModule()).executeRecursive(session, prepared, prepared.recursive, signal, planAgain, measurement);
    return;
  }
  const { settings, engine } = session;
  const stop = new AbortController();
  const timeoutMs = settings.number("sparrow.query.timeout") ?? 0;
  const signals = [stop.signal, ...(signal === undefined ? [] : [signal]), ...(timeoutMs > 0 ? [AbortSignal.timeout(timeoutMs)] : [])];
  const combined = AbortSignal.any(signals);
  const options = { signal: combined, evaluation: evalContext(sessionFacts(session), session.timeZone), batchRows: settings.number("sparrow.exec.batchRows") ?? 16_384, emit: settings.flag("sparrow.exec.emit"), collide: settings.flag("sparrow.exec.collideHashes"), eagerSpill: settings.flag("sparrow.exec.eagerSpill"), maxFailures: settings.number("spark.task.maxFailures"), memoryLimit: settings.number("sparrow.query.memory.limit"), speculation: speculationPolicy(settings), ...measurement };
  let current = prepared;
  let releaseTables: (() => void) | undefined;
  const onEvent = bothOf(engine.events.newQuery(), measurement.onEvent);
  const started = performance.now();
  let rows = 0;
  let counters: QueryCounters | undefined;
  let condition: string | undefined;
  const nodesOf = onEvent && (await explainModule()).planNodes;
  onEvent?.({ kind: "queryStarted", text: measurement.text, plan: nodesOf?.(prepared.physical) ?? [] });
  try {
    throwIfAborted(combined, timeoutMs);
    const executor = await engine.executor();
    const onEnd = (found: QueryCounters): void => {
      counters = found;
      measurement.onEnd?.(found);
    };
    const replanned = async (): Promise<void> => {
      current = await planAgain();
      measurement.onPlannedAgain?.(current);
    };
    let hasDelivered = false;
    for (let attempt = 1; ; attempt++) {
      for (;;) {
        // What has just made room is not cached again for the query that needs it.
        if (current.missing.length > 0 && attempt === 1) await fillCache(session, current.missing, combined);
        else if ((releaseTables = engine.cache.acquire(current.cachedVersions)) !== undefined) break;
        await replanned();
      }
      try {
        const execution = { ...options, onEnd, onEvent, makeRoom: (bytes: number) => engine.cache.yieldToQuery(bytes), adaptive: adaptive(session, current.physical) };
        for await (const batch of executor.execute(current.physical, execution)) {
          throwIfAborted(combined, timeoutMs);
          rows += batch.rows;
          hasDelivered = true;
          yield batch;
        }
        break;
      } catch (error) {
        if (hasDelivered || attempt === MAX_ATTEMPTS || !(error instanceof SparrowError && error.condition === "MEMORY_LIMIT_EXCEEDED")) throw error;
        // What is cached gives its memory up before a query fails for want of it, and what this one reads too: it is read from disk then.
        releaseTables();
        releaseTables = undefined;
        if (!(await engine.cache.makeRoom(Number.POSITIVE_INFINITY))) throw error;
        await replanned();
      }
    }
  } catch (error) {
    const raised = abortion(combined, timeoutMs) ?? error;
    condition = raised instanceof SparrowError ? raised.condition : "INTERNAL_ERROR";
    throw raised;
  } finally {
    stop.abort(QUERY_ENDED);
    releaseTables?.();
    onEvent?.({ kind: "queryEnded", rows, milliseconds: performance.now() - started, peakBytes: counters?.peakBytes ?? 0, spilledBytes: counters?.spilledBytes ?? 0, ...(condition !== undefined && { condition }), ...(counters?.finalPlan !== undefined && { plan: nodesOf?.(counters.finalPlan) }) });
  }
}

/** Caches what is asked for and not there yet. */
export async function fillCache(session: Session, missing: PreparedQuery["missing"], signal: AbortSignal): Promise<void> {
  const { cache } = session.engine;
  for (const rows of missing) {
    const request = { level: rows.entry.level, signal, makeRoom: (bytes: number) => cache.makeRoom(bytes) };
    await cache.fill(rows, (store) => {
      const table = wholeTable(rows.plan);
      if (table !== undefined) return store.cacheTable(table, request);
      const prepared = rows.prepare();
      return store.cacheRows(rows.entry.name, prepared.columns, executeQuery(session, prepared, signal, async () => rows.prepare()), request);
    });
  }
}

function bothOf<T>(first: ((event: T) => void) | undefined, second: ((event: T) => void) | undefined): ((event: T) => void) | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return (event) => {
    first(event);
    second(event);
  };
}

function speculationPolicy(settings: Settings): ExecuteOptions["speculation"] {
  if (!settings.flag("spark.speculation")) return undefined;
  const number = (name: string): number => settings.number(`spark.speculation.${name}`) ?? 0;
  return { intervalMilliseconds: number("interval"), quantile: number("quantile"), multiplier: number("multiplier"), minRuntimeMilliseconds: number("minTaskRuntime") };
}

const recursiveModule = lazily(() => import("./recursive-query.ts"));
const explainModule = lazily(() => import("../planner/explain.ts"));
const adaptiveModule = lazily(() => import("./adaptive-execution.ts"));

/** What corrects the plan while it runs: loaded when there is something to correct. */
function adaptive({ settings, engine }: Session, plan: PhysicalPlan): ExecuteOptions["adaptive"] {
  if (!settings.flag("spark.sql.adaptive.enabled")) return undefined;
  let replan: ((progress: Progress) => Replanned | undefined) | undefined;
  return {
    minRows: settings.number("sparrow.adaptive.minRows") ?? 0,
    partialAggregation: settings.flag("sparrow.adaptive.partialAggregation.enabled"),
    replan: async (progress) => {
      replan ??= (await adaptiveModule()).replanner(plan, settings, engine);
      return replan(progress);
    },
  };
}

/** For all queries: an error of each would have its stack written. */
const QUERY_ENDED = new DOMException("The query has ended.", "AbortError");

function throwIfAborted(signal: AbortSignal, timeoutMs: number): void {
  const error = abortion(signal, timeoutMs);
  if (error !== undefined) throw error;
}

/** Why a query has ended early; undefined while its signal is not aborted. */
export function abortion(signal: AbortSignal, timeoutMs: number): SparrowError | undefined {
  if (!signal.aborted) return undefined;
  if (signal.reason instanceof DOMException && signal.reason.name === "TimeoutError") {
    return new SparrowError("QUERY_EXECUTION_TIMEOUT_EXCEEDED", "57KD0", `Query execution was cancelled due to exceeding the timeout (${timeoutMs / 1000}s).`, { timeout: String(timeoutMs / 1000) }, { origin: "resource", hint: "sparrow.query.timeout sets the limit." });
  }
  return new SparrowError("OPERATION_CANCELED", "HY008", "Operation has been canceled.", {}, { origin: "resource" });
}
