import { SparrowError } from "../catalog/errors.ts";
import type { Storage } from "../catalog/ports.ts";
import type { Action, CommitInfo } from "./actions.ts";
import { parseLogFile, readCheckpoint } from "./checkpoint-reader.ts";
import { type Committer, storageCommitter } from "./committer.ts";
import { type CommitTime, monotoneTimes, versionAtTime } from "./commit-times.ts";
import { notDeltaTable, versionNotFound } from "./errors.ts";
import { ENABLEMENT_VERSION, hasInCommitTimestamps, inCommitTimestamp } from "./in-commit-timestamps.ts";
import { type CommitFile, commitName, type LogFile, logFile, logFolder, versionPrefix } from "./log-files.ts";
import { chooseSegment, completeCheckpoints, earliestVersion, latestVersion, type LogSegment } from "./log-segment.ts";
import type { ParquetRowsReader } from "./parquet-rows.ts";
import { type DeltaSnapshot, snapshotOf } from "./snapshot.ts";
import { applyActions, EMPTY_STATE } from "./table-state.ts";

/** Commits that are read at the same time. */
const PARALLEL_READS = 16;
/** Snapshots of earlier versions that are kept for the next time travel. */
const KEPT_VERSIONS = 4;

export interface HistoryEntry {
  readonly version: bigint;
  /** Milliseconds; in-commit timestamp where there is one, else the commit file's time. */
  readonly timestampMs: number;
  readonly commitInfo: CommitInfo;
}

interface KeptSnapshot {
  readonly snapshot: DeltaSnapshot;
  /** Of the commit's file; undefined when only a checkpoint of the version is left. */
  readonly commitModifiedMs: number | undefined;
}

/** The log of one table: its snapshots, kept and advanced by new commits only, and its history. */
export class DeltaLog {
  readonly location: string;
  readonly #storage: Storage;
  readonly #parquet: ParquetRowsReader;
  /** Who decides on commits of this table. */
  readonly committer: Committer;
  /** Names of commits that the committer has told of. */
  readonly #ratified = new Map<bigint, string>();
  #latest: KeptSnapshot | undefined;
  readonly #earlier = new Map<bigint, KeptSnapshot>();
  /** In-commit timestamps that have been read, with the times of the commits' files: a table that was made again has other ones. */
  readonly #timestamps = new Map<bigint, { readonly modifiedMs: number; readonly timestampMs: number | undefined }>();

  /** `location`: absolute folder of the table. */
  constructor(location: string, storage: Storage, parquet: ParquetRowsReader, committer: Committer = storageCommitter(storage)) {
    this.location = location;
    this.committer = committer;
    this.#storage = storage;
    this.#parquet = parquet;
  }

  get folder(): string {
    return logFolder(this.location);
  }

