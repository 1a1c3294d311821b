import { SparrowError } from "../../../catalog/errors.ts";
import type { TableEntry } from "../../../catalog/ports.ts";
import { LONG } from "../../../catalog/types.ts";
import type { Action, AddFile, DomainMetadata, Metadata, Protocol } from "../../../delta/actions.ts";
import { READS_NOTHING, READS_TABLE } from "../../../delta/conflicts.ts";
import { deletionVectorPath } from "../../../delta/deletion-vector.ts";
import { absoluteFilePath, encodePath } from "../../../delta/file-paths.ts";
import { newMetadata } from "../../../delta/new-table.ts";
import { additionOf, removalOf } from "../../../delta/remove-file.ts";
import { rowIdHighWaterMark, rowTrackingDomain } from "../../../delta/row-tracking.ts";
import { type DeltaSnapshot, snapshotOf } from "../../../delta/snapshot.ts";
import { protocolFor, upgradedProtocol, writerFeatures } from "../../../delta/table-features.ts";
import { EMPTY_STATE } from "../../../delta/table-state.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import type { Statement } from "../../../parser/ast.ts";
import { commitStatement } from "../../delta/commit-statement.ts";
import { snapshotAsOf } from "../../delta/delta-provider.ts";
import { deltaLog } from "../../delta/delta-tables.ts";
import { findDeltaTarget } from "../../delta/delta-target.ts";
import { parquetFolder } from "../../delta/parquet-conversion.ts";
import { requestedProperties } from "../../delta/table-properties.ts";
import { partsOf, quoted, unsupportedOperation } from "../../object-names.ts";
import type { Session } from "../../session.ts";
import type { StatementResult } from "../../statement-result.ts";
import { absolutePath } from "../../storage-paths.ts";
import { findInCatalog } from "../../table-resolution.ts";
import { tableVersion } from "../../time-travel.ts";
import { valueResult } from "../../value-batch.ts";
import { dropTableEntry } from "../drop.ts";

type CreateTable = Extract<Statement, { kind: "createTable" }>;
type Clone = NonNullable<CreateTable["clone"]>;

const CLONE_COLUMNS = ["source_table_size", "source_num_of_files", "num_removed_files", "num_copied_files", "removed_files_size", "copied_files_size"].map((name) => ({ name, type: LONG, nullable: true }));

/** What a clone takes over. */
interface CloneSource {
  /** As the log calls it. */
  readonly name: string;
  readonly location: string;
  /** Undefined for files without a log. */
  readonly version: bigint | undefined;
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  readonly domains: readonly DomainMetadata[];
  /** Under absolute paths. */
  readonly files: readonly AddFile[];
}

/** CREATE [OR REPLACE] TABLE ... SHALLOW CLONE: a table of its own whose log names the files of another one, at a version, where they lie. */
export async function cloneTable(session: Session, described: TableEntry, statement: CreateTable, clone: Clone, existing: TableEntry | undefined): Promise<StatementResult> {
  const table = quoted(described.database, described.name);
  if (clone.deep) throw unsupportedOperation("DEEP CLONE", table);
  const source = await cloneSource(session, clone);
  const replacesDelta = existing?.format === "delta" && statement.location === undefined;
  const { location, external } = replacesDelta ? existing : described;
  if (source.location === location) throw unsupportedOperation("SHALLOW CLONE of a table onto itself", table);
  if (existing !== undefined && existing.format !== "delta") await dropTableEntry(session, existing);
  const log = deltaLog(location);
  const before = (await log.exists()) ? await log.latest() : undefined;
  if (before !== undefined && statement.mode === "create") throw new SparrowError("DELTA_UNSUPPORTED_NON_EMPTY_CLONE", "42613", `The clone destination ${location} holds a Delta table already. CREATE OR REPLACE TABLE replaces it.`, {});
  if (before !== undefined) checkWrite(before, "change");

  const requested = requestedProperties(described.properties, table);
  const metadata: Metadata = { ...source.metadata, id: before?.metadata.id ?? crypto.randomUUID(), createdTime: Date.now(), configuration: { ...inherited(source.metadata.configuration), ...requested.configuration } };
  const planned = snapshotOf(location, -1n, { ...EMPTY_STATE, metadata, protocol: source.protocol });
  const protocol = upgradedProtocol(before === undefined ? source.protocol : withFeaturesOf(before.protocol, source.protocol), { fields: planned.fields, configuration: metadata.configuration }, requested.features);
  checkWrite({ ...planned, protocol }, "append");
  const now = Date.now();
  const removed = before === undefined ? [] : [...before.files.values()];
  const figures = { sourceTableSize: totalSize(source.files), sourceNumOfFiles: source.files.length, numRemovedFiles: removed.length, numCopiedFiles: 0, removedFilesSize: totalSize(removed), copiedFilesSize: 0 };
  await commitStatement(session, log, {
    snapshot: before,
    actions: [
      ...(protocol === before?.protocol ? [] : [{ kind: "protocol", protocol } as const]),
      { kind: "metaData", metaData: metadata },
      ...domainChanges(before, source.domains),
      ...removed.map((file) => removalOf(file, true, now)),
      ...source.files.map((file) => additionOf({ ...file, dataChange: true })),
    ],
    reads: before === undefined ? READS_NOTHING : READS_TABLE,
    operation: "CLONE",
    operationParameters: { source: source.name, sourceVersion: source.version === undefined ? null : Number(source.version) },
    operationMetrics: figures,
  });
  const entry: TableEntry = { ...described, format: "delta", location, external, schema: [], partitionColumns: [], properties: {}, options: {} };
  await session.engine.catalog.putTable(entry, existing === undefined || existing.format !== "delta" ? "create" : "replace");
  return valueResult(CLONE_COLUMNS, [Object.values(figures).map(BigInt)]);
}

