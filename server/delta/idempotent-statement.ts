import type { DeltaLog } from "../../delta/delta-log.ts";
import { type IdempotentWrite, idempotentWrite, isWritten } from "../../delta/idempotent-write.ts";
import type { Session } from "../session.ts";
import { rerunOnConflict } from "./commit-statement.ts";

const APP_ID = "spark.databricks.delta.write.txnAppId";
const VERSION = "spark.databricks.delta.write.txnVersion";
const AUTO_RESET = "spark.databricks.delta.write.txnVersion.autoReset.enabled";

/** Options of one write, before the session's settings. */
export interface WriteOptions {
  readonly txnAppId?: string;
  readonly txnVersion?: string;
}

/**
 * Runs a statement that changes rows from a new snapshot as often as another commit was in its way; a write that the table has already is not run: its outcome is
 * `done`. `run` commits the write that it is given. Raises DELTA_INVALID_IDEMPOTENT_WRITES_OPTIONS.
 */
export async function runWrite<T>(session: Session, log: DeltaLog, done: T, run: (write: IdempotentWrite | undefined) => Promise<T>, options: WriteOptions = {}): Promise<T> {
  const ofOptions = idempotentWrite(options.txnAppId, options.txnVersion);
  const write = ofOptions ?? sessionWrite(session);
  const outcome = await rerunOnConflict(async () => (write !== undefined && isWritten(await log.latest(), write, Date.now()) ? done : run(write)));
  if (write !== undefined && ofOptions === undefined) endSessionWrite(session);
  return outcome;
}

/** The write that the session's settings say. Raises DELTA_INVALID_IDEMPOTENT_WRITES_OPTIONS. */
export function sessionWrite({ settings }: Session): IdempotentWrite | undefined {
  return idempotentWrite(settings.text(APP_ID), settings.text(VERSION));
}

/** Once it is done, the session's version is another write's if that is set so. */
export function endSessionWrite({ settings }: Session): void {
  if (settings.text(AUTO_RESET)?.toLowerCase() === "true") settings.reset(VERSION);
}
