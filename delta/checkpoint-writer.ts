import type { Storage } from "../catalog/ports.ts";
import { encodeAction } from "./actions.ts";
import { type CheckpointAction, checkpointRows, fileActions, tableActions } from "./checkpoint-rows.ts";
import { checkpointFields, fileActionFields } from "./checkpoint-schema.ts";
import type { DeltaLog } from "./delta-log.ts";
import { encodeExactJson } from "./exact-json.ts";
import { checkpointName, SIDECAR_FOLDER, versionPrefix } from "./log-files.ts";
import type { ParquetRowsWriter } from "./parquet-rows.ts";
import type { ParseLocalTimestamp } from "./partition-values.ts";
import { writerFeatures } from "./table-features.ts";
import type { DeltaSnapshot } from "./snapshot.ts";

/** Files that one sidecar tells of at most. */
const SIDECAR_FILES = 50_000;

/** The ports that checkpoints need. */
export interface CheckpointPorts {
  readonly storage: Storage;
  readonly parquet: ParquetRowsWriter;
  /** Partition values of timestamps without a zone. */
  readonly parseTimestamp: ParseLocalTimestamp;
}

interface WrittenCheckpoint {
  readonly actions: number;
  readonly bytes: number;
}

/**
 * Writes a checkpoint of a snapshot, whose commit is there, and points `_last_checkpoint` at it: a classic one, or with `delta.checkpointPolicy` v2 one with
 * sidecars. Tombstones that have expired are left out.
 */
export async function writeCheckpoint(log: DeltaLog, snapshot: DeltaSnapshot, ports: CheckpointPorts): Promise<void> {
  const { configuration } = snapshot.metadata;
  const isV2 = configuration["delta.checkpointPolicy"]?.toLowerCase() === "v2" && writerFeatures(snapshot.protocol).includes("v2Checkpoint");
  const { actions, bytes } = await (isV2 ? writeV2(log, snapshot, ports) : writeClassic(log, snapshot, ports));
  const hint = { version: Number(snapshot.version), size: actions, sizeInBytes: bytes, numOfAddFiles: snapshot.files.size };
  await ports.storage.write(`${log.folder}/_last_checkpoint`, new TextEncoder().encode(JSON.stringify(hint)));
}

async function writeClassic(log: DeltaLog, snapshot: DeltaSnapshot, ports: CheckpointPorts): Promise<WrittenCheckpoint> {
  const actions = [...tableActions(snapshot), ...fileActions(snapshot, Date.now())];
  const fields = checkpointFields(snapshot);
  const bytes = await ports.parquet.encodeParquetRows(fields, checkpointRows(actions, fields, ports.parseTimestamp));
  await ports.storage.write(`${log.folder}/${checkpointName(snapshot.version)}`, bytes);
  return { actions: actions.length, bytes: bytes.length };
}

/** Sidecars first: the top file names what is there. */
async function writeV2(log: DeltaLog, snapshot: DeltaSnapshot, ports: CheckpointPorts): Promise<WrittenCheckpoint> {
  const files = fileActions(snapshot, Date.now());
  const sidecars: SidecarEntry[] = [];
  for (let from = 0; from < files.length; from += SIDECAR_FILES) sidecars.push(await writeSidecar(log, snapshot, files.slice(from, from + SIDECAR_FILES), ports));
  const lines = [
    encodeExactJson({ checkpointMetadata: { version: Number(snapshot.version) } }),
    ...tableActions(snapshot).map(encodeAction),
    ...sidecars.map((sidecar) => encodeExactJson({ sidecar })),
  ];
  const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
  await ports.storage.write(`${log.folder}/${versionPrefix(snapshot.version)}.checkpoint.${crypto.randomUUID()}.json`, bytes);
  return { actions: lines.length + files.length, bytes: bytes.length + sidecars.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0) };
}

/** A `sidecar` action. */
interface SidecarEntry {
  readonly path: string;
  readonly sizeInBytes: number;
  readonly modificationTime: number;
}

async function writeSidecar(log: DeltaLog, snapshot: DeltaSnapshot, actions: readonly CheckpointAction[], { storage, parquet, parseTimestamp }: CheckpointPorts): Promise<SidecarEntry> {
  const fields = fileActionFields(snapshot);
  const bytes = await parquet.encodeParquetRows(fields, checkpointRows(actions, fields, parseTimestamp));
  const path = `${versionPrefix(snapshot.version)}.checkpoint.${crypto.randomUUID()}.parquet`;
  await storage.write(`${log.folder}/${SIDECAR_FOLDER}/${path}`, bytes);
  return { path, sizeInBytes: bytes.length, modificationTime: Date.now() };
}
