import type { Storage } from "../catalog/ports.ts";
import { commitName } from "./log-files.ts";

/** A commit that a catalog has taken, and that is not under its own name in the log, or not yet. */
export interface RatifiedCommit {
  readonly version: bigint;
  /** Relative to the log's folder: `_staged_commits/<version>.<uuid>.json`. */
  readonly name: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly modifiedMs: number;
}

/** Who decides which of several writers gets a version: a storage that puts an object only if there is none, or a catalog. `folder`: the log's. */
export interface Committer {
  /** Puts a commit under a version; false when another one has it. Atomic, and durable when it resolves. An error leaves open whether it landed. */
  readonly commit: (folder: string, version: bigint, bytes: Uint8Array) => Promise<boolean>;
  /** Commits after a version that listing the log does not tell of. */
  readonly ratified: (folder: string, after: bigint) => Promise<readonly RatifiedCommit[]>;
}

/** The storage itself decides, as for all tables without a catalog: the first object under a commit's name is the commit. */
export function storageCommitter(storage: Pick<Storage, "putIfAbsent">): Committer {
  return {
    commit: (folder, version, bytes) => storage.putIfAbsent(`${folder}/${commitName(version)}`, bytes),
    ratified: () => Promise.resolve([]),
  };
}
