import { spawnSync } from "node:child_process";
import { cpSync, existsSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { open } from "../../server/library.ts";
import { writeLongLog } from "./long-log.ts";

export interface DeltaBenchOptions {
  /** Where tables are kept between runs. */
  readonly data: string;
  /** Of the table that MERGE changes. */
  readonly rows: number;
  readonly runs: number;
  /** A Python with the package deltalake; without one Sparrow is measured alone. */
  readonly python: string | undefined;
}

/** As it runs at a user's: `node bin/build.js bench` makes it. */
const OUR_PROGRAM = new URL("../../dist-bench/sparrow-task.js", import.meta.url);
const THEIR_PROGRAM = new URL("delta_rs_task.py", import.meta.url);
const COMMITS = 10_000;
const FILES = 100_000;
const MERGE_FILES = 20;
/** Commits of the table whose versions are read, and the version that is. */
const VERSIONS = 200;
const EARLIER_VERSION = 99;

interface Task {
  readonly name: string;
  readonly task: string;
  readonly folder: string;
  readonly number?: number;
  /** Each run has a copy of the table. */
  readonly changes?: boolean;
}

interface Took {
  readonly milliseconds: number;
  readonly cpuMilliseconds: number;
  readonly found: string;
}

/** Runs every task in processes of their own, Sparrow and delta-rs in turn, and prints medians of wall and CPU time and what was found. */
export async function benchDelta({ data, rows, runs, python }: DeltaBenchOptions): Promise<void> {
  const folders = await makeTables(data, rows);
  const tasks: readonly Task[] = [
    { name: `load ${COMMITS} commits`, task: "load", folder: folders.commits },
    { name: "the same from a checkpoint", task: "load", folder: folders.checkpoint },
    { name: `filter over ${FILES} files`, task: "skip", folder: folders.files, number: 50_000_123 },
    { name: "count of the latest version", task: "count", folder: folders.versions },
    { name: `count of VERSION AS OF ${EARLIER_VERSION}`, task: "count", folder: folders.versions, number: EARLIER_VERSION },
    { name: `MERGE of the newest 1 % into ${rows} rows`, task: "merge-recent", folder: folders.merged, number: rows, changes: true },
    { name: `MERGE of every 100th of ${rows} rows`, task: "merge-scattered", folder: folders.merged, number: rows, changes: true },
    { name: `rewriting ${rows} rows`, task: "rewrite", folder: folders.merged, number: rows, changes: true },
  ];
  console.log(`Delta tables, medians of ${runs} runs: milliseconds (CPU milliseconds)\n`);
  console.log(`| | Sparrow | delta-rs | found |\n|---|---|---|---|`);
  for (const task of tasks) {
    const ours: Took[] = [];
    const theirs: Took[] = [];
    for (let run = 0; run < runs; run++) {
      ours.push(perform(process.execPath, OUR_PROGRAM, task));
      if (python !== undefined) theirs.push(perform(python, THEIR_PROGRAM, task));
    }
    const found = [...new Set([...ours, ...theirs].map((took) => took.found))].join(" / ");
    console.log(`| ${task.name} | ${medians(ours)} | ${theirs.length === 0 ? "-" : medians(theirs)} | ${found} |`);
  }
}

function perform(command: string, program: URL, { task, folder, number, changes }: Task): Took {
  const path = changes === true ? `${folder}-changed` : folder;
  if (changes === true) cpSync(folder, path, { recursive: true });
  const { status, stdout, stderr } = spawnSync(command, [fileURLToPath(program), task, path, ...(number === undefined ? [] : [String(number)])], { encoding: "utf8", maxBuffer: 2 ** 26 });
  if (changes === true) rmSync(path, { recursive: true });
  if (status !== 0) return { milliseconds: NaN, cpuMilliseconds: NaN, found: stderr.trim().split("\n").at(-1) ?? "failed" };
  return JSON.parse(stdout.trim().split("\n").at(-1) as string) as Took;
}

function medians(runs: readonly Took[]): string {
  const median = (values: readonly number[]): string => values.toSorted((a, b) => a - b)[values.length >> 1].toFixed(0);
  return `${median(runs.map(({ milliseconds }) => milliseconds))} (${median(runs.map(({ cpuMilliseconds }) => cpuMilliseconds))})`;
}

interface Folders {
  readonly commits: string;
  readonly checkpoint: string;
  readonly files: string;
  readonly versions: string;
  readonly merged: string;
}

/** The tables, as far as they are not there yet. */
async function makeTables(data: string, rows: number): Promise<Folders> {
  const folders: Folders = { commits: `${data}/commits`, checkpoint: `${data}/checkpoint`, files: `${data}/files`, versions: `${data}/versions`, merged: `${data}/merged-${rows}` };
  const sparrow = await open({ catalog: "memory", settings: { "spark.sql.session.timeZone": "UTC" } });
  const run = async (sql: string): Promise<void> => void (await (await sparrow.sql(sql)).toArray());
  if (!existsSync(folders.commits)) writeLongLog(folders.commits, COMMITS, 1);
  if (!existsSync(folders.checkpoint)) {
    writeLongLog(folders.checkpoint, COMMITS, 1);
    // The commit that makes the number of commits round is followed by a checkpoint.
    await run(`COMMENT ON TABLE delta.\`${folders.checkpoint}\` IS 'with a checkpoint'`);
  }
  if (!existsSync(folders.files)) writeLongLog(folders.files, 10, FILES / 10);
  if (!existsSync(folders.versions)) {
    await run(`CREATE TABLE delta.\`${folders.versions}\` (id BIGINT) USING delta`);
    for (let version = 1; version < VERSIONS; version++) await run(`INSERT INTO delta.\`${folders.versions}\` VALUES (${version})`);
  }
  if (!existsSync(folders.merged)) {
    await run(`CREATE TABLE delta.\`${folders.merged}\` (id BIGINT, amount DECIMAL(10,2), value STRING) USING delta`);
    for (let file = 0; file < MERGE_FILES; file++) {
      await run(`INSERT INTO delta.\`${folders.merged}\` SELECT id, CAST(id % 10000 AS DECIMAL(10,2)), concat('value ', id % 1000) FROM range(CAST(${rows} / ${MERGE_FILES} * ${file} AS BIGINT), CAST(${rows} / ${MERGE_FILES} * ${file + 1} AS BIGINT))`);
    }
  }
  await sparrow.close();
  return folders;
}
