import { array, assert, constantFrom, oneof, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { SparrowError } from "../../catalog/errors.ts";
import type { AstExpr } from "../../parser/ast.ts";
import { parseDataType, parseExpression, parseScript, parseStatement } from "../../parser/parse.ts";

const TOO_DEEP = "The statement nests deeper than 500 levels here: write it in smaller parts, for example with WITH or a temporary view";

/** Height of any tree, without recursion. */
function height(root: unknown): number {
  const stack: [node: unknown, depth: number][] = [[root, 1]];
  let tallest = 0;
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [node, depth] = top;
    if (typeof node !== "object" || node === null) continue;
    const isNode = "kind" in node;
    tallest = Math.max(tallest, depth);
    for (const child of Object.values(node)) stack.push([child, isNode ? depth + 1 : depth]);
  }
  return tallest;
}

describe("no input overflows the stack", () => {
  test.each([
    ["parentheses", `SELECT ${"(".repeat(10_000)}1${")".repeat(10_000)}`],
    ["subqueries", `SELECT ${"(SELECT ".repeat(10_000)}1${")".repeat(10_000)}`],
    ["relations", `SELECT * FROM ${"(".repeat(10_000)}t${")".repeat(10_000)}`],
    ["derived tables", `${"SELECT * FROM (".repeat(10_000)}SELECT 1${")".repeat(10_000)}`],
    ["NOT", `SELECT ${"NOT ".repeat(10_000)}a`],
    ["signs", `SELECT ${"- ".repeat(10_000)}a`],
    ["CASE", `SELECT ${"CASE WHEN ".repeat(10_000)}`],
    ["calls", `SELECT ${"f(".repeat(10_000)}1${")".repeat(10_000)}`],
    ["types", `SELECT CAST(1 AS ${"ARRAY<".repeat(10_000)}INT${">".repeat(10_000)})`],
    ["indexes", `SELECT a${"[0]".repeat(10_000)}`],
    ["nested indexes", `SELECT ${"a[".repeat(10_000)}0${"]".repeat(10_000)}`],
    ["sums", `SELECT 1${" + 1".repeat(100_000)}`],
    ["sums of sums", `SELECT ${"(".repeat(20)}1${` ${"+ 1 ".repeat(60)})`.repeat(20)}`],
    ["joins", `SELECT * FROM t${" JOIN t".repeat(10_000)}`],
    ["EXCEPT", `SELECT 1${" EXCEPT SELECT 1".repeat(10_000)}`],
    ["queries in parentheses", `${"(".repeat(10_000)}SELECT 1${")".repeat(10_000)}`],
    ["EXPLAIN", `${"EXPLAIN ".repeat(10_000)}SELECT 1`],
    ["grouping sets", `SELECT 1 GROUP BY ${"GROUPING SETS (".repeat(10_000)}`],
    ["lambdas", `SELECT f(${"x -> ".repeat(10_000)}1)`],
  ])("%s", (_name, sql) => {
    expect(() => parseStatement(sql)).toThrow(TOO_DEEP);
  });

  test("grouping sets are written out within limits", () => {
    expect(() => parseStatement(`SELECT 1 GROUP BY GROUPING SETS (${"CUBE (a, b, c, d, e, f, g, h, i, j, k, l), ".repeat(1000)}a)`)).toThrow("The feature is not supported: more than 10000 grouping sets.");
    expect(() => parseStatement(`SELECT 1 GROUP BY GROUPING SETS (ROLLUP (${"a, ".repeat(100)}b))`)).toThrow("The feature is not supported: ROLLUP of more than 100 elements inside of GROUPING SETS.");
    expect(() => parseStatement(`SELECT 1 GROUP BY GROUPING SETS (CUBE (${"a, ".repeat(12)}b))`)).toThrow("The feature is not supported: CUBE of more than 12 elements inside of GROUPING SETS.");
  });

  test.each([
    ["AND", `SELECT a${" AND a".repeat(30_000)}`],
    ["OR", `SELECT a${" OR a AND b".repeat(15_000)}`],
    ["||", `SELECT a${" || a".repeat(30_000)}`],
    ["UNION ALL", `SELECT 1${" UNION ALL SELECT 1".repeat(4_000)}`],
  ])("a long chain of %s is balanced", (_name, sql) => {
    expect(height(parseStatement(sql))).toBeLessThan(100);
  });

  test.each([
    ["AND", `SELECT a${" AND a".repeat(100_000)}`],
    ["literals in a chain", `SELECT true${" OR true".repeat(100_001)}`],
    ["columns", `SELECT a${", a".repeat(100_000)}`],
    ["SELECT", `SELECT 1${" UNION ALL SELECT 1".repeat(6_000)}`],
  ])("a statement has limited terms: %s", (_name, sql) => {
    const error = failure(() => parseStatement(sql));
    expect(error).toMatchObject({ condition: "STATEMENT_TOO_COMPLEX", sqlState: "54001" });
    expect((error as SparrowError).span).toBeDefined();
  });

  test("what is just within the limit parses", () => {
    expect(height(parseStatement(`SELECT ${"(1 + ".repeat(200)}1${")".repeat(200)}`))).toBeGreaterThan(200);
    expect(height(parseStatement(`SELECT 1${" + 1".repeat(400)}`))).toBeGreaterThan(400);
    parseDataType(`${"ARRAY<".repeat(400)}INT${">".repeat(400)}`);
  });

  test("a statement of 10 MB", () => {
    const sql = `SELECT * FROM t WHERE a IN (${"123456, ".repeat(1_300_000)}1)`;
    expect(sql.length).toBeGreaterThan(10_000_000);
    const statement = parseStatement(sql);
    const where = statement.kind === "select" && statement.query.body.kind === "select" ? statement.query.body.where : undefined;
    expect(where).toMatchObject({ kind: "in" });
    expect((where as AstExpr & { kind: "in" }).list.length).toBe(1_300_001);
  });

  test("a single string of 10 MB", () => {
    expect(parseExpression(`'${"''\\n".repeat(2_500_000)}'`)).toMatchObject({ kind: "string", value: "'\n".repeat(2_500_000) });
  });
});

