import { SparrowError } from "../catalog/errors.ts";
import { lazily } from "../executor/lazily.ts";
import type { QueryCounters } from "../executor/query-counters.ts";
import type { ExecuteOptions } from "../executor/executor.ts";
import type { Progress, Replanned } from "../planner/adaptive/progress.ts";
import type { PhysicalPlan } from "../planner/physical.ts";
import type { ResultBatch } from "../executor/result-batch.ts";
import { evalContext, sessionFacts } from "./session-facts.ts";
import type { PreparedQuery } from "./run-query.ts";
import type { Session } from "./session.ts";

/** Figures of a query's run. */
export interface Measurement {
  /** Count the rows of every node of the plan. */
  readonly measure?: boolean;
  readonly onEnd?: (counters: QueryCounters) => void;
}

/**
 * Runs a query when it is first read; plans it again if a cached table that it reads has been dropped since. It ends early when the signal is aborted (OPERATION_CANCELED), when `sparrow.query.timeout` has passed
 * (QUERY_EXECUTION_TIMEOUT_EXCEEDED), or when its reader stops reading.
 */
export async function* executeQuery(session: Session, prepared: PreparedQuery, signal: AbortSignal | undefined, planAgain: () => Promise<PreparedQuery>, measurement: Measurement = {}): AsyncGenerator<ResultBatch> {
  const { settings, engine } = session;
  const stop = new AbortController();
  const timeoutMs = settings.number("sparrow.query.timeout") ?? 0;
  const signals = [stop.signal, ...(signal === undefined ? [] : [signal]), ...(timeoutMs > 0 ? [AbortSignal.timeout(timeoutMs)] : [])];
  const combined = AbortSignal.any(signals);
  const options = { signal: combined, evaluation: evalContext(sessionFacts(session), session.timeZone), batchRows: settings.number("sparrow.exec.batchRows") ?? 16_384, emit: settings.flag("sparrow.exec.emit"), collide: settings.flag("sparrow.exec.collideHashes"), eagerSpill: settings.flag("sparrow.exec.eagerSpill"), maxFailures: settings.number("spark.task.maxFailures"), memoryLimit: settings.number("sparrow.query.memory.limit"), ...measurement };
  let current = prepared;
  let releaseTables: (() => void) | undefined;
  const onEvent = engine.newQueryListener();
  const started = performance.now();
  let rows = 0;
  let counters: QueryCounters | undefined;
  let condition: string | undefined;
  onEvent?.({ kind: "queryStarted" });
  try {
    throwIfAborted(combined, timeoutMs);
    const executor = await engine.executor();
    while ((releaseTables = engine.tableCache.acquire(current.cachedVersions)) === undefined) current = await planAgain();
    const onEnd = (found: QueryCounters): void => {
      counters = found;
      measurement.onEnd?.(found);
    };
    for await (const batch of executor.execute(current.physical, { ...options, onEnd, onEvent, adaptive: adaptive(session, current.physical) })) {
      throwIfAborted(combined, timeoutMs);
      rows += batch.rows;
      yield batch;
    }
  } catch (error) {
    const raised = abortion(combined, timeoutMs) ?? error;
    condition = raised instanceof SparrowError ? raised.condition : "INTERNAL_ERROR";
    throw raised;
  } finally {
    stop.abort();
    releaseTables?.();
    onEvent?.({ kind: "queryEnded", rows, milliseconds: performance.now() - started, peakBytes: counters?.peakBytes ?? 0, spilledBytes: counters?.spilledBytes ?? 0, ...(condition !== undefined && { condition }) });
  }
}

const adaptiveModule = lazily(() => import("./adaptive-execution.ts"));

/** What corrects the plan while it runs: loaded when there is something to correct. */
function adaptive({ settings }: Session, plan: PhysicalPlan): ExecuteOptions["adaptive"] {
  if (!settings.flag("spark.sql.adaptive.enabled")) return undefined;
  let replan: ((progress: Progress) => Replanned | undefined) | undefined;
  return {
    minRows: settings.number("sparrow.adaptive.minRows") ?? 0,
    partialAggregation: settings.flag("sparrow.adaptive.partialAggregation.enabled"),
    replan: async (progress) => {
      replan ??= (await adaptiveModule()).replanner(plan, settings);
      return replan(progress);
    },
  };
}

function throwIfAborted(signal: AbortSignal, timeoutMs: number): void {
  const error = abortion(signal, timeoutMs);
  if (error !== undefined) throw error;
}

/** Why a query has ended early; undefined while its signal is not aborted. */
function abortion(signal: AbortSignal, timeoutMs: number): SparrowError | undefined {
  if (!signal.aborted) return undefined;
  if (signal.reason instanceof DOMException && signal.reason.name === "TimeoutError") {
    return new SparrowError("QUERY_EXECUTION_TIMEOUT_EXCEEDED", "57KD0", `Query execution was cancelled due to exceeding the timeout (${timeoutMs / 1000}s).`, { timeout: String(timeoutMs / 1000) }, { origin: "resource", hint: "sparrow.query.timeout sets the limit." });
  }
  return new SparrowError("OPERATION_CANCELED", "HY008", "Operation has been canceled.", {}, { origin: "resource" });
}
