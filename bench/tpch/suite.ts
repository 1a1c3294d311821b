import type { Suite } from "../suite.ts";
import { ensureTpch, tpchFile } from "./generate.ts";
import { tpchQueries } from "./queries.ts";
import { TPCH_TABLE_NAMES } from "./schema.ts";
import { varyTpch } from "./vary.ts";

/** TPC-H; the data is made in `folder` when it is not there. */
export async function tpchSuite(folder: string, scaleFactor: number): Promise<Suite> {
  await ensureTpch(folder, scaleFactor);
  return {
    name: "tpch",
    size: scaleFactor,
    tables: TPCH_TABLE_NAMES.map((name) => ({ name, path: tpchFile(folder, name) })),
    queries: tpchQueries(scaleFactor),
    vary: varyTpch,
  };
}