function failure(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

test("a SET without a key is told at a place that there is", () => {
  expect(failure(() => parseStatement("SET ="))).toMatchObject({ condition: "INVALID_SET_SYNTAX", span: { start: 4, end: 4 } });
});

describe("any text parses or gives an error that is meant for users", () => {
  const words = ["SELECT", "FROM", "WHERE", "(", ")", ",", "a", "t", "1", "1.5", "'s'", "`q`", "AND", "OR", "NOT", "IN", "BETWEEN", "CASE", "WHEN", "THEN", "END", "GROUP BY", "ORDER BY", "LIMIT", "UNION", "VALUES", "JOIN", "ON", "AS", "OVER", "PARTITION BY", "CAST", "INTERVAL", "DAY", "TO", "+", "-", "*", "/", "=", "<", ">", ">>", "[", "]", ".", "::", "->", "=>", ":", "?", "/*+", "*/", "INSERT INTO", "CREATE TABLE", "USING", "SET", "SHOW", "ALTER TABLE", "DESCRIBE", "MERGE INTO", "WITH", "EXCEPT", "ALL", "LATERAL VIEW", "PIVOT", "FOR", "STRUCT", "ARRAY", "MAP", "EXTRACT", "TRIM", "IDENTIFIER", ";", "|>", "EXISTS"];
  const text = oneof(string({ unit: "grapheme", maxLength: 40 }), array(constantFrom(...words), { maxLength: 25 }).map((parts) => parts.join(" ")), array(constantFrom(...words), { maxLength: 15 }).map((parts) => `SELECT ${parts.join(" ")}`));

  test.each([
    ["parseStatement", parseStatement],
    ["parseScript", parseScript],
    ["parseExpression", parseExpression],
    ["parseDataType", parseDataType],
  ])("%s", (_name, parse: (text: string) => unknown) => {
    assert(
      property(text, (sql) => {
        const error = failure(() => parse(sql));
        if (error === undefined) return true;
        if (!(error instanceof SparrowError)) throw error;
        const { start, end } = error.span ?? { start: 0, end: 0 };
        return error.message !== "" && 0 <= start && start <= end && end <= sql.length;
      }),
      { numRuns: 1500, seed: 20_260 },
    );
  });
});
