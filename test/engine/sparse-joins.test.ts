import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keyedDirectory } from "../../executor/operators/join/join-directory.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";

test("keys close together are indexed, few among many are ranked, and those too far apart are hashed", () => {
  expect(keyedDirectory(-5n, 994n, 3, 0)).toEqual({ kind: "direct", min: -5n, slots: 1000 });
  expect(keyedDirectory(0n, 799_999n, 100_000, 0)?.kind).toBe("direct");
  expect(keyedDirectory(0n, 800_000n, 100_000, 0)?.kind).toBe("ranked");
  expect(keyedDirectory(0n, 12_799_999n, 100_000, 0)?.kind).toBe("ranked");
  expect(keyedDirectory(0n, 12_800_000n, 100_000, 0)).toBeUndefined();
  expect(keyedDirectory(0n, 59_999_999n, 10, 7_500_000)).toEqual({ kind: "ranked", min: 0n, slots: 60_000_000 });
  expect(keyedDirectory(0n, 59_999_999n, 10, 1_000_000)).toBeUndefined();
  expect(keyedDirectory(0n, 2n ** 31n, 2 ** 28, 2 ** 40)).toBeUndefined();
  expect(keyedDirectory(1n, 0n, 0, 100)).toBeUndefined();
});

/** Build sides with few of many possible keys: rows of the probe side are looked up in a directory of ranked keys. */
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

  test("many keys, marked and linked by all workers, each of them several times", async () => {
    const many = "(SELECT (id * 7919 % 30000) * 61 - 900000 k, id v FROM range(90000))";
    expect(await row(`SELECT count(*), count(DISTINCT p.k), sum(b.v) FROM (SELECT id - 900000 k FROM range(1830000)) p JOIN ${many} b ON p.k = b.k`)).toBe("90000|30000|4049955000");
    expect(await row(`SELECT count(*) FROM (SELECT id - 900000 k FROM range(1830000)) p WHERE NOT EXISTS (SELECT 1 FROM ${many} b WHERE p.k = b.k)`)).toBe("1800000");
    expect(await row(`SELECT count(*) FROM (SELECT CAST(id AS INT) k FROM range(1830000)) p JOIN (SELECT CAST(k AS INT) k FROM ${many}) b ON p.k = b.k`)).toBe("45735");
  });

  test("where there is no memory for all values between the keys, they are hashed", async () => {
    const far = "(SELECT id * 4000000 k FROM range(12))";
    const { rows } = await sparrow.query(`SELECT count(*) FROM range(6000000) p JOIN ${far} b ON p.id * 7 = b.k`, { "sparrow.query.memory.limit": "6m" });
    expect(rows).toEqual([[2n]]);
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
