import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createWritersTable, runWriters } from "./writer-processes.ts";

const PROCESSES = 6;

test(`${PROCESSES} processes that change one table for ten seconds: every acknowledged change is there once, in an order`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sparrow-writers-"));
  try {
    await createWritersTable(folder);
    const { problems, acknowledged } = await runWriters(folder, PROCESSES, 10_000);
    expect(problems).toEqual([]);
    expect(acknowledged.size).toBe(PROCESSES);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
