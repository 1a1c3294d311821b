import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROJECT_ROOT } from "../architecture/source-files.ts";

/** Modules of the project that a run of the command loads, and packages. */
function modulesOf(...args: string[]): { stdout: string; project: string[]; packages: string[] } {
  const { stdout, stderr } = spawnSync(process.execPath, ["--import", join(PROJECT_ROOT, "test/server/count-modules.mjs"), join(PROJECT_ROOT, "bin/sparrow.js"), ...args], { encoding: "utf8", cwd: PROJECT_ROOT });
  const urls = JSON.parse(stderr.split("LOADED ")[1] ?? "[]") as string[];
  const files = urls.filter((url) => url.startsWith("file:"));
  return {
    stdout,
    project: files.filter((url) => !url.includes("/node_modules/")),
    packages: [...new Set(files.filter((url) => url.includes("/node_modules/")).map((url) => url.split("/node_modules/")[1].split("/")[0]))],
  };
}

test("SELECT 1 loads no package, no worker and no file format", () => {
  const { stdout, project, packages } = modulesOf("--format", "csv", "-c", "SELECT 1 AS one");
  expect(stdout).toBe("one\n1\n");
  expect(packages).toEqual([]);
  expect(project.filter((url) => /executor\/worker\.ts|-provider\.ts|dialects\/|server\/http|executor\/write\//.test(url))).toEqual([]);
  expect(project.length).toBeLessThan(450);
});

test("--version and --help load next to nothing", () => {
  expect(modulesOf("--version").project.length).toBeLessThan(10);
  expect(modulesOf("--help").project.length).toBeLessThan(10);
});

test("apache-arrow is loaded for Arrow output alone", () => {
  expect(modulesOf("--format", "arrow", "-c", "SELECT 1 AS one").packages).toContain("apache-arrow");
});
