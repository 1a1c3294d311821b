import { SparrowError } from "../catalog/errors.ts";
import type { Action, AddFile, Metadata } from "./actions.ts";
import { canonicalPath } from "./file-paths.ts";
import { differInMarksOnly } from "./identity-columns.ts";
import { parseSchema } from "./schema-json.ts";

/** What a transaction's decisions rest on. */
export interface ReadScope {
  /** All files: any change of others matters. */
  readonly wholeTable: boolean;
  /** Canonical paths of the files that were read. */
  readonly files: ReadonlySet<string>;
  /** Whether a file that another transaction adds could hold rows that this one would have read; undefined when it read nothing. */
  readonly wouldRead?: (add: AddFile) => boolean;
}

/** Nothing was read: rows are only added. */
export const READS_NOTHING: ReadScope = { wholeTable: false, files: new Set() };
export const READS_TABLE: ReadScope = { wholeTable: true, files: new Set(), wouldRead: () => true };

interface Checked {
  readonly actions: readonly Action[];
  readonly reads: ReadScope;
  /** The table as it was read; undefined for one that is being created. */
  readonly read?: { readonly metadata: Metadata };
}

/**
 * Whether a transaction may go behind a commit that landed after what it read. Raises by the first check that fails.
 * Source: Delta Spark's ConflictChecker, at isolation level Serializable.
 */
export function checkConflicts({ actions, reads, read }: Checked, version: bigint, winner: readonly Action[]): void {
  const info = winner.find((action) => action.kind === "commitInfo");
  const operation = (info?.kind === "commitInfo" && info.commitInfo.operation) || "unknown";
  const raise = (condition: string, what: string): never => {
    throw new SparrowError(condition, "2D521", `Version ${version} (${operation}) was committed meanwhile and ${what}. Nothing was changed; run the statement again.`, { version: String(version), operation }, { origin: "resource" });
  };
  const changes = (kind: Action["kind"]): boolean => winner.some((action) => action.kind === kind);
  if (changes("protocol")) raise("DELTA_PROTOCOL_CHANGED", "changed the table's protocol");
  const changesMetadata = actions.some((action) => action.kind === "metaData");
  if (winner.some((action) => action.kind === "metaData" && (changesMetadata || !movesMarksOnly(read?.metadata, action.metaData)))) raise("DELTA_METADATA_CHANGED", "changed the table's schema or properties");

  const domains = new Set(actions.flatMap((action) => (action.kind === "domainMetadata" ? [action.domainMetadata.domain] : [])));
  if (winner.some((action) => action.kind === "domainMetadata" && domains.has(action.domainMetadata.domain))) raise("DELTA_CONCURRENT_TRANSACTION", "changed the same metadata domain");
  const appIds = new Set(actions.flatMap((action) => (action.kind === "txn" ? [action.txn.appId] : [])));
  if (winner.some((action) => action.kind === "txn" && appIds.has(action.txn.appId))) raise("DELTA_CONCURRENT_TRANSACTION", "recorded a transaction of the same application");

  const { wouldRead } = reads;
  if (wouldRead !== undefined && winner.some((action) => action.kind === "add" && action.add.dataChange && wouldRead(action.add))) raise("DELTA_CONCURRENT_APPEND", "added rows that this statement should have read");
  const removed = new Set(winner.flatMap((action) => (action.kind === "remove" ? [canonicalPath(action.remove.path)] : [])));
  if (removed.size > 0 && (reads.wholeTable || [...reads.files].some((path) => removed.has(path)))) raise("DELTA_CONCURRENT_DELETE_READ", "removed files that this statement read");
  if (actions.some((action) => action.kind === "remove" && removed.has(canonicalPath(action.remove.path)))) raise("DELTA_CONCURRENT_DELETE_DELETE", "removed files that this statement removes");
}

/** Whether new metadata says nothing but that identity columns have given out values. */
function movesMarksOnly(before: Metadata | undefined, { schemaString, ...after }: Metadata): boolean {
  if (before === undefined || before.schemaString === undefined || schemaString === undefined) return false;
  const { schemaString: schemaBefore, ...rest } = before;
  return JSON.stringify(sortedKeys(rest)) === JSON.stringify(sortedKeys(after)) && differInMarksOnly(parseSchema(schemaBefore), parseSchema(schemaString));
}

function sortedKeys(value: object): unknown {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, part]: [string, unknown]) => [key, part !== null && typeof part === "object" && !Array.isArray(part) ? sortedKeys(part) : part]);
}

/** Errors after which a statement may be run again from a new snapshot. */
const RETRYABLE = new Set(["DELTA_PROTOCOL_CHANGED", "DELTA_METADATA_CHANGED", "DELTA_CONCURRENT_TRANSACTION", "DELTA_CONCURRENT_APPEND", "DELTA_CONCURRENT_DELETE_READ", "DELTA_CONCURRENT_DELETE_DELETE"]);

export function isConflict(error: unknown): boolean {
  return error instanceof SparrowError && RETRYABLE.has(error.condition);
}
