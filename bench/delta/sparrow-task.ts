/** One piece of work on a Delta table in a process of its own: `node sparrow-task.js <task> <folder> [number]`, as `node bin/build.js bench` makes it; prints what it took and found as a line of JSON. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "../../server/library.ts";

const [task, folder, number] = process.argv.slice(2);
const warehouse = mkdtempSync(join(tmpdir(), "sparrow-bench-"));
const sparrow = await open({ catalog: "memory", settings: { "spark.sql.session.timeZone": "UTC", "spark.sql.warehouse.dir": warehouse } });
const session = sparrow.session();
const table = `delta.\`${folder}\``;

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  return (await (await session.sql(sql)).toArray()) as Record<string, unknown>[];
}

async function plan(where: string): Promise<string> {
  return String((await rows(`EXPLAIN SELECT * FROM ${table} WHERE ${where}`))[0].plan);
}

/** Gives what was found. */
async function perform(): Promise<string> {
  switch (task) {
    case "load":
      return `${/reads (?:\d+ of )?(\d+) splits/.exec(await plan("id = -1 OR id IS NOT NULL"))?.[1]} files`;
    case "skip":
      return /reads \d+ of \d+/.exec(await plan(`id = ${number}`))?.[0] ?? "no plan";
    case "count":
      return `${String((await rows(`SELECT count(*) AS n, sum(id) AS s FROM ${table}${number === undefined ? "" : ` VERSION AS OF ${number}`}`))[0].n)} rows`;
    case "merge-recent":
      return merge(`SELECT id, 'merged' AS value FROM range(CAST(${number} * 0.99 AS BIGINT), ${number})`);
    case "merge-scattered":
      return merge(`SELECT id * 100 AS id, 'merged' AS value FROM range(CAST(${number} / 100 AS BIGINT))`);
    case "rewrite":
      await rows(`INSERT OVERWRITE ${table} SELECT id, amount, if(id >= ${number} * 0.99, 'merged', value) FROM ${table}`);
      return `${String((await rows(`SELECT count(*) AS n FROM ${table} WHERE value = 'merged'`))[0].n)} rows`;
    default:
      throw new Error(`there is no task ${task}`);
  }
}

async function merge(source: string): Promise<string> {
  const [result] = await rows(`MERGE INTO ${table} t USING (${source}) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET value = s.value`);
  return `${String(result.num_updated_rows)} rows`;
}

// What is loaded for any Delta table is there before the time begins to run, as the other's packages are.
await rows("CREATE TABLE warm AS SELECT id, 'a' AS value FROM range(10)");
await rows("MERGE INTO warm USING (SELECT 3L AS id) s ON warm.id = s.id WHEN MATCHED THEN UPDATE SET value = 'b'");
await rows("SELECT * FROM warm");
const cpuBefore = process.cpuUsage();
const before = performance.now();
const found = await perform();
const milliseconds = performance.now() - before;
const cpu = process.cpuUsage(cpuBefore);
await sparrow.close();
rmSync(warehouse, { recursive: true });
process.stdout.write(`${JSON.stringify({ milliseconds, cpuMilliseconds: (cpu.user + cpu.system) / 1000, found })}\n`);
