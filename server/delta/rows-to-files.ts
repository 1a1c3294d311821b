import type { StructField } from "../../catalog/types.ts";
import type { Metadata } from "../../delta/actions.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import { tableChecks } from "../../delta/write-requirements.ts";
import type { ResultBatch } from "../../executor/result-batch.ts";
import { parseExpression } from "../../parser/parse.ts";
import type { Session } from "../session.ts";
import { parquetCodec } from "../table-writer.ts";
import { checkedRows, constraintViolated, type RowCheck } from "./check-rows.ts";
import { type DataFileTarget, writeDataFiles, type WrittenFiles } from "./write-files.ts";

/** Where rows of a table go. */
export function dataFileTarget(session: Session, location: string, fields: readonly StructField[], metadata: Pick<Metadata, "partitionColumns" | "configuration">, dataChange = true): DataFileTarget {
  const codec = metadata.configuration["delta.parquet.compression.codec"] ?? String(session.settings.value("spark.sql.parquet.compression.codec"));
  return { location, fields, metadata, compression: parquetCodec(codec), dataChange };
}

/** Writes rows of a table, in the table's columns, as new data files; every row satisfies the table's constraints and the `more` ones. */
export async function writeTableRows(session: Session, snapshot: DeltaSnapshot, batches: AsyncIterable<ResultBatch>, more: readonly RowCheck[] = []): Promise<WrittenFiles> {
  const checks: RowCheck[] = [...tableChecks(snapshot)].map(([name, text]) => ({ condition: parseExpression(text), onFailure: constraintViolated(name, text) }));
  checks.push(...more);
  const rows = checks.length === 0 ? batches : checkedRows(session, batches, snapshot.fields, checks);
  return writeDataFiles(dataFileTarget(session, snapshot.location, snapshot.fields, snapshot.metadata), rows);
}

/** Batches of several queries, one after the other. */
export async function* inTurn(...sources: readonly AsyncIterable<ResultBatch>[]): AsyncGenerator<ResultBatch> {
  for (const source of sources) yield* source;
}

export function writeMetrics({ adds, rows }: WrittenFiles): Record<string, number> {
  return { numFiles: adds.length, numOutputRows: rows, numOutputBytes: adds.reduce((sum, add) => sum + add.size, 0) };
}
