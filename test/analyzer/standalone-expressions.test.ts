import { expect, test } from "vitest";
import type { Column } from "../../catalog/expression.ts";
import { isNullable, typeOf } from "../../catalog/expression.ts";
import { SparrowError } from "../../catalog/errors.ts";
import { INT, STRING, typeName } from "../../catalog/types.ts";
import { parseExpression } from "../../parser/parse.ts";
import { scopeOf } from "../../planner/analyzer/scope.ts";
import { analyzeCondition, analyzeExpression } from "../../planner/analyzer/standalone-expressions.ts";
import { evaluateConstant } from "./analyze.ts";
import { contextOf } from "./table-shapes.ts";

const COLUMNS: readonly Column[] = [
  { id: 1, name: "a", type: INT, nullable: false },
  { id: 2, name: "s", type: STRING, nullable: true },
];
const CONTEXT = contextOf(new Map(), { evaluate: evaluateConstant });

function conditionOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof SparrowError) return error.condition;
    throw error;
  }
  return "no error";
}

test("an expression over columns, plain or of several relations", () => {
  const sum = analyzeExpression(parseExpression("a + 1.5"), COLUMNS, CONTEXT);
  expect(`${typeName(typeOf(sum))} ${isNullable(sum)}`).toBe("decimal(12,1) false");
  const [target, source] = [scopeOf(COLUMNS, ["target"]), scopeOf([{ id: 3, name: "a", type: INT, nullable: true }], ["source"])];
  const both = analyzeExpression(parseExpression("target.a + source.a"), [...target, ...source], CONTEXT);
  expect(isNullable(both)).toBe(true);
  expect(conditionOf(() => analyzeExpression(parseExpression("a"), [...target, ...source], CONTEXT))).toBe("AMBIGUOUS_REFERENCE");
});

test("a condition is boolean; aggregates, windows and subqueries have no place", () => {
  expect(typeName(typeOf(analyzeCondition(parseExpression("s LIKE 'x%'"), COLUMNS, CONTEXT)))).toBe("boolean");
  expect(conditionOf(() => analyzeCondition(parseExpression("a + 1"), COLUMNS, CONTEXT))).toBe("DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN");
  expect(conditionOf(() => analyzeCondition(parseExpression("sum(a) > 1"), COLUMNS, CONTEXT))).toBe("UNSUPPORTED_EXPR_FOR_OPERATOR");
  expect(conditionOf(() => analyzeCondition(parseExpression("row_number() OVER (ORDER BY a) > 1"), COLUMNS, CONTEXT))).toBe("UNSUPPORTED_EXPR_FOR_OPERATOR");
  expect(conditionOf(() => analyzeCondition(parseExpression("EXISTS (SELECT 1)"), COLUMNS, CONTEXT))).toMatch(/^UNSUPPORTED_SUBQUERY/);
});
