import { unsupportedOperation } from "../object-names.ts";

/** Properties that may be set: what they ask of writers is done. */
const HONOURED = /^delta\.(appendOnly|checkpointInterval|logRetentionDuration|deletedFileRetentionDuration|dataSkippingNumIndexedCols|parquet\.compression\.codec)$/;

/** Refuses, by name, a property of Delta's own that would promise what is not done. */
export function checkProperties(properties: Readonly<Record<string, string>>, table: string): void {
  for (const key of Object.keys(properties)) {
    if (key.startsWith("delta.") && !HONOURED.test(key)) throw unsupportedOperation(`the property ${key}`, table);
  }
}
