import { SparrowError } from "../../../catalog/errors.ts";
import { type StructField, STRING } from "../../../catalog/types.ts";
import { physicalName } from "../../../delta/column-mapping.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { quoted } from "../../object-names.ts";
import type { StatementResult } from "../../statement-result.ts";
import { valueResult } from "../../value-batch.ts";

/** SHOW PARTITIONS: the partition values of live files, one column for each partition column. */
export async function showDeltaPartitions({ log, name }: DeltaTarget): Promise<StatementResult> {
  const { metadata, files, fields, mapping } = await log.latest();
  if (metadata.partitionColumns.length === 0) {
    throw new SparrowError("DELTA_SHOW_PARTITION_IN_NON_PARTITIONED_TABLE", "42809", `SHOW PARTITIONS is not allowed on a table that is not partitioned: ${quoted(...name)}.`, { tableName: quoted(...name) });
  }
  const keys = metadata.partitionColumns.map((column) => fields.find((field) => field.name.toLowerCase() === column.toLowerCase()) as StructField);
  const rows = new Map<string, (string | null)[]>();
  for (const { partitionValues } of files.values()) {
    const row = keys.map((key) => partitionValues[physicalName(key, mapping)] ?? null);
    rows.set(JSON.stringify(row), row);
  }
  const columns = keys.map((key) => ({ name: key.name, type: STRING, nullable: true }));
  return valueResult(columns, [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row));
}
