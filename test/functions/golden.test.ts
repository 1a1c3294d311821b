import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { SparrowError } from "../../catalog/errors.ts";
import type { GoldenQuery } from "../analyzer/golden-file.ts";
import { goldenCondition, goldenQueries } from "../analyzer/golden-file.ts";
import { GoldenRows } from "./golden-rows.ts";

const FOLDER = join(import.meta.dirname, "../../../shared/corpus/spark-sql");

/** Files whose joins of ten thousand rows with themselves are too much for a runner that tries every pair. */
const TOO_LARGE = new Set(["postgreSQL/join.sql.out"]);

/** Statements that agree today; raised as more do. What is missing is mostly commands, collations, user functions and error conditions of analysis. */
const FLOOR = 5_750;

function goldenFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !TOO_LARGE.has(relative(folder, file)))
    .sort();
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .sort()
    .join("\n")
    .trim()
    .split("\n");
}

/** Texts with the same parts; floating numbers may differ in the last digits, for sums run in another order. */
function agree(a: string, b: string): boolean {
  if (a === b) return true;
  const [x, y] = [a, b].map((text) => text.split(/([,\t[\]{}:])/));
  return x.length === y.length && x.every((part, i) => part === y[i] || (/[.E]/.test(part) && Math.abs(Number(part) - Number(y[i])) <= 1e-9 * Math.abs(Number(part))));
}

/** Whether the statement's rows or error condition are the golden ones; undefined for a command that is expected to pass. */
function agrees(session: GoldenRows, query: GoldenQuery): boolean | undefined {
  const condition = goldenCondition(query);
  try {
    const rows = session.run(query.sql);
    if (rows === undefined) return condition === undefined ? undefined : false;
    if (condition !== undefined) return false;
    const [got, expected] = [lines(rows.join("\n")), lines(query.output)];
    return got.length === expected.length && got.every((line, i) => agree(line, expected[i]));
  } catch (error) {
    if (!(error instanceof SparrowError)) return false;
    return error.condition === condition;
  }
}

describe("Spark's golden files over the function library", () => {
  test.skipIf(!existsSync(FOLDER))("as many statements agree as before (skipped where the corpus is absent)", () => {
    let agreed = 0;
    for (const file of goldenFiles(FOLDER)) {
      const session = new GoldenRows();
      for (const query of goldenQueries(readFileSync(file, "utf8"))) if (agrees(session, query) === true) agreed++;
    }
    expect(agreed).toBeGreaterThanOrEqual(FLOOR);
  });
});
