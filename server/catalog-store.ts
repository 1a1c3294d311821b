import { rm } from "node:fs/promises";
import { join } from "node:path";
import { SparrowError } from "../catalog/errors.ts";
import type { CatalogStore, DatabaseEntry, Storage, TableEntry, ViewEntry } from "../catalog/ports.ts";

/** Version of the files' format; a file of a later one is refused. */
const FORMAT_VERSION = 1;
const CATALOG_FOLDER = "_catalog";

export const DEFAULT_DATABASE = "default";

/** Where the catalog's entries are kept, each under a path of its own: `databases/<db>.json`, `tables/<db>/<name>.json`, `views/<db>/<name>.json`. */
interface EntryFiles {
  readonly read: (path: string) => Promise<unknown>;
  readonly list: (folder: string) => Promise<readonly unknown[]>;
  /** False when it exists already. */
  readonly create: (path: string, entry: unknown) => Promise<boolean>;
  readonly replace: (path: string, entry: unknown) => Promise<void>;
  readonly remove: (path: string) => Promise<void>;
}

/**
 * The catalog in a warehouse folder: one JSON file per entry, each replaced atomically, under `_catalog`. Nothing is created before something is
 * stored; the database `default` always exists. Entries are read anew each time, so several processes may share a warehouse.
 */
export function warehouseCatalog(storage: Storage, warehouse: string): CatalogStore {
  const folder = join(warehouse, CATALOG_FOLDER);
  const at = (path: string): string => join(folder, `${path}.json`);
  return catalogOver(
    {
      read: async (path) => ((await storage.stat(at(path))) === undefined ? undefined : decodeEntry(at(path), await storage.read(at(path)))),
      list: async (path) => {
        const entries: unknown[] = [];
        for await (const object of storage.list(join(folder, path))) {
          const file = join(folder, path, object.path);
          if (object.path.endsWith(".json")) entries.push(decodeEntry(file, await storage.read(file)));
        }
        return entries;
      },
      create: (path, entry) => storage.putIfAbsent(at(path), encodeEntry(entry)),
      replace: (path, entry) => storage.write(at(path), encodeEntry(entry)),
      remove: (path) => rm(at(path), { force: true }),
    },
    warehouse,
  );
}

/** A catalog that ends with the process. Tables' own files still go below `warehouse`. */
export function memoryCatalog(warehouse: string): CatalogStore {
  const entries = new Map<string, unknown>();
  return catalogOver(
    {
      read: async (path) => entries.get(path),
      list: async (folder) => [...entries].filter(([path]) => path.startsWith(`${folder}/`)).map(([, entry]) => entry),
      create: async (path, entry) => {
        if (entries.has(path)) return false;
        entries.set(path, entry);
        return true;
      },
      replace: async (path, entry) => void entries.set(path, entry),
      remove: async (path) => void entries.delete(path),
    },
    warehouse,
  );
}

function catalogOver(files: EntryFiles, warehouse: string): CatalogStore {
  const file = (...names: string[]): string => names.map((name, i) => (i === 0 ? name : fileName(name))).join("/");
  const sorted = <T extends { name: string }>(entries: readonly unknown[]): T[] => (entries as T[]).toSorted((a, b) => (a.name < b.name ? -1 : 1));

  const put = async (path: string, entry: TableEntry | ViewEntry, mode: "create" | "replace"): Promise<void> => {
    if (mode === "replace") await files.replace(path, entry);
    else if (!(await files.create(path, entry))) throw alreadyExists(entry);
  };

  const defaultDatabase: DatabaseEntry = { name: DEFAULT_DATABASE, location: warehouse, comment: "default database", properties: {} };

  return {
    databases: async () => {
      const stored = await files.list("databases");
      return sorted<DatabaseEntry>(stored.some((entry) => (entry as DatabaseEntry).name === DEFAULT_DATABASE) ? stored : [defaultDatabase, ...stored]);
    },
    database: async (name) => ((await files.read(file("databases", name))) as DatabaseEntry | undefined) ?? (name.toLowerCase() === DEFAULT_DATABASE ? defaultDatabase : undefined),
    createDatabase: async (entry) => {
      if (entry.name.toLowerCase() !== DEFAULT_DATABASE && (await files.create(file("databases", entry.name), entry))) return;
      throw new SparrowError("SCHEMA_ALREADY_EXISTS", "42P06", `Cannot create schema \`${entry.name}\` because it already exists. Choose a different name, drop the existing schema, or add the IF NOT EXISTS clause to tolerate pre-existing schema.`, { schemaName: `\`${entry.name}\`` });
    },
    replaceDatabase: (entry) => files.replace(file("databases", entry.name), entry),
    dropDatabase: (name) => files.remove(file("databases", name)),
    tables: async (database) => sorted<TableEntry>(await files.list(file("tables", database))),
    table: async (database, name) => (await files.read(file("tables", database, name))) as TableEntry | undefined,
    putTable: (entry, mode) => put(file("tables", entry.database, entry.name), entry, mode),
    dropTable: (database, name) => files.remove(file("tables", database, name)),
    views: async (database) => sorted<ViewEntry>(await files.list(file("views", database))),
    view: async (database, name) => (await files.read(file("views", database, name))) as ViewEntry | undefined,
    putView: (entry, mode) => put(file("views", entry.database, entry.name), entry, mode),
    dropView: (database, name) => files.remove(file("views", database, name)),
  };
}

/** A name as a file name: lower case, and everything that a file system might treat as special written as %XX. */
function fileName(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}_-]/gu, (special) => [...Buffer.from(special)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""));
}

function alreadyExists(entry: TableEntry | ViewEntry): SparrowError {
  const relationName = `\`${entry.database}\`.\`${entry.name}\``;
  return new SparrowError("TABLE_OR_VIEW_ALREADY_EXISTS", "42P07", `Cannot create table or view ${relationName} because it already exists. Choose a different name, drop or replace the existing object, or add the IF NOT EXISTS clause to tolerate pre-existing objects.`, { relationName });
}

interface StoredEntry {
  readonly formatVersion: number;
  readonly entry: unknown;
}

function encodeEntry(entry: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify({ formatVersion: FORMAT_VERSION, entry } satisfies StoredEntry, null, 2)}\n`);
}

function decodeEntry(path: string, bytes: Uint8Array): unknown {
  const corrupt = (why: string): SparrowError => new SparrowError("CATALOG_FILE_UNREADABLE", "XX000", `The catalog file ${path} cannot be read: ${why}.`, { path }, { origin: "data" });
  let stored: StoredEntry;
  try {
    stored = JSON.parse(Buffer.from(bytes).toString()) as StoredEntry;
  } catch (error) {
    throw corrupt(error instanceof Error ? error.message : String(error));
  }
  if (stored.formatVersion !== FORMAT_VERSION) throw corrupt(`it has format version ${stored.formatVersion}, and this version of Sparrow reads ${FORMAT_VERSION}`);
  return stored.entry;
}
