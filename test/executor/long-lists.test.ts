import { expect, test } from "vitest";
import { open } from "../../server/library.ts";

test("IN over more values than a call has room for arguments", async () => {
  await using sparrow = await open({ catalog: "memory", settings: { "sparrow.memory.limit": "128m", "sparrow.workers": "1" } });
  const list = Array.from({ length: 150_000 }, (_, i) => i * 3).join();
  expect(await sparrow.sql(`SELECT count(*) AS n FROM range(100) WHERE id IN (${list})`).toArray()).toEqual([{ n: 34n }]);
});
