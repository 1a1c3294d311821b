import { setTimeout } from "node:timers/promises";
import type { Action } from "../../delta/actions.ts";
import { isConflict, type ReadScope } from "../../delta/conflicts.ts";
import type { DeltaLog } from "../../delta/delta-log.ts";
import { commit } from "../../delta/transaction.ts";
import { encodeExactJson } from "../../delta/exact-json.ts";
import { versionPrefix } from "../../delta/log-files.ts";
import { writerFeatures } from "../../delta/table-features.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import { localStorage } from "../local-storage.ts";
import type { Session } from "../session.ts";
import { packageVersion } from "../version.ts";

/** A statement that lost against others so often gives up. */
const MAX_RUNS = 50;
/** Pauses between runs grow by this, and are random, so that losers do not meet again. */
const PAUSE_STEP_MS = 20;
const MAX_PAUSE_MS = 500;
const DEFAULT_CHECKPOINT_INTERVAL = 10;

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
    actions,
    reads,
    operation,
    operationParameters: Object.fromEntries(Object.entries(statement.operationParameters).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)])),
    operationMetrics: Object.fromEntries(Object.entries(statement.operationMetrics).map(([key, value]) => [key, String(value)])),
    userMetadata: session.settings.text("spark.databricks.delta.commitInfo.userMetadata"),
    engineInfo: `Sparrow/${packageVersion()}`,
  });
  session.engine.tableCache.dropLocation(log.location);
  await afterCommit(log, version);
  return version;
}

/** The commit stands whatever happens here: a failure is a warning, and the next commit does it. */
async function afterCommit(log: DeltaLog, version: bigint): Promise<void> {
  try {
    const snapshot = await log.latest();
    if (snapshot.version !== version) return;
    await writeChecksum(log, snapshot);
    const interval = BigInt(snapshot.metadata.configuration["delta.checkpointInterval"] ?? DEFAULT_CHECKPOINT_INTERVAL);
    if (version === 0n || version % interval !== 0n || writerFeatures(snapshot.protocol).includes("v2Checkpoint")) return;
    const { writeCheckpoint } = await import("./checkpoint-writer.ts");
    await writeCheckpoint(log, snapshot);
  } catch (error) {
    process.emitWarning(`The checkpoint of version ${version} of ${log.location} was not written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function writeChecksum(log: DeltaLog, { version, files, metadata, protocol, transactions, domains }: DeltaSnapshot): Promise<void> {
  let tableSizeBytes = 0;
  for (const file of files.values()) tableSizeBytes += file.size;
  const checksum = { tableSizeBytes, numFiles: files.size, numMetadata: 1, numProtocol: 1, setTransactions: [...transactions.values()], domainMetadata: [...domains.values()], metadata, protocol };
  await localStorage.putIfAbsent(`${log.folder}/${versionPrefix(version)}.crc`, Buffer.from(encodeExactJson(checksum)));
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
