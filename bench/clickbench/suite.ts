import type { Suite } from "../suite.ts";
import { ensureHits, hitsFile } from "./generate.ts";
import { clickbenchQueries } from "./queries.ts";

/** ClickBench over a generated table of `rows` rows; the queries come from a file. */
export async function clickbenchSuite(folder: string, rows: number, queryFile: string): Promise<Suite> {
  await ensureHits(folder, rows);
  return {
    name: "clickbench",
    size: rows / 1e6,
    tables: [{ name: "hits", path: hitsFile(folder) }],
    queries: clickbenchQueries(queryFile, rows),
    vary: (sql, run) => sql.replace(/'2013-07-01'/g, `'2013-07-${String((run % 5) + 1).padStart(2, "0")}'`).replace(/%google%/g, run % 2 === 0 ? "%google%" : "%google.%"),
  };
}
