import { SparrowError } from "../../../catalog/errors.ts";
import type { Metadata } from "../../../delta/actions.ts";
import { clusteringAction, clusteringColumns } from "../../../delta/clustering.ts";
import { namesNotForFiles, unmappedFields, withoutMapping } from "../../../delta/column-mapping.ts";
import { isConflict, READS_TABLE } from "../../../delta/conflicts.ts";
import { findLeaf, leafColumns } from "../../../delta/indexed-columns.ts";
import { additionOf, removalOf } from "../../../delta/remove-file.ts";
import { movedRowFields } from "../../../delta/row-tracking.ts";
import { schemaText } from "../../../delta/schema-json.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import { parseQuery } from "../../../parser/parse.ts";
import { commitStatement, rerunOnConflict } from "../../delta/commit-statement.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { fromTarget, queryTarget, targetFiles, targetTable } from "../../delta/row-changes.ts";
import { dataFileTarget, hiddenFields, NOTHING_WRITTEN, writtenPaths } from "../../delta/rows-to-files.ts";
import { deleteFiles, writeDataFiles } from "../../delta/write-files.ts";
import { quoted } from "../../object-names.ts";
import type { RunOptions } from "../../run-query.ts";
import type { Session } from "../../session.ts";
import { rowsPerFile } from "./optimize.ts";

/**
 * Turns column mapping off: all files are written anew, with the columns under the names that they have now, in one commit with the table's new metadata.
 * `configured`: the properties that the table is to have. Raises DELTA_INVALID_COLUMN_NAMES_WHEN_REMOVING_COLUMN_MAPPING. Source: Delta Spark's
 * `RemoveColumnMappingCommand`.
 */
export async function removeColumnMapping(session: Session, target: DeltaTarget, configured: (before: Metadata["configuration"]) => Metadata["configuration"], options: RunOptions): Promise<void> {
  await rerunOnConflict(async () => {
    const snapshot = await target.log.latest();
    checkWrite(snapshot, "append");
    await removeOnce(session, target, snapshot, withoutMapping(configured(snapshot.metadata.configuration)), options);
  });
}

async function removeOnce(session: Session, { log }: DeltaTarget, snapshot: DeltaSnapshot, configuration: Metadata["configuration"], options: RunOptions): Promise<void> {
  const invalid = namesNotForFiles(snapshot.fields);
  if (invalid.length > 0) {
    throw new SparrowError("DELTA_INVALID_COLUMN_NAMES_WHEN_REMOVING_COLUMN_MAPPING", "42K05", `Found invalid character(s) among ' ,;{}()\\n\\t=' in the column names of the schema: ${invalid.join(", ")}. Column mapping cannot be removed when there are invalid characters in the column names.`, { invalidColumnNames: invalid.join(", ") }, { hint: "Rename the columns first." });
  }
  const fields = unmappedFields(snapshot.fields);
  const metadata: Metadata = { ...snapshot.metadata, configuration, schemaString: schemaText(fields) };
  const all = await targetFiles(session, snapshot);
  const chosen = new Set(all.files.keys());
  const columns = movedRowFields(snapshot).map((field) => quoted("target", field.name)).join(", ");
  const rows = queryTarget(session, targetTable(all, chosen), parseQuery(`SELECT ${columns} ${fromTarget("target")}`), options);
  const place = { ...dataFileTarget(session, snapshot.location, fields, metadata, false), hidden: hiddenFields(snapshot), maxRows: rowsPerFile(session, all, chosen) };
  const written = chosen.size === 0 ? NOTHING_WRITTEN : await writeDataFiles(place, rows);
  const { adds } = written;
  const now = Date.now();
  const leaves = leafColumns(fields);
  const clustered = clusteringColumns(snapshot)?.flatMap(({ path }) => findLeaf(leaves, path) ?? []);
  try {
    await commitStatement(session, log, {
      snapshot,
      actions: [{ kind: "metaData", metaData: metadata }, ...(clustered === undefined ? [] : [clusteringAction(clustered)]), ...[...snapshot.files.values()].map((file) => removalOf(file, false, now)), ...adds.map(additionOf)],
      // Files that others add meanwhile have the names that nothing will map any more.
      reads: READS_TABLE,
      operation: "REMOVE COLUMN MAPPING",
      operationParameters: {},
      operationMetrics: { numOutputBytes: adds.reduce((sum, { size }) => sum + size, 0) },
    });
  } catch (error) {
    if (isConflict(error)) await deleteFiles(writtenPaths(snapshot, written));
    throw error;
  }
}
