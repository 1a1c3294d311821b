// Makes dist/: the command and the library as one JavaScript file each, one more per worker entry, the kernels' WebAssembly, and typings.
import { execFileSync } from "node:child_process";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { buildKernels } from "../executor/kernels/build.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = resolve(root, "dist");

/** Files that sources name with `new URL(file, import.meta.url)`: TypeScript ones are bundled as entries of their own, others copied; all lie in dist/. */
const workerEntries = new Set();
const assets = new Set();
const urlFiles = {
  name: "url-files",
  transform(code, id) {
    if (!id.startsWith(root) || id.includes("node_modules")) return null;
    return code.replaceAll(/new URL\("(\.{0,2}[\w./-]+\.(ts|wasm))", import\.meta\.url\)/g, (_, path, ending) => {
      const file = resolve(dirname(id), path);
      (ending === "ts" ? workerEntries : assets).add(file);
      return `new URL("./${basename(path).replace(/\.ts$/, ".js")}", import.meta.url)`;
    });
  },
};

/** Packages stay outside and are found in node_modules. */
const isPackage = (id) => !id.startsWith(".") && !id.startsWith("/") && !/^[A-Za-z]:/.test(id);

async function bundle(input, name) {
  const build = await rolldown({ input, platform: "node", external: isPackage, plugins: [urlFiles] });
  await build.write({ file: resolve(dist, `${name}.js`), format: "esm", codeSplitting: false, minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } } });
  await build.close();
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
await buildKernels();
await bundle(resolve(root, "server/main.ts"), "sparrow");
await bundle(resolve(root, "server/library.ts"), "library");
for (const entry of workerEntries) await bundle(entry, basename(entry, ".ts"));
for (const asset of assets) await copyFile(asset, resolve(dist, basename(asset)));
execFileSync(process.execPath, [resolve(root, "node_modules/typescript/bin/tsc"), "-p", resolve(root, "tsconfig.build.json")], { stdio: "inherit" });
