import { SparrowError } from "../../../catalog/errors.ts";
import type { Action } from "../../../delta/actions.ts";
import { CHECKPOINT_PROTECTION, protectedBefore, withoutProtection, withProtectionBefore } from "../../../delta/checkpoint-protection.ts";
import { writeCheckpoint } from "../../../delta/checkpoint-writer.ts";
import { MAPPING_MODE } from "../../../delta/column-mapping.ts";
import { READS_TABLE } from "../../../delta/conflicts.ts";
import { hasColumnMetadata, isInHistory, metadataWithout, removableFeature, type RemovableFeature } from "../../../delta/feature-removal.ts";
import { deleteLogBefore } from "../../../delta/log-cleanup.ts";
import { durationMs } from "../../../delta/retention.ts";
import { withoutRowIds, withRowTrackingSuspended } from "../../../delta/row-tracking.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { protocolWithout, readerFeatures } from "../../../delta/table-features.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import { parseTimestamp } from "../../../executor/functions/datetime-text.ts";
import type { AlterAction } from "../../../parser/ast.ts";
import { commitStatement, rerunOnConflict } from "../../delta/commit-statement.ts";
import { checkpointFiles } from "../../delta/delta-tables.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import type { RunOptions } from "../../run-query.ts";
import type { Session } from "../../session.ts";
import { storageAt } from "../../storages.ts";
import { emptyResult, type StatementResult } from "../../statement-result.ts";
import { layFilesOut } from "./optimize.ts";
import { removeColumnMapping } from "./remove-column-mapping.ts";

/** History that TRUNCATE HISTORY leaves, in milliseconds, where `delta.dropFeatureTruncateHistory.retentionDuration` says nothing. */
const KEPT_HISTORY_MS = 24 * 3_600_000;

/**
 * ALTER TABLE ... DROP FEATURE: the table is rid of the feature, then its protocol. Versions before may need a feature that readers must know: they are kept under
 * the protection of their checkpoints or, with TRUNCATE HISTORY, have to be old enough to leave the log; until then that statement is to be run again. Raises
 * DELTA_FEATURE_DROP_WAIT_FOR_RETENTION_PERIOD, DELTA_FEATURE_DROP_HISTORICAL_VERSIONS_EXIST, DELTA_FEATURE_DROP_HISTORY_TRUNCATION_NOT_ALLOWED,
 * DELTA_FEATURE_DROP_CHECKPOINT_PROTECTION_WAIT_FOR_RETENTION_PERIOD, DELTA_FEATURE_CAN_ONLY_DROP_CHECKPOINT_PROTECTION_WITH_HISTORY_TRUNCATION and what
 * `removableFeature` does.
 */
export async function dropFeature(session: Session, target: DeltaTarget, { feature: name, truncateHistory }: Extract<AlterAction, { kind: "dropFeature" }>, options: RunOptions): Promise<StatementResult> {
  const { log } = target;
  const before = await log.latest();
  checkWrite(before, "append");
  const feature = removableFeature(before, name);
  if (feature.name === CHECKPOINT_PROTECTION) return dropProtection(session, target, feature, truncateHistory);
  const isForReaders = readerFeatures(before.protocol).includes(feature.name);
  if (truncateHistory && !isForReaders) throw new SparrowError("DELTA_FEATURE_DROP_HISTORY_TRUNCATION_NOT_ALLOWED", "42000", "The particular feature does not require history truncation.", {});
  const wasUsed = await rid(session, target, feature, options);
  const protects = isForReaders && !truncateHistory && protectsHistory(session);
  // From this checkpoint on no version uses the feature: the log before it can go once it is old enough, and versions after it are read from it.
  if (isForReaders && (wasUsed || protects)) await writeCheckpoint(log, await log.latest(), { storage: storageAt(log.location), parquet: checkpointFiles, parseTimestamp: (text) => parseTimestamp(text, session.timeZone) });
  if (isForReaders && !protects) {
    const kept = keptHistoryMs(before);
    if (wasUsed) throw mustWait("WAIT_FOR_RETENTION_PERIOD", feature, kept, "it was in use until now, and earlier versions of the table still need it");
    if (truncateHistory) await deleteLogBefore(log, Date.now() - kept, storageAt(log.location), checkpointFiles);
    if (await isInHistory(log, feature)) throw mustWait("HISTORICAL_VERSIONS_EXIST", feature, kept, "versions that the log still has need it");
  }
  await commitProtocol(session, target, feature, truncateHistory, ({ version, protocol, metadata, domains }) => {
    const left = metadataWithout(metadata, feature);
    const metaData = protects ? { ...left, configuration: withProtectionBefore(left.configuration, version + 1n) } : left;
    return [
      { kind: "protocol", protocol: protocolWithout(protocol, feature.name, protects ? [CHECKPOINT_PROTECTION] : []) },
      ...(metaData === metadata ? [] : [{ kind: "metaData", metaData } as const]),
      ...(feature.name === "rowTracking" ? withoutRowIds(domains) : []),
    ];
  });
  return emptyResult();
}

/** Whether versions that need a feature are kept under protection, or have to go before it. */
function protectsHistory({ settings }: Session): boolean {
  return settings.text("spark.databricks.delta.tableFeatures.fastDropFeature.enabled")?.toLowerCase() !== "false";
}

/** Milliseconds. */
function keptHistoryMs({ metadata }: DeltaSnapshot): number {
  return durationMs(metadata.configuration["delta.dropFeatureTruncateHistory.retentionDuration"]) ?? KEPT_HISTORY_MS;
}

