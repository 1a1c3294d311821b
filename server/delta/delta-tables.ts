import { DeltaLog } from "../../delta/delta-log.ts";
import type { ParquetRowsReader, ParquetRowsWriter } from "../../delta/parquet-rows.ts";
import { readParquetRows } from "../../executor/scan/parquet-rows.ts";
import { parquetDecoder } from "../parquet-decoder.ts";
import { localFileOf, storageAt } from "../storages.ts";
import { valueBatch } from "../value-batch.ts";

/** Logs that are kept with their snapshots. */
const KEPT_LOGS = 64;
const logs = new Map<string, DeltaLog>();

/** Reads and writes checkpoints on this thread. */
export const checkpointFiles: ParquetRowsReader & ParquetRowsWriter = {
  async readParquetRows(path, columns) {
    const file = await localFileOf(path);
    return readParquetRows(file.path, file.bytes, file.modifiedMs, columns, parquetDecoder());
  },
  async encodeParquetRows(fields, rows) {
    const { ParquetFileWriter } = await import("../../executor/write/parquet-writer.ts");
    const chunks: Uint8Array[] = [];
    const writer = await ParquetFileWriter.open(fields, parquetDecoder(), (bytes) => void chunks.push(bytes.slice()), { compression: "snappy" });
    writer.append(valueBatch(fields.map((field) => field.type), rows));
    writer.finish();
    return Buffer.concat(chunks);
  },
};

/** The log of the table at an absolute location, the same one as long as it is kept. */
export function deltaLog(location: string): DeltaLog {
  const folder = location.length > 1 ? location.replace(/\/+$/, "") : location;
  const log = logs.get(folder) ?? new DeltaLog(folder, storageAt(folder), checkpointFiles);
  logs.delete(folder);
  logs.set(folder, log);
  for (const oldest of logs.keys()) {
    if (logs.size <= KEPT_LOGS) break;
    logs.delete(oldest);
  }
  return log;
}
