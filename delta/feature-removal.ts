import { SparrowError } from "../catalog/errors.ts";
import type { DataType, StructField } from "../catalog/types.ts";
import type { Action, AddFile, Metadata, Protocol } from "./actions.ts";
import type { DeltaLog } from "./delta-log.ts";
import { mapStructFields } from "./column-mapping.ts";
import { ROW_TRACKING_PROPERTIES } from "./row-tracking.ts";
import { parseSchema, schemaText } from "./schema-json.ts";
import { readerFeatures, TABLE_FEATURES, writerFeatures } from "./table-features.ts";
import { TYPE_CHANGES } from "./type-widening.ts";

/** A table feature that can be dropped, and what a table must be rid of first. Source: Delta Spark's `RemovableFeature`. */
export interface RemovableFeature {
  readonly name: string;
  /** Properties that turn it on. */
  readonly properties: readonly string[];
  /** Whether a live file must be written anew. */
  readonly isInFile?: (add: AddFile) => boolean;
  /** Whether columns carry metadata of it, under this key, for which all files must be written anew. */
  readonly columnMetadata?: string;
}

const REMOVABLE: readonly RemovableFeature[] = [
  { name: "checkConstraints", properties: [] },
  { name: "checkpointProtection", properties: [] },
  // Turned off by a commit that writes all files anew.
  { name: "columnMapping", properties: ["delta.columnMapping.mode", "delta.columnMapping.maxColumnId"] },
  { name: "deletionVectors", properties: ["delta.enableDeletionVectors"], isInFile: (add) => add.deletionVector !== undefined },
  { name: "inCommitTimestamp", properties: ["delta.enableInCommitTimestamps", "delta.inCommitTimestampEnablementVersion", "delta.inCommitTimestampEnablementTimestamp"] },
  { name: "rowTracking", properties: ROW_TRACKING_PROPERTIES, isInFile: (add) => add.baseRowId !== undefined },
  { name: "typeWidening", properties: ["delta.enableTypeWidening"], columnMetadata: TYPE_CHANGES },
  { name: "typeWidening-preview", properties: ["delta.enableTypeWidening"], columnMetadata: TYPE_CHANGES },
  { name: "v2Checkpoint", properties: ["delta.checkpointPolicy"] },
  { name: "vacuumProtocolCheck", properties: [] },
];

/** The feature of a name that a table has. Raises DELTA_FEATURE_DROP_* for one that it has not, that cannot be dropped, or that another needs. */
export function removableFeature({ protocol, metadata }: { readonly protocol: Protocol; readonly metadata: Metadata }, name: string): RemovableFeature {
  const refuse = (condition: string, why: string): never => {
    throw new SparrowError(`DELTA_FEATURE_DROP_${condition}`, "0AKDE", `Cannot drop ${name} from this table because ${why}.`, { feature: name });
  };
  const present = [...new Set([...readerFeatures(protocol), ...writerFeatures(protocol)])];
  const found = present.find((feature) => feature.toLowerCase() === name.toLowerCase());
  if (found === undefined) return refuse(TABLE_FEATURES.some((feature) => feature.name.toLowerCase() === name.toLowerCase()) ? "FEATURE_NOT_PRESENT" : "UNSUPPORTED_CLIENT_FEATURE", "it is not currently present in the table's protocol");
  const dependents = TABLE_FEATURES.filter((feature) => present.includes(feature.name) && feature.requires?.includes(found)).map((feature) => feature.name);
  if (dependents.length > 0) return refuse("DEPENDENT_FEATURE", `features that are enabled depend on it: ${dependents.join(", ")}`);
  const feature = REMOVABLE.find((candidate) => candidate.name === found);
  if (feature === undefined) return refuse("NONREMOVABLE_FEATURE", "dropping it is not supported");
  const constraints = Object.keys(metadata.configuration).filter((key) => key.startsWith("delta.constraints."));
  if (found === "checkConstraints" && constraints.length > 0) {
    throw new SparrowError("DELTA_CANNOT_DROP_CHECK_CONSTRAINT_FEATURE", "0AKDE", `Cannot drop the CHECK constraints table feature. The following constraints must be dropped first: ${constraints.map((key) => key.slice("delta.constraints.".length)).join(", ")}.`, { constraints: constraints.join(", ") });
  }
  return feature;
}

/** A table's metadata without what turns a feature on; the very same where nothing does. */
export function metadataWithout(metadata: Metadata, { properties, columnMetadata }: RemovableFeature): Metadata {
  const configuration = Object.fromEntries(Object.entries(metadata.configuration).filter(([key]) => !properties.includes(key)));
  const schemaString = columnMetadata === undefined || metadata.schemaString === undefined ? metadata.schemaString : schemaText(withoutKey(parseSchema(metadata.schemaString), columnMetadata));
  const isSame = Object.keys(configuration).length === Object.keys(metadata.configuration).length && !hasColumnMetadata(metadata, columnMetadata);
  return isSame ? metadata : { ...metadata, configuration, ...(schemaString !== undefined && { schemaString }) };
}

export function hasColumnMetadata({ schemaString }: Metadata, key: string | undefined): boolean {
  return key !== undefined && (schemaString ?? "").includes(JSON.stringify(key));
}

function withoutKey(fields: readonly StructField[], key: string): StructField[] {
  const strip = (field: StructField): StructField => {
    const { [key]: _, ...metadata } = field.metadata ?? {};
    return { ...field, type: mapStructFields(field.type, strip), metadata };
  };
  return (mapStructFields({ kind: "struct", fields }, strip) as Extract<DataType, { kind: "struct" }>).fields.slice();
}

/**
 * Whether some version that the log still has uses a feature that readers must know: they could not read it once the protocol says nothing of it. Versions are
 * looked at one by one.
 */
export async function isInHistory(log: DeltaLog, feature: RemovableFeature): Promise<boolean> {
  const isTrace = (action: Action): boolean => {
    switch (action.kind) {
      case "add":
        return feature.isInFile?.(action.add) ?? false;
      case "metaData":
        return metadataWithout(action.metaData, feature) !== action.metaData;
      default:
        return false;
    }
  };
  const versions = (await log.commitTimes()).map(({ version }) => version);
  const { files, metadata } = await log.at(versions[0]);
  if (metadataWithout(metadata, feature) !== metadata || [...files.values()].some((add) => isTrace({ kind: "add", add }))) return true;
  for (const version of versions.slice(1)) if ((await log.readCommit(version)).some(isTrace)) return true;
  return false;
}

