import { type CheckpointPorts, writeCheckpoint } from "./checkpoint-writer.ts";
import type { DeltaLog } from "./delta-log.ts";
import { cleanUpLog } from "./log-cleanup.ts";
import { checksumName } from "./log-files.ts";
import type { ParquetRowsReader } from "./parquet-rows.ts";
import { versionChecksum } from "./version-checksum.ts";

/** `delta.checkpointInterval` where nothing is said. */
const DEFAULT_CHECKPOINT_INTERVAL = 10;

/** Whether a checkpoint follows on a commit. */
export function isCheckpointDue(version: bigint, configuration: Readonly<Record<string, string>>): boolean {
  const asked = Number(configuration["delta.checkpointInterval"]);
  const interval = Number.isSafeInteger(asked) && asked > 0 ? asked : DEFAULT_CHECKPOINT_INTERVAL;
  return version > 0n && version % BigInt(interval) === 0n;
}

/** What makes the next reads fast and the log no longer than it must be: a version checksum, and at every tenth version a checkpoint and a clean-up. */
export async function afterCommit(log: DeltaLog, version: bigint, ports: CheckpointPorts & { readonly parquet: ParquetRowsReader }): Promise<void> {
  const latest = await log.latest();
  // When others have committed since, they write a checksum of theirs.
  if (latest.version === version) {
    const info = (await log.readCommit(version)).find((action) => action.kind === "commitInfo");
    const text = versionChecksum(latest, info?.kind === "commitInfo" ? info.commitInfo : {});
    await ports.storage.putIfAbsent(`${log.folder}/${checksumName(version)}`, new TextEncoder().encode(text));
  }
  if (!isCheckpointDue(version, latest.metadata.configuration)) return;
  const snapshot = await log.at(version);
  await writeCheckpoint(log, snapshot, ports);
  await cleanUpLog(log, snapshot, ports.storage, ports.parquet);
}
