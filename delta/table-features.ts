import type { StructField } from "../catalog/types.ts";
import { containsKind } from "../catalog/types.ts";
import type { Metadata, Protocol } from "./actions.ts";

/** A table feature: what makes a table need it, and how protocols say that it does. Source: the protocol's section "Table Features". */
export interface TableFeature {
  readonly name: string;
  /** Whether readers must know it too. */
  readonly forReaders: boolean;
  /** The writer version below 7 that stands for it and all before it. */
  readonly legacyWriter?: number;
  /** Features that must be there with it. */
  readonly requires?: readonly string[];
  /** Whether a table with these columns and properties needs it; absent: only when it is asked for by name. */
  readonly isUsed?: (table: FeatureUser) => boolean;
}

export interface FeatureUser {
  readonly fields: readonly StructField[];
  readonly configuration: Metadata["configuration"];
}

export const TABLE_FEATURES: readonly TableFeature[] = [
  { name: "appendOnly", forReaders: false, legacyWriter: 2, isUsed: isOn("delta.appendOnly") },
  { name: "invariants", forReaders: false, legacyWriter: 2, isUsed: ({ fields }) => fields.some((field) => !field.nullable || field.metadata?.["delta.invariants"] !== undefined) },
  { name: "checkConstraints", forReaders: false, legacyWriter: 3, isUsed: ({ configuration }) => Object.keys(configuration).some((key) => key.startsWith("delta.constraints.")) },
  { name: "changeDataFeed", forReaders: false, legacyWriter: 4, isUsed: isOn("delta.enableChangeDataFeed") },
  { name: "generatedColumns", forReaders: false, legacyWriter: 4, isUsed: hasColumnWith("delta.generationExpression") },
  { name: "columnMapping", forReaders: true, legacyWriter: 5, isUsed: ({ configuration }) => (configuration["delta.columnMapping.mode"] ?? "none").toLowerCase() !== "none" },
  { name: "identityColumns", forReaders: false, legacyWriter: 6, isUsed: hasColumnWith("delta.identity.start") },
  { name: "allowColumnDefaults", forReaders: false, isUsed: hasColumnWith("CURRENT_DEFAULT") },
  { name: "deletionVectors", forReaders: true, isUsed: isOn("delta.enableDeletionVectors") },
  { name: "timestampNtz", forReaders: true, isUsed: ({ fields }) => fields.some((field) => containsKind(field.type, "timestamp_ntz")) },
  { name: "typeWidening", forReaders: true, isUsed: isOn("delta.enableTypeWidening") },
  { name: "variantType", forReaders: true, isUsed: ({ fields }) => fields.some((field) => containsKind(field.type, "variant")) },
  { name: "variantShredding", forReaders: true, requires: ["variantType"], isUsed: isOn("delta.enableVariantShredding") },
  { name: "v2Checkpoint", forReaders: true, isUsed: ({ configuration }) => configuration["delta.checkpointPolicy"]?.toLowerCase() === "v2" },
  { name: "domainMetadata", forReaders: false },
  { name: "rowTracking", forReaders: false, requires: ["domainMetadata"], isUsed: isOn("delta.enableRowTracking") },
  { name: "clustering", forReaders: false, requires: ["domainMetadata"] },
  { name: "inCommitTimestamp", forReaders: false, isUsed: isOn("delta.enableInCommitTimestamps") },
  { name: "vacuumProtocolCheck", forReaders: true },
  { name: "checkpointProtection", forReaders: false },
];

/** Names of a feature while it was in preview: a table that has one of them has the feature. */
const PREVIEW_SUFFIX = "-preview";
const LEGACY_WRITERS = [2, 3, 4, 5, 6] as const;

function isOn(property: string): (table: FeatureUser) => boolean {
  return ({ configuration }) => configuration[property]?.toLowerCase() === "true";
}

function hasColumnWith(key: string): (table: FeatureUser) => boolean {
  return ({ fields }) => fields.some((field) => field.metadata?.[key] !== undefined);
}

