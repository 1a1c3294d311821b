import { SparrowError } from "../../../catalog/errors.ts";
import { deletedFileRetentionMs } from "../../../delta/retention.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { carryOutVacuum, planFullVacuum, planLiteVacuum } from "../../../delta/vacuum.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import type { Statement } from "../../../parser/ast.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { literalInteger } from "../../delta/literal-integer.ts";
import { quoted, unsupportedOperation } from "../../object-names.ts";
import type { Session } from "../../session.ts";
import { commandColumns, commandResult, type StatementResult } from "../../statement-result.ts";

const HOUR_MS = 3_600_000;

type Vacuum = Extract<Statement, { kind: "vacuum" }>;

/** VACUUM [FULL | LITE]: deletes files that no version within the retention needs. DRY RUN lists them. */
export async function runVacuum(session: Session, { log, name }: DeltaTarget, statement: Vacuum): Promise<StatementResult> {
  if (statement.inventory !== undefined) throw unsupportedOperation("VACUUM USING INVENTORY", quoted(...name));
  const snapshot = await log.latest();
  checkWrite(snapshot, "append");
  const cutoff = Date.now() - retention(session, snapshot, statement);
  const { storage } = session.engine;
  const plan = await (statement.mode === "lite" ? planLiteVacuum : planFullVacuum)(log, snapshot, storage, cutoff);
  if (!statement.dryRun) await carryOutVacuum(log, plan, storage);
  return commandResult(commandColumns("path"), statement.dryRun ? plan.paths.map((path) => [`file:${log.location}/${path}`]) : [[`file:${log.location}`]]);
}

/** Milliseconds. Raises DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT when RETAIN says less than the table's retention and the check is on. */
function retention(session: Session, { metadata }: DeltaSnapshot, { retainHours }: Vacuum): number {
  const own = deletedFileRetentionMs(metadata.configuration);
  if (retainHours === undefined) return own;
  const asked = literalInteger(session, retainHours) * HOUR_MS;
  const checked = session.settings.text("spark.databricks.delta.retentionDurationCheck.enabled")?.toLowerCase() !== "false";
  if (asked >= own || (!checked && asked >= 0)) return asked;
  throw new SparrowError("DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT", "22003", `VACUUM with a retention of ${asked / HOUR_MS} hours would delete files that versions of the last ${own / HOUR_MS} hours, and statements that run now, still need.`, { configuredRetentionHours: String(own / HOUR_MS) }, { hint: "If no other statement runs: SET spark.databricks.delta.retentionDurationCheck.enabled = false." });
}
