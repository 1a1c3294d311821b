import { expect, test } from "vitest";
import { Engine } from "../../server/engine.ts";
import { open, Sparrow, SparrowError } from "../../server/library.ts";
import { fakeExecutor } from "./fake-executor.ts";

function interpreted(): Sparrow {
  return new Sparrow(new Engine({ catalog: "memory", createExecutor: async () => fakeExecutor() }));
}

test("a statement is awaited for its columns and rows", async () => {
  await using sparrow = interpreted();
  const result = await sparrow.sql("SELECT id, id * 1.5BD AS m, DATE '2024-01-02' AS d FROM range(2)");
  expect(result.columns.map(({ name, type }) => [name, type.kind])).toEqual([["id", "long"], ["m", "decimal"], ["d", "date"]]);
  expect(await result.toArray()).toEqual([
    { id: 0n, m: "0.0", d: new Date("2024-01-02") },
    { id: 1n, m: "1.5", d: new Date("2024-01-02") },
  ]);
});

test("or iterated for Arrow record batches", async () => {
  await using sparrow = interpreted();
  const ids: unknown[] = [];
  for await (const batch of sparrow.sql("SELECT id, 'a' AS s FROM range(3)")) for (const row of batch) ids.push(row.toJSON());
  expect(ids).toEqual([{ id: 0n, s: "a" }, { id: 1n, s: "a" }, { id: 2n, s: "a" }]);
});

test("it runs once, however it is read", async () => {
  await using sparrow = interpreted();
  const pending = sparrow.sql("CREATE TEMPORARY VIEW once AS SELECT 1 AS a");
  await pending;
  await pending;
  expect(await sparrow.sql("SELECT a FROM once").toArray()).toEqual([{ a: 1 }]);
});

test("parameters, settings and sessions", async () => {
  await using sparrow = interpreted();
  expect(await sparrow.sql("SELECT :n AS n, :s AS s", { parameters: { n: 1n, s: null } }).toArray()).toEqual([{ n: 1n, s: null }]);
  expect(await sparrow.sql("SELECT 1 DIV id AS q FROM range(1)", { settings: { "spark.sql.ansi.enabled": "false" } }).toArray()).toEqual([{ q: null }]);
  const other = sparrow.session({ "spark.sql.session.timeZone": "Asia/Tokyo" });
  await other.sql("CREATE TEMPORARY VIEW theirs AS SELECT 1 AS a");
  await expect(sparrow.sql("SELECT * FROM theirs")).rejects.toBeInstanceOf(SparrowError);
  expect(await other.sql("SELECT CAST(TIMESTAMP '2024-01-01 00:00:00' AS STRING) AS t").toArray()).toEqual([{ t: "2024-01-01 00:00:00" }]);
  await expect(sparrow.sql("SELECT ? AS a", { parameters: [Symbol("x") as never] })).rejects.toMatchObject({ condition: "INVALID_PARAMETER_VALUE.TYPE" });
});

test("cancelling, by the result or by a signal", async () => {
  await using sparrow = interpreted();
  const result = await sparrow.sql("SELECT id FROM range(100000000)");
  const reading = (async () => {
    for await (const _ of result.batches()) result.cancel();
  })();
  await expect(reading).rejects.toMatchObject({ condition: "OPERATION_CANCELED" });
  await expect(sparrow.sql("SELECT id FROM range(10)", { signal: AbortSignal.abort() }).toArray()).rejects.toMatchObject({ condition: "OPERATION_CANCELED" });
});

test("a closed engine says so", async () => {
  const sparrow = interpreted();
  await sparrow.close();
  await expect(sparrow.sql("SELECT id FROM range(1)").toArray()).rejects.toMatchObject({ condition: "ENGINE_CLOSED" });
});

test("settings are checked when the engine opens", async () => {
  await expect(open({ settings: { "sparrow.workers": "none" } })).rejects.toMatchObject({ condition: "INVALID_CONF_VALUE.TYPE_MISMATCH" });
});
