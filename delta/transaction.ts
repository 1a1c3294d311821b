import { SparrowError } from "../catalog/errors.ts";
import { type Action, encodeAction } from "./actions.ts";
import { checkConflicts, type ReadScope } from "./conflicts.ts";
import type { DeltaLog } from "./delta-log.ts";
import { hasInCommitTimestamps, inCommitTimestamp, nextTimestamp, withEnablement } from "./in-commit-timestamps.ts";
import { assignsRowIds, markOfCommit, rowIdHighWaterMark, rowTrackingDomain, withRowIds } from "./row-tracking.ts";
import type { DeltaSnapshot } from "./snapshot.ts";

/** What a commit does, and what it was decided on. */
export interface Transaction {
  /** The version that was read; -1 for a table that is being created. */
  readonly readVersion: bigint;
  /** The table at that version; undefined for one that is being created. */
  readonly read?: Pick<DeltaSnapshot, "protocol" | "metadata" | "domains">;
  /** Everything but `commitInfo`. */
  readonly actions: readonly Action[];
  readonly reads: ReadScope;
  /** As Spark names it: WRITE, DELETE, CREATE TABLE AS SELECT, ... */
  readonly operation: string;
  /** Lists and objects are JSON texts, as Spark writes them. */
  readonly operationParameters: Readonly<Record<string, unknown>>;
  readonly operationMetrics: Readonly<Record<string, string>>;
  readonly userMetadata?: string;
  readonly engineInfo: string;
}

/** Lost races before a commit gives up. */
const MAX_ATTEMPTS = 1000;

/**
 * Writes a commit under the next version. When others were faster, their commits are checked against what this one read and changes, and it is tried again behind
 * them. Raises DELTA_CONCURRENT_*, DELTA_METADATA_CHANGED, DELTA_PROTOCOL_CHANGED when it may not go behind them, DELTA_MAX_COMMIT_RETRIES_EXCEEDED.
 * An error of the storage is raised only if the commit did not land.
 */
export async function commit(log: DeltaLog, transaction: Transaction): Promise<bigint> {
  const txnId = crypto.randomUUID();
  let base = transaction.readVersion;
  let before = await placeBehind(log, transaction);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const version = base + 1n;
    const bytes = new TextEncoder().encode(commitText(transaction, txnId, version, before));
    if (await landed(log, version, bytes, txnId)) return version;
    // One after the other, so that an error names the first commit that is in the way.
    for (;;) {
      const winner = await readIfPresent(log, base + 1n);
      if (winner === undefined) break;
      base++;
      checkConflicts(transaction, base, winner);
      before = { timestampMs: inCommitTimestamp(winner), rowIdHighWaterMark: markOfCommit(winner) ?? before.rowIdHighWaterMark };
    }
    if (base < version) throw new SparrowError("DELTA_CONCURRENT_WRITE", "2D521", `Version ${version} of the Delta table ${log.location} was taken, and its commit cannot be found.`, {}, { origin: "resource" });
  }
  throw new SparrowError("DELTA_MAX_COMMIT_RETRIES_EXCEEDED", "40000", `The commit to the Delta table ${log.location} lost ${MAX_ATTEMPTS} races.`, { numAttempts: String(MAX_ATTEMPTS) }, { origin: "resource" });
}

/** What the commits before decide of a commit. */
interface Place {
  /** The in-commit timestamp of the commit before. */
  readonly timestampMs: number | undefined;
  readonly rowIdHighWaterMark: bigint;
}

async function placeBehind(log: DeltaLog, { readVersion, read }: Transaction): Promise<Place> {
  const timestampMs = read !== undefined && hasInCommitTimestamps(read.metadata) ? inCommitTimestamp(await log.readCommit(readVersion)) : undefined;
  return { timestampMs, rowIdHighWaterMark: rowIdHighWaterMark(rowTrackingDomain(read?.domains)) };
}

/** Whether the commit is there under this version. After an error only the log can tell. */
async function landed(log: DeltaLog, version: bigint, bytes: Uint8Array, txnId: string): Promise<boolean> {
  const isOurs = async (): Promise<boolean> => (await readIfPresent(log, version))?.some((action) => action.kind === "commitInfo" && action.commitInfo.txnId === txnId) ?? false;
  try {
    return (await log.committer.commit(log.folder, version, bytes)) || (await isOurs());
  } catch (error) {
    if (await isOurs()) return true;
    throw error;
  }
}

async function readIfPresent(log: DeltaLog, version: bigint): Promise<Action[] | undefined> {
  try {
    return await log.readCommit(version);
  } catch (error) {
    if (error instanceof SparrowError && error.condition === "PATH_NOT_FOUND") return undefined;
    throw error;
  }
}

/** Whether a commit leaves the table's rows and its metadata as they are. */
function changesNothing(actions: readonly Action[]): boolean {
  return actions.every((action) => (action.kind === "add" && !action.add.dataChange) || (action.kind === "remove" && !action.remove.dataChange));
}

function commitText({ readVersion, read, actions, reads, operation, operationParameters, operationMetrics, userMetadata, engineInfo }: Transaction, txnId: string, version: bigint, before: Place): string {
  const isBlindAppend = !reads.wholeTable && reads.files.size === 0 && actions.every((action) => action.kind !== "remove" && action.kind !== "cdc");
  const newMetadata = actions.findLast((action) => action.kind === "metaData");
  const newProtocol = actions.findLast((action) => action.kind === "protocol");
  const metadata = newMetadata?.kind === "metaData" ? newMetadata.metaData : read?.metadata;
  const protocol = newProtocol?.kind === "protocol" ? newProtocol.protocol : read?.protocol;
  const timestamp = nextTimestamp(Date.now(), before.timestampMs);
  const isTimed = metadata !== undefined && hasInCommitTimestamps(metadata);
  const identified = protocol !== undefined && metadata !== undefined && assignsRowIds(protocol, metadata) ? withRowIds(actions, version, before.rowIdHighWaterMark) : actions;
  const placed = isTimed ? withEnablement(identified, read?.metadata, version, timestamp) : identified;
  const commitInfo = {
    ...(isTimed && { inCommitTimestamp: timestamp }),
    timestamp,
    operation,
    operationParameters,
    ...(readVersion >= 0n && { readVersion: Number(readVersion) }),
    isolationLevel: changesNothing(actions) ? "SnapshotIsolation" : "Serializable",
    isBlindAppend,
    operationMetrics,
    ...(userMetadata !== undefined && { userMetadata }),
    engineInfo,
    txnId,
  };
  return [{ kind: "commitInfo", commitInfo } as const, ...placed].map((action) => (action.kind === "sidecar" ? "" : `${encodeAction(action)}\n`)).join("");
}