export function readerFeatures(protocol: Protocol): readonly string[] {
  if (protocol.minReaderVersion >= 3) return protocol.readerFeatures ?? [];
  return protocol.minReaderVersion === 2 ? ["columnMapping"] : [];
}

/** Features for writing; a version below 7 stands for a fixed list. */
export function writerFeatures(protocol: Protocol): readonly string[] {
  return protocol.minWriterVersion >= 7 ? (protocol.writerFeatures ?? []) : legacyFeatures(protocol.minWriterVersion);
}

/** Features that a writer version below 7 stands for. */
export function legacyFeatures(writerVersion: number): readonly string[] {
  return TABLE_FEATURES.filter(({ legacyWriter }) => legacyWriter !== undefined && legacyWriter <= writerVersion).map(({ name }) => name);
}

/** The lowest protocol that has what a new table uses, and the features asked for by name, so that older readers can read it. */
export function protocolFor(table: FeatureUser, asked: readonly string[] = []): Protocol {
  return protocolWith({ minReaderVersion: 1, minWriterVersion: 2 }, [...usedFeatures(table), ...asked]);
}

/** A table's protocol with what it uses after a change; the very same where it has that already. */
export function upgradedProtocol(protocol: Protocol, table: FeatureUser, asked: readonly string[] = []): Protocol {
  const needed = [...usedFeatures(table), ...asked];
  const has = new Set(writerFeatures(protocol).flatMap((name) => (name.endsWith(PREVIEW_SUFFIX) ? [name, name.slice(0, -PREVIEW_SUFFIX.length)] : [name])));
  const missing = needed.filter((name) => !has.has(name));
  return missing.length === 0 ? protocol : protocolWith(protocol, missing);
}

function usedFeatures(table: FeatureUser): string[] {
  return TABLE_FEATURES.filter(({ isUsed }) => isUsed?.(table)).map(({ name }) => name);
}

/** A protocol without a feature, and perhaps with another one: the lowest that has the others. */
export function protocolWithout(protocol: Protocol, feature: string, added: readonly string[] = []): Protocol {
  const readers = readerFeatures(protocol).filter((name) => name !== feature);
  const writers = [...new Set([...writerFeatures(protocol).filter((name) => name !== feature), ...added])];
  // Features for readers that are not known by name here stay with their version.
  const others = readers.filter((name) => !TABLE_FEATURES.some((known) => known.name === name));
  return protocolWith(others.length > 0 ? { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: readers, writerFeatures: writers } : { minReaderVersion: 1, minWriterVersion: 1 }, writers);
}

/** A protocol with more features. Versions stand for features where they say exactly the same, as Spark writes them. */
function protocolWith(protocol: Protocol, more: readonly string[]): Protocol {
  const required = more.flatMap((name) => TABLE_FEATURES.find((feature) => feature.name === name)?.requires ?? []);
  const all = new Set([...writerFeatures(protocol), ...required, ...more]);
  const forReaders = new Set([...readerFeatures(protocol), ...TABLE_FEATURES.filter((feature) => feature.forReaders && all.has(feature.name)).map(({ name }) => name)]);
  const onlyMapping = [...forReaders].every((name) => name === "columnMapping");
  const minReaderVersion = Math.max(protocol.minReaderVersion, !onlyMapping ? 3 : forReaders.size > 0 ? 2 : 1);
  const readers = minReaderVersion >= 3 ? { readerFeatures: [...forReaders] } : {};
  const legacy = LEGACY_WRITERS.find((version) => {
    const listed = legacyFeatures(version);
    return listed.length === all.size && listed.every((name) => all.has(name));
  });
  if (legacy !== undefined && minReaderVersion < 3 && protocol.minWriterVersion <= legacy) return { minReaderVersion, minWriterVersion: legacy };
  return { minReaderVersion, minWriterVersion: 7, ...readers, writerFeatures: [...all] };
}
