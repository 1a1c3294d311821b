import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Value } from "../../catalog/values.ts";
import { DuckDBOracle } from "../oracle/duckdb.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";
import { later } from "./later.ts";
import { deletionVectorFile } from "./replay-deletion-vector.ts";
import { checkFiles, replayLog } from "./replay-log.ts";
import { ReplayedRows } from "./replay-rows.ts";

const WRITER = fileURLToPath(new URL("./writer-process.ts", import.meta.url));

/** A change that a writer has reported. */
export interface Acknowledged {
  readonly writer: string;
  readonly kind: string;
  readonly id: number;
}

/** A writing process and what it has reported so far. `lastCall`: the call of the file system at which it is killed. */
export function startWriter(folder: string, name: string, milliseconds: number, lastCall?: number): { readonly child: ChildProcess; readonly done: Promise<void>; readonly changes: () => Acknowledged[] } {
  const child = spawn(process.execPath, [WRITER, folder, name, String(milliseconds), ...(lastCall === undefined ? [] : [String(lastCall)])], { stdio: ["ignore", "pipe", "inherit"] });
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

/** What has come of writers that wrote at the same time. */
export interface Written {
  /** Acknowledged changes by writer and kind. */
  readonly acknowledged: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly commits: number;
  readonly problems: readonly string[];
}

/** Runs so many writers at the same time and compares the table with what was acknowledged. */
export async function runWriters(folder: string, processes: number, milliseconds: number): Promise<Written> {
  const table = join(folder, "t");
  const writers = Array.from({ length: processes }, (_, i) => startWriter(folder, `w${i}`, milliseconds));
  await Promise.all(writers.map((writer) => writer.done));
  const problems = writers.flatMap(({ child }, i) => (child.exitCode === 0 ? [] : [`writer ${i} ended with status ${child.exitCode}`]));
  const changes = writers.flatMap((writer) => writer.changes());
  const rows = await independentRows(table);
  const expected = [...expectedRows(changes)];
  for (const [key, n] of expected) if (rows.get(key) !== n) problems.push(`${key}: ${String(rows.get(key))} instead of ${String(n)}`);
  const alive = expected.filter(([, n]) => n !== undefined).length;
  if (rows.size !== alive) problems.push(`there are ${rows.size} rows instead of ${alive}`);
  const { version } = replayLog(table);
  // One commit for each acknowledged change, but for what turned out to have nothing to do.
  if (version > changes.length) problems.push(`${version} commits of ${changes.length} acknowledged changes`);
  problems.push(...(await unserializable(table, version)));
  const acknowledged = new Map<string, Map<string, number>>();
  for (const { writer, kind } of changes) {
    const own = acknowledged.get(writer) ?? new Map<string, number>();
    acknowledged.set(writer, own.set(kind, (own.get(kind) ?? 0) + 1));
  }
  return { acknowledged, commits: version, problems };
}

/**
 * Commits whose rows are not those of the version before with one statement done to them. Each statement but OPTIMIZE is about one row; so between two versions one
 * row comes, goes or changes as that statement does it, or none.
 */
async function unserializable(table: string, latest: number): Promise<string[]> {
  const duckdb = await DuckDBOracle.open({ threads: 1 });
  const reader = new ReplayedRows(duckdb);
  const problems: string[] = [];
  let before = new Map<string, Value>();
  for (let version = 1; version <= latest; version++) {
    const replayed = replayLog(table, version);
    const rows = new Map((await reader.rows(replayed)).map(([writer, id, n]) => [`${String(writer)} ${String(id)}`, n]));
    const changed = [...new Set([...before.keys(), ...rows.keys()])].filter((key) => before.get(key) !== rows.get(key));
    const operation = String(replayed.history[version].operation);
    const [from, to] = [before, rows].map((state) => state.get(changed[0]) as number | undefined);
    const isRight =
      changed.length === 0
        ? operation === "OPTIMIZE"
        : changed.length === 1 && { WRITE: from === undefined && to === 0, UPDATE: to === (from ?? NaN) + 1, MERGE: to === (from ?? NaN) + 10, DELETE: from !== undefined && to === undefined }[operation] === true;
    if (!isRight) problems.push(`version ${version} (${operation}) changes ${changed.map((key) => `${key} from ${String(before.get(key))} to ${String(rows.get(key))}`).join(", ") || "nothing"}`);
    before = rows;
  }
  duckdb.close();
  return problems;
}

/** What has come of writers that were killed. */
export interface Killed {
  readonly acknowledged: number;
  /** Rows of acknowledged changes that the table has not as they should be, tables that cannot be read, files that VACUUM leaves. */
  readonly problems: readonly string[];
}

/** Makes the table `t` of the writers in a folder. */
export async function createWritersTable(folder: string, properties = "'delta.checkpointInterval' = '4'"): Promise<void> {
  await withEngine(folder, (sparrow) => sparrow.count(`CREATE TABLE delta.\`${folder}/t\` (writer STRING, id INT, n INT) USING delta TBLPROPERTIES (${properties})`));
}

/**
 * Starts a writer so many times and has it killed at a call of the file system, by run; looks at the table after each. In the end the table can be written, and
 * VACUUM leaves nothing but what the log names.
 */
export async function killWriters(folder: string, kills: number, lastCall: (run: number) => number): Promise<Killed> {
  const table = join(folder, "t");
  const expected = new Map<string, number | undefined>();
  const problems: string[] = [];
  let acknowledged = 0;
  for (let run = 0; run < kills; run++) {
    const writer = startWriter(folder, `k${run}`, 600_000, lastCall(run));
    await writer.done;
    if (writer.child.signalCode !== "SIGKILL") problems.push(`run ${run} was not killed: it ended with status ${writer.child.exitCode}`);
    const own = writer.changes();
    acknowledged += own.length;
    // The change after the last acknowledged one may be there or not: its row says nothing.
    const last = Math.max(1, ...own.map((change) => change.id));
    for (const change of [last, last + 1]) expected.set(`k${run} ${change}`, undefined);
    const certain = [...expectedRows(own)].filter(([key]) => key !== `k${run} ${last}`);
    for (const [key, n] of certain) expected.set(key, n);
    const open = new Set([`k${run} ${last}`, `k${run} ${last + 1}`]);
    const rows = await independentRows(table);
    for (const [key, n] of expected) {
      if (open.has(key)) expected.set(key, rows.get(key) as number | undefined);
      else if (rows.get(key) !== n) problems.push(`after kill ${run}, ${key}: ${String(rows.get(key))} instead of ${String(n)}`);
    }
    if (rows.size !== [...expected.values()].filter((n) => n !== undefined).length) problems.push(`after kill ${run} there are ${rows.size} rows`);
  }
  problems.push(...(await leftovers(folder)));
  return { acknowledged, problems };
}

/** Whether an engine can go on with the table, and what VACUUM leaves. */
async function leftovers(folder: string): Promise<string[]> {
  const table = join(folder, "t");
  const problems: string[] = [];
  await withEngine(folder, async (sparrow) => {
    const count = async (): Promise<number> => (await independentRows(table)).size;
    const before = await count();
    await sparrow.count(`INSERT INTO delta.\`${table}\` VALUES ('after', 1, 0)`);
    const { rows } = await sparrow.query(`SELECT count(*) FROM delta.\`${table}\``);
    if (rows[0][0] !== BigInt(before + 1) || (await count()) !== before + 1) problems.push(`after all kills a row was written, and there are ${String(rows[0][0])} instead of ${before + 1}`);
    await later();
    await sparrow.count("SET spark.databricks.delta.retentionDurationCheck.enabled = false");
    await sparrow.count(`VACUUM delta.\`${table}\` RETAIN 0 HOURS`);
  });
  const { files } = replayLog(table);
  const named = new Set(files.flatMap(({ path, deletionVector }) => [path, deletionVector === undefined ? path : (deletionVectorFile(table, deletionVector) ?? path)]));
  for (const path of readdirSync(table, { recursive: true, encoding: "utf8" })) {
    const isData = /\.(parquet|bin)$/.test(path) && !path.startsWith("_delta_log");
    if (path.includes(".tmp-") || (isData && !named.has(join(table, path)))) problems.push(`VACUUM leaves ${path}`);
  }
  return problems;
}

async function withEngine(folder: string, work: (sparrow: SparrowUnderTest) => Promise<unknown>): Promise<void> {
  const sparrow = await SparrowUnderTest.open({ "sparrow.workers": "1", "sparrow.memory.limit": "128m", "spark.sql.warehouse.dir": folder });
  try {
    await work(sparrow);
  } finally {
    await sparrow.close();
  }
}
