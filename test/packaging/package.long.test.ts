import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PROJECT_ROOT } from "../architecture/source-files.ts";

/** The package as npm would publish it, installed into an empty project elsewhere. */
let folder: string;

function run(command: string, args: readonly string[], cwd = folder): string {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sparrow-package-"));
  run("npm", ["pack", "--pack-destination", folder], PROJECT_ROOT);
  const [archive] = readdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "elsewhere", version: "1.0.0", type: "module", private: true }));
  run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", `./${archive}`]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the package holds the build and no sources", () => {
  const installed = join(folder, "node_modules/sparrow-sql");
  expect(readdirSync(installed).toSorted()).toEqual(["CHANGELOG.md", "LICENSE", "NOTICE", "README.md", "bin", "dist", "package.json"]);
  expect(readdirSync(join(installed, "dist"))).toEqual(expect.arrayContaining(["delta.js", "kernels.wasm", "library.js", "sparrow.js", "types"]));
});

test("the command answers", () => {
  const sparrow = join(folder, "node_modules/.bin/sparrow");
  expect(run(process.execPath, [sparrow, "--version"])).toMatch(/^sparrow \d+\.\d+\.\d+\n$/);
  expect(run(process.execPath, [sparrow, "--format", "csv", "-c", "SELECT id, id * 2 AS twice FROM range(3) ORDER BY id"])).toBe("id,twice\n0,0\n1,2\n2,4\n");
});

test("the library answers, on worker threads too, and its types check", () => {
  writeFileSync(
    join(folder, "use.ts"),
    `import { open, type QueryResult } from "sparrow-sql";
await using sparrow = await open({ catalog: "memory", settings: { "sparrow.workers": "2", "sparrow.memory.limit": "256m" } });
const result: QueryResult = await sparrow.sql("SELECT count(*) AS n, sum(id) AS total FROM range(1000000)");
console.log(result.columns.map((column) => column.name).join(), await result.toArray());
let rows = 0;
for await (const batch of sparrow.sql("SELECT id FROM range(10) WHERE id > :least", { parameters: { least: 3 } })) rows += batch.numRows;
console.log(rows);
`,
  );
  expect(run(process.execPath, ["use.ts"])).toBe("n,total [ { n: 1000000n, total: 499999500000n } ]\n6\n");
  writeFileSync(
    join(folder, "use-delta.ts"),
    `import { DeltaTable, type AddFile } from "sparrow-sql/delta";
const table = await DeltaTable.create("events", { columns: "id BIGINT, kind STRING", partitionBy: ["kind"] });
await table.append([{ id: 1n, kind: "a" }, { id: 2n, kind: "b" }]);
const files: AddFile[] = (await table.snapshot()).files({ where: "kind = 'a'" });
let rows = 0;
for await (const batch of await table.snapshot()) rows += batch.numRows;
console.log(files.length, rows, (await table.history()).map((entry) => entry.commitInfo.operation).join());
`,
  );
  expect(run(process.execPath, ["use-delta.ts"])).toBe("1 2 WRITE,CREATE TABLE\n");
  const tsc = join(PROJECT_ROOT, "node_modules/typescript/bin/tsc");
  const types = join(PROJECT_ROOT, "node_modules/@types");
  run(process.execPath, [tsc, "--noEmit", "--strict", "--target", "es2024", "--lib", "es2024,esnext.disposable,dom", "--module", "nodenext", "--typeRoots", types, "--types", "node", "use.ts", "use-delta.ts"]);
}, 120_000);
