import { SparrowError } from "../catalog/errors.ts";
import type { FileField } from "../catalog/table.ts";
import { LONG, type StructField } from "../catalog/types.ts";
import type { Action, AddFile, DomainMetadata, Metadata, Protocol } from "./actions.ts";
import { asInteger, encodeExactJson, type ExactJson, parseExactJson } from "./exact-json.ts";
import { parseFileStatistics } from "./file-statistics.ts";
import type { DeltaSnapshot } from "./snapshot.ts";
import { writerFeatures } from "./table-features.ts";

/**
 * Row ids: every row of a file has `baseRowId` + its position, unless a column of the file that is no part of the schema says another one, because the row was
 * copied from an older file. The same holds for the version that wrote a row last. Source: the protocol's section "Row Tracking".
 */

const DOMAIN = "delta.rowTracking";
const ENABLED = "delta.enableRowTracking";
const SUSPENDED = "delta.rowTrackingSuspended";
const ID_COLUMN = "delta.rowTracking.materializedRowIdColumnName";
const VERSION_COLUMN = "delta.rowTracking.materializedRowCommitVersionColumnName";

/** All properties of a table that have to do with it. */
export const ROW_TRACKING_PROPERTIES: readonly string[] = [ENABLED, SUSPENDED, ID_COLUMN, VERSION_COLUMN];

/** The properties of a table whose new files get no row ids any more, so that the feature can be dropped. */
export function withRowTrackingSuspended(configuration: Metadata["configuration"]): Metadata["configuration"] {
  return { ...configuration, [ENABLED]: "false", [SUSPENDED]: "true" };
}

/** The action that forgets the high-water mark. */
export function withoutRowIds(domains: ReadonlyMap<string, DomainMetadata>): Action[] {
  const domain = rowTrackingDomain(domains);
  return domain === undefined ? [] : [{ kind: "domainMetadata", domainMetadata: { ...domain, removed: true } }];
}

/** Whether writers must give row ids to the files that they add: also where nothing reads them yet. */
export function assignsRowIds(protocol: Protocol, { configuration }: Pick<Metadata, "configuration">): boolean {
  return writerFeatures(protocol).includes("rowTracking") && configuration[SUSPENDED]?.toLowerCase() !== "true";
}

export function tracksRows({ configuration }: Pick<Metadata, "configuration">): boolean {
  return configuration[ENABLED]?.toLowerCase() === "true";
}

/** The columns in which files keep the ids and the commit versions of rows that were copied; undefined for a table that does not track rows. */
export function rowTrackingColumns(metadata: Pick<Metadata, "configuration">): { readonly id: StructField; readonly version: StructField } | undefined {
  const [id, version] = [ID_COLUMN, VERSION_COLUMN].map((property) => metadata.configuration[property]);
  if (!tracksRows(metadata) || id === undefined || version === undefined) return undefined;
  return { id: { name: id, type: LONG, nullable: true }, version: { name: version, type: LONG, nullable: true } };
}

/** Raises DELTA_MATERIALIZED_ROW_TRACKING_COLUMN_NAME_MISSING for a table whose rows could be read, but not written anew under their ids. */
export function checkRowTracking(location: string, metadata: Pick<Metadata, "configuration">): void {
  if (!tracksRows(metadata) || rowTrackingColumns(metadata) !== undefined) return;
  throw new SparrowError("DELTA_MATERIALIZED_ROW_TRACKING_COLUMN_NAME_MISSING", "22000", `The Delta table ${location} tracks rows, and its properties do not name the columns ${ID_COLUMN} and ${VERSION_COLUMN}.`, { rowTrackingColumn: ID_COLUMN, tableName: location }, { origin: "data" });
}

/** The columns of files with rows that were there before: the table's, and behind them, of a table that tracks rows, the ids and commit versions of the rows. */
export function movedRowFields({ columns, metadata }: Pick<DeltaSnapshot, "columns" | "metadata">): readonly StructField[] {
  const tracked = rowTrackingColumns(metadata);
  return tracked === undefined ? columns : [...columns, tracked.id, tracked.version];
}

/** Where a live file has the ids and commit versions of its rows; none for a table that does not track rows. */
export function rowTrackingFields({ metadata }: Pick<DeltaSnapshot, "metadata">, { baseRowId, defaultRowCommitVersion }: AddFile): readonly FileField[] {
  const tracked = rowTrackingColumns(metadata);
  if (tracked === undefined) return [];
  return [
    { kind: "stored", name: tracked.id.name, ...(baseRowId !== undefined && { otherwise: { kind: "position", base: baseRowId } }) },
    { kind: "stored", name: tracked.version.name, ...(defaultRowCommitVersion !== undefined && { otherwise: { kind: "constant", value: defaultRowCommitVersion } }) },
  ];
}

/** The properties of a table that is to track rows, with names for its columns where they are missing. */
export function withRowTrackingColumns(configuration: Metadata["configuration"]): Metadata["configuration"] {
  if (!tracksRows({ configuration })) return configuration;
  return { [ID_COLUMN]: `_row-id-col-${crypto.randomUUID()}`, [VERSION_COLUMN]: `_row-commit-version-col-${crypto.randomUUID()}`, ...configuration };
}

/** The largest row id that was given out; -1 before the first. */
export function rowIdHighWaterMark(domain: DomainMetadata | undefined): bigint {
  if (domain === undefined || domain.removed) return -1n;
  const { rowIdHighWaterMark: mark } = parseExactJson(domain.configuration) as { readonly rowIdHighWaterMark?: ExactJson };
  return asInteger(mark) ?? -1n;
}

/** The high-water mark that a commit sets; undefined where it sets none. */
export function markOfCommit(actions: readonly Action[]): bigint | undefined {
  const action = actions.find((candidate) => candidate.kind === "domainMetadata" && candidate.domainMetadata.domain === DOMAIN);
  return action?.kind === "domainMetadata" ? rowIdHighWaterMark(action.domainMetadata) : undefined;
}

export function rowTrackingDomain(domains: ReadonlyMap<string, DomainMetadata> | undefined): DomainMetadata | undefined {
  return domains?.get(DOMAIN);
}

/** The actions with row ids above the high-water mark for every file that has none, and the mark that they reach. Raises DELTA_ROW_ID_ASSIGNMENT_WITHOUT_STATS. */
export function withRowIds(actions: readonly Action[], version: bigint, highWaterMark: bigint): readonly Action[] {
  let mark = highWaterMark;
  const assigned = actions.map((action): Action => {
    if (action.kind !== "add" || action.add.baseRowId !== undefined) return action;
    const baseRowId = mark + 1n;
    mark += BigInt(rowsOf(action.add));
    return { kind: "add", add: { ...action.add, baseRowId, defaultRowCommitVersion: action.add.defaultRowCommitVersion ?? version } };
  });
  if (mark === highWaterMark) return assigned;
  return [...assigned, { kind: "domainMetadata", domainMetadata: { domain: DOMAIN, configuration: encodeExactJson({ rowIdHighWaterMark: mark }), removed: false } }];
}

function rowsOf(add: AddFile): number {
  const { rows } = parseFileStatistics(add.stats);
  if (rows !== undefined) return rows;
  throw new SparrowError("DELTA_ROW_ID_ASSIGNMENT_WITHOUT_STATS", "22000", `Cannot assign row ids to the file ${add.path}: the log does not say how many rows it has.`, { path: add.path }, { origin: "data" });
}
