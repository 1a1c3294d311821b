import { setTimeout } from "node:timers/promises";
import type { Action } from "../../delta/actions.ts";
import { afterCommit } from "../../delta/after-commit.ts";
import { isConflict, type ReadScope } from "../../delta/conflicts.ts";
import type { DeltaLog } from "../../delta/delta-log.ts";
import { commit } from "../../delta/transaction.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import { parseTimestamp } from "../../executor/functions/datetime-text.ts";
import { localStorage } from "../local-storage.ts";
import type { Session } from "../session.ts";
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
}

/** Commits, and then writes what makes the next reads fast: a version checksum, and every tenth time a checkpoint. */
export async function commitStatement(session: Session, log: DeltaLog, statement: StatementCommit): Promise<bigint> {
  const { snapshot, actions, reads, operation } = statement;
  const version = await commit(log, localStorage, {
    readVersion: snapshot?.version ?? -1n,
    ...(snapshot !== undefined && { read: snapshot }),
    actions,
    reads,
    operation,
    operationParameters: Object.fromEntries(Object.entries(statement.operationParameters).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)])),
    operationMetrics: Object.fromEntries(Object.entries(statement.operationMetrics).map(([key, value]) => [key, String(value)])),
    userMetadata: session.settings.text("spark.databricks.delta.commitInfo.userMetadata"),
    engineInfo: `Sparrow/${packageVersion()}`,
  });
  session.engine.tableCache.dropLocation(log.location);
  await tidy(session, log, version);
  return version;
}

/** The commit stands whatever happens here: a failure is a warning, and the next commit does it. */
async function tidy(session: Session, log: DeltaLog, version: bigint): Promise<void> {
  try {
    await afterCommit(log, version, { storage: localStorage, parquet: checkpointFiles, parseTimestamp: (text) => parseTimestamp(text, session.timeZone) });
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
