import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("values that are too large for a thread's heap are an error of their query: V8 would end the process", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--max-old-space-size=300", path.join(import.meta.dirname, "large-values.ts")]);
  expect(stdout.trim().split("\n")).toEqual([...Array.from({ length: 4 }, () => "MEMORY_LIMIT_EXCEEDED"), "100000"]);
});
