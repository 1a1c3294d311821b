/** Names of the files in `_delta_log`. */
export type LogFile =
  | { readonly kind: "commit"; readonly version: bigint; readonly name: string; readonly modifiedMs: number }
  | { readonly kind: "compacted"; readonly version: bigint; readonly end: bigint; readonly name: string; readonly modifiedMs: number }
  | { readonly kind: "checkpoint"; readonly version: bigint; readonly name: string; readonly modifiedMs: number; readonly format: "parquet" | "json"; /** Of a multi-part checkpoint, counted from 1. */ readonly part?: number; readonly parts?: number };

export type CheckpointFile = Extract<LogFile, { kind: "checkpoint" }>;
export type CommitFile = Extract<LogFile, { kind: "commit" }>;

const COMMIT = /^(\d{20})\.json$/;
const COMPACTED = /^(\d{20})\.(\d{20})\.compacted\.json$/;
const CLASSIC_CHECKPOINT = /^(\d{20})\.checkpoint\.parquet$/;
const MULTI_PART_CHECKPOINT = /^(\d{20})\.checkpoint\.(\d{10})\.(\d{10})\.parquet$/;
const UUID_CHECKPOINT = /^(\d{20})\.checkpoint\.[0-9a-fA-F-]{36}\.(json|parquet)$/;

/** What a file of the log is by its name; undefined for files that have no part in reading. */
export function logFile(name: string, modifiedMs: number): LogFile | undefined {
  let match = COMMIT.exec(name);
  if (match !== null) return { kind: "commit", version: BigInt(match[1]), name, modifiedMs };
  match = CLASSIC_CHECKPOINT.exec(name);
  if (match !== null) return { kind: "checkpoint", version: BigInt(match[1]), name, modifiedMs, format: "parquet" };
  match = MULTI_PART_CHECKPOINT.exec(name);
  if (match !== null) return { kind: "checkpoint", version: BigInt(match[1]), name, modifiedMs, format: "parquet", part: Number(match[2]), parts: Number(match[3]) };
  match = UUID_CHECKPOINT.exec(name);
  if (match !== null) return { kind: "checkpoint", version: BigInt(match[1]), name, modifiedMs, format: match[2] === "json" ? "json" : "parquet" };
  match = COMPACTED.exec(name);
  if (match !== null) return { kind: "compacted", version: BigInt(match[1]), end: BigInt(match[2]), name, modifiedMs };
  return undefined;
}

export function versionPrefix(version: bigint): string {
  return String(version).padStart(20, "0");
}

export function commitName(version: bigint): string {
  return `${versionPrefix(version)}.json`;
}

/** Name of a classic checkpoint. */
export function checkpointName(version: bigint): string {
  return `${versionPrefix(version)}.checkpoint.parquet`;
}

/** Name of a version checksum. */
export function checksumName(version: bigint): string {
  return `${versionPrefix(version)}.crc`;
}

/** The version that a version checksum is of, by its name; undefined for other files. */
export function checksumVersion(name: string): bigint | undefined {
  const match = /^(\d{20})\.crc$/.exec(name);
  return match === null ? undefined : BigInt(match[1]);
}

/** Where sidecars are, within the log. */
export const SIDECAR_FOLDER = "_sidecars";

export function logFolder(location: string): string {
  return `${location}/_delta_log`;
}