async function cloneSource(session: Session, { source: name, version }: Clone): Promise<CloneSource> {
  const target = await findDeltaTarget(session, name);
  if (target !== undefined) {
    const snapshot = await snapshotAsOf(target.log, version && (await tableVersion(session, version)));
    return { name: target.name.join("."), location: snapshot.location, version: snapshot.version, protocol: snapshot.protocol, metadata: snapshot.metadata, domains: [...snapshot.domains.values()], files: [...snapshot.files.values()].map((file) => inPlace(snapshot, file)) };
  }
  const parts = partsOf(name);
  const found = session.temporaryView(parts) === undefined ? await findInCatalog(session, parts) : undefined;
  const location = found?.kind === "table" && found.entry.format === "parquet" ? found.entry.location : found === undefined && parts.length === 2 && parts[0].toLowerCase() === "parquet" ? absolutePath(parts[1]) : undefined;
  if (location === undefined || version !== undefined) throw new SparrowError("DELTA_CLONE_UNSUPPORTED_SOURCE", "0AKDC", `Unsupported clone source '${quoted(...parts)}'. Delta tables can be cloned, and Parquet files without a version.`, { name: quoted(...parts), format: "" }, { span: name.span });
  const { fields, partitionColumns, adds } = await parquetFolder({ location, partitionFields: undefined, statistics: true, pathOf: (file) => fileUri(file.path), configuration: {} });
  return { name: `parquet.\`${location}\``, location, version: undefined, protocol: protocolFor({ fields, configuration: {} }), metadata: newMetadata({ fields, partitionColumns, configuration: {} }), domains: [], files: adds };
}

/** The file under a path that does not depend on where the log is; its deletion vector too. */
function inPlace({ location }: DeltaSnapshot, file: AddFile): AddFile {
  const { deletionVector } = file;
  const path = fileUri(absoluteFilePath(location, file.path));
  if (deletionVector === undefined || deletionVector.storageType !== "u") return { ...file, path };
  return { ...file, path, deletionVector: { ...deletionVector, storageType: "p", pathOrInlineDv: fileUri(deletionVectorPath(location, deletionVector)) } };
}

function fileUri(path: string): string {
  return path.startsWith("/") ? `file://${encodePath(path)}` : encodePath(path);
}

/** Properties that say something of the source's own versions do not hold for a log that begins anew. */
function inherited(configuration: Metadata["configuration"]): Record<string, string> {
  return Object.fromEntries(Object.entries(configuration).filter(([key]) => !key.startsWith("delta.inCommitTimestampEnablement")));
}

/** A table that is replaced keeps its features, and gets those of the source. */
function withFeaturesOf(protocol: Protocol, source: Protocol): Protocol {
  return upgradedProtocol(protocol, { fields: [], configuration: {} }, writerFeatures(source));
}

/** The source's domains, and none of those that the table had; but the mark of row ids that have been given out never goes back. */
function domainChanges(before: DeltaSnapshot | undefined, domains: readonly DomainMetadata[]): Action[] {
  const marked = rowTrackingDomain(before?.domains);
  const taken = domains.filter((domain) => domain.domain !== marked?.domain || rowIdHighWaterMark(domain) > rowIdHighWaterMark(marked));
  const gone = [...(before?.domains.values() ?? [])].filter((domain) => domain !== marked && !domains.some((own) => own.domain === domain.domain));
  return [...taken, ...gone.map((domain) => ({ ...domain, removed: true }))].map((domainMetadata) => ({ kind: "domainMetadata", domainMetadata }));
}

function totalSize(files: readonly AddFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
