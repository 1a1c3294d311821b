import { expect, test } from "vitest";
import { type Import, importsOf, projectFiles, readProjectFile, resolveImport } from "./source-files.ts";

/** Who may import whom. `types`: only `import type` of these. A folder always may import itself. */
const MAY_IMPORT: Record<string, { readonly values: readonly string[]; readonly types: readonly string[] }> = {
  catalog: { values: [], types: [] },
  parser: { values: ["catalog"], types: [] },
  planner: { values: ["catalog"], types: ["parser/ast.ts"] },
  delta: { values: ["catalog"], types: [] },
  executor: { values: ["catalog"], types: ["planner"] },
  server: { values: ["catalog", "parser", "planner", "delta", "executor"], types: [] },
};

const HEAVY_PACKAGES = ["apache-arrow", "parquet-wasm", "fastify", "node-sql-parser"];

function covers(allowed: readonly string[], path: string): boolean {
  return allowed.some((entry) => path === entry || path.startsWith(`${entry}/`));
}

/** The broken rule in words, or undefined. */
function violation(file: string, { specifier, kind }: Import): string | undefined {
  const target = resolveImport(file, specifier);
  if (target === undefined || target === "package.json") return undefined;
  const folder = file.split("/")[0];
  const rule = MAY_IMPORT[folder];
  if (rule === undefined || covers([folder, ...rule.values], target)) return undefined;
  if (covers(rule.types, target)) {
    return kind === "type" ? undefined : `${file} imports ${target} at run time; ${folder}/ may import only its types: write \`import type\``;
  }
  const may = [...rule.values, ...rule.types.map((path) => `types of ${path}`)].join(", ") || "nothing";
  return `${file} imports ${target}; ${folder}/ may import ${may}: move what both need to catalog/, or pass it in as a value`;
}

const sources = projectFiles().filter((path) => path.endsWith(".ts") && !path.startsWith("executor/kernels/assembly/"));

test("folders import only what the table in ARCHITECTURE.md allows", () => {
  const broken = sources.flatMap((file) => importsOf(readProjectFile(file)).map((found) => violation(file, found)).filter((message) => message !== undefined));
  expect(broken).toEqual([]);
});

test("the rule sees static, dynamic, type and URL imports", () => {
  const source = [
    'import { a } from "../planner/a.ts";',
    "import type {\n  B,\n} from '../planner/b.ts';",
    'export * from "../planner/c.ts";',
    'const d = await import("../planner/d.ts");',
    'new Worker(new URL("../planner/e.ts", import.meta.url));',
    '// import { f } from "../planner/f.ts";',
    'import "../planner/g.ts";',
  ].join("\n");
  expect(importsOf(source).map((found) => violation("executor/x.ts", found)?.match(/imports (\S+)/)?.[1])).toEqual([
    "planner/a.ts",
    undefined,
    "planner/c.ts",
    "planner/g.ts",
    "planner/d.ts",
    "planner/e.ts",
  ]);
});

test("no heavy package is reached from the command by static imports", () => {
  const files = new Set(sources);
  const reached = new Set<string>();
  const heavy: string[] = [];
  const visit = (file: string): void => {
    if (reached.has(file) || !files.has(file)) return;
    reached.add(file);
    for (const { specifier, kind } of importsOf(readProjectFile(file))) {
      if (kind !== "static") continue;
      const target = resolveImport(file, specifier);
      if (target !== undefined) visit(target);
      else if (HEAVY_PACKAGES.some((name) => specifier === name || specifier.startsWith(`${name}/`))) {
        heavy.push(`${file} imports ${specifier} on every start: use \`await import()\` where it is needed`);
      }
    }
  };
  for (const start of ["server/cli.ts", "server/repl/run-sql.ts", "server/engine.ts", "server/run-text.ts"]) visit(start);
  expect(heavy).toEqual([]);
});

test("an old Node reads the command far enough to say which one is needed", () => {
  expect(importsOf(readProjectFile("bin/sparrow.js")).filter(({ kind }) => kind === "static")).toEqual([
    { specifier: "./require-node.js", kind: "static" },
    { specifier: "node:fs", kind: "static" },
  ]);
  expect(importsOf(readProjectFile("bin/require-node.js"))).toEqual([]);
});
