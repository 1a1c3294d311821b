// Makes dist/: the command, the library and the workers' code as JavaScript in few files, the kernels' WebAssembly, and typings. With the argument `bench`:
// dist-bench/, the programs of the engines that the bench measures, so that they are measured as they run at a user's.
import { execFileSync } from "node:child_process";
import { copyFile, mkdir, readFile, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { buildKernels } from "../executor/kernels/build.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Packages stay outside and are found in node_modules. */
const isPackage = (id) => !id.startsWith(".") && !id.startsWith("/") && !/^[A-Za-z]:/.test(id);

/** By folder: entries. What they load on demand is in files of its own, so that a start reads only what it runs. Names stay, for stack traces. */
const PACKAGE = { folder: "dist", input: { sparrow: "server/main.ts", library: "server/library.ts", delta: "server/delta-library.ts", worker: "executor/worker.ts" } };
const BENCH = { folder: "dist-bench", input: { process: "bench/engines/process.ts", "sparrow-task": "bench/delta/sparrow-task.ts", worker: "executor/worker.ts" } };
const { folder, input } = process.argv[2] === "bench" ? BENCH : PACKAGE;
const dist = resolve(root, folder);
const minify = { compress: true, mangle: false, codegen: { removeWhitespace: true } };

async function bundle() {
  const entries = Object.fromEntries(Object.entries(input).map(([name, source]) => [name, resolve(root, source)]));
  const build = await rolldown({ input: entries, platform: "node", external: isPackage });
  const { output } = await build.write({ dir: dist, format: "esm", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js", minify });
  await build.close();
  return output.filter((part) => part.type === "chunk").map((part) => part.fileName);
}

/** Sources name files beside themselves with `new URL(file, import.meta.url)`; in dist/ everything lies in one folder. */
async function checkFilesBeside(name) {
  const code = await readFile(resolve(dist, name), "utf8");
  for (const [, path] of code.matchAll(/new URL\([`"']([^`"']+)[`"'],\s*import\.meta\.url\)/g)) {
    if (!path.endsWith(".ts") && !existsSync(resolve(dist, path))) throw new Error(`${folder}/${name} needs ${path}, which the build does not make`);
  }
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
await buildKernels();
await copyFile(resolve(root, "executor/kernels/kernels.wasm"), resolve(dist, "kernels.wasm"));
for (const name of await bundle()) await checkFilesBeside(name);
if (folder === PACKAGE.folder) execFileSync(process.execPath, [resolve(root, "node_modules/typescript/bin/tsc"), "-p", resolve(root, "tsconfig.build.json")], { stdio: "inherit" });
