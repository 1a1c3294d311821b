/** Queries whose values are too large for the heap of the process, and how each ends: a line each, for large-values.long.test.ts. */
import { SparrowError } from "../../catalog/errors.ts";
import { open } from "../../server/library.ts";

const db = await open({ catalog: "memory", settings: { "sparrow.workers": "1" } });
const session = db.session();
for (const sql of [
  "SELECT max(size(a)) FROM (SELECT sequence(1, 30000000 + id) AS a FROM range(100000))",
  "SELECT max(size(array_repeat(concat('x', id), 900000000))) FROM range(100000)",
  "SELECT size(collect_list(concat('text ', id))) FROM range(2000000)",
  "SELECT size(collect_list(concat(repeat('x', 3000), id))) FROM range(50000)",
  "SELECT count(*) FROM range(100000)",
]) {
  try {
    const [row] = await session.sql(sql).toArray();
    console.log(String(Object.values(row)[0]));
  } catch (error) {
    console.log(error instanceof SparrowError ? error.condition : error);
  }
}
await db.close();
