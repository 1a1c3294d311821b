const UNIT_MS: Readonly<Record<string, number>> = { millisecond: 1, second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 7 * 86_400_000 };

/** `delta.deletedFileRetentionDuration` where nothing is said. */
const DELETED_FILES_MS = UNIT_MS.week;
/** `delta.logRetentionDuration` where nothing is said. */
const LOG_MS = 30 * UNIT_MS.day;

type Configuration = Readonly<Record<string, string>>;

/** Milliseconds for which files that were removed from the table are kept; Infinity where it is not understood what the table says. */
export function deletedFileRetentionMs(configuration: Configuration): number {
  return retentionMs(configuration["delta.deletedFileRetentionDuration"], DELETED_FILES_MS);
}

/** Milliseconds for which commits are kept after checkpoints have made them unneeded; Infinity where it is not understood what the table says. */
export function logRetentionMs(configuration: Configuration): number {
  return retentionMs(configuration["delta.logRetentionDuration"], LOG_MS);
}

function retentionMs(text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : (durationMs(text) ?? Infinity);
}

/** Milliseconds of an interval of fixed length (`interval 1 week`, `2 days 12 hours`); undefined for what is none. */
export function durationMs(text: string | undefined): number | undefined {
  const parts = (text ?? "").trim().replace(/^interval\s+/i, "");
  if (!/^(\d+\s*(millisecond|second|minute|hour|day|week)s?\s*)+$/i.test(parts)) return undefined;
  return [...parts.matchAll(/(\d+)\s*([a-z]+?)s?(?=\s|\d|$)/gi)].reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit.toLowerCase()], 0);
}
