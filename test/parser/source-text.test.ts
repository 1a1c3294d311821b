import { expect, test } from "vitest";
import { excerpt, positionOf } from "../../catalog/source-text.ts";

test.each([
  ["a\nb\nc", 4, { line: 3, column: 1 }],
  ["a\r\nb", 3, { line: 2, column: 1 }],
  ["a\rb", 2, { line: 2, column: 1 }],
  ["abc", 3, { line: 1, column: 4 }],
  ["", 0, { line: 1, column: 1 }],
  ["a\n", 2, { line: 2, column: 1 }],
])("the position of %j at %d", (text, offset, position) => {
  expect(positionOf(text, offset)).toEqual(position);
});

test.each([
  ["SELECT a\nFORM t", { start: 9, end: 13 }, "FORM t\n^^^^"],
  ["a\tb", { start: 2, end: 3 }, "a b\n  ^"],
  ["abc", { start: 3, end: 3 }, "abc\n   ^"],
  ["ab\ncd\nef", { start: 1, end: 8 }, "ab\n ^"],
  ["", { start: 0, end: 0 }, "\n^"],
])("the excerpt of %j", (text, span, shown) => {
  expect(excerpt(text, span)).toBe(shown);
});

test("a long line is cut on both sides, and a long span with it", () => {
  const [line, carets] = excerpt(`${"x".repeat(500)}ERROR${"y".repeat(500)}`, { start: 500, end: 505 }).split("\n");
  expect(line).toBe(`...${"x".repeat(50)}ERROR${"y".repeat(45)}...`);
  expect(carets).toBe(`${" ".repeat(53)}^^^^^`);
  const [longLine, longCarets] = excerpt("z".repeat(1000), { start: 10, end: 900 }).split("\n");
  expect(longCarets.length).toBeLessThanOrEqual(longLine.length);
});
