import { afterAll, beforeEach, expect, test } from "vitest";
import type { EngineEvent, SparrowSession } from "../../server/library.ts";
import { LimitedEngine } from "../executor/limited-engine.ts";

const MB = 1024 * 1024;

/** An engine with 32 MB, of which cached rows may have 24, and one session. */
class Cached {
  readonly engine: LimitedEngine;
  readonly #session: SparrowSession;

  private constructor(engine: LimitedEngine) {
    this.engine = engine;
    this.#session = engine.session();
  }

  static async open(settings: Readonly<Record<string, string>> = {}): Promise<Cached> {
    return new Cached(await LimitedEngine.open(1, { "sparrow.memory.limit": "32m", ...settings }));
  }

  /** `limit`: of the query's memory. */
  async rows(sql: string, limit?: string): Promise<readonly unknown[]> {
    if (limit !== undefined) await this.rows(`SET sparrow.query.memory.limit = ${limit}`);
    try {
      return (await (await this.#session.sql(sql)).toArray()).map((row) => Object.values(row));
    } finally {
      if (limit !== undefined) await this.rows("RESET sparrow.query.memory.limit");
    }
  }

  /** 8 MB for 150,000 rows. */
  async cache(name: string, level: string, rows = 150_000): Promise<void> {
    const values = [0, 1, 2].map((n) => `CAST(id + ${n} AS DECIMAL(38, 0)) * 10000000000000000000 AS v${n}`);
    await this.rows(`CACHE TABLE ${name} OPTIONS ('storageLevel' = '${level}') AS SELECT id, ${values.join()}, '${name}' AS name FROM range(${rows})`);
  }

  get changes(): readonly Extract<EngineEvent, { kind: "cacheChanged" }>[] {
    return this.engine.events.filter((event) => event.kind === "cacheChanged");
  }

  get told(): readonly string[] {
    return this.changes.map(({ change, name }) => `${name} ${change}`);
  }

  /** How the latest query ended. */
  get ended(): Extract<EngineEvent, { kind: "queryEnded" }> {
    return this.engine.events.filter((event) => event.kind === "queryEnded").at(-1)!;
  }
}

const cached = await Cached.open();
beforeEach(async () => {
  await cached.rows("CLEAR CACHE");
  cached.engine.events.length = 0;
});
afterAll(() => cached.engine.close());

/** 8 MB of rows that a window keeps. */
const WINDOW = "SELECT sum(r * v), count(*) FROM (SELECT v, row_number() OVER (PARTITION BY k ORDER BY v, s) AS r FROM (SELECT id % 1000 AS k, id * 7919 % 300007 AS v, id * 3 AS s FROM range(170000)))";

test.each([["0.4", true], ["1", false]])("a query has cached rows make room before it puts rows to disk, but for the part that they keep: %s", async (fraction, moves) => {
  const own = await Cached.open({ "spark.memory.storageFraction": fraction });
  await own.cache("first", "MEMORY_AND_DISK");
  await own.cache("second", "MEMORY_ONLY");
  own.engine.events.length = 0;
  expect(await own.rows(WINDOW)).toEqual([[2_902_477_056_565n, 170_000n]]);
  expect(own.told).toEqual(moves ? ["`first` movedToDisk"] : []);
  expect(own.ended.spilledBytes > 5 * MB).toBe(!moves);
  // Before its first stage.
  if (moves) expect(own.engine.events.slice(0, 3).map((event) => event.kind)).toEqual(["queryStarted", "cacheChanged", "stageStarted"]);
  expect(await own.rows("SELECT count(*), sum(id), max(name) FROM first")).toEqual([[150_000n, 11_249_925_000n, "first"]]);
  await own.engine.close();
});

test("a query that needs little, and one with a small limit of its own, leave cached rows where they are", async () => {
  await cached.cache("third", "MEMORY_AND_DISK");
  await cached.cache("fourth", "MEMORY_AND_DISK");
  cached.engine.events.length = 0;
  await cached.rows("SELECT id % 10, count(*) FROM range(1000000) GROUP BY 1 ORDER BY 1");
  expect(cached.ended.spilledBytes).toBe(0);
  await cached.rows(WINDOW, "4m");
  expect(cached.ended.spilledBytes).toBeGreaterThan(5 * MB);
  expect(cached.told).toEqual([]);
});

test.each([["MEMORY_AND_DISK", "movedToDisk"], ["MEMORY_ONLY", "dropped"]])("no query fails because of cached rows, even those that it reads: %s", async (level, change) => {
  const name = `large_${level.toLowerCase()}`;
  await cached.cache(name, level, 380_000);
  expect(cached.changes.map(({ memoryBytes, limitBytes }) => memoryBytes > 18 * MB && memoryBytes <= limitBytes && limitBytes < 25 * MB)).toEqual([true]);
  cached.engine.events.length = 0;
  // One group, which has no way to disk.
  const list = `SELECT length(max(array_join(l, ''))) FROM (SELECT collect_list(concat(repeat('x', 114), 100000 + id)) AS l FROM ${name} WHERE id < 30000)`;
  expect(await cached.rows(list)).toEqual([[30_000 * 120]]);
  expect(cached.told).toEqual([`\`${name}\` ${change}`]);
  expect(await cached.rows(`SELECT count(*) FROM ${name}`)).toEqual([[380_000n]]);
});

test("rows on disk are read in pieces that fit a query's limit", async () => {
  const values = "SELECT id, if(id % 5 = 0, NULL, id % 3 = 0) AS b, if(id % 7 = 0, NULL, concat('text ', repeat('x', CAST(id % 200 AS INT)))) AS s, CAST(id % 90 AS STRING) AS code, CAST(id AS DECIMAL(30, 2)) AS d FROM range(40001)";
  await cached.rows(`CACHE TABLE wide OPTIONS ('storageLevel' = 'DISK_ONLY') AS ${values}`);
  const summed = (from: string): string => `SELECT count(*), sum(id), count_if(b), count(b), sum(length(s)), max(s), sum(xxhash64(s, code) % 1000), sum(d), count(DISTINCT code) FROM ${from}`;
  const expected = await cached.rows(summed(`(${values} WHERE id >= 0)`));
  expect(await cached.rows(summed("wide"), "4m")).toEqual(expected);
  expect(cached.ended.peakBytes).toBeLessThanOrEqual(4 * MB);
});

test("what the cache has is told with every change, and is nothing when all is dropped", async () => {
  await cached.cache("fifth", "MEMORY_AND_DISK");
  await cached.cache("sixth", "DISK_ONLY");
  const [fifth, sixth] = cached.changes;
  expect(fifth).toMatchObject({ name: "`fifth`", change: "cached", diskBytes: 0, usedBytes: fifth.memoryBytes });
  expect(fifth.memoryBytes).toBeGreaterThan(7 * MB);
  expect(sixth).toMatchObject({ name: "`sixth`", change: "cached" });
  expect(sixth.diskBytes).toBeGreaterThan(7 * MB);
  expect(sixth.usedBytes).toBe(fifth.memoryBytes + sixth.memoryBytes);
  await cached.rows("CLEAR CACHE");
  expect(cached.told.slice(2)).toEqual(["`fifth` dropped", "`sixth` dropped"]);
  expect(cached.changes[3].usedBytes).toBe(0);
  await expect.poll(() => cached.engine.leftovers()).toEqual({ bytes: 0, files: [] });
});
