import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CatalogStore, TableEntry, ViewEntry } from "../../catalog/ports.ts";
import { INT } from "../../catalog/types.ts";
import { memoryCatalog, warehouseCatalog } from "../../server/catalog-store.ts";
import { localStorage } from "../../server/local-storage.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sparrow-catalog-"));
});
afterEach(() => rm(folder, { recursive: true }));

const table = (name: string, database = "default"): TableEntry => ({
  database,
  name,
  format: "parquet",
  location: `/data/${name}`,
  external: true,
  schema: [{ name: "a", type: INT, nullable: true }],
  partitionColumns: [],
  options: {},
  properties: {},
  createdMs: 0,
});
const view = (name: string): ViewEntry => ({ database: "default", name, text: "SELECT 1", columns: [], settings: {}, properties: {}, createdMs: 0 });

const stores: [string, () => CatalogStore][] = [
  ["in a warehouse folder", () => warehouseCatalog(localStorage, join(folder, "warehouse"))],
  ["in memory", () => memoryCatalog(join(folder, "warehouse"))],
];

describe.each(stores)("catalog %s", (_, create) => {
  test("keeps tables and views by lower-case name", async () => {
    const store = create();
    await store.putTable(table("Orders"), "create");
    await store.putTable(table("items"), "create");
    await store.putView(view("v"), "create");
    expect(await store.table("DEFAULT", "oRDERS")).toEqual(table("Orders"));
    expect((await store.tables("default")).map((t) => t.name)).toEqual(["Orders", "items"]);
    expect((await store.views("default")).map((v) => v.name)).toEqual(["v"]);
    await store.dropTable("default", "ORDERS");
    expect(await store.table("default", "orders")).toBeUndefined();
  });

  test("refuses what exists, unless it is replaced", async () => {
    const store = create();
    await store.putTable(table("t"), "create");
    await expect(store.putTable(table("T"), "create")).rejects.toMatchObject({ condition: "TABLE_OR_VIEW_ALREADY_EXISTS", sqlState: "42P07" });
    await store.putTable({ ...table("t"), comment: "new" }, "replace");
    expect((await store.table("default", "t"))?.comment).toBe("new");
  });

  test("the default database always exists, others come and go", async () => {
    const store = create();
    expect((await store.databases()).map((d) => d.name)).toEqual(["default"]);
    await store.createDatabase({ name: "sales", location: "/sales", properties: {} });
    await expect(store.createDatabase({ name: "SALES", location: "/x", properties: {} })).rejects.toMatchObject({ condition: "SCHEMA_ALREADY_EXISTS" });
    await expect(store.createDatabase({ name: "default", location: "/x", properties: {} })).rejects.toMatchObject({ condition: "SCHEMA_ALREADY_EXISTS" });
    expect((await store.databases()).map((d) => d.name)).toEqual(["default", "sales"]);
    await store.dropDatabase("Sales");
    expect(await store.database("sales")).toBeUndefined();
  });
});

test("nothing is created before something is stored, and what is stored outlives the store", async () => {
  const warehouse = join(folder, "warehouse");
  const store = warehouseCatalog(localStorage, warehouse);
  await store.tables("default");
  await store.databases();
  expect(existsSync(warehouse)).toBe(false);
  await store.putTable(table("a/../b c"), "create");
  expect(await readdir(join(warehouse, "_catalog/tables/default"))).toEqual(["a%2F%2E%2E%2Fb%20c.json"]);
  expect(await warehouseCatalog(localStorage, warehouse).table("default", "A/../B C")).toEqual(table("a/../b c"));
});

test("files of a later format and broken files are refused by name", async () => {
  const store = warehouseCatalog(localStorage, folder);
  await store.putTable(table("t"), "create");
  const path = join(folder, "_catalog/tables/default/t.json");
  const stored = JSON.parse(await readFile(path, "utf8")) as object;
  await writeFile(path, JSON.stringify({ ...stored, formatVersion: 2 }));
  await expect(store.table("default", "t")).rejects.toThrow(`The catalog file ${path} cannot be read: it has format version 2, and this version of Sparrow reads 1.`);
  await writeFile(path, "{");
  await expect(store.table("default", "t")).rejects.toMatchObject({ condition: "CATALOG_FILE_UNREADABLE", origin: "data" });
});
