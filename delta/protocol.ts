import type { Protocol } from "./actions.ts";
import { invalidProtocolVersion, unsupportedFeatures } from "./errors.ts";

/** Features without which a table must not be read, and that are understood here. Preview names stand on real tables. */
const READER_FEATURES: ReadonlySet<string> = new Set([
  "columnMapping",
  "deletionVectors",
  "timestampNtz",
  "typeWidening",
  "typeWidening-preview",
  "v2Checkpoint",
  "vacuumProtocolCheck",
]);

/** Features that a writer must honour, and that are honoured here: by doing what they ask, or by refusing the statement that would need it. */
const WRITER_FEATURES: ReadonlySet<string> = new Set([
  "allowColumnDefaults",
  "appendOnly",
  "checkConstraints",
  "deletionVectors",
  "domainMetadata",
  "invariants",
  "timestampNtz",
  "typeWidening",
  "typeWidening-preview",
  "v2Checkpoint",
  "vacuumProtocolCheck",
]);

const LEGACY_WRITER_FEATURES: readonly (readonly [number, string])[] = [
  [2, "appendOnly"],
  [2, "invariants"],
  [3, "checkConstraints"],
  [4, "changeDataFeed"],
  [4, "generatedColumns"],
  [5, "columnMapping"],
  [6, "identityColumns"],
];

export function readerFeatures(protocol: Protocol): readonly string[] {
  if (protocol.minReaderVersion >= 3) return protocol.readerFeatures ?? [];
  return protocol.minReaderVersion === 2 ? ["columnMapping"] : [];
}

/** Features for writing; a version below 7 stands for a fixed list. */
export function writerFeatures(protocol: Protocol): readonly string[] {
  if (protocol.minWriterVersion >= 7) return protocol.writerFeatures ?? [];
  return LEGACY_WRITER_FEATURES.filter(([version]) => version <= protocol.minWriterVersion).map(([, feature]) => feature);
}

/** Raises DELTA_INVALID_PROTOCOL_VERSION or DELTA_UNSUPPORTED_FEATURES_FOR_READ. */
export function checkReadable(location: string, protocol: Protocol): void {
  const { minReaderVersion, minWriterVersion } = protocol;
  if (minReaderVersion < 1 || minReaderVersion > 3) throw invalidProtocolVersion(location, minReaderVersion, minWriterVersion);
  const unknown = readerFeatures(protocol).filter((feature) => !READER_FEATURES.has(feature));
  if (unknown.length > 0) throw unsupportedFeatures(location, "READ", unknown);
}

/** Features of a legacy version that a table may never use: whether it does is for the caller to find. `isUsed` answers for one feature. */
export function checkWritable(location: string, protocol: Protocol, isUsed: (feature: string) => boolean): void {
  checkReadable(location, protocol);
  const { minReaderVersion, minWriterVersion } = protocol;
  if (minWriterVersion < 1 || minWriterVersion > 7) throw invalidProtocolVersion(location, minReaderVersion, minWriterVersion);
  const unsupported = writerFeatures(protocol).filter((feature) => !WRITER_FEATURES.has(feature) && isUsed(feature));
  if (unsupported.length > 0) throw unsupportedFeatures(location, "WRITE", unsupported);
}
