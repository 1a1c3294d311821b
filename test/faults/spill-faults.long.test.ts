import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";

interface Line {
  readonly fault: string;
  readonly outcome: string;
  readonly beside: string;
  readonly next: string;
  readonly poolBytes: number;
  readonly spillFiles: number;
}

const RIGHT = "30000,449985000,90000";

let lines: readonly Line[];
beforeAll(async () => {
  const [preload, script] = ["failing-disk.ts", "disk-under-faults.ts"].map((name) => path.join(import.meta.dirname, name));
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", preload, script]);
  lines = stdout.trim().split("\n").map((line) => JSON.parse(line) as Line);
});

test.each([
  ["none", RIGHT],
  ["short", RIGHT],
  ["slow", RIGHT],
  ["ENOSPC", /^SPILL_OUT_OF_MEMORY: The query does not fit into memory, and writing its spill file .* failed: ENOSPC/],
  ["EIO", /^SPILL_OUT_OF_MEMORY: .* writing its spill file .* failed: EIO/],
  ["EIO reading", /^SPILL_OUT_OF_MEMORY: .* reading its spill file .* failed: EIO/],
  // Work that ends every thread that takes it up.
  ["poison", /^WORKER_LOST: A worker ended while it ran the query, 4 time\(s\)/],
])("a disk with the fault %s: the query is right or says what happened, others go on, nothing is left", (fault, outcome) => {
  const line = lines.find((each) => each.fault === fault)!;
  expect(line.outcome).toMatch(outcome);
  // It reads what it has spilled too.
  expect(line.beside).toMatch(fault === "EIO reading" ? outcome : /^300000$/);
  expect(line).toMatchObject({ next: "499500", poolBytes: 0, spillFiles: 0 });
});
