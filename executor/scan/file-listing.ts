import { createHash } from "node:crypto";
import { glob, readdir, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { SparrowError } from "../../catalog/errors.ts";
import type { OpenTable } from "../../catalog/ports.ts";

/** A data file of a table. */
export interface DataFile {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** `key=value` folders between the table's root and the file, outermost first; values still escaped. */
  readonly partition: readonly (readonly [key: string, value: string])[];
}

/**
 * The data files at a location, in order of their paths: one file, all files below a folder, or all that a glob pattern matches (`*`, `?`, `[..]`, `{..}`).
 * Names that begin with `_` or `.` are hidden, as in Spark, but for `key=value` folders. With `basePath`, partition folders count from there, else from
 * the location (for a pattern: from each match). Raises PATH_NOT_FOUND when there is nothing.
 */
export async function listDataFiles(location: string, basePath?: string): Promise<DataFile[]> {
  const path = stripScheme(location);
  const roots = await matchingRoots(path);
  if (roots.length === 0) throw pathNotFound(location);
  const files: DataFile[] = [];
  for (const root of roots) {
    const info = await stat(root);
    const base = basePath === undefined ? (info.isDirectory() ? root : dirname(root)) : resolve(stripScheme(basePath));
    if (!info.isDirectory()) {
      files.push({ path: root, bytes: info.size, modifiedMs: info.mtimeMs, partition: partitionFolders(base, root) });
      continue;
    }
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => `${entry.parentPath}/${entry.name}`)
      .filter((file) => !file.slice(root.length + 1).split("/").some(isHidden))
      .sort(byCodePoint);
    const found = await Promise.all(
      paths.map(async (file): Promise<DataFile> => {
        const { size, mtimeMs } = await stat(file);
        return { path: file, bytes: size, modifiedMs: mtimeMs, partition: partitionFolders(base, file) };
      }),
    );
    files.push(...found);
  }
  return files;
}

/** The data files that a request is about. */
export async function requestedFiles({ location, files: chosen, options }: OpenTable): Promise<DataFile[]> {
  const files = await listDataFiles(location, options.basePath);
  return chosen === undefined ? files : files.filter((file) => chosen.has(file.path));
}

/** Equal for equal files. */
export function filesVersion(files: readonly DataFile[]): string {
  const hash = createHash("sha1");
  for (const file of files) hash.update(`${file.path}\0${file.bytes}\0${file.modifiedMs}\n`);
  return hash.digest("hex");
}

async function matchingRoots(path: string): Promise<string[]> {
  const absolute = resolve(path);
  if (await exists(absolute)) return [absolute];
  if (!/[*?[{]/.test(path)) return [];
  const matches: string[] = [];
  for await (const match of glob(absolute)) if (!isHidden(basename(match))) matches.push(match);
  return matches.sort(byCodePoint);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw error;
  }
}

function isHidden(name: string): boolean {
  return name.startsWith(".") || (name.startsWith("_") && !name.includes("="));
}

function partitionFolders(base: string, file: string): (readonly [string, string])[] {
  const folders = dirname(file).slice(base.length).split("/");
  const pairs: [string, string][] = [];
  for (const folder of folders) {
    const at = folder.indexOf("=");
    if (at > 0) pairs.push([unescapeName(folder.slice(0, at)), folder.slice(at + 1)]);
  }
  return pairs;
}

/** Spark escapes characters that a path cannot hold as `%XX`. */
export function unescapeName(text: string): string {
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (escaped) => Buffer.from(escaped.replaceAll("%", ""), "hex").toString("utf8"));
}

function stripScheme(location: string): string {
  return location.replace(/^file:(\/\/)?(?=\/)/, "");
}

function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function pathNotFound(location: string): SparrowError {
  return new SparrowError("PATH_NOT_FOUND", "42K03", `Path does not exist: ${location}.`, { path: location });
}
