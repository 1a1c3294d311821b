import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SparrowUnderTest } from "../oracle/sparrow.ts";

/** Build sides with few of many possible keys: rows of the probe side are first looked up in a bitmap of keys. */
describe.each(["1", "7"])("joins on keys that are few among many, on %s workers", (workers) => {
  let sparrow: SparrowUnderTest;
  beforeAll(async () => {
    sparrow = await SparrowUnderTest.open({ "sparrow.workers": workers });
  });
  afterAll(() => sparrow.close());

  const row = async (sql: string): Promise<string> => (await sparrow.query(sql)).rows.map((r) => r.map(String).join("|")).join(";");
  const SPARSE = "(SELECT CAST(id * 1000 - 50000 AS INT) k, id v FROM range(100) UNION ALL SELECT NULL, -1)";
  const PROBE = "(SELECT CAST(id - 60000 AS INT) k FROM range(120000) UNION ALL SELECT NULL)";

  test("inner, with what the build side has beside the key", async () => {
    expect(await row(`SELECT count(*), sum(s.v), min(p.k), max(s.k) FROM ${PROBE} p JOIN ${SPARSE} s ON p.k = s.k`)).toBe("100|4950|-50000|49000");
  });

  test("outer, semi, anti and full", async () => {
    expect(await row(`SELECT count(*), count(s.v) FROM ${PROBE} p LEFT JOIN ${SPARSE} s ON p.k = s.k`)).toBe("120001|100");
    expect(await row(`SELECT count(*), count(p.k), count(s.v) FROM ${PROBE} p FULL JOIN ${SPARSE} s ON p.k = s.k + 20000`)).toBe("120012|120000|101");
    expect(await row(`SELECT count(*) FROM ${PROBE} p WHERE k IN (SELECT k FROM ${SPARSE} WHERE k IS NOT NULL)`)).toBe("100");
    expect(await row(`SELECT count(*) FROM ${PROBE} p WHERE NOT EXISTS (SELECT 1 FROM ${SPARSE} s WHERE s.k = p.k)`)).toBe("119901");
    expect(await row(`SELECT count(*) FROM ${PROBE} p WHERE k NOT IN (SELECT k FROM ${SPARSE} WHERE v >= 0)`)).toBe("119900");
  });

  test("64-bit keys that agree in their lower halves are told apart", async () => {
    const sparse = "(SELECT id * 100 + 8589934592 k FROM range(50))";
    expect(await row(`SELECT count(*), min(p.k), max(p.k) FROM (SELECT id + s * 4294967296 k FROM range(6000), (SELECT explode(sequence(0, 4)) s)) p JOIN ${sparse} b ON p.k = b.k`)).toBe("50|8589934592|8589939492");
  });

  test("keys at both ends of their type", async () => {
    const ends = "VALUES (-9223372036854775807), (9223372036854775807), (0) t(k)";
    expect(await row(`SELECT count(*) FROM ${ends.replace("t(k)", "a(k)")} JOIN ${ends.replace("t(k)", "b(k)")} ON a.k = b.k`)).toBe("3");
    expect(await row("SELECT count(*) FROM (SELECT CAST(2147483647 - id * 500 AS INT) k FROM range(40)) s JOIN (SELECT CAST(2147483647 - id AS INT) k FROM range(30000)) p ON p.k = s.k")).toBe("40");
    expect(await row("SELECT count(*) FROM (SELECT CAST(-2147483648 + id * 500 AS INT) k FROM range(40)) s JOIN (SELECT CAST(2147483647 - id AS INT) k FROM range(30000)) p ON p.k = s.k")).toBe("0");
  });
});
