import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import type { BenchQuery } from "../suite.ts";
import { tpcdsForDuckDB } from "./dialect.ts";

/** The TPC-DS queries in Spark's dialect from a folder of `q<number>.sql` files, in order of their numbers; undefined when it is not there. */
export function tpcdsQueries(folder: string): readonly BenchQuery[] | undefined {
  if (!existsSync(folder)) return undefined;
  const ids = readdirSync(folder)
    .filter((name) => /^q\d+[a-z]?\.sql$/.test(name))
    .map((name) => name.replace(".sql", ""));
  return ids
    .toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .map((id) => {
      const sql = readFileSync(path.join(folder, `${id}.sql`), "utf8");
      return { id, sql, duckdb: tpcdsForDuckDB(sql) };
    });
}
