import { SparrowError } from "../../catalog/errors.ts";
import type { TableEntry } from "../../catalog/ports.ts";
import type { DeltaLog } from "../../delta/delta-log.ts";
import type { QualifiedName } from "../../parser/ast.ts";
import { CATALOG_NAME, partsOf, quoted, tableNotFound } from "../object-names.ts";
import type { Session } from "../session.ts";
import { absolutePath } from "../storage-paths.ts";
import { findInCatalog } from "../table-resolution.ts";

/** A Delta table that a statement changes or describes. */
export interface DeltaTarget {
  readonly log: DeltaLog;
  /** Parts of its full name, for messages. */
  readonly name: readonly string[];
  /** Undefined for a path. */
  readonly entry: TableEntry | undefined;
}

/** The Delta table of that name or path (``delta.`path` ``, or the path as a string); undefined for everything else that there is. */
export async function findDeltaTarget(session: Session, name: QualifiedName): Promise<DeltaTarget | undefined> {
  const parts = partsOf(name);
  if (session.temporaryView(parts) !== undefined) return undefined;
  const found = await findInCatalog(session, parts);
  if (found?.kind === "table" && found.entry.format === "delta") return { log: await openLog(found.entry.location), name: [CATALOG_NAME, found.entry.database, found.entry.name], entry: found.entry };
  if (found !== undefined) return undefined;
  const path = parts.length === 2 && parts[0].toLowerCase() === "delta" ? parts[1] : parts.length === 1 && parts[0].includes("/") ? parts[0] : undefined;
  return path === undefined ? undefined : { log: await openLog(absolutePath(path)), name: ["delta", path], entry: undefined };
}

/** `findDeltaTarget` for statements that only Delta tables have. Raises TABLE_OR_VIEW_NOT_FOUND, DELTA_TABLE_ONLY_OPERATION. */
export async function requireDeltaTarget(session: Session, name: QualifiedName, operation: string): Promise<DeltaTarget> {
  const target = await findDeltaTarget(session, name);
  if (target !== undefined) return target;
  const parts = partsOf(name);
  if (session.temporaryView(parts) === undefined && (await findInCatalog(session, parts)) === undefined) throw tableNotFound(parts, name.span);
  throw new SparrowError("DELTA_TABLE_ONLY_OPERATION", "0AKDD", `${quoted(...parts)} is not a Delta table. ${operation} is only supported for Delta tables.`, { tableName: quoted(...parts), operation }, { span: name.span });
}

/** The catalog's entry with what the table's log says: columns, partitioning, properties, comment. */
export async function withLogSchema(entry: TableEntry): Promise<TableEntry> {
  if (entry.format !== "delta") return entry;
  const { clusteringColumns } = await import("../../delta/clustering.ts");
  const snapshot = await (await openLog(entry.location)).latest();
  const { fields, metadata } = snapshot;
  return { ...entry, schema: fields, partitionColumns: metadata.partitionColumns, clusteringColumns: clusteringColumns(snapshot)?.map(({ path }) => path), properties: metadata.configuration, comment: metadata.description };
}

/** The log at a location; what reads logs is loaded when a statement is about one. */
export async function openLog(location: string): Promise<DeltaLog> {
  return (await import("./delta-tables.ts")).deltaLog(location);
}
