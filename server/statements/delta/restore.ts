import { LONG } from "../../../catalog/types.ts";
import { SparrowError } from "../../../catalog/errors.ts";
import type { TableVersion } from "../../../catalog/ports.ts";
import { READS_TABLE } from "../../../delta/conflicts.ts";
import type { DeltaLog } from "../../../delta/delta-log.ts";
import { absoluteFilePath } from "../../../delta/file-paths.ts";
import { removalOf } from "../../../delta/remove-file.ts";
import { restoredMetadata } from "../../../delta/restored-metadata.ts";
import { readerFeatures, upgradedProtocol, writerFeatures } from "../../../delta/table-features.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import type { Statement } from "../../../parser/ast.ts";
import { commitStatement, rerunOnConflict } from "../../delta/commit-statement.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import type { Session } from "../../session.ts";
import { storageAt } from "../../storages.ts";
import type { StatementResult } from "../../statement-result.ts";
import { tableVersion } from "../../time-travel.ts";
import { valueResult } from "../../value-batch.ts";

const RESTORE_COLUMNS = ["table_size_after_restore", "num_of_files_after_restore", "num_removed_files", "num_restored_files", "removed_files_size", "restored_files_size"].map((name) => ({ name, type: LONG, nullable: true }));

/** RESTORE TABLE: a commit that gives the table the files and the metadata of an earlier version. */
export async function runRestore(session: Session, target: DeltaTarget, { to }: Extract<Statement, { kind: "restore" }>): Promise<StatementResult> {
  const figures = await rerunOnConflict(() => restoreOnce(session, target, to));
  return valueResult(RESTORE_COLUMNS, [figures.map(BigInt)]);
}

async function restoreOnce(session: Session, { log }: DeltaTarget, to: Extract<Statement, { kind: "restore" }>["to"]): Promise<number[]> {
  const snapshot = await log.latest();
  checkWrite(snapshot, "change");
  const wanted = await tableVersion(session, to);
  const source = await log.at(await restoredVersion(log, wanted, snapshot.version));
  // What the earlier version needs may have been dropped since.
  const protocol = upgradedProtocol(snapshot.protocol, { fields: source.fields, configuration: source.metadata.configuration }, [...readerFeatures(source.protocol), ...writerFeatures(source.protocol)]);
  checkWrite({ ...source, protocol }, "append");
  const removed = [...snapshot.files].filter(([key]) => !source.files.has(key)).map(([, file]) => file);
  const restored = [...source.files].filter(([key]) => !snapshot.files.has(key)).map(([, file]) => file);
  for (const { path } of restored) {
    const absolute = absoluteFilePath(log.location, path);
    if ((await storageAt(absolute).stat(absolute)) !== undefined) continue;
    throw new SparrowError("DELTA_CANNOT_RESTORE_TABLE_VERSION", "22003", `Cannot restore the table to version ${source.version}: its file ${absolute} is gone, deleted by hand or by VACUUM.`, { versionToRestore: String(source.version), path: absolute }, { origin: "data" });
  }
  const now = Date.now();
  const sum = (files: readonly { readonly size: number }[]): number => files.reduce((total, { size }) => total + size, 0);
  const metadata = restoredMetadata(source.metadata, snapshot.metadata);
  const sameMetadata = JSON.stringify(metadata) === JSON.stringify(snapshot.metadata);
  const sizeAfter = sum([...source.files.values()]);
  await commitStatement(session, log, {
    snapshot,
    actions: [
      ...(protocol === snapshot.protocol ? [] : [{ kind: "protocol", protocol } as const]),
      ...(sameMetadata ? [] : [{ kind: "metaData", metaData: metadata } as const]),
      ...restored.map((file) => ({ kind: "add", add: { ...file, dataChange: true } }) as const),
      ...removed.map((file) => removalOf(file, true, now)),
    ],
    reads: READS_TABLE,
    operation: "RESTORE",
    operationParameters: { version: wanted.kind === "version" ? Number(source.version) : null, timestamp: wanted.kind === "timestamp" ? new Date(Number(wanted.micros / 1000n)).toISOString() : null },
    operationMetrics: { numRestoredFiles: restored.length, numRemovedFiles: removed.length, restoredFilesSize: sum(restored), removedFilesSize: sum(removed), numOfFilesAfterRestore: source.files.size, tableSizeAfterRestore: sizeAfter },
  });
  return [sizeAfter, source.files.size, removed.length, restored.length, sum(removed), sum(restored)];
}

/** Raises DELTA_CANNOT_RESTORE_TABLE_VERSION, DELTA_CANNOT_RESTORE_TIMESTAMP_EARLIER, DELTA_CANNOT_RESTORE_TIMESTAMP_GREATER. */
async function restoredVersion(log: DeltaLog, wanted: TableVersion, latest: bigint): Promise<bigint> {
  const times = await log.commitTimes();
  const [first] = times;
  if (wanted.kind === "version") {
    if (wanted.version >= first.version && wanted.version <= latest) return wanted.version;
    throw new SparrowError("DELTA_CANNOT_RESTORE_TABLE_VERSION", "22003", `Cannot restore the table to version ${wanted.version}. Available versions: [${first.version}, ${latest}].`, { version: String(wanted.version), startVersion: String(first.version), endVersion: String(latest) });
  }
  const wantedMs = Number(wanted.micros / 1000n);
  const last = times[times.length - 1];
  const refuse = (condition: string, relation: string, ms: number, name: string): never => {
    const [requestedTimestamp, bound] = [wantedMs, ms].map((time) => new Date(time).toISOString());
    throw new SparrowError(`DELTA_CANNOT_RESTORE_TIMESTAMP_${condition}`, "22003", `Cannot restore the table to the timestamp ${requestedTimestamp}: it is ${relation} version that is available, of ${bound}.`, { requestedTimestamp, [name]: bound });
  };
  if (wantedMs < first.timestampMs) return refuse("EARLIER", "before the earliest", first.timestampMs, "earliestTimestamp");
  if (wantedMs > last.timestampMs) return refuse("GREATER", "after the latest", last.timestampMs, "latestTimestamp");
  return log.versionAt(wantedMs);
}
