/** Queries over a disk that fails (failing-disk.ts), what they end with and leave behind: a line of JSON each, for spill-faults.long.test.ts. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { SparrowError } from "../../catalog/errors.ts";
import { EngineUnderFire } from "./engine-under-fire.ts";

const SPILLING = "SELECT count(*) AS n, sum(k) AS k, sum(c) AS c FROM (SELECT id % 30000 AS k, count(*) AS c FROM range(90000) GROUP BY id % 30000)";
const folder = mkdtempSync(path.join(tmpdir(), "sparrow-poison-"));
for (let file = 0; file < 4; file++) writeFileSync(path.join(folder, `${file}.csv`), "1\n2\n");
writeFileSync(path.join(folder, "poison.csv"), "3\n");

async function outcome(engine: EngineUnderFire, sql: string): Promise<string> {
  try {
    return (await engine.query(sql)).rows.join(" ");
  } catch (error) {
    return error instanceof SparrowError ? `${error.condition}: ${error.message}` : String(error);
  }
}

for (const fault of ["none", "ENOSPC", "EIO", "EIO reading", "short", "slow", "poison"]) {
  // Threads that start from now on have it.
  process.env.DISK_FAULT = fault;
  const engine = new EngineUnderFire({ "sparrow.workers": "2", "sparrow.memory.limit": "64m" });
  await engine.query(`SET sparrow.exec.eagerSpill = ${fault !== "poison"}`);
  const sql = fault === "poison" ? `SELECT count(*) FROM read_files('${folder}', format => 'csv', schema => 'a INT')` : SPILLING;
  const [faulty, beside] = await Promise.all([outcome(engine, sql), outcome(engine, "SELECT count(*) FROM range(300000)")]);
  await engine.query("SET sparrow.exec.eagerSpill = false");
  const next = await outcome(engine, "SELECT sum(id) FROM range(1000)");
  const { poolBytes, spillFiles } = engine.holdings;
  console.log(JSON.stringify({ fault, outcome: faulty, beside, next, poolBytes, spillFiles }));
  await engine[Symbol.asyncDispose]();
}
rmSync(folder, { recursive: true });