  /** Whether there is a log at all. */
  async exists(): Promise<boolean> {
    for await (const object of this.#storage.list(this.folder)) if (logFile(object.path, object.modifiedMs) !== undefined) return true;
    return false;
  }

  /** The latest version. Raises DELTA_MISSING_DELTA_TABLE, DELTA_VERSIONS_NOT_CONTIGUOUS, DELTA_STATE_RECOVER_ERROR, DELTA_UNSUPPORTED_FEATURES_FOR_READ. */
  async latest(): Promise<DeltaSnapshot> {
    return (await this.#advanced()) ?? this.#load(await this.#listForLatest());
  }

  /**
   * One version, from the checkpoint and the commits that it was put together from when it was the latest: later ones are not opened. Raises DELTA_VERSION_NOT_FOUND
   * beside what `latest` does.
   */
  async at(version: bigint): Promise<DeltaSnapshot> {
    const known = this.#latest?.snapshot.version === version ? this.#latest : this.#earlier.get(version);
    // A table that was deleted and made again has other commits under the same versions.
    if (known?.commitModifiedMs !== undefined && (await this.#storage.stat(`${this.folder}/${commitName(version)}`))?.modifiedMs === known.commitModifiedMs) return known.snapshot;
    const files = await this.#list();
    if (files.length === 0) throw notDeltaTable(this.location);
    const earliest = earliestVersion(files) ?? 0n;
    if (version < earliest) throw versionNotFound(this.location, version, earliest, latestVersion(files));
    const segment = chooseSegment(this.location, files, version);
    const snapshot = await this.#read(segment);
    this.#earlier.set(version, { snapshot, commitModifiedMs: commitTime(files, version) });
    for (const oldest of this.#earlier.keys()) {
      if (this.#earlier.size <= KEPT_VERSIONS) break;
      this.#earlier.delete(oldest);
    }
    return snapshot;
  }

  /** The version that was the latest at a time. Raises DELTA_TIMESTAMP_GREATER_THAN_COMMIT (unless `orLatest`) and DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION. */
  async versionAt(timestampMs: number, orLatest = false): Promise<bigint> {
    return versionAtTime(await this.commitTimes(), timestampMs, orLatest);
  }

  /** The commits that can still be read, oldest first, with their times. */
  async commitTimes(): Promise<CommitTime[]> {
    const { metadata } = await this.latest();
    const files = await this.#list();
    const earliest = earliestVersion(files) ?? 0n;
    const commits = files.filter((file): file is CommitFile => file.kind === "commit" && file.version >= earliest).sort((a, b) => (a.version < b.version ? -1 : 1));
    const times = monotoneTimes(commits.map(({ version, modifiedMs }) => ({ version, timestampMs: Math.floor(modifiedMs) })));
    if (!hasInCommitTimestamps(metadata)) return times;
    const from = BigInt(metadata.configuration[ENABLEMENT_VERSION] ?? 0);
    return inParallel(times, async (time, i) => (time.version < from ? time : { ...time, timestampMs: (await this.#inCommitTimestamp(commits[i])) ?? time.timestampMs }));
  }

  async #inCommitTimestamp({ version, modifiedMs }: CommitFile): Promise<number | undefined> {
    const known = this.#timestamps.get(version);
    if (known?.modifiedMs === modifiedMs) return known.timestampMs;
    const timestampMs = inCommitTimestamp(await this.readCommit(version));
    this.#timestamps.set(version, { modifiedMs, timestampMs });
    return timestampMs;
  }

  /** Newest first, at most `limit` entries. */
  async history(limit = Infinity): Promise<HistoryEntry[]> {
    const times = (await this.commitTimes()).toReversed().slice(0, limit);
    return inParallel(times, async ({ version, timestampMs }) => {
      const info = (await this.readCommit(version)).find((action) => action.kind === "commitInfo");
      return { version, timestampMs, commitInfo: info?.kind === "commitInfo" ? info.commitInfo : {} };
    });
  }

  /** The actions of one commit. */
  async readCommit(version: bigint): Promise<Action[]> {
    const staged = this.#ratified.get(version);
    const path = `${this.folder}/${staged ?? commitName(version)}`;
    try {
      return parseLogFile(path, await this.#storage.read(path));
    } catch (error) {
      if (!(error instanceof SparrowError && error.condition === "PATH_NOT_FOUND")) throw error;
      // It may have been ratified since, or published.
      this.#ratified.delete(version);
      await this.#askCommitter(version);
      if (this.#ratified.get(version) === staged) throw error;
      return this.readCommit(version);
    }
  }

  /** Commits from a version on that only the committer knows of. */
  async #askCommitter(from: bigint): Promise<CommitFile[]> {
    const commits = await this.committer.ratified(this.folder, from - 1n);
    for (const { version, name } of commits) this.#ratified.set(version, name);
    return commits.map((commit) => ({ kind: "commit", ...commit }));
  }

  /** The latest snapshot with the commits since applied; undefined when it must be put together anew. */
  async #advanced(): Promise<DeltaSnapshot | undefined> {
    const known = this.#latest;
    if (known === undefined) return undefined;
    const { version } = known.snapshot;
    const files = await this.#list(version);
    const commits = files.filter((file): file is CommitFile => file.kind === "commit").sort((a, b) => (a.version < b.version ? -1 : 1));
    // A table that was deleted and made again has other commits under the same versions.
    if (commits[0]?.version !== version || commits[0].modifiedMs !== known.commitModifiedMs) return undefined;
    const added = commits.slice(1);
    if (added.some((commit, i) => commit.version !== version + BigInt(i) + 1n)) return undefined;
    if (added.length === 0) return known.snapshot;
    const actions = await inParallel(added, (commit) => this.readCommit(commit.version));
    const last = added[added.length - 1];
    const snapshot = snapshotOf(this.location, last.version, applyActions(known.snapshot, actions.flat()));
    if (this.#latest === known) this.#latest = { snapshot, commitModifiedMs: last.modifiedMs };
    return snapshot;
  }

  async #load(files: readonly LogFile[]): Promise<DeltaSnapshot> {
    this.#earlier.clear();
    const segment = chooseSegment(this.location, files);
    const snapshot = await this.#read(segment);
    this.#latest = { snapshot, commitModifiedMs: commitTime(files, segment.version) };
    return snapshot;
  }

  async #read(segment: LogSegment): Promise<DeltaSnapshot> {
    const base = await readCheckpoint(this.folder, segment.checkpoint, this.#storage, this.#parquet);
    const deltas = await inParallel(segment.deltas, async ({ name }) => {
      const path = `${this.folder}/${name}`;
      return parseLogFile(path, await this.#storage.read(path));
    });
    return snapshotOf(this.location, segment.version, applyActions(EMPTY_STATE, [...base, ...deltas.flat()]));
  }

  /** From the checkpoint that `_last_checkpoint` names, which is a hint only: without a complete checkpoint there, all of the log. */
  async #listForLatest(): Promise<readonly LogFile[]> {
    const hint = await this.#lastCheckpoint();
    if (hint !== undefined) {
      const files = await this.#list(hint);
      if (completeCheckpoints(files).size > 0) return files;
    }
    const files = await this.#list();
    if (files.length === 0) throw notDeltaTable(this.location);
    return files;
  }

  async #lastCheckpoint(): Promise<bigint | undefined> {
    const path = `${this.folder}/_last_checkpoint`;
    try {
      const hint = JSON.parse(new TextDecoder().decode(await this.#storage.read(path))) as { readonly version?: unknown } | null;
      const version = hint?.version;
      return typeof version === "number" && Number.isSafeInteger(version) && version >= 0 ? BigInt(version) : undefined;
    } catch (error) {
      if (error instanceof SyntaxError || (error instanceof SparrowError && error.condition === "PATH_NOT_FOUND")) return undefined;
      throw error;
    }
  }

  /** Files of versions from one on; all without it. What the committer says of a version counts more than what lies there. */
  async #list(from = 0n): Promise<LogFile[]> {
    const ratified = await this.#askCommitter(from);
    const files: LogFile[] = [...ratified];
    const known = new Set(ratified.map(({ version }) => version));
    for await (const { path, modifiedMs } of this.#storage.list(this.folder, from === 0n ? {} : { startAfter: `${versionPrefix(from)}.` })) {
      const file = logFile(path, modifiedMs);
      if (file !== undefined && !(file.kind === "commit" && known.has(file.version))) files.push(file);
    }
    return files;
  }
}

function commitTime(files: readonly LogFile[], version: bigint): number | undefined {
  return files.find((file) => file.kind === "commit" && file.version === version)?.modifiedMs;
}

/** Results in the order of the items. */
export async function inParallel<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at], at);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_READS, items.length) }, run));
  return results;
}