/** Protection goes with the versions that are protected, all together. */
async function dropProtection(session: Session, target: DeltaTarget, feature: RemovableFeature, truncateHistory: boolean): Promise<StatementResult> {
  const { log } = target;
  if (!truncateHistory) throw new SparrowError("DELTA_FEATURE_CAN_ONLY_DROP_CHECKPOINT_PROTECTION_WITH_HISTORY_TRUNCATION", "55000", "Could not drop the Checkpoint Protection feature: it can only be dropped with TRUNCATE HISTORY.", {});
  const before = await log.latest();
  const kept = keptHistoryMs(before);
  await writeCheckpoint(log, before, { storage: storageAt(log.location), parquet: checkpointFiles, parseTimestamp: (text) => parseTimestamp(text, session.timeZone) });
  await deleteLogBefore(log, Date.now() - kept, storageAt(log.location), checkpointFiles);
  const [earliest] = await log.commitTimes();
  if (earliest.version < protectedBefore(before.metadata)) throw mustWait("CHECKPOINT_PROTECTION_WAIT_FOR_RETENTION_PERIOD", feature, kept, "versions that need features which were dropped are still in the log");
  await commitProtocol(session, target, feature, truncateHistory, ({ protocol, metadata }) => [
    { kind: "protocol", protocol: protocolWithout(protocol, feature.name) },
    { kind: "metaData", metaData: { ...metadata, configuration: withoutProtection(metadata.configuration) } },
  ]);
  return emptyResult();
}

async function commitProtocol(session: Session, { log }: DeltaTarget, feature: RemovableFeature, truncateHistory: boolean, actionsOf: (snapshot: DeltaSnapshot) => readonly Action[]): Promise<void> {
  await rerunOnConflict(async () => {
    const snapshot = await log.latest();
    await commitStatement(session, log, { snapshot, actions: actionsOf(snapshot), reads: READS_TABLE, operation: "DROP FEATURE", operationParameters: { featureName: feature.name, truncateHistory }, operationMetrics: {} });
  });
}

/** Takes the feature out of the table's latest version; whether it was there. */
async function rid(session: Session, target: DeltaTarget, feature: RemovableFeature, options: RunOptions): Promise<boolean> {
  if (feature.name === "columnMapping") return unmapped(session, target, options);
  if (feature.name === "rowTracking") return untracked(session, target);
  // New files may not need it while the old ones are written anew.
  const turnedOff = await changeMetadata(session, target, { ...feature, columnMetadata: undefined });
  const { metadata, files } = await target.log.latest();
  const all = hasColumnMetadata(metadata, feature.columnMetadata);
  const inFiles = [...files.values()].some((add) => all || feature.isInFile?.(add));
  if (inFiles) await layFilesOut(session, target, undefined, (snapshot: DeltaSnapshot) => ({ kind: "purge", files: new Set([...snapshot.files.values()].filter((add) => all || feature.isInFile?.(add))) }), options);
  const cleaned = await changeMetadata(session, target, feature);
  return turnedOff || inFiles || cleaned;
}

async function unmapped(session: Session, target: DeltaTarget, options: RunOptions): Promise<boolean> {
  const { mapping } = await target.log.latest();
  if (mapping === "none") return false;
  await removeColumnMapping(session, target, (before) => Object.fromEntries(Object.entries(before).filter(([key]) => key !== MAPPING_MODE)), options);
  return true;
}

/** New files get no row ids, then the others lose theirs: they are added again without. */
async function untracked(session: Session, { log }: DeltaTarget): Promise<boolean> {
  const commitOnce = (operation: string, operationParameters: Readonly<Record<string, unknown>>, actionsOf: (snapshot: DeltaSnapshot) => readonly Action[]): Promise<void> =>
    rerunOnConflict(async () => {
      const snapshot = await log.latest();
      const actions = actionsOf(snapshot);
      if (actions.length > 0) await commitStatement(session, log, { snapshot, actions, reads: READS_TABLE, operation, operationParameters, operationMetrics: {} });
    });
  const suspended = withRowTrackingSuspended({});
  await commitOnce("SET TBLPROPERTIES", { properties: suspended }, ({ metadata }) => [{ kind: "metaData", metaData: { ...metadata, configuration: withRowTrackingSuspended(metadata.configuration) } }]);
  await commitOnce("ROW TRACKING UNBACKFILL", { batchId: "0" }, ({ files }) =>
    [...files.values()].filter((file) => file.baseRowId !== undefined).map(({ baseRowId: _id, defaultRowCommitVersion: _version, ...file }) => ({ kind: "add", add: { ...file, dataChange: false } })),
  );
  return true;
}

async function changeMetadata(session: Session, { log }: DeltaTarget, feature: RemovableFeature): Promise<boolean> {
  return rerunOnConflict(async () => {
    const snapshot = await log.latest();
    const metaData = metadataWithout(snapshot.metadata, feature);
    if (metaData === snapshot.metadata) return false;
    await commitStatement(session, log, { snapshot, actions: [{ kind: "metaData", metaData }], reads: READS_TABLE, operation: "UNSET TBLPROPERTIES", operationParameters: { properties: JSON.stringify(feature.properties), ifExists: true }, operationMetrics: {} });
    return true;
  });
}

function mustWait(condition: string, { name }: RemovableFeature, keptMs: number, why: string): SparrowError {
  const hours = `${keptMs / 3_600_000} hours`;
  return new SparrowError(`DELTA_FEATURE_DROP_${condition}`, "22KD0", `Dropping ${name} was partially successful: ${why}. Run the statement again with TRUNCATE HISTORY when ${hours} have passed.`, { feature: name, truncateHistoryLogRetentionPeriod: hours });
}
