import { setTimeout } from "node:timers/promises";
import { SparrowError } from "../../catalog/errors.ts";
import type { Action } from "../../delta/actions.ts";
import { afterCommit } from "../../delta/after-commit.ts";
import { isConflict, type ReadScope, READS_NOTHING } from "../../delta/conflicts.ts";
import type { DeltaLog } from "../../delta/delta-log.ts";
import { type IdempotentWrite, isWritten, transactionAction } from "../../delta/idempotent-write.ts";
import { commit } from "../../delta/transaction.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import { parseTimestamp } from "../../executor/functions/datetime-text.ts";
import type { Session } from "../session.ts";
import { storageAt } from "../storages.ts";
import { packageVersion } from "../version.ts";
import { checkpointFiles } from "./delta-tables.ts";

/** A statement that lost against others so often gives up. */
const MAX_RUNS = 50;
/** Pauses between runs grow by this, and are random, so that losers do not meet again. */
const PAUSE_STEP_MS = 20;
const MAX_PAUSE_MS = 500;

/** What a statement has come to and is to be committed. */
export interface StatementCommit {
  /** Undefined for a table that is being created. */
  readonly snapshot: DeltaSnapshot | undefined;
  readonly actions: readonly Action[];
  readonly reads: ReadScope;
  readonly operation: string;
  readonly operationParameters: Readonly<Record<string, unknown>>;
  readonly operationMetrics: Readonly<Record<string, number>>;
  /** What the commit is numbered as by an application. */
  readonly write?: IdempotentWrite;
}

/** Commits, and then writes what makes the next reads fast: a version checksum, and every tenth time a checkpoint. */
export async function commitStatement(session: Session, log: DeltaLog, statement: StatementCommit): Promise<bigint> {
  const { snapshot, reads, operation, write } = statement;
  if (write !== undefined && snapshot !== undefined && isWritten(snapshot, write, Date.now())) throw writtenMeanwhile(write);
  const actions = write === undefined ? statement.actions : [transactionAction(write, Date.now()), ...statement.actions];
  const version = await commit(log, {
    readVersion: snapshot?.version ?? -1n,
    ...(snapshot !== undefined && { read: snapshot }),
    actions,
    reads,
    operation,
    operationParameters: Object.fromEntries(Object.entries(statement.operationParameters).map(([key, value]) => [key, typeof value === "object" && value !== null ? JSON.stringify(value) : value])),
    operationMetrics: Object.fromEntries(Object.entries(statement.operationMetrics).map(([key, value]) => [key, String(value)])),
    userMetadata: session.settings.text("spark.databricks.delta.commitInfo.userMetadata"),
    engineInfo: `Sparrow/${packageVersion()}`,
  });
  session.engine.cache.locationChanged(log.location);
  await tidy(session, log, version);
  return version;
}

/** The numbered write of a statement that has found nothing to change. */
export async function commitNothing(session: Session, log: DeltaLog, snapshot: DeltaSnapshot, operation: string, write: IdempotentWrite | undefined): Promise<void> {
  if (write !== undefined) await commitStatement(session, log, { snapshot, actions: [], reads: READS_NOTHING, operation, operationParameters: {}, operationMetrics: {}, write });
}

/** The statement began before and goes by a snapshot after the same write of another one. */
function writtenMeanwhile({ appId, version }: IdempotentWrite): SparrowError {
  return new SparrowError("DELTA_CONCURRENT_TRANSACTION", "2D521", `The write ${version} of the application ${appId} was committed meanwhile.`, { appId, version: String(version) }, { origin: "resource" });
}

/** The commit stands whatever happens here: a failure is a warning, and the next commit does it. */
async function tidy(session: Session, log: DeltaLog, version: bigint): Promise<void> {
  try {
    await afterCommit(log, version, { storage: storageAt(log.location), parquet: checkpointFiles, parseTimestamp: (text) => parseTimestamp(text, session.timeZone) });
  } catch (error) {
    process.emitWarning(`The checkpoint of version ${version} of ${log.location} was not written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Runs a statement from a new snapshot as often as another commit was in its way. `run` must leave nothing behind when it fails. */
export async function rerunOnConflict<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (!isConflict(error) || attempt >= MAX_RUNS) throw error;
      await setTimeout(Math.random() * Math.min(MAX_PAUSE_MS, attempt * PAUSE_STEP_MS));
    }
  }
}
