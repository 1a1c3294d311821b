import { notDeltaTable, truncatedLog, versionNotFound, versionsNotContiguous } from "./errors.ts";
import type { CheckpointFile, CommitFile, LogFile } from "./log-files.ts";

/** The files that one version of a table is put together from, in order: a checkpoint or none, then commits and compacted commits. */
export interface LogSegment {
  readonly version: bigint;
  /** All parts of one checkpoint; empty when the log is read from version 0. */
  readonly checkpoint: readonly CheckpointFile[];
  readonly deltas: readonly Exclude<LogFile, CheckpointFile>[];
}

/**
 * Chooses what to read for a version (the latest when undefined). Raises DELTA_MISSING_DELTA_TABLE for a log without commits, DELTA_VERSION_NOT_FOUND for a
 * version that is not there or not any more, DELTA_TRUNCATED_TRANSACTION_LOG for a log without its beginning, DELTA_VERSIONS_NOT_CONTIGUOUS when commits on the way are missing.
 */
export function chooseSegment(location: string, files: readonly LogFile[], wanted?: bigint): LogSegment {
  const commits = new Map<bigint, CommitFile>();
  const compacted = new Map<bigint, Extract<LogFile, { kind: "compacted" }>>();
  for (const file of files) {
    if (file.kind === "commit") commits.set(file.version, file);
    if (file.kind === "compacted" && file.end > (compacted.get(file.version)?.end ?? -1n) && (wanted === undefined || file.end <= wanted)) compacted.set(file.version, file);
  }
  const checkpoints = completeCheckpoints(files);
  const latest = latestVersion(files, checkpoints);
  if (latest < 0n) throw notDeltaTable(location);
  const version = wanted ?? latest;
  if (version < 0n || version > latest) throw versionNotFound(location, version, earliestVersion(files) ?? 0n, latest);

  let base: bigint | undefined;
  for (const candidate of checkpoints.keys()) if (candidate <= version && (base === undefined || candidate > base)) base = candidate;
  const deltas: Exclude<LogFile, CheckpointFile>[] = [];
  for (let next = base === undefined ? 0n : base + 1n; next <= version; ) {
    const several = compacted.get(next);
    const delta = several ?? commits.get(next);
    if (delta === undefined) {
      const earliest = earliestVersion(files);
      if (wanted !== undefined && earliest !== undefined && version < earliest) throw versionNotFound(location, version, earliest, latest);
      if (base === undefined && next === 0n) throw truncatedLog(location, version);
      throw versionsNotContiguous(location, next, [...commits.keys()].sort(byVersion));
    }
    deltas.push(delta);
    next = several === undefined ? next + 1n : several.end + 1n;
  }
  return { version, checkpoint: base === undefined ? [] : (checkpoints.get(base) ?? []), deltas };
}

/** The newest version that a log tells of; -1 for a log without any. */
export function latestVersion(files: readonly LogFile[], checkpoints: ReadonlyMap<bigint, unknown> = completeCheckpoints(files)): bigint {
  let latest = -1n;
  for (const version of checkpoints.keys()) if (version > latest) latest = version;
  for (const file of files) {
    const last = file.kind === "compacted" ? file.end : file.version;
    if (last > latest) latest = last;
  }
  return latest;
}

/** By version; of several complete checkpoints of one version the one with the fewest parts. */
export function completeCheckpoints(files: readonly LogFile[]): Map<bigint, readonly CheckpointFile[]> {
  const parts = new Map<string, CheckpointFile[]>();
  for (const file of files) {
    if (file.kind !== "checkpoint") continue;
    const key = file.parts === undefined ? file.name : `${file.version}/${file.parts}`;
    parts.set(key, [...(parts.get(key) ?? []), file]);
  }
  const complete = new Map<bigint, readonly CheckpointFile[]>();
  for (const group of parts.values()) {
    const [{ version, parts: expected = 1 }] = group;
    if (group.length !== expected) continue;
    const known = complete.get(version);
    if (known === undefined || group.length < known.length) complete.set(version, group.toSorted((a, b) => (a.part ?? 0) - (b.part ?? 0)));
  }
  return complete;
}

/** The earliest version that can still be put together: 0 when its commit is there, else the first complete checkpoint that commits follow on. */
export function earliestVersion(files: readonly LogFile[]): bigint | undefined {
  let first: bigint | undefined;
  for (const file of files) if (file.kind === "commit" && (first === undefined || file.version < first)) first = file.version;
  if (first === 0n) return 0n;
  const usable = [...completeCheckpoints(files).keys()].filter((version) => first === undefined || version >= first - 1n).sort(byVersion);
  return usable[0];
}

function byVersion(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
