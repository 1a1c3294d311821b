import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SparrowUnderTest } from "../oracle/sparrow.ts";
import { killWriters } from "./writer-processes.ts";

const KILLS = 10;

test(`a process killed at ${KILLS} random points: nothing acknowledged is lost, no commit is torn`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sparrow-kills-"));
  try {
    const sparrow = await SparrowUnderTest.open({ "sparrow.workers": "1", "sparrow.memory.limit": "128m", "spark.sql.warehouse.dir": folder });
    await sparrow.count("CREATE TABLE t (writer STRING, id INT, n INT) USING delta");
    await sparrow.close();
    const { acknowledged, wrong } = await killWriters(folder, KILLS, () => Math.random() * 800);
    expect(wrong).toEqual([]);
    expect(acknowledged).toBeGreaterThanOrEqual(KILLS);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);
