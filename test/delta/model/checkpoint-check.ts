import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { DuckDBOracle } from "../../oracle/duckdb.ts";
import { replayLog } from "../replay-log.ts";

/** What the checkpoints and checksums of a table say otherwise than its commits; undefined when they say the same. DuckDB reads their Parquet files. */
export async function checkpointProblem(duckdb: DuckDBOracle, location: string): Promise<string | undefined> {
  const folder = `${location}/_delta_log`;
  const names = readdirSync(folder);
  for (const name of names) {
    const version = Number(name.slice(0, 20));
    if (/^\d{20}\.checkpoint\..*(parquet|json)$/.test(name)) {
      const said = (await checkpointPaths(duckdb, folder, name)).map((path) => `${location}/${decodeURIComponent(path)}`).sort();
      const replayed = replayLog(location, version).files.map((file) => file.path).sort();
      if (JSON.stringify(said) !== JSON.stringify(replayed)) return `${name} has the files ${said.join(", ")} instead of ${replayed.join(", ")}`;
    }
    if (/^\d{20}\.crc$/.test(name)) {
      const { numFiles, tableSizeBytes } = JSON.parse(readFileSync(`${folder}/${name}`, "utf8")) as { readonly numFiles: number; readonly tableSizeBytes: number };
      const { files } = replayLog(location, version);
      const bytes = files.reduce((sum, { size }) => sum + size, 0);
      if (numFiles !== files.length || tableSizeBytes !== bytes) return `${name} counts ${numFiles} files with ${tableSizeBytes} bytes, and there are ${files.length} with ${bytes}`;
    }
  }
  return existsSync(`${folder}/_last_checkpoint`) || !names.some((name) => name.includes(".checkpoint.")) ? undefined : "there are checkpoints, and no _last_checkpoint";
}

/** Paths of the files that a checkpoint says are live: its own, and those of the sidecars that it names. */
async function checkpointPaths(duckdb: DuckDBOracle, folder: string, name: string): Promise<string[]> {
  if (name.endsWith(".parquet")) return pathsOf(duckdb, `${folder}/${name}`);
  const actions = readFileSync(`${folder}/${name}`, "utf8").trim().split("\n").map((line) => JSON.parse(line) as { readonly add?: { readonly path: string }; readonly sidecar?: { readonly path: string } });
  const paths: string[] = [];
  for (const { add, sidecar } of actions) {
    if (add !== undefined) paths.push(add.path);
    if (sidecar !== undefined) paths.push(...(await pathsOf(duckdb, `${folder}/_sidecars/${sidecar.path}`)));
  }
  return paths;
}

async function pathsOf(duckdb: DuckDBOracle, file: string): Promise<string[]> {
  const { rows } = await duckdb.query(`SELECT add.path FROM read_parquet('${file}') WHERE add IS NOT NULL`);
  return rows.map(([path]) => path as string);
}
