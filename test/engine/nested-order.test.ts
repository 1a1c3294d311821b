import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SparrowUnderTest } from "../oracle/sparrow.ts";

describe("keys that the engine carries as bytes are ordered by their values", () => {
  let sparrow: SparrowUnderTest;
  beforeAll(async () => {
    sparrow = await SparrowUnderTest.open();
  });
  afterAll(() => sparrow.close());

  /** The one column of a query, as text. */
  const column = async (sql: string): Promise<string[]> => (await sparrow.query(sql)).rows.map(([value]) => String(value));

  test("arrays, from left to right", async () => {
    expect(await column("SELECT concat_ws('/', CAST(a AS ARRAY<STRING>)) FROM (SELECT array(id % 3, id) a FROM range(5)) ORDER BY a DESC")).toEqual(["2/2", "1/4", "1/1", "0/3", "0/0"]);
  });

  test("structs, in windows too", async () => {
    expect(await column("SELECT concat(r, ':', id) FROM (SELECT id, rank() OVER (PARTITION BY array(id % 2) ORDER BY struct(id)) r FROM range(4)) ORDER BY id")).toEqual(["1:0", "1:1", "2:2", "2:3"]);
  });

  test("texts under a collation", async () => {
    expect(await column("SELECT concat(r, s) FROM (SELECT s, rank() OVER (ORDER BY s COLLATE utf8_lcase) r FROM VALUES ('B'), ('a'), ('A'), ('c') t(s)) ORDER BY r, s")).toEqual(["1A", "1a", "3B", "4c"]);
  });
});
