import type { Protocol } from "./actions.ts";
import { invalidProtocolVersion, unsupportedFeatures } from "./errors.ts";
import { readerFeatures, writerFeatures } from "./table-features.ts";

/** Features without which a table must not be read, and that are understood here. Preview names stand on real tables. */
const READER_FEATURES: ReadonlySet<string> = new Set([
  "columnMapping",
  "deletionVectors",
  "timestampNtz",
  "typeWidening",
  "typeWidening-preview",
  "v2Checkpoint",
  "vacuumProtocolCheck",
  "variantShredding",
  "variantShredding-preview",
  "variantType",
  "variantType-preview",
]);

/** Features that a writer must honour, and that are honoured here: by doing what they ask, or by refusing the statement that would need it. */
const WRITER_FEATURES: ReadonlySet<string> = new Set([
  "allowColumnDefaults",
  "appendOnly",
  "changeDataFeed",
  "checkConstraints",
  "checkpointProtection",
  "clustering",
  "columnMapping",
  "deletionVectors",
  "domainMetadata",
  "generatedColumns",
  "identityColumns",
  "inCommitTimestamp",
  "invariants",
  "rowTracking",
  "timestampNtz",
  "typeWidening",
  "typeWidening-preview",
  "v2Checkpoint",
  "vacuumProtocolCheck",
  "variantShredding",
  "variantShredding-preview",
  "variantType",
  "variantType-preview",
]);

/** Raises DELTA_INVALID_PROTOCOL_VERSION or DELTA_UNSUPPORTED_FEATURES_FOR_READ. */
export function checkReadable(location: string, protocol: Protocol): void {
  const { minReaderVersion, minWriterVersion } = protocol;
  if (minReaderVersion < 1 || minReaderVersion > 3) throw invalidProtocolVersion(location, minReaderVersion, minWriterVersion);
  const unknown = readerFeatures(protocol).filter((feature) => !READER_FEATURES.has(feature));
  if (unknown.length > 0) throw unsupportedFeatures(location, "READ", unknown);
}

/** Raises DELTA_UNSUPPORTED_FEATURES_FOR_WRITE, and what `checkReadable` does. */
export function checkWritable(location: string, protocol: Protocol): void {
  checkReadable(location, protocol);
  const { minReaderVersion, minWriterVersion } = protocol;
  if (minWriterVersion < 1 || minWriterVersion > 7) throw invalidProtocolVersion(location, minReaderVersion, minWriterVersion);
  const unsupported = writerFeatures(protocol).filter((feature) => !WRITER_FEATURES.has(feature));
  if (unsupported.length > 0) throw unsupportedFeatures(location, "WRITE", unsupported);
}
