import type { Storage } from "../catalog/ports.ts";
import { sidecarsOf } from "./checkpoint-reader.ts";
import { protectedBefore } from "./checkpoint-protection.ts";
import { deleteIfPresent } from "./delete-if-present.ts";
import type { DeltaLog } from "./delta-log.ts";
import { checksumVersion, type LogFile, logFile, SIDECAR_FOLDER } from "./log-files.ts";
import { completeCheckpoints } from "./log-segment.ts";
import type { ParquetRowsReader } from "./parquet-rows.ts";
import { logRetentionMs } from "./retention.ts";
import type { DeltaSnapshot } from "./snapshot.ts";

const DAY_MS = 86_400_000;

/**
 * Deletes the part of the log that is older than `delta.logRetentionDuration` and that a checkpoint covers, unless `delta.enableExpiredLogCleanup` is false. What
 * stays begins with a complete checkpoint and its commit, so every version since can be read. Answers the paths that were deleted.
 * Source: the protocol's section "Metadata Cleanup".
 */
export async function cleanUpLog(log: DeltaLog, { metadata }: DeltaSnapshot, storage: Storage, parquet: ParquetRowsReader, nowMs = Date.now()): Promise<string[]> {
  if (metadata.configuration["delta.enableExpiredLogCleanup"]?.toLowerCase() === "false") return [];
  return deleteLogBefore(log, startOfDay(nowMs - logRetentionMs(metadata.configuration)), storage, parquet, nowMs);
}

/**
 * Deletes the part of the log that was committed before a time and that a checkpoint covers; nothing, as long as some of the versions would be left that are
 * readable by their old checkpoints alone (`protectedBefore`). Answers the paths that were deleted.
 */
export async function deleteLogBefore(log: DeltaLog, cutoffMs: number, storage: Storage, parquet: ParquetRowsReader, nowMs = Date.now()): Promise<string[]> {
  const names: { readonly name: string; readonly modifiedMs: number }[] = [];
  for await (const { path, modifiedMs } of storage.list(log.folder)) names.push({ name: path, modifiedMs });
  // Commit times grow with the versions, and file times nearly do: where no file is old, no commit is.
  if (!names.some(({ name, modifiedMs }) => logFile(name, modifiedMs)?.kind === "commit" && modifiedMs < cutoffMs)) return [];
  const cutoff = (await log.commitTimes()).findLast(({ timestampMs }) => timestampMs < cutoffMs)?.version;
  const files = names.flatMap(({ name, modifiedMs }) => logFile(name, modifiedMs) ?? []);
  const first = cutoff === undefined ? undefined : newestCheckpoint(files, cutoff);
  if (first === undefined || first < protectedBefore((await log.latest()).metadata)) return [];
  const expired = files.filter((file) => isBefore(file, first)).map((file) => file.name);
  const checksums = names.flatMap(({ name }) => ((checksumVersion(name) ?? first) < first ? [name] : []));
  const kept = files.filter((file) => !isBefore(file, first));
  const sidecars = await unreferencedSidecars(log, kept, storage, parquet, nowMs);
  const deleted = [...expired, ...checksums, ...sidecars];
  // Oldest first: what a crash leaves is a log whose beginning is missing, which is how a cleaned log looks.
  for (const name of deleted) await deleteIfPresent(storage, `${log.folder}/${name}`);
  return deleted;
}

/** Midnight UTC: so that many writers of one day agree, and clean once. */
function startOfDay(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}

/** The newest version with a complete checkpoint, and its commit, at or before a version. */
function newestCheckpoint(files: readonly LogFile[], cutoff: bigint): bigint | undefined {
  const commits = new Set(files.flatMap((file) => (file.kind === "commit" ? [file.version] : [])));
  return [...completeCheckpoints(files).keys()].filter((version) => version <= cutoff && commits.has(version)).reduce<bigint | undefined>((newest, version) => (newest === undefined || version > newest ? version : newest), undefined);
}

/** A compacted file that begins before or with the checkpoint stands for commits that are gone. */
function isBefore(file: LogFile, first: bigint): boolean {
  return file.kind === "compacted" ? file.version <= first : file.version < first;
}

/** Sidecars that no checkpoint names, and that are old enough not to belong to one that is being written. */
async function unreferencedSidecars(log: DeltaLog, kept: readonly LogFile[], storage: Storage, parquet: ParquetRowsReader, nowMs: number): Promise<string[]> {
  const old: string[] = [];
  for await (const { path, modifiedMs } of storage.list(`${log.folder}/${SIDECAR_FOLDER}`)) if (modifiedMs < nowMs - DAY_MS) old.push(path);
  if (old.length === 0) return [];
  const named = new Set<string>();
  for (const file of kept) if (file.kind === "checkpoint") for (const name of await sidecarsOf(log.folder, file, storage, parquet)) named.add(name);
  return old.filter((name) => !named.has(name)).map((name) => `${SIDECAR_FOLDER}/${name}`);
}
