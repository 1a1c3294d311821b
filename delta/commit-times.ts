import { timestampAfterLatest, timestampBeforeEarliest } from "./errors.ts";

export interface CommitTime {
  readonly version: bigint;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly timestampMs: number;
}

/** File times made to grow with the versions, as Spark does: a commit that is not later than the one before counts as one millisecond later. */
export function monotoneTimes(commits: readonly CommitTime[]): CommitTime[] {
  let last = -Infinity;
  return commits.map(({ version, timestampMs }) => {
    last = timestampMs <= last ? last + 1 : timestampMs;
    return { version, timestampMs: last };
  });
}

/** The last version that was committed at or before a time; times after the latest commit are an error unless `orLatest`. */
export function versionAtTime(times: readonly CommitTime[], timestampMs: number, orLatest: boolean): bigint {
  const found = times.findLast((time) => time.timestampMs <= timestampMs);
  if (found === undefined) throw timestampBeforeEarliest(timestampMs, times[0]?.timestampMs ?? NaN);
  const latest = times[times.length - 1];
  if (found === latest && timestampMs > latest.timestampMs && !orLatest) throw timestampAfterLatest(timestampMs, latest.timestampMs);
  return found.version;
}

/** The first version that was committed at or after a time; with `orNext`, for a time after the latest commit, the version that the next one would have. */
export function firstVersionFrom(times: readonly CommitTime[], timestampMs: number, orNext: boolean): bigint {
  const found = times.find((time) => time.timestampMs >= timestampMs);
  if (found !== undefined) return found.version;
  const latest = times[times.length - 1];
  if (!orNext) throw timestampAfterLatest(timestampMs, latest.timestampMs);
  return latest.version + 1n;
}
