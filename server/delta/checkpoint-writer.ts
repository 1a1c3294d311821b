import type { StructField } from "../../catalog/types.ts";
import type { MapValue, StructValue, Value } from "../../catalog/values.ts";
import { BOOLEAN, INT, LONG, STRING } from "../../catalog/types.ts";
import type { DataType } from "../../catalog/types.ts";
import type { DeltaLog } from "../../delta/delta-log.ts";
import { versionPrefix } from "../../delta/log-files.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import { ParquetFileWriter } from "../../executor/write/parquet-writer.ts";
import { localStorage } from "../local-storage.ts";
import { parquetDecoder } from "../parquet-decoder.ts";
import { valueBatch } from "../value-batch.ts";

const MS_PER_WEEK = 7 * 86_400_000;
const TEXT_MAP: DataType = { kind: "map", key: STRING, value: STRING, valueContainsNull: true };
const TEXTS: DataType = { kind: "array", element: STRING, containsNull: true };

function struct(fields: Readonly<Record<string, DataType>>): DataType {
  return { kind: "struct", fields: Object.entries(fields).map(([name, type]) => ({ name, type, nullable: true })) };
}

const DELETION_VECTOR = struct({ storageType: STRING, pathOrInlineDv: STRING, offset: INT, sizeInBytes: INT, cardinality: LONG });
const ROW_IDS = { baseRowId: LONG, defaultRowCommitVersion: LONG };

/** The schema of a classic checkpoint. */
const CHECKPOINT_FIELDS: readonly StructField[] = [
  { name: "txn", type: struct({ appId: STRING, version: LONG, lastUpdated: LONG }), nullable: true },
  { name: "add", type: struct({ path: STRING, partitionValues: TEXT_MAP, size: LONG, modificationTime: LONG, dataChange: BOOLEAN, tags: TEXT_MAP, deletionVector: DELETION_VECTOR, ...ROW_IDS, clusteringProvider: STRING, stats: STRING }), nullable: true },
  { name: "remove", type: struct({ path: STRING, deletionTimestamp: LONG, dataChange: BOOLEAN, extendedFileMetadata: BOOLEAN, partitionValues: TEXT_MAP, size: LONG, deletionVector: DELETION_VECTOR, ...ROW_IDS }), nullable: true },
  { name: "metaData", type: struct({ id: STRING, name: STRING, description: STRING, format: struct({ provider: STRING, options: TEXT_MAP }), schemaString: STRING, partitionColumns: TEXTS, configuration: TEXT_MAP, createdTime: LONG }), nullable: true },
  { name: "protocol", type: struct({ minReaderVersion: INT, minWriterVersion: INT, readerFeatures: TEXTS, writerFeatures: TEXTS }), nullable: true },
  { name: "domainMetadata", type: struct({ domain: STRING, configuration: STRING, removed: BOOLEAN }), nullable: true },
];

/** Writes a classic checkpoint of a snapshot and points `_last_checkpoint` at it. Tombstones that have expired are left out. */
export async function writeCheckpoint(log: DeltaLog, snapshot: DeltaSnapshot): Promise<void> {
  const rows = checkpointRows(snapshot);
  const chunks: Uint8Array[] = [];
  const writer = await ParquetFileWriter.open(CHECKPOINT_FIELDS, parquetDecoder(), (bytes) => void chunks.push(bytes.slice()), { compression: "snappy" });
  writer.append(valueBatch(CHECKPOINT_FIELDS.map((field) => field.type), rows.map((row) => CHECKPOINT_FIELDS.map(({ type }, column) => (row.column === column ? valueOf(row.body, type) : null)))));
  writer.finish();
  const bytes = Buffer.concat(chunks);
  await localStorage.write(`${log.folder}/${versionPrefix(snapshot.version)}.checkpoint.parquet`, bytes);
  const hint = { version: Number(snapshot.version), size: rows.length, sizeInBytes: bytes.length, numOfAddFiles: snapshot.files.size };
  await localStorage.write(`${log.folder}/_last_checkpoint`, Buffer.from(JSON.stringify(hint)));
}

interface CheckpointRow {
  readonly column: number;
  readonly body: Readonly<Record<string, unknown>>;
}

function checkpointRows({ protocol, metadata, files, tombstones, transactions, domains }: DeltaSnapshot): CheckpointRow[] {
  const rows: CheckpointRow[] = [];
  const add = (kind: string, body: object): void => void rows.push({ column: CHECKPOINT_FIELDS.findIndex((field) => field.name === kind), body: body as Record<string, unknown> });
  add("protocol", protocol);
  add("metaData", metadata);
  for (const txn of transactions.values()) add("txn", txn);
  for (const domain of domains.values()) add("domainMetadata", domain);
  // What a checkpoint says has been said by a commit before: it changes no data.
  for (const file of files.values()) add("add", { ...file, dataChange: false });
  const expired = Date.now() - retentionMs(metadata.configuration["delta.deletedFileRetentionDuration"]);
  for (const file of tombstones.values()) if ((file.deletionTimestamp ?? 0) > expired) add("remove", { ...file, dataChange: false });
  return rows;
}

const UNIT_MS: Readonly<Record<string, number>> = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000, week: MS_PER_WEEK };

/** Milliseconds of `interval 1 week`; a week where nothing is said or it is not understood. */
export function retentionMs(text: string | undefined): number {
  const parts = [...(text ?? "").matchAll(/(\d+)\s*(second|minute|hour|day|week)s?/gi)];
  return parts.length === 0 ? MS_PER_WEEK : parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit.toLowerCase()], 0);
}

/** An action's part as a value of the checkpoint's schema; absent parts are NULL. */
function valueOf(part: unknown, type: DataType): Value {
  if (part === undefined || part === null) return null;
  switch (type.kind) {
    case "struct":
      return { fields: type.fields.map((field) => valueOf((part as Record<string, unknown>)[field.name], field.type)) } satisfies StructValue;
    case "map": {
      const entries = Object.entries(part as Record<string, unknown>);
      return { keys: entries.map(([key]) => key), values: entries.map(([, value]) => valueOf(value, type.value)) } satisfies MapValue;
    }
    case "array":
      return (part as readonly unknown[]).map((item) => valueOf(item, type.element));
    case "long":
      return BigInt(part as number | bigint);
    default:
      return part as Value;
  }
}
