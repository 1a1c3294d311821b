import { SparrowError } from "../catalog/errors.ts";
import type { Action, SetTransaction } from "./actions.ts";
import { durationMs } from "./retention.ts";
import type { DeltaSnapshot } from "./snapshot.ts";

/** A write that an application numbers, so that it is done once, however often it is tried. Source: the protocol's section "Transaction Identifiers". */
export interface IdempotentWrite {
  readonly appId: string;
  readonly version: bigint;
}

/** The write that two options say; undefined for neither. Raises DELTA_INVALID_IDEMPOTENT_WRITES_OPTIONS. */
export function idempotentWrite(appId: string | undefined, version: string | undefined): IdempotentWrite | undefined {
  if (appId === undefined && version === undefined) return undefined;
  if (appId === undefined || version === undefined) throw invalid("both txnAppId and txnVersion must be given");
  if (!/^-?\d{1,19}$/.test(version.trim())) throw invalid(`txnVersion must be a whole number, not '${version}'`);
  return { appId, version: BigInt(version.trim()) };
}

/** Whether the table has this write, or a later one of the application, already. */
export function isWritten({ transactions, metadata }: Pick<DeltaSnapshot, "transactions" | "metadata">, write: IdempotentWrite, nowMs: number): boolean {
  const last = transactions.get(write.appId);
  return last !== undefined && last.version >= write.version && !isExpired(last, metadata.configuration, nowMs);
}

/** Transactions are remembered for ever, unless the table says for how long. */
function isExpired({ lastUpdated }: SetTransaction, configuration: Readonly<Record<string, string>>, nowMs: number): boolean {
  const retentionMs = durationMs(configuration["delta.setTransactionRetentionDuration"]);
  return retentionMs !== undefined && lastUpdated !== undefined && lastUpdated < nowMs - retentionMs;
}

export function transactionAction({ appId, version }: IdempotentWrite, nowMs: number): Action {
  return { kind: "txn", txn: { appId, version, lastUpdated: nowMs } };
}

function invalid(reason: string): SparrowError {
  return new SparrowError("DELTA_INVALID_IDEMPOTENT_WRITES_OPTIONS", "42616", `Invalid options for idempotent writes: ${reason}.`, { reason });
}
