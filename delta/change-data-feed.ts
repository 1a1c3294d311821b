import { SparrowError } from "../catalog/errors.ts";
import { sameType, type StructField } from "../catalog/types.ts";
import type { Action, AddFile, ChangeFile, Metadata, RemoveFile } from "./actions.ts";
import { columnMappingMode, physicalName } from "./column-mapping.ts";
import { fileKey } from "./file-paths.ts";
import { parseSchema } from "./schema-json.ts";
import type { DeltaSnapshot } from "./snapshot.ts";

/** Where the changed rows of one commit are. Source: the protocol's section "Change Data Files". */
export type FileChange =
  /** Rows that say themselves what happened to them. */
  | { readonly kind: "recorded"; readonly file: ChangeFile }
  | { readonly kind: "added"; readonly add: AddFile }
  | { readonly kind: "removed"; readonly remove: RemoveFile }
  /** The same file with another deletion vector: the rows in which the two differ. */
  | { readonly kind: "marked"; readonly remove: RemoveFile; readonly add: AddFile };

/** What a commit has changed: as it was recorded, else as the data files that it adds and removes tell. */
export function fileChanges(actions: readonly Action[]): FileChange[] {
  const recorded = actions.flatMap((action): FileChange[] => (action.kind === "cdc" ? [{ kind: "recorded", file: action.cdc }] : []));
  if (recorded.length > 0) return recorded;
  const adds = new Map<string, AddFile>();
  for (const action of actions) if (action.kind === "add" && action.add.dataChange) adds.set(fileKey({ path: action.add.path }), action.add);
  const changes: FileChange[] = [];
  for (const action of actions) {
    if (action.kind !== "remove" || !action.remove.dataChange) continue;
    const key = fileKey({ path: action.remove.path });
    const add = adds.get(key);
    adds.delete(key);
    changes.push(add === undefined ? { kind: "removed", remove: action.remove } : { kind: "marked", remove: action.remove, add });
  }
  for (const add of adds.values()) changes.push({ kind: "added", add });
  return changes;
}

export function recordsChanges({ configuration }: Pick<Metadata, "configuration">): boolean {
  return configuration["delta.enableChangeDataFeed"]?.toLowerCase() === "true";
}

/** Names of the columns that the feed adds to a table's. */
export const FEED_COLUMNS = ["_change_type", "_commit_version", "_commit_timestamp"] as const;

/** Raises DELTA_TABLE_ALREADY_CONTAINS_CDC_COLUMNS for a table that is to have a feed and has one of its columns. */
export function checkFeedColumns(fields: readonly StructField[], configuration: Metadata["configuration"]): void {
  if (!recordsChanges({ configuration })) return;
  const taken = fields.filter((field) => FEED_COLUMNS.some((name) => name === field.name.toLowerCase())).map((field) => field.name);
  if (taken.length === 0) return;
  throw new SparrowError("DELTA_TABLE_ALREADY_CONTAINS_CDC_COLUMNS", "42711", `Unable to enable change data feed on the table: it has the reserved columns [${taken.join(", ")}] already. Rename or drop them first.`, { columnList: taken.join(", ") });
}

/** Versions of a feed that is read, both inclusive. */
export interface FeedRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** Raises DELTA_MISSING_CHANGE_DATA unless changes were recorded in a version of the range. */
export function checkRecorded({ start, end }: FeedRange, version: bigint, metadata: Metadata): void {
  if (recordsChanges(metadata)) return;
  const parameters = { startVersion: String(start), endVersion: String(end), version: String(version), key: "delta.enableChangeDataFeed" };
  throw new SparrowError("DELTA_MISSING_CHANGE_DATA", "KD002", `Error getting change data for range [${start}, ${end}]: changes were not recorded in version ${version}, for the table's property 'delta.enableChangeDataFeed' was not 'true' then. DESCRIBE HISTORY shows when it was set.`, parameters);
}

/**
 * Checks that the columns of a version are those of `read`, or some of them. `what`: whether that version changed them, or has them from before the range. Raises
 * DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE, DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_DATA_SCHEMA.
 */
export function checkFeedColumnsOf({ start, end }: FeedRange, version: bigint, metadata: Metadata, read: DeltaSnapshot, what: "change" | "data"): void {
  const fields = metadata.schemaString === undefined ? [] : parseSchema(metadata.schemaString);
  const mapping = columnMappingMode(metadata);
  const isKept = (field: StructField): boolean => read.fields.some((own) => own.name === field.name && sameType(own.type, field.type) && physicalName(own, read.mapping) === physicalName(field, mapping));
  if (fields.every(isKept) && JSON.stringify(metadata.partitionColumns) === JSON.stringify(read.metadata.partitionColumns)) return;
  const parameters = { start: String(start), end: String(end), readSchema: read.metadata.schemaString ?? "", readVersion: String(read.version), incompatibleVersion: String(version) };
  const condition = `DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_${what === "change" ? "SCHEMA_CHANGE" : "DATA_SCHEMA"}`;
  throw new SparrowError(condition, "0AKDC", `Changes between version ${start} and ${end} cannot be read with the columns of version ${read.version}: those of version ${version} are others. Read the versions before and after that change by themselves.`, parameters);
}
