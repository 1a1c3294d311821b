import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Value } from "../../catalog/values.ts";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { checkFiles, replayLog } from "./replay-log.ts";
import { ReplayedRows } from "./replay-rows.ts";

const WRITER = fileURLToPath(new URL("./writer-process.ts", import.meta.url));

/** A change that a writer has reported. */
export interface Acknowledged {
  readonly writer: string;
  readonly kind: string;
  readonly id: number;
}

/** A writing process and what it has reported so far. */
export function startWriter(folder: string, name: string, milliseconds: number): { readonly child: ChildProcess; readonly done: Promise<void>; readonly changes: () => Acknowledged[] } {
  const child = spawn(process.execPath, [WRITER, folder, name, String(milliseconds)], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += String(chunk)));
  const done = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const changes = (): Acknowledged[] => text.split("\n").filter((line) => line.endsWith("}")).map((line) => JSON.parse(line) as Acknowledged);
  return { child, done, changes };
}

/** `n` by writer and id that the acknowledged changes lead to; undefined: the row is gone. */
export function expectedRows(changes: readonly Acknowledged[]): Map<string, number | undefined> {
  const rows = new Map<string, number | undefined>();
  for (const { writer, kind, id } of changes) {
    const key = `${writer} ${id}`;
    if (kind === "insert") rows.set(key, 0);
    else if (kind === "update") rows.set(key, (rows.get(key) ?? NaN) + 1);
    else if (kind === "merge") rows.set(key, (rows.get(key) ?? NaN) + 10);
    else if (kind === "delete") rows.set(key, undefined);
  }
  return rows;
}

/** The table by the independent reader, and that its log is whole. */
export async function independentRows(table: string): Promise<Map<string, Value>> {
  const duckdb = await DuckDBOracle.open({ threads: 1 });
  try {
    const replayed = replayLog(table);
    checkFiles(replayed);
    const rows = await new ReplayedRows(duckdb).rows(replayed);
    const found = new Map(rows.map(([writer, id, n]) => [`${String(writer)} ${String(id)}`, n]));
    if (found.size !== rows.length) throw new Error(`${table} has ${rows.length} rows, and only ${found.size} different ones`);
    return found;
  } finally {
    duckdb.close();
  }
}

/** What is wrong after a writer was killed: rows of acknowledged changes that the table does not have as they should be. */
export interface Killed {
  readonly acknowledged: number;
  readonly wrong: readonly string[];
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Starts a writer so many times and kills it at some point of its work. `pauseMs`: how long it works after its first change, by run. */
export async function killWriters(folder: string, kills: number, pauseMs: (run: number) => number): Promise<Killed> {
  const expected = new Map<string, number | undefined>();
  const wrong: string[] = [];
  let acknowledged = 0;
  for (let run = 0; run < kills; run++) {
    const writer = startWriter(folder, `k${run}`, 60_000);
    // However slow the machine is, it is killed at work.
    while (writer.changes().length === 0 && writer.child.exitCode === null) await pause(5);
    await pause(pauseMs(run));
    writer.child.kill("SIGKILL");
    await writer.done;
    const own = writer.changes();
    acknowledged += own.length;
    // The change after the last acknowledged one may be there or not: its row says nothing.
    const last = Math.max(1, ...own.map((change) => change.id));
    for (const [key, n] of expectedRows(own)) if (key !== `k${run} ${last}`) expected.set(key, n);
    const rows = await independentRows(join(folder, "t"));
    for (const [key, n] of expected) if (rows.get(key) !== n) wrong.push(`after kill ${run}, ${key}: ${String(rows.get(key))} instead of ${String(n)}`);
  }
  return { acknowledged, wrong };
}
