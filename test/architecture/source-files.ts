import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";

export const PROJECT_ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** Paths of the project's files, relative to its root, `/`-separated: tracked ones and new ones that are not ignored. */
export function projectFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], { cwd: PROJECT_ROOT, encoding: "utf8" });
  return listed.split("\0").filter((path) => path !== "" && existsSync(join(PROJECT_ROOT, path)));
}

export function readProjectFile(path: string): string {
  return readFileSync(join(PROJECT_ROOT, path), "utf8");
}

export interface Import {
  /** As written: `../catalog/types.ts`, `node:fs`, `fastify`. */
  readonly specifier: string;
  /** `type` leaves no trace at run time; `dynamic` is `import(...)`, `url` is `new URL(..., import.meta.url)`. */
  readonly kind: "static" | "type" | "dynamic" | "url";
}

const STATIC = /(?:^|[\n;])\s*(?:import|export)\s+(type\s+)?(?:[\w*${},\s]+?\sfrom\s*)?["']([^"'\n]+)["']/g;
const DYNAMIC = /\bimport\(\s*["'`]([^"'`]+)["'`]/g;
const URL_IMPORT = /\bnew\s+URL\(\s*["'`]([^"'`]+)["'`]\s*,\s*import\.meta\.url/g;

/** What a source text imports. Comment lines are left out. */
export function importsOf(source: string): Import[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
  const found: Import[] = [];
  for (const [, type, specifier] of code.matchAll(STATIC)) found.push({ specifier, kind: type === undefined ? "static" : "type" });
  for (const [, specifier] of code.matchAll(DYNAMIC)) found.push({ specifier, kind: "dynamic" });
  for (const [, specifier] of code.matchAll(URL_IMPORT)) found.push({ specifier, kind: "url" });
  return found;
}

/** Project path that a relative import of `file` leads to; undefined for packages and node's own modules. */
export function resolveImport(file: string, specifier: string): string | undefined {
  return specifier.startsWith(".") ? posix.join(posix.dirname(file), specifier) : undefined;
}
