import { expect, test } from "vitest";
import { recordText, tableText } from "../../server/results/table-text.ts";
import type { TextRow } from "../../server/results/text-rows.ts";

const columns = [
  { name: "origin", type: "string" },
  { name: "n", type: "bigint" },
];

async function* batches(...groups: TextRow[][]): AsyncGenerator<TextRow[]> {
  yield* groups;
}

async function drawn(pieces: AsyncIterable<string>): Promise<string> {
  return (await Array.fromAsync(pieces)).join("");
}

test("text is aligned to the left, numbers to the right, heads are centred, NULL is shown", async () => {
  expect(await drawn(tableText(columns, batches([["ORD", "123456"]], [[null, "7"]])))).toBe(
    [" origin |   n    ", "--------+--------", " ORD    | 123456", " NULL   |      7", "(2 rows)", "", ""].join("\n"),
  );
});

test("an empty result has its head", async () => {
  expect(await drawn(tableText(columns, batches()))).toBe(" origin | n \n--------+---\n(0 rows)\n\n");
});

test("a statement without columns prints nothing", async () => {
  expect(await drawn(tableText([], batches()))).toBe("");
});

test("wide characters take two cells, line breaks go on below, control characters are shown", async () => {
  expect(await drawn(tableText([{ name: "s", type: "string" }, { name: "t", type: "string" }], batches([["東京", "a"], ["two\nlines", "b"], ["\u001b[31m", "c"]])))).toBe(
    ["    s     | t ", "----------+---", " 東京     | a", " two     +| b", " lines    |", " \\x1b[31m | c", "(3 rows)", "", ""].join("\n"),
  );
});

test("a long result comes in pieces, and a wider cell widens its column from there on", async () => {
  const many = Array.from({ length: 10_000 }, (_, i): TextRow => ["x", String(i)]);
  const pieces = await Array.fromAsync(tableText(columns, batches(many, [["longer than before", "1"]])));
  expect(pieces).toHaveLength(3);
  expect(pieces[1]).toBe(" longer than before |    1\n");
  expect(pieces[2]).toBe("(10001 rows)\n\n");
});

test("expanded display has a line for each column", async () => {
  expect(await drawn(recordText(columns, batches([["ORD", "1"], [null, "22"]])))).toBe(
    ["-[ RECORD 1 ]-", "origin | ORD", "n      | 1", "-[ RECORD 2 ]-", "origin | NULL", "n      | 22", "", ""].join("\n"),
  );
  const wide = [{ name: "departure_airport", type: "string" }];
  expect(await drawn(recordText(wide, batches([["ORD"]])))).toBe("-[ RECORD 1 ]-----+----\ndeparture_airport | ORD\n\n");
});
