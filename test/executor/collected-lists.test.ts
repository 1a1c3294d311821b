import { expect, test } from "vitest";
import { open } from "../../server/library.ts";

test("lists of values of fixed width are in scan order, without NULLs, whichever worker met a row", async () => {
  await using sparrow = await open({ catalog: "memory", settings: { "sparrow.memory.limit": "256m", "sparrow.workers": "3", "spark.sql.session.timeZone": "UTC" } });
  const rows = async (sql: string): Promise<unknown[]> => (await sparrow.sql(sql).toArray()).map((row) => Object.values(row));
  const elements = "SELECT count_if(l = sequence(k, 199999, 7)), count(*) FROM (SELECT id % 7 AS k, collect_list(id) AS l FROM range(200000) GROUP BY 1)";
  expect(await rows(elements)).toEqual([[7n, 7n]]);
  const types = ["boolean(id % 2)", "tinyint(id - 5)", "smallint(-id)", "int(id)", "id * 4000000000", "float(id) / 2", "double(0 - id) * 0", "decimal(10, 2)(id)", "date_add(DATE '2024-02-27', int(id))", "timestamp_micros(id)"];
  for (const type of types.map((text) => text.replace(/^decimal\((.*?)\)\((.*)\)$/, "CAST($2 AS DECIMAL($1))"))) {
    const value = `if(id % 4 = 3, NULL, ${type})`;
    const sql = `SELECT collect_list(v) = transform(filter(sequence(0L, 9L), id -> id % 4 <> 3), id -> ${type}), size(collect_list(v)) FROM (SELECT ${value} AS v FROM range(10))`;
    expect([type, ...(await rows(sql))[0] as unknown[]]).toEqual([type, true, 8]);
  }
  expect(await rows("SELECT collect_list(v) FROM (SELECT CAST(38 AS DECIMAL(38, 1)) AS v UNION ALL SELECT NULL)")).toEqual([[[expect.anything()]]]);
  expect(await rows("SELECT size(collect_list(id)) FROM range(0)")).toEqual([[0]]);
});
