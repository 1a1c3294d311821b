import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RandomStream } from "../../bench/generate/random.ts";
import { createWritersTable, killWriters } from "./writer-processes.ts";

const SEED = Number(process.env.SPARROW_RANDOM_SEED ?? 1);
const KILLS = 10;

test.each(["'delta.checkpointInterval' = '3'", "'delta.enableDeletionVectors' = 'true', 'delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '3'"])(
  `a process killed at ${KILLS} random calls of the file system, of seed ${SEED}: nothing acknowledged is lost, no commit is torn, VACUUM leaves nothing: %s`,
  async (properties) => {
    const folder = mkdtempSync(join(tmpdir(), "sparrow-kills-"));
    try {
      await createWritersTable(folder, properties);
      const random = new RandomStream(SEED, properties);
      const { acknowledged, problems } = await killWriters(folder, KILLS, () => random.int(1, 400));
      expect(problems).toEqual([]);
      expect(acknowledged).toBeGreaterThan(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  600_000,
);
