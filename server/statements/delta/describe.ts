import { BOOLEAN, INT, LONG, STRING, type StructField, TIMESTAMP } from "../../../catalog/types.ts";
import type { DataType } from "../../../catalog/types.ts";
import type { MapValue, Value } from "../../../catalog/values.ts";
import { clusteringColumns, columnName } from "../../../delta/clustering.ts";
import { readerFeatures, writerFeatures } from "../../../delta/table-features.ts";
import type { Statement } from "../../../parser/ast.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { locationText } from "../../storage-paths.ts";
import { literalInteger } from "../../delta/literal-integer.ts";
import type { Session } from "../../session.ts";
import type { StatementResult } from "../../statement-result.ts";
import { valueResult } from "../../value-batch.ts";

const TEXT_MAP: DataType = { kind: "map", key: STRING, value: STRING, valueContainsNull: true };
const TEXTS: DataType = { kind: "array", element: STRING, containsNull: true };

function columns(types: Readonly<Record<string, DataType>>): StructField[] {
  return Object.entries(types).map(([name, type]) => ({ name, type, nullable: true }));
}

const HISTORY_COLUMNS = columns({
  version: LONG,
  timestamp: TIMESTAMP,
  userId: STRING,
  userName: STRING,
  operation: STRING,
  operationParameters: TEXT_MAP,
  job: { kind: "struct", fields: columns({ jobId: STRING, jobName: STRING, jobRunId: STRING, runId: STRING, jobOwnerId: STRING, triggerType: STRING }) },
  notebook: { kind: "struct", fields: columns({ notebookId: STRING }) },
  clusterId: STRING,
  readVersion: LONG,
  isolationLevel: STRING,
  isBlindAppend: BOOLEAN,
  operationMetrics: TEXT_MAP,
  userMetadata: STRING,
  engineInfo: STRING,
});

/** DESCRIBE HISTORY: newest version first. */
export async function runDescribeHistory(session: Session, { log }: DeltaTarget, { limit }: Extract<Statement, { kind: "describeHistory" }>): Promise<StatementResult> {
  const entries = await log.history(limit === undefined ? undefined : literalInteger(session, limit));
  const rows = entries.map(({ version, timestampMs, commitInfo: info }): Value[] => {
    const { job, notebook } = info as { readonly job?: Record<string, unknown>; readonly notebook?: Record<string, unknown> };
    return [
      version,
      BigInt(timestampMs) * 1000n,
      info.userId ?? null,
      info.userName ?? null,
      info.operation ?? null,
      textMap(info.operationParameters),
      job === undefined ? null : { fields: ["jobId", "jobName", "jobRunId", "runId", "jobOwnerId", "triggerType"].map((key) => textOf(job[key])) },
      notebook === undefined ? null : { fields: [textOf(notebook.notebookId)] },
      info.clusterId ?? null,
      info.readVersion === undefined ? null : BigInt(info.readVersion),
      info.isolationLevel ?? null,
      info.isBlindAppend ?? null,
      textMap(info.operationMetrics),
      info.userMetadata ?? null,
      info.engineInfo ?? null,
    ];
  });
  return valueResult(HISTORY_COLUMNS, rows);
}

function textOf(json: unknown): string | null {
  return json === undefined || json === null ? null : typeof json === "string" ? json : JSON.stringify(json);
}

function textMap(json: Readonly<Record<string, unknown>> | undefined): MapValue | null {
  return json === undefined ? null : { keys: Object.keys(json), values: Object.values(json).map(textOf) };
}

const DETAIL_COLUMNS = columns({
  format: STRING,
  id: STRING,
  name: STRING,
  description: STRING,
  location: STRING,
  createdAt: TIMESTAMP,
  lastModified: TIMESTAMP,
  partitionColumns: TEXTS,
  clusteringColumns: TEXTS,
  numFiles: LONG,
  sizeInBytes: LONG,
  properties: TEXT_MAP,
  minReaderVersion: INT,
  minWriterVersion: INT,
  tableFeatures: TEXTS,
});

/** DESCRIBE DETAIL: one row. */
export async function runDescribeDetail({ log, name, entry }: DeltaTarget): Promise<StatementResult> {
  const snapshot = await log.latest();
  const { metadata, protocol, files } = snapshot;
  const times = await log.commitTimes();
  const lastModified = times[times.length - 1]?.timestampMs;
  const row: Value[] = [
    "delta",
    metadata.id,
    entry === undefined ? null : name.join("."),
    metadata.description ?? null,
    locationText(log.location),
    metadata.createdTime === undefined ? null : BigInt(metadata.createdTime) * 1000n,
    lastModified === undefined ? null : BigInt(lastModified) * 1000n,
    metadata.partitionColumns,
    (clusteringColumns(snapshot) ?? []).map(columnName),
    BigInt(files.size),
    BigInt([...files.values()].reduce((sum, file) => sum + file.size, 0)),
    textMap(metadata.configuration),
    protocol.minReaderVersion,
    protocol.minWriterVersion,
    [...new Set([...readerFeatures(protocol), ...writerFeatures(protocol)])].sort(),
  ];
  return valueResult(DETAIL_COLUMNS, [row]);
}
