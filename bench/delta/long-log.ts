import { mkdirSync, writeFileSync } from "node:fs";

const ROWS_PER_FILE = 1000;

/**
 * Writes the log of a Delta table with so many commits of so many files each, without its data files: file `n` says that it has the ids from 1,000 n on. What
 * opens it can only plan.
 */
export function writeLongLog(folder: string, commits: number, filesPerCommit: number): void {
  mkdirSync(`${folder}/_delta_log`, { recursive: true });
  const schemaString = JSON.stringify({ type: "struct", fields: [{ name: "id", type: "long", nullable: true, metadata: {} }, { name: "value", type: "string", nullable: true, metadata: {} }] });
  for (let version = 0; version < commits; version++) {
    const actions: object[] = [{ commitInfo: { timestamp: 1_700_000_000_000 + version, operation: "WRITE", operationParameters: {}, isBlindAppend: true } }];
    if (version === 0) {
      actions.push({ protocol: { minReaderVersion: 1, minWriterVersion: 2 } });
      actions.push({ metaData: { id: "00000000-0000-4000-8000-000000000000", format: { provider: "parquet", options: {} }, schemaString, partitionColumns: [], configuration: {}, createdTime: 1_700_000_000_000 } });
    }
    for (let i = 0; i < filesPerCommit; i++) actions.push({ add: addOf(version * filesPerCommit + i) });
    writeFileSync(`${folder}/_delta_log/${String(version).padStart(20, "0")}.json`, actions.map((action) => `${JSON.stringify(action)}\n`).join(""));
  }
}

function addOf(file: number): object {
  const first = file * ROWS_PER_FILE;
  const stats = { numRecords: ROWS_PER_FILE, minValues: { id: first, value: "a" }, maxValues: { id: first + ROWS_PER_FILE - 1, value: "z" }, nullCount: { id: 0, value: 0 } };
  return { path: `part-${String(file).padStart(7, "0")}.parquet`, partitionValues: {}, size: 10_000, modificationTime: 1_700_000_000_000, dataChange: true, stats: JSON.stringify(stats) };
}
