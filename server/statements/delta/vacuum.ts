import { SparrowError } from "../../../catalog/errors.ts";
import { READS_NOTHING } from "../../../delta/conflicts.ts";
import type { DeltaLog } from "../../../delta/delta-log.ts";
import { deletedFileRetentionMs } from "../../../delta/retention.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { carryOutVacuum, planFullVacuum, planLiteVacuum, type VacuumPlan } from "../../../delta/vacuum.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import type { Statement } from "../../../parser/ast.ts";
import { commitStatement } from "../../delta/commit-statement.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { literalInteger } from "../../delta/literal-integer.ts";
import { quoted, unsupportedOperation } from "../../object-names.ts";
import type { Session } from "../../session.ts";
import { locationText } from "../../storage-paths.ts";
import { storageAt } from "../../storages.ts";
import { commandColumns, commandResult, type StatementResult } from "../../statement-result.ts";

const HOUR_MS = 3_600_000;

type Vacuum = Extract<Statement, { kind: "vacuum" }>;

/** VACUUM [FULL | LITE]: deletes files that no version within the retention needs. DRY RUN lists them. */
export async function runVacuum(session: Session, { log, name }: DeltaTarget, statement: Vacuum): Promise<StatementResult> {
  if (statement.inventory !== undefined) throw unsupportedOperation("VACUUM USING INVENTORY", quoted(...name));
  const snapshot = await log.latest();
  checkWrite(snapshot, "append");
  const retentionMs = retention(session, snapshot, statement);
  const storage = storageAt(log.location);
  const plan = await (statement.mode === "lite" ? planLiteVacuum : planFullVacuum)(log, snapshot, storage, Date.now() - retentionMs);
  if (statement.dryRun) return commandResult(commandColumns("path"), plan.files.map(({ path }) => [`${locationText(log.location)}/${path}`]));
  if (isLogged(session)) await deleteBetweenCommits(session, log, plan, retentionParameters(session, snapshot, statement, retentionMs));
  else await carryOutVacuum(log, plan, storage);
  return commandResult(commandColumns("path"), [[locationText(log.location)]]);
}

function isLogged({ settings }: Session): boolean {
  return settings.text("spark.databricks.delta.vacuum.logging.enabled")?.toLowerCase() === "true";
}

/** Deletes between two commits that say so, and change nothing else. */
async function deleteBetweenCommits(session: Session, log: DeltaLog, plan: VacuumPlan, parameters: Readonly<Record<string, unknown>>): Promise<void> {
  const { files, folders } = plan;
  const tell = async (operation: string, operationParameters: Readonly<Record<string, unknown>>, operationMetrics: Readonly<Record<string, number>>): Promise<void> => {
    await commitStatement(session, log, { snapshot: await log.latest(), actions: [], reads: READS_NOTHING, operation, operationParameters, operationMetrics });
  };
  await tell("VACUUM START", parameters, { numFilesToDelete: files.length, sizeOfDataToDelete: files.reduce((sum, { bytes }) => sum + bytes, 0) });
  try {
    await carryOutVacuum(log, plan, storageAt(log.location));
  } catch (error) {
    await tell("VACUUM END", { status: "FAILED" }, {});
    throw error;
  }
  await tell("VACUUM END", { status: "COMPLETED" }, { numDeletedFiles: files.length, numVacuumedDirectories: folders });
}

function retentionParameters(session: Session, { metadata }: DeltaSnapshot, { retainHours }: Vacuum, retentionMs: number): Readonly<Record<string, unknown>> {
  const given = retainHours !== undefined && { specifiedRetentionMillis: retentionMs };
  return { retentionCheckEnabled: isChecked(session), defaultRetentionMillis: deletedFileRetentionMs(metadata.configuration), ...given };
}

function isChecked({ settings }: Session): boolean {
  return settings.text("spark.databricks.delta.retentionDurationCheck.enabled")?.toLowerCase() !== "false";
}

/** Milliseconds. Raises DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT when RETAIN says less than the table's retention and the check is on. */
function retention(session: Session, { metadata }: DeltaSnapshot, { retainHours }: Vacuum): number {
  const own = deletedFileRetentionMs(metadata.configuration);
  if (retainHours === undefined) return own;
  const asked = literalInteger(session, retainHours) * HOUR_MS;
  if (asked >= own || (!isChecked(session) && asked >= 0)) return asked;
  throw new SparrowError("DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT", "22003", `VACUUM with a retention of ${asked / HOUR_MS} hours would delete files that versions of the last ${own / HOUR_MS} hours, and statements that run now, still need.`, { configuredRetentionHours: String(own / HOUR_MS) }, { hint: "If no other statement runs: SET spark.databricks.delta.retentionDurationCheck.enabled = false." });
}
