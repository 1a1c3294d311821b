import { SparrowError } from "../../../catalog/errors.ts";
import { canonicalPath } from "../../../delta/file-paths.ts";
import { deletionVectorPath } from "../../../delta/deletion-vector.ts";
import { deletedFileRetentionMs } from "../../../delta/retention.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import type { Statement } from "../../../parser/ast.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { literalInteger } from "../../delta/literal-integer.ts";
import { quoted, unsupportedOperation } from "../../object-names.ts";
import type { Session } from "../../session.ts";
import { commandColumns, commandResult, type StatementResult } from "../../statement-result.ts";

const HOUR_MS = 3_600_000;
/** Folders below `_` names that hold data nevertheless. */
const VISIBLE_FOLDERS = new Set(["_change_data", "_delta_index"]);

/**
 * VACUUM: deletes files below the table that no version within the retention needs and that are themselves older than it. DRY RUN lists them. Files and folders
 * whose names begin with `_` or `.` are left alone, but for partition folders and change data.
 */
export async function runVacuum(session: Session, { log, name }: DeltaTarget, statement: Extract<Statement, { kind: "vacuum" }>): Promise<StatementResult> {
  if (statement.mode === "lite") throw unsupportedOperation("VACUUM LITE", quoted(...name));
  if (statement.inventory !== undefined) throw unsupportedOperation("VACUUM USING INVENTORY", quoted(...name));
  const snapshot = await log.latest();
  checkWrite(snapshot, "append");
  const cutoff = Date.now() - retention(session, snapshot, statement);
  const needed = neededFiles(snapshot, cutoff);
  const { storage } = session.engine;
  const deleted: string[] = [];
  for await (const { path, modifiedMs } of storage.list(log.location, { recursive: true })) {
    if (needed.has(path) || modifiedMs >= cutoff || isHidden(path)) continue;
    deleted.push(`${log.location}/${path}`);
    if (!statement.dryRun) await storage.delete(`${log.location}/${path}`);
  }
  return commandResult(commandColumns("path"), statement.dryRun ? deleted.map((path) => [`file:${path}`]) : [[`file:${log.location}`]]);
}

/** Milliseconds. Raises DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT when RETAIN says less than the table's retention and the check is on. */
function retention(session: Session, { metadata }: DeltaSnapshot, { retainHours }: Extract<Statement, { kind: "vacuum" }>): number {
  const own = deletedFileRetentionMs(metadata.configuration);
  if (retainHours === undefined) return own;
  const asked = literalInteger(session, retainHours) * HOUR_MS;
  const checked = session.settings.text("spark.databricks.delta.retentionDurationCheck.enabled")?.toLowerCase() !== "false";
  if (asked >= own || !checked) return asked;
  throw new SparrowError("DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT", "22003", `VACUUM with a retention of ${asked / HOUR_MS} hours would delete files that versions of the last ${own / HOUR_MS} hours, and statements that run now, still need.`, { configuredRetentionHours: String(own / HOUR_MS) }, { hint: "If no other statement runs: SET spark.databricks.delta.retentionDurationCheck.enabled = false." });
}

/** Paths below the table, decoded: files that are live, files that were removed within the retention, and the deletion vectors of both. */
function neededFiles(snapshot: DeltaSnapshot, cutoff: number): ReadonlySet<string> {
  const { location, files, tombstones } = snapshot;
  const needed = new Set<string>();
  const keep = (path: string): void => {
    needed.add(path.startsWith(`${location}/`) ? path.slice(location.length + 1) : path);
  };
  for (const file of [...files.values(), ...[...tombstones.values()].filter(({ deletionTimestamp = 0 }) => deletionTimestamp >= cutoff)]) {
    keep(canonicalPath(file.path));
    if (file.deletionVector !== undefined && file.deletionVector.storageType !== "i") keep(deletionVectorPath(location, file.deletionVector));
  }
  return needed;
}

function isHidden(path: string): boolean {
  const [first] = path.split("/");
  return path.split("/").some((part) => (part.startsWith(".") || part.startsWith("_")) && !part.includes("=") && !(part === first && VISIBLE_FOLDERS.has(part)));
}
