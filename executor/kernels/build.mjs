// Compiles assembly/ to kernels.wasm beside this file. Run by `prepare`.
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { main } from "assemblyscript/asc";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Parts of AssemblyScript's runtime: kernels that need them would keep state in the memory that all instances share. */
const RUNTIME = ["~lib/rt/", "~lib/memory/heap", "~lib/builtins/abort", "__new", "__alloc"];

export async function buildKernels() {
  const output = new Map();
  const { error, stderr } = await main(
    [
      "kernels.ts",
      "--baseDir", `${here}assembly`,
      "--outFile", "../kernels.wasm",
      "--textFile", "../kernels.wat",
      "--runtime", "stub",
      "--optimizeLevel", "3",
      "--shrinkLevel", "0",
      "--noAssert",
      "--importMemory",
      "--initialMemory", "1",
      "--maximumMemory", "65536",
      "--sharedMemory",
      "--enable", "simd",
      "--enable", "threads",
      "--enable", "bulk-memory",
      "--lowMemoryLimit", "0",
    ],
    { writeFile: (name, contents) => output.set(name, contents) },
  );
  if (error !== null) throw new Error(`kernels do not compile: ${error.message}\n${stderr.toString()}`);
  const text = output.get("../kernels.wat");
  const found = RUNTIME.filter((part) => text.includes(part));
  if (found.length > 0 || /\(data /.test(text)) throw new Error(`kernels use AssemblyScript's runtime or static data: ${found.join(", ") || "(data ...)"}`);
  await writeFile(`${here}kernels.wasm`, output.get("../kernels.wasm"));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildKernels();
