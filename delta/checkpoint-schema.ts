import { BOOLEAN, type DataType, INT, LONG, STRING, type StructField, type StructType } from "../catalog/types.ts";
import { physicalName } from "./column-mapping.ts";
import { hasBounds, indexedLeaves, type LeafColumn } from "./indexed-columns.ts";
import type { DeltaSnapshot } from "./snapshot.ts";

const TEXT_MAP: DataType = { kind: "map", key: STRING, value: STRING, valueContainsNull: true };
const TEXTS: DataType = { kind: "array", element: STRING, containsNull: true };

function struct(fields: Readonly<Record<string, DataType>>): StructType {
  return { kind: "struct", fields: Object.entries(fields).map(([name, type]) => ({ name, type, nullable: true })) };
}

const DELETION_VECTOR = struct({ storageType: STRING, pathOrInlineDv: STRING, offset: INT, sizeInBytes: INT, cardinality: LONG });
const ROW_IDS = { baseRowId: LONG, defaultRowCommitVersion: LONG };
const REMOVE = struct({ path: STRING, deletionTimestamp: LONG, dataChange: BOOLEAN, extendedFileMetadata: BOOLEAN, partitionValues: TEXT_MAP, size: LONG, deletionVector: DELETION_VECTOR, ...ROW_IDS });

/** Columns of a checkpoint's actions about the table, which V2 checkpoints have in the top file. */
const TABLE_ACTIONS: readonly StructField[] = [
  { name: "txn", type: struct({ appId: STRING, version: LONG, lastUpdated: LONG }), nullable: true },
  { name: "metaData", type: struct({ id: STRING, name: STRING, description: STRING, format: struct({ provider: STRING, options: TEXT_MAP }), schemaString: STRING, partitionColumns: TEXTS, configuration: TEXT_MAP, createdTime: LONG }), nullable: true },
  { name: "protocol", type: struct({ minReaderVersion: INT, minWriterVersion: INT, readerFeatures: TEXTS, writerFeatures: TEXTS }), nullable: true },
  { name: "domainMetadata", type: struct({ domain: STRING, configuration: STRING, removed: BOOLEAN }), nullable: true },
];

/** Columns of actions about files: all that a sidecar has. Source: the protocol's section "Checkpoint Schema". */
export function fileActionFields(snapshot: DeltaSnapshot): readonly StructField[] {
  const { configuration } = snapshot.metadata;
  const partitionValues = partitionFields(snapshot);
  const add = struct({
    path: STRING,
    partitionValues: TEXT_MAP,
    size: LONG,
    modificationTime: LONG,
    dataChange: BOOLEAN,
    tags: TEXT_MAP,
    deletionVector: DELETION_VECTOR,
    ...ROW_IDS,
    clusteringProvider: STRING,
    ...(configuration["delta.checkpoint.writeStatsAsJson"]?.toLowerCase() !== "false" && { stats: STRING }),
    ...(writesTyped(configuration) && { stats_parsed: statisticsType(snapshot) }),
    ...(writesTyped(configuration) && partitionValues.length > 0 && { partitionValues_parsed: { kind: "struct", fields: partitionValues } as const }),
  });
  return [
    { name: "add", type: add, nullable: true },
    { name: "remove", type: REMOVE, nullable: true },
  ];
}

/** All columns of a classic checkpoint. */
export function checkpointFields(snapshot: DeltaSnapshot): readonly StructField[] {
  return [...TABLE_ACTIONS, ...fileActionFields(snapshot)];
}

/** `delta.checkpoint.writeStatsAsStruct`: without it readers parse the JSON texts. */
function writesTyped(configuration: Readonly<Record<string, string>>): boolean {
  return configuration["delta.checkpoint.writeStatsAsStruct"]?.toLowerCase() === "true";
}

/** Partition columns under their physical names. */
function partitionFields({ fields, metadata, mapping }: DeltaSnapshot): StructField[] {
  return metadata.partitionColumns.flatMap((name) => {
    const field = fields.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
    return field === undefined ? [] : [{ name: physicalName(field, mapping), type: field.type, nullable: true }];
  });
}

function statisticsType({ fields, metadata, mapping }: DeltaSnapshot): StructType {
  const partitions = new Set(metadata.partitionColumns.map((name) => name.toLowerCase()));
  const stored = fields.filter((field) => !partitions.has(field.name.toLowerCase()));
  const leaves = indexedLeaves(stored, metadata.configuration, mapping);
  const bounds = nested(leaves.filter(({ type }) => hasBounds(type)), ({ type }) => type);
  const counts = nested(leaves, () => LONG);
  return struct({
    numRecords: LONG,
    ...(bounds.length > 0 && { minValues: { kind: "struct", fields: bounds } as const, maxValues: { kind: "struct", fields: bounds } as const }),
    ...(counts.length > 0 && { nullCount: { kind: "struct", fields: counts } as const }),
    tightBounds: BOOLEAN,
  });
}

/** Leaves as fields of structs under their physical names. */
function nested(leaves: readonly LeafColumn[], typeOf: (leaf: LeafColumn) => DataType, depth = 0): StructField[] {
  const names = [...new Set(leaves.map(({ physicalPath }) => physicalPath[depth]))];
  return names.map((name): StructField => {
    const own = leaves.filter(({ physicalPath }) => physicalPath[depth] === name);
    const isLeaf = own[0].physicalPath.length === depth + 1;
    return { name, type: isLeaf ? typeOf(own[0]) : { kind: "struct", fields: nested(own, typeOf, depth + 1) }, nullable: true };
  });
}
