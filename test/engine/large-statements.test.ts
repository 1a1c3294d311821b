import { afterAll, beforeAll, expect, test } from "vitest";
import type { Sparrow } from "../../server/library.ts";
import { open } from "../../server/library.ts";

let sparrow: Sparrow;
beforeAll(async () => {
  sparrow = await open({ catalog: "memory", settings: { "sparrow.workers": "1", "sparrow.memory.limit": "256m" } });
});
afterAll(() => sparrow.close());

/** The one value of the one row. */
async function value(sql: string): Promise<unknown> {
  return Object.values((await sparrow.sql(sql).toArray())[0])[0];
}

/** `item(0) separator item(1) ...` */
function chain(count: number, separator: string, item: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => item(i)).join(separator);
}

test("lists of values may be as long as the text, of types that have a hash table in code and of others", async () => {
  expect(await value(`SELECT count(*) FROM range(100) WHERE id IN (${chain(60_000, ",", (i) => String(3 * i))})`)).toBe(34n);
  expect(await value(`SELECT count(*) FROM range(100) WHERE CAST(id AS DOUBLE) IN (${chain(30_000, ",", (i) => `${3 * i}.5D`)}, 7D, -0D)`)).toBe(2n);
  expect(await value(`SELECT count(*) FROM range(100) WHERE CAST(id AS DECIMAL(38, 2)) NOT IN (${chain(20_000, ",", (i) => `${3 * i}.00BD`)})`)).toBe(66n);
  expect(await value(`SELECT count(*) FROM range(100) WHERE CAST(id AS STRING) IN (${chain(20_000, ",", (i) => `'${3 * i}'`)})`)).toBe(34n);
  expect(await value(`SELECT count(*) FROM range(100) WHERE (id IN (${chain(20_000, ",", (i) => String(3 * i))}, NULL)) IS NULL`)).toBe(66n);
  expect(await value(`SELECT sum(a) FROM VALUES ${chain(20_000, ",", (i) => `(${i})`)} AS t(a)`)).toBe(199_990_000n);
});

test("conditions and branches that are too many to be compiled are interpreted", async () => {
  expect(await value(`SELECT count(*) FROM range(100) WHERE ${chain(6_000, " AND ", (i) => `id <> ${3 * i}`)}`)).toBe(66n);
  expect(await value(`SELECT count(*) FROM range(100) WHERE ${chain(6_000, " OR ", (i) => `id > ${90 + i}`)}`)).toBe(9n);
  expect(await value(`SELECT sum(CASE ${chain(6_000, " ", (i) => `WHEN id = ${i} THEN ${2 * i}`)} END) FROM range(100)`)).toBe(9900n);
  expect(await value(`SELECT sum(coalesce(${chain(2_000, ", ", (i) => `nullif(id, ${i % 2})`)})) FROM range(3)`)).toBe(3n);
});

test("what is beyond all measure is refused by name", async () => {
  const tooComplex = { condition: "STATEMENT_TOO_COMPLEX" };
  await expect(value(`SELECT count(*) FROM range(2) WHERE ${chain(60_000, " OR ", (i) => `id > ${i}`)}`)).rejects.toMatchObject(tooComplex);
  await expect(value(`SELECT count(*) FROM (${chain(6_000, " UNION ALL ", (i) => `SELECT ${i}`)})`)).rejects.toMatchObject(tooComplex);
  await expect(value(`SELECT count(*) FROM range(2) GROUP BY ${chain(1_001, ", ", (i) => `id + ${i}`)}`)).rejects.toMatchObject(tooComplex);
  await expect(value(`SELECT ${chain(60_000, ", ", () => "id")} FROM range(2)`)).rejects.toMatchObject(tooComplex);
  expect(await value("SELECT 1")).toBe(1);
});
