import { defineConfig } from "vitest/config";

/** `npm run test:long`: packing and installing elsewhere, the larger random sets. */
export default defineConfig({
  test: { include: ["test/**/*.long.test.ts"], testTimeout: 15 * 60_000, hookTimeout: 15 * 60_000, pool: "forks", maxWorkers: 2, passWithNoTests: true },
});
