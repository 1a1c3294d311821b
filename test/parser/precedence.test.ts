import { describe, expect, test } from "vitest";
import type { AstExpr } from "../../parser/ast.ts";
import { parseExpression } from "../../parser/parse.ts";

/** The grouping of an expression, written out. */
function grouping(expr: AstExpr): string {
  switch (expr.kind) {
    case "binary_op":
      return `(${grouping(expr.left)} ${expr.operator} ${grouping(expr.right)})`;
    case "unary":
      return `(${expr.operator} ${grouping(expr.operand)})`;
    case "name":
      return expr.name.parts.map((part) => part.name).join(".");
    case "number":
      return expr.text + expr.suffix;
    case "isNull":
      return `(${grouping(expr.operand)} is null)`;
    case "between":
      return `(${grouping(expr.operand)} between ${grouping(expr.low)} ${grouping(expr.high)})`;
    case "like":
      return `(${grouping(expr.operand)} ${expr.negated ? "not " : ""}${expr.operator} ${grouping(expr.pattern)})`;
    case "in":
      return `(${grouping(expr.operand)} in ${expr.list.map(grouping).join(" ")})`;
    case "cast":
      return `(${grouping(expr.operand)} as ${expr.type.kind})`;
    case "index":
      return `(${grouping(expr.base)} at ${grouping(expr.index)})`;
    case "field":
      return `(${grouping(expr.base)} . ${expr.name.name})`;
    default:
      return expr.kind;
  }
}

describe("operators group as in Spark", () => {
  test.each([
    ["a = 1 OR b = 2 AND c = 3", "((a = 1) or ((b = 2) and (c = 3)))"],
    ["a OR b AND c OR d", "((a or (b and c)) or d)"],
    ["NOT a AND b", "((not a) and b)"],
    ["NOT a = b", "(not (a = b))"],
    ["NOT (a + b) > 5", "(not ((a + b) > 5))"],
    ["NOT a IS NULL", "(not (a is null))"],
    ["! a LIKE b", "(not (a like b))"],
    ["a + b * c - d", "((a + (b * c)) - d)"],
    ["a - b - c", "((a - b) - c)"],
    ["a || b + c", "((a || b) + c)"],
    ["a || b * c", "(a || (b * c))"],
    ["a NOT LIKE b || c", "(a not like (b || c))"],
    ["a BETWEEN b + 1 AND c AND d", "((a between (b + 1) c) and d)"],
    ["a | b ^ c & d << e + f", "(a | (b ^ (c & (d << (e + f)))))"],
    ["a >> b >>> c", "((a >> b) >>> c)"],
    ["a < b = c", "((a < b) = c)"],
    ["a = b IS NULL", "((a = b) is null)"],
    ["a = b IN (1, 2)", "((a = b) in 1 2)"],
    ["-a * b", "((- a) * b)"],
    ["-1 + - 2", "(-1 + -2)"],
    ["a -1", "(a - 1)"],
    ["- - a", "(- (- a))"],
    ["-1::int", "(-1 as int)"],
    ["-a::int", "(- (a as int))"],
    ["a[1][b + 2].c::int", "((((a at 1) at (b + 2)) . c) as int)"],
    ["a DIV b % c", "((a div b) % c)"],
    ["a AND b AND c", "((a and b) and c)"],
    ["a AND b AND c AND d", "((a and b) and (c and d))"],
    ["a AND (b AND (c AND d))", "(a and (b and (c and d)))"],
    ["a || b || c || d", "(((a || b) || c) || d)"],
    ["a <=> b != c", "((a <=> b) <> c)"],
  ])("%s", (text, expected) => {
    expect(grouping(parseExpression(text))).toBe(expected);
  });
});
