import { defineConfig } from "vitest/config";

/** `npm test`. What takes longer is in `*.long.test.ts` and runs with `npm run test:long`. */
export default defineConfig({
  test: { include: ["test/**/*.test.ts"], exclude: ["test/**/*.long.test.ts"], testTimeout: 60_000, pool: "threads", maxWorkers: 2 },
});
