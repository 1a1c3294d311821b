import { SparrowError } from "../../catalog/errors.ts";
import { durationMs } from "../../delta/retention.ts";
import { legacyFeatures, TABLE_FEATURES } from "../../delta/table-features.ts";
import { unsupportedOperation } from "../object-names.ts";
import type { Session } from "../session.ts";

/** Properties that may be set: what they ask of writers is done. */
const HONOURED = new Set([
  "delta.appendOnly",
  "delta.checkpoint.writeStatsAsJson",
  "delta.checkpoint.writeStatsAsStruct",
  "delta.checkpointInterval",
  "delta.checkpointPolicy",
  "delta.columnMapping.mode",
  "delta.dataSkippingNumIndexedCols",
  "delta.dataSkippingStatsColumns",
  "delta.dropFeatureTruncateHistory.retentionDuration",
  "delta.deletedFileRetentionDuration",
  "delta.enableChangeDataFeed",
  "delta.enableDeletionVectors",
  "delta.enableExpiredLogCleanup",
  "delta.enableTypeWidening",
  "delta.enableInCommitTimestamps",
  "delta.enableRowTracking",
  "delta.logRetentionDuration",
  "delta.parquet.compression.codec",
  "delta.setTransactionRetentionDuration",
]);

const FEATURE_PREFIX = "delta.feature.";
/** Settings that say what new tables have where they say nothing themselves. */
const DEFAULTS_PREFIX = "spark.databricks.delta.properties.defaults.";

/** Properties of a new table by the session's settings: `spark.databricks.delta.properties.defaults.enableChangeDataFeed` is `delta.enableChangeDataFeed`. */
export function defaultProperties({ settings }: Session): Readonly<Record<string, string>> {
  return Object.fromEntries(settings.given().flatMap(([name, text]) => (name.startsWith(DEFAULTS_PREFIX) ? [[`delta.${name.slice(DEFAULTS_PREFIX.length)}`, text]] : [])));
}

/** What TBLPROPERTIES ask for. */
export interface RequestedProperties {
  /** Properties that the table keeps. */
  readonly configuration: Readonly<Record<string, string>>;
  /** Features that the protocol is to have: by name (`delta.feature.<name>`), or by a writer version (`delta.minWriterVersion`). */
  readonly features: readonly string[];
}

/** Refuses, by name, a property of Delta's own that would promise what is not done. Raises DELTA_UNSUPPORTED_FEATURES_IN_CONFIG, DELTA_INVALID_INTERVAL, UNSUPPORTED_TABLE_CHANGE, DELTA_ADD_CONSTRAINTS. */
export function requestedProperties(properties: Readonly<Record<string, string>>, table: string): RequestedProperties {
  const configuration: Record<string, string> = {};
  const features: string[] = [];
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith(FEATURE_PREFIX)) features.push(knownFeature(key.slice(FEATURE_PREFIX.length)));
    else if (key.startsWith("delta.constraints.")) throw new SparrowError("DELTA_ADD_CONSTRAINTS", "0A000", "Please use ALTER TABLE ADD CONSTRAINT to add CHECK constraints.", {});
    else if (key === "delta.minWriterVersion") features.push(...legacyFeatures(Math.min(Number(value), 6)));
    else if (key === "delta.minReaderVersion") features.push(...(Number(value) === 2 ? ["columnMapping"] : []));
    else if (key.startsWith("delta.") && !HONOURED.has(key)) throw unsupportedOperation(`the property ${key}`, table);
    else if (key === "delta.columnMapping.mode" && !/^(none|name|id)$/i.test(value)) throw unsupportedOperation(`the column mapping mode ${value}`, table);
    else if (/^delta\..*retentionDuration$/i.test(key) && durationMs(value) === undefined) throw new SparrowError("DELTA_INVALID_INTERVAL", "22006", `${value} is no INTERVAL of a fixed length, as '${key}' needs one.`, { interval: value });
    else {
      checkNumber(key, value);
      configuration[key] = value;
    }
  }
  return { configuration, features };
}

/** The least that properties with whole numbers may be. */
const LEAST: ReadonlyMap<string, number> = new Map([["delta.dataSkippingNumIndexedCols", -1], ["delta.checkpointInterval", 1]]);

/** Raises UNSUPPORTED_TABLE_CHANGE, as Spark does for a property whose value Delta refuses. */
function checkNumber(key: string, value: string): void {
  const least = LEAST.get(key);
  if (least === undefined || (/^-?\d+$/.test(value.trim()) && Number(value) >= least)) return;
  const change = `${key} needs to be a whole number larger than or equal to ${least}, not '${value}'`;
  throw new SparrowError("UNSUPPORTED_TABLE_CHANGE", "0A000", `Unsupported table change: ${change}.`, { change });
}

function knownFeature(name: string): string {
  const known = TABLE_FEATURES.find((feature) => feature.name.toLowerCase() === name.toLowerCase());
  if (known !== undefined) return known.name;
  throw new SparrowError("DELTA_UNSUPPORTED_FEATURES_IN_CONFIG", "56038", `Table features configured in the table's properties are not known: ${name}.`, { features: name });
}
