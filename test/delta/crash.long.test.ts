import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createWritersTable, killWriters } from "./writer-processes.ts";

const KILLS = 10;

test.each(["'delta.checkpointInterval' = '3'", "'delta.enableDeletionVectors' = 'true', 'delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '3'"])(
  `a process killed at ${KILLS} random calls of the file system: nothing acknowledged is lost, no commit is torn, VACUUM leaves nothing: %s`,
  async (properties) => {
    const folder = mkdtempSync(join(tmpdir(), "sparrow-kills-"));
    try {
      await createWritersTable(folder, properties);
      const { acknowledged, problems } = await killWriters(folder, KILLS, () => 1 + Math.floor(Math.random() * 400));
      expect(problems).toEqual([]);
      expect(acknowledged).toBeGreaterThan(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  600_000,
);
