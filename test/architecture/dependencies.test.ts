import { expect, test } from "vitest";
import { readProjectFile } from "./source-files.ts";

const manifest = JSON.parse(readProjectFile("package.json")) as { dependencies: Record<string, string>; devDependencies: Record<string, string> };
const lock = JSON.parse(readProjectFile("package-lock.json")) as {
  packages: Record<string, { version?: string; resolved?: string; optionalDependencies?: Record<string, string> }>;
};

test("every dependency is justified in ARCHITECTURE.md", () => {
  const text = readProjectFile("ARCHITECTURE.md");
  const names = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)];
  const missing = names.filter((name) => !text.split("\n").some((line) => line.includes(`\`${name}\``) && line.length > name.length + 20));
  expect(missing.map((name) => `${name}: add a line to the table of dependencies in ARCHITECTURE.md that says why it is needed`)).toEqual([]);
});

test("versions are exact", () => {
  const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
  expect(loose).toEqual([]);
});

test("the lock file names no host and holds the packages of all platforms", () => {
  const resolved = Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined && /^[a-z+]+:\/\//.test(entry.resolved));
  expect(resolved.map(([path]) => `${path} has a resolved address: omit-lockfile-registry-resolved=true in .npmrc, then npm install`)).toEqual([]);
  const absent = Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => lock.packages[`node_modules/${name}`] === undefined && lock.packages[`${path}/node_modules/${name}`] === undefined)
      .map((name) => `${path} needs ${name} on some platform, and the lock file does not have it: npm ci would fail there`),
  );
  expect(absent).toEqual([]);
});
