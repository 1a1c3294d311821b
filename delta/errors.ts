import { SparrowError } from "../catalog/errors.ts";

/** Errors under the conditions and SQLSTATEs of Delta's own list (delta-error-classes.json), with messages in our words. */

/** The location holds no Delta log. */
export function notDeltaTable(location: string): SparrowError {
  return new SparrowError("DELTA_MISSING_DELTA_TABLE", "42P01", `${location} is not a Delta table.`, { tableName: location }, { hint: "A Delta table has a folder _delta_log." });
}

/** Commits that are needed are not there. `missing` is the first of them. */
/** The log begins after version 0, and no checkpoint stands for what is gone. */
export function truncatedLog(location: string, version: bigint): SparrowError {
  return new SparrowError(
    "DELTA_TRUNCATED_TRANSACTION_LOG",
    "42K03",
    `The state of the Delta table ${location} at version ${version} cannot be put together: the beginning of its log is gone, and there is no checkpoint after it.`,
    { path: location, version: String(version) },
    { origin: "data" },
  );
}

export function versionsNotContiguous(location: string, missing: bigint, versions: readonly bigint[]): SparrowError {
  const versionList = versions.join(", ");
  return new SparrowError(
    "DELTA_VERSIONS_NOT_CONTIGUOUS",
    "KD00C",
    `Versions (${versionList}) of the Delta table ${location} are not contiguous: version ${missing} is missing. Files have been deleted from its log, or copied incompletely.`,
    { versionList, missing: String(missing), path: location },
    { origin: "data" },
  );
}

/** A state needs a protocol and metadata, and the log has none. */
export function stateRecoverError(location: string, what: "protocol" | "metadata", version: bigint): SparrowError {
  return new SparrowError(
    "DELTA_STATE_RECOVER_ERROR",
    "XXKDS",
    `The ${what} of the Delta table ${location} could not be recovered while its version ${version} was put together. Have files been deleted from its log?`,
    { operation: what, version: String(version), path: location },
    { origin: "data" },
  );
}

/** A file of the log that cannot be read as what it should be. */
export function corruptLogFile(path: string, why: string, cause?: unknown): SparrowError {
  return new SparrowError("DELTA_LOG_FILE_UNREADABLE", "XXKDS", `The file ${path} of a Delta log cannot be read: ${why}.`, { path }, { origin: "data", cause });
}

export function versionNotFound(location: string, version: bigint, earliest: bigint, latest: bigint): SparrowError {
  return new SparrowError(
    "DELTA_VERSION_NOT_FOUND",
    "22003",
    `Cannot time travel the Delta table ${location} to version ${version}. Available versions: [${earliest}, ${latest}].`,
    { userVersion: String(version), earliest: String(earliest), latest: String(latest) },
  );
}

export function timestampAfterLatest(wantedMs: number, latestMs: number): SparrowError {
  const parameters = { providedTimestamp: isoText(wantedMs), tableName: isoText(latestMs) };
  return new SparrowError(
    "DELTA_TIMESTAMP_GREATER_THAN_COMMIT",
    "42816",
    `The timestamp ${isoText(wantedMs)} is after the latest version, which was committed at ${isoText(latestMs)}. Use a timestamp at or before it.`,
    parameters,
  );
}

export function timestampBeforeEarliest(wantedMs: number, earliestMs: number): SparrowError {
  return new SparrowError(
    "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION",
    "42816",
    `The timestamp ${isoText(wantedMs)} is before the earliest version that can be read, which was committed at ${isoText(earliestMs)}. Use a timestamp at or after it.`,
    { userTimestamp: isoText(wantedMs), commitTs: isoText(earliestMs) },
  );
}

export function invalidProtocolVersion(location: string, reader: number, writer: number): SparrowError {
  return new SparrowError(
    "DELTA_INVALID_PROTOCOL_VERSION",
    "KD004",
    `The Delta table ${location} needs reader version ${reader} and writer version ${writer}; this version of Sparrow knows reader versions 1 to 3 and writer versions 1 to 7.`,
    { tableNameOrPath: location, readerRequired: String(reader), writerRequired: String(writer) },
  );
}

export function unsupportedFeatures(location: string, access: "READ" | "WRITE", features: readonly string[]): SparrowError {
  const doing = access === "READ" ? "reading" : "writing";
  return new SparrowError(
    `DELTA_UNSUPPORTED_FEATURES_FOR_${access}`,
    "56038",
    `The Delta table ${location} needs features for ${doing} that this version of Sparrow does not have: ${features.join(", ")}.`,
    { tableNameOrPath: location, unsupported: features.join(", ") },
  );
}

/** A type or expression in a table's schema that is not known. */
export function invalidSchema(location: string, why: string): SparrowError {
  return new SparrowError("DELTA_SCHEMA_UNREADABLE", "XXKDS", `The schema of the Delta table ${location} cannot be read: ${why}.`, { path: location }, { origin: "data" });
}

export function deletionVectorError(kind: "CHECKSUM_MISMATCH" | "SIZE_MISMATCH" | "CARDINALITY_MISMATCH" | "INVALID", path: string, why: string): SparrowError {
  return new SparrowError(`DELTA_DELETION_VECTOR_${kind}`, "XXKDS", `A deletion vector in ${path} cannot be used: ${why}.`, { path }, { origin: "data" });
}

/** A row does not satisfy a CHECK constraint, an invariant, or what a column is generated from. `values`: a line for each column of the condition. */
export function constraintViolated(name: string, expression: string): (values: string) => SparrowError {
  return (values) => new SparrowError("DELTA_VIOLATE_CONSTRAINT_WITH_VALUES", "23001", `CHECK constraint ${name} (${expression}) violated by row with values:\n${values}`, { constraintName: name, expression, values }, { origin: "data" });
}

export function notNullViolated(columnName: string): SparrowError {
  return new SparrowError("DELTA_NOT_NULL_CONSTRAINT_VIOLATED", "23502", `NOT NULL constraint violated for column: ${columnName}.`, { columnName }, { origin: "data" });
}

/** SQL expressions in properties and column metadata are refused by name where they cannot be honoured. */
export function unsupportedDelta(feature: string): SparrowError {
  return new SparrowError("UNSUPPORTED_FEATURE.DELTA", "0A000", `The feature is not supported: ${feature} of Delta tables.`, { feature });
}

/** An ISO text, or the number where the calendar of JavaScript ends. */
function isoText(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : `${ms} ms`;
}
