import { SparrowError } from "../../../catalog/errors.ts";
import { writeCheckpoint } from "../../../delta/checkpoint-writer.ts";
import { READS_TABLE } from "../../../delta/conflicts.ts";
import { hasColumnMetadata, isInHistory, metadataWithout, removableFeature, type RemovableFeature } from "../../../delta/feature-removal.ts";
import { deleteLogBefore } from "../../../delta/log-cleanup.ts";
import { durationMs } from "../../../delta/retention.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { protocolWithout, readerFeatures } from "../../../delta/table-features.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import { parseTimestamp } from "../../../executor/functions/datetime-text.ts";
import type { AlterAction } from "../../../parser/ast.ts";
import { commitStatement, rerunOnConflict } from "../../delta/commit-statement.ts";
import { checkpointFiles } from "../../delta/delta-tables.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { localStorage } from "../../local-storage.ts";
import type { RunOptions } from "../../run-query.ts";
import type { Session } from "../../session.ts";
import { emptyResult, type StatementResult } from "../../statement-result.ts";
import { layFilesOut } from "./optimize.ts";

/** History that TRUNCATE HISTORY leaves, in milliseconds, where `delta.dropFeatureTruncateHistory.retentionDuration` says nothing. */
const KEPT_HISTORY_MS = 24 * 3_600_000;

/**
 * ALTER TABLE ... DROP FEATURE: the table is rid of the feature, then its protocol. Versions that used a feature which readers must know have to leave the log
 * before: until then the statement is to be run again. Raises DELTA_FEATURE_DROP_WAIT_FOR_RETENTION_PERIOD, DELTA_FEATURE_DROP_HISTORICAL_VERSIONS_EXIST,
 * DELTA_FEATURE_DROP_HISTORY_TRUNCATION_NOT_ALLOWED and what `removableFeature` does.
 */
export async function dropFeature(session: Session, target: DeltaTarget, { feature: name, truncateHistory }: Extract<AlterAction, { kind: "dropFeature" }>, options: RunOptions): Promise<StatementResult> {
  const { log } = target;
  const before = await log.latest();
  checkWrite(before, "append");
  const feature = removableFeature(before, name);
  const isForReaders = readerFeatures(before.protocol).includes(feature.name);
  if (truncateHistory && !isForReaders) throw new SparrowError("DELTA_FEATURE_DROP_HISTORY_TRUNCATION_NOT_ALLOWED", "42000", "The particular feature does not require history truncation.", {});
  const wasUsed = await rid(session, target, feature, options);
  if (isForReaders) {
    const kept = durationMs(before.metadata.configuration["delta.dropFeatureTruncateHistory.retentionDuration"]) ?? KEPT_HISTORY_MS;
    // From this checkpoint on no version uses the feature: once it is old enough, the log before it can go.
    if (wasUsed) await writeCheckpoint(log, await log.latest(), { storage: localStorage, parquet: checkpointFiles, parseTimestamp: (text) => parseTimestamp(text, session.timeZone) });
    if (wasUsed) throw mustWait("WAIT_FOR_RETENTION_PERIOD", feature, kept, "it was in use until now, and earlier versions of the table still need it");
    if (truncateHistory) await deleteLogBefore(log, Date.now() - kept, localStorage, checkpointFiles);
    if (await isInHistory(log, feature)) throw mustWait("HISTORICAL_VERSIONS_EXIST", feature, kept, "versions that the log still has need it");
  }
  await rerunOnConflict(async () => {
    const snapshot = await log.latest();
    await commitStatement(session, log, {
      snapshot,
      actions: [{ kind: "protocol", protocol: protocolWithout(snapshot.protocol, feature.name) }],
      reads: READS_TABLE,
      operation: "DROP FEATURE",
      operationParameters: { featureName: feature.name, truncateHistory },
      operationMetrics: {},
    });
  });
  return emptyResult();
}

/** Takes the feature out of the table's latest version; whether it was there. */
async function rid(session: Session, target: DeltaTarget, feature: RemovableFeature, options: RunOptions): Promise<boolean> {
  // New files may not need it while the old ones are written anew.
  const turnedOff = await changeMetadata(session, target, { ...feature, columnMetadata: undefined });
  const { metadata, files } = await target.log.latest();
  const all = hasColumnMetadata(metadata, feature.columnMetadata);
  const inFiles = [...files.values()].some((add) => all || feature.isInFile?.(add));
  if (inFiles) await layFilesOut(session, target, undefined, (snapshot: DeltaSnapshot) => ({ kind: "purge", files: new Set([...snapshot.files.values()].filter((add) => all || feature.isInFile?.(add))) }), options);
  const cleaned = await changeMetadata(session, target, feature);
  return turnedOff || inFiles || cleaned;
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
