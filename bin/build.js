// Makes dist/: the command, the library and the workers' code as one JavaScript file each, the kernels' WebAssembly, and typings.
import { execFileSync } from "node:child_process";
import { copyFile, mkdir, readFile, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { buildKernels } from "../executor/kernels/build.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = resolve(root, "dist");

/** Packages stay outside and are found in node_modules. */
const isPackage = (id) => !id.startsWith(".") && !id.startsWith("/") && !/^[A-Za-z]:/.test(id);

async function bundle(source, name) {
  const build = await rolldown({ input: resolve(root, source), platform: "node", external: isPackage });
  await build.write({ file: resolve(dist, name), format: "esm", codeSplitting: false, minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } } });
  await build.close();
}

/** Sources name files beside themselves with `new URL(file, import.meta.url)`; in dist/ all of them must lie beside the bundles. */
async function checkFilesBeside(name) {
  const code = await readFile(resolve(dist, name), "utf8");
  for (const [, path] of code.matchAll(/new URL\([`"']([^`"']+)[`"'],\s*import\.meta\.url\)/g)) {
    if (!path.endsWith(".ts") && !existsSync(resolve(dist, path))) throw new Error(`dist/${name} needs ${path}, which the build does not make`);
  }
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
await buildKernels();
await copyFile(resolve(root, "executor/kernels/kernels.wasm"), resolve(dist, "kernels.wasm"));
const bundles = { "sparrow.js": "server/main.ts", "library.js": "server/library.ts", "worker.js": "executor/worker.ts" };
for (const [name, source] of Object.entries(bundles)) await bundle(source, name);
for (const name of Object.keys(bundles)) await checkFilesBeside(name);
execFileSync(process.execPath, [resolve(root, "node_modules/typescript/bin/tsc"), "-p", resolve(root, "tsconfig.build.json")], { stdio: "inherit" });
