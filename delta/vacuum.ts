import { SparrowError } from "../catalog/errors.ts";
import type { Storage, StoredObject } from "../catalog/ports.ts";
import type { Action, DeletionVectorDescriptor } from "./actions.ts";
import { deleteIfPresent } from "./delete-if-present.ts";
import { deletionVectorPath } from "./deletion-vector.ts";
import { type DeltaLog, inParallel } from "./delta-log.ts";
import { canonicalPath } from "./file-paths.ts";
import type { DeltaSnapshot } from "./snapshot.ts";

/** Folders with `_` names that hold data nevertheless. */
const VISIBLE_FOLDERS = new Set(["_change_data", "_delta_index"]);
/** What the last VACUUM has looked at, so that VACUUM LITE need not look again. */
const LAST_VACUUM = "_last_vacuum_info";

/** What VACUUM would delete. */
export interface VacuumPlan {
  /** By paths below the table. */
  readonly files: readonly Pick<StoredObject, "path" | "bytes">[];
  /** How many folders were looked at, the table's own included. */
  readonly folders: number;
  /** The newest version older than the retention; undefined when there is none. */
  readonly throughVersion: bigint | undefined;
}

/**
 * VACUUM FULL: all files below the table that no version within the retention needs and that are themselves older than `cutoffMs`. Files and folders whose names
 * begin with `_` or `.` are left alone, but for partition folders, change data, and what interrupted writers have left.
 */
export async function planFullVacuum(log: DeltaLog, snapshot: DeltaSnapshot, storage: Storage, cutoffMs: number): Promise<VacuumPlan> {
  const needed = neededFiles(snapshot, cutoffMs);
  const files: StoredObject[] = [];
  const folders = new Set([""]);
  for await (const object of storage.list(log.location, { recursive: true })) {
    if (isHidden(object.path)) continue;
    folders.add(folderOf(object.path));
    if (!needed.has(object.path) && object.modifiedMs < cutoffMs) files.push(object);
  }
  for await (const object of storage.listUnfinished(log.location)) if (object.modifiedMs < cutoffMs) files.push(object);
  return { files, folders: folders.size, throughVersion: await newestBefore(log, cutoffMs) };
}

/**
 * VACUUM LITE: files that the log says were removed before `cutoffMs`, from where the last VACUUM stopped; the folder is not listed, so files that no commit ever
 * named stay. Raises DELTA_CANNOT_VACUUM_LITE when commits have been cleaned up that no VACUUM has seen.
 */
export async function planLiteVacuum(log: DeltaLog, snapshot: DeltaSnapshot, storage: Storage, cutoffMs: number): Promise<VacuumPlan> {
  const times = await log.commitTimes();
  const earliest = times[0]?.version ?? 0n;
  const vacuumed = await lastVacuumed(log, storage);
  if (earliest > 0n && (vacuumed === undefined || vacuumed < earliest - 1n)) {
    throw new SparrowError("DELTA_CANNOT_VACUUM_LITE", "55000", `VACUUM LITE cannot find all files of the Delta table ${log.location} that may be deleted: commits before version ${earliest}, which no VACUUM has seen, are gone from its log. Run VACUUM FULL.`, {}, { origin: "data" });
  }
  const throughVersion = times.findLast(({ timestampMs }) => timestampMs < cutoffMs)?.version;
  const from = vacuumed === undefined ? earliest : vacuumed + 1n;
  const versions = times.flatMap(({ version }) => (throughVersion !== undefined && version >= from && version <= throughVersion ? [version] : []));
  const needed = neededFiles(snapshot, cutoffMs);
  const removed = new Set((await inParallel(versions, (version) => log.readCommit(version))).flat().flatMap((action) => removedPaths(log.location, action)));
  const unneeded = [...removed].filter((path) => !needed.has(path));
  const found = await inParallel(unneeded, (path) => storage.stat(`${log.location}/${path}`));
  const files = unneeded.flatMap((path, i) => (found[i] === undefined ? [] : [{ path, bytes: found[i].bytes }]));
  return { files, folders: new Set(["", ...unneeded.map(folderOf)]).size, throughVersion };
}

/** Deletes what was planned, and notes how far this has gone. */
export async function carryOutVacuum(log: DeltaLog, { files, throughVersion }: VacuumPlan, storage: Storage): Promise<void> {
  await inParallel(files, ({ path }) => deleteIfPresent(storage, `${log.location}/${path}`));
  if (throughVersion === undefined) return;
  await storage.write(`${log.folder}/${LAST_VACUUM}`, new TextEncoder().encode(`${JSON.stringify({ latestCommitVersionOutsideOfRetentionWindow: Number(throughVersion) })}\n`));
}

async function newestBefore(log: DeltaLog, cutoffMs: number): Promise<bigint | undefined> {
  return (await log.commitTimes()).findLast(({ timestampMs }) => timestampMs < cutoffMs)?.version;
}

async function lastVacuumed(log: DeltaLog, storage: Storage): Promise<bigint | undefined> {
  try {
    const info = JSON.parse(new TextDecoder().decode(await storage.read(`${log.folder}/${LAST_VACUUM}`))) as { readonly latestCommitVersionOutsideOfRetentionWindow?: unknown } | null;
    const version = info?.latestCommitVersionOutsideOfRetentionWindow;
    return typeof version === "number" && Number.isSafeInteger(version) ? BigInt(version) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof SparrowError && error.condition === "PATH_NOT_FOUND")) return undefined;
    throw error;
  }
}

/** Paths below the table, decoded: files that are live, files that were removed within the retention, and the deletion vectors of both. */
function neededFiles({ location, files, tombstones }: DeltaSnapshot, cutoffMs: number): ReadonlySet<string> {
  const kept = [...tombstones.values()].filter(({ deletionTimestamp = 0 }) => deletionTimestamp >= cutoffMs);
  return new Set([...files.values(), ...kept].flatMap(({ path, deletionVector }) => [canonicalPath(path), ...vectorPaths(location, deletionVector)]).map((path) => belowTable(location, path)));
}

/** Paths below the table of files that an action takes away; files elsewhere belong to other tables. */
function removedPaths(location: string, action: Action): string[] {
  const paths = action.kind === "remove" ? [canonicalPath(action.remove.path), ...vectorPaths(location, action.remove.deletionVector)] : action.kind === "cdc" ? [canonicalPath(action.cdc.path)] : [];
  return paths.map((path) => belowTable(location, path)).filter((path) => !path.startsWith("/") && !/^[A-Za-z][\w+.-]*:/.test(path));
}

function vectorPaths(location: string, vector: DeletionVectorDescriptor | undefined): string[] {
  return vector === undefined || vector.storageType === "i" ? [] : [deletionVectorPath(location, vector)];
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function belowTable(location: string, path: string): string {
  return path.startsWith(`${location}/`) ? path.slice(location.length + 1) : path;
}

function isHidden(path: string): boolean {
  const parts = path.split("/");
  return parts.some((part, i) => (part.startsWith(".") || part.startsWith("_")) && !part.includes("=") && !(i === 0 && VISIBLE_FOLDERS.has(part)));
}
