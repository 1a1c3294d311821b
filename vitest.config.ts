import { join } from "node:path";
import { defineConfig } from "vitest/config";

// Each process and each worker thread loads the same sources: what one has stripped of types and compiled the others read from here.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, "node_modules/.cache/node-compile-cache");

/**
 * `npm test`. What takes longer is in `*.long.test.ts` and runs with `npm run test:long`. Each file has a process of its own: V8 keeps one registry of
 * pages with compiled code for all threads of a process, and ends the process ("Check failed: jit_page.has_value()", nodejs/node#64500) when many
 * threads that compile WebAssembly come and go in it.
 */
export default defineConfig({
  test: { include: ["test/**/*.test.ts"], exclude: ["test/**/*.long.test.ts"], testTimeout: 60_000, hookTimeout: 60_000, pool: "forks", maxWorkers: 2 },
});
