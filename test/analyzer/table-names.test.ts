import { expect, test } from "vitest";
import { parseStatement } from "../../parser/parse.ts";
import { collectTableNames, tableKey } from "../../planner/analyzer/table-names.ts";

function names(sql: string): readonly string[] {
  return collectTableNames(parseStatement(sql)).map((r) => `${r.name.join(".")}${r.version === undefined ? "" : "@"}${r.call === undefined ? "" : "()"}`);
}

test("every table once, wherever it stands", () => {
  expect(names("SELECT (SELECT max(x) FROM a) FROM b, db.c JOIN B ON b.x IN (SELECT y FROM d) WHERE EXISTS (TABLE e)")).toEqual(["a", "b", "db.c", "d", "e"]);
  expect(names("INSERT INTO target SELECT * FROM source")).toEqual(["source"]);
});

test("common tables are no tables, within their reach", () => {
  expect(names("WITH a AS (SELECT * FROM a), b AS (SELECT * FROM a) SELECT * FROM b, c")).toEqual(["a", "c"]);
  expect(names("SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a), a")).toEqual(["a"]);
});

test("versions, paths and functions that read files", () => {
  expect(names("SELECT * FROM t VERSION AS OF 3, t, parquet.`/data/x.parquet`, read_files('x.csv', format => 'csv'), range(3)")).toEqual(["t@", "t", "parquet./data/x.parquet", "read_files()"]);
});

test("a key is equal for what must be one snapshot", () => {
  const [first] = collectTableNames(parseStatement("SELECT * FROM T VERSION AS OF 1"));
  const [second] = collectTableNames(parseStatement("SELECT 1 FROM t   VERSION AS OF 1"));
  const [third] = collectTableNames(parseStatement("SELECT * FROM t VERSION AS OF 2"));
  expect(tableKey(first)).toBe(tableKey(second));
  expect(tableKey(first)).not.toBe(tableKey(third));
});
