import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { EngineEvent } from "../../executor/events.ts";
import { Engine } from "../../server/engine.ts";
import { textRows } from "../../server/results/text-rows.ts";
import { runText } from "../../server/run-text.ts";
import type { Session } from "../../server/session.ts";
import { WatchedExecutor } from "../oracle/watched-executor.ts";

const FILES = 8;
const ROWS = 500;

let folder: string;
let engine: Engine;
let session: Session;
let watched: WatchedExecutor;
let events: EngineEvent[] = [];
let onSpeculation = (): void => {};
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "sparrow-stuck-"));
  mkdirSync(path.join(folder, "t"));
  for (let file = 0; file < FILES; file++) writeFileSync(path.join(folder, "t", `${file}.csv`), Array.from({ length: ROWS }, (_, row) => `${file * ROWS + row},v${row % 7}\n`).join(""));
  watched = new WatchedExecutor();
  engine = new Engine({
    catalog: "memory",
    settings: { "sparrow.workers": "2", "sparrow.memory.limit": "64m", "spark.speculation": "true", "spark.speculation.quantile": "0.5", "spark.speculation.interval": "5ms", "spark.speculation.minTaskRuntime": "200ms" },
    onEvent: (event) => {
      events.push(event);
      if (event.kind === "taskSpeculated") onSpeculation();
    },
    createExecutor: watched.create,
  });
  session = engine.newSession();
  await (await runText(session, `CREATE TEMPORARY VIEW t (id BIGINT, v STRING) USING csv OPTIONS (path '${folder}/t')`)).batches[Symbol.asyncIterator]().next();
});
beforeEach(() => {
  events = [];
  onSpeculation = () => {};
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

async function rowsOf(sql: string, beforeReading: () => void = () => {}): Promise<string[]> {
  const { columns, batches } = await runText(session, sql);
  beforeReading();
  const rows: string[] = [];
  for await (const batch of batches) for (const row of textRows(batch, columns, "UTC")) rows.push(row.join(" "));
  return rows;
}

/** Opening the file waits until `release` is called; until `restore` it is the only one of its name. */
function blockFile(name: string): { readonly restore: () => void; readonly release: () => void } {
  const [file, kept, pipe] = [path.join(folder, "t", name), path.join(folder, "kept"), path.join(folder, "pipe")];
  renameSync(file, kept);
  execFileSync("mkfifo", [file]);
  let isRestored = false;
  const restore = (): void => {
    if (isRestored) return;
    isRestored = true;
    renameSync(file, pipe);
    renameSync(kept, file);
  };
  return {
    restore,
    release: () => {
      restore();
      closeSync(openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK));
    },
  };
}

// Left out on Windows: a read is made to hang by a named pipe in place of a file, and there a folder can hold none.
test.skipIf(process.platform === "win32").each([
  ["a breaker", "SELECT v, count(*), sum(id) FROM t GROUP BY v ORDER BY v"],
  ["the result", "SELECT id, v FROM t WHERE id % 2 = 0"],
])("what a worker that is stuck in a read was to do for %s is done by another one (Windows has no named pipes in folders)", async (_, sql) => {
  const expected = await rowsOf(sql);
  let blocked: ReturnType<typeof blockFile> | undefined;
  onSpeculation = () => blocked?.restore();
  events = [];
  try {
    expect(await rowsOf(sql, () => (blocked = blockFile("3.csv")))).toEqual(expected);
    expect(events.map(({ kind }) => kind)).toContain("taskSpeculated");
    // The thread that is stuck may still write to its memory.
    expect(watched.poolBytes).toBeGreaterThan(0);
  } finally {
    blocked?.release();
  }
  await expect.poll(() => watched.poolBytes).toBe(0);
  expect(await rowsOf(sql)).toEqual(expected);
});

test("nothing is done twice where all goes well, nor what a LIMIT counts", async () => {
  expect(await rowsOf("SELECT count(*) FROM (SELECT * FROM t LIMIT 1700)")).toEqual(["1700"]);
  expect(await rowsOf("SELECT count(DISTINCT id) FROM t")).toEqual([String(FILES * ROWS)]);
  expect(watched.poolBytes).toBe(0);
});
