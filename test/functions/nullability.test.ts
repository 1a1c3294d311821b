import { describe, expect, test } from "vitest";
import { isNullable } from "../../catalog/expression.ts";
import { parseStatement } from "../../parser/parse.ts";
import { analyzeQuery } from "../../planner/analyzer/queries.ts";
import { contextOf } from "../analyzer/table-shapes.ts";

/** Whether the analyzed column can be NULL; nothing is folded. */
function nullable(expression: string): boolean {
  const statement = parseStatement(`SELECT ${expression} FROM range(1)`);
  if (statement.kind !== "select") throw new Error("not a query");
  const { plan } = analyzeQuery(statement.query, contextOf(new Map(), { evaluate: () => 0 }));
  if (plan.kind !== "project") throw new Error(`a ${plan.kind} instead of a projection`);
  return isNullable(plan.outputs[0].expr);
}

describe("what can be NULL", () => {
  test.each(["try_divide(id, id)", "try_add(id, id)", "try_cast(cast(id as string) as int)", "try_element_at(array(id), 2)", "map(id, id)[2]", "array(id)[2]", "nullif(id, 1)", "max(id)", "ln(id)"])("%s can", (expression) => {
    expect(nullable(expression)).toBe(true);
  });

  test.each(["id + 1", "id / 2", "count(id)", "array(id)", "isnull(id)", "id <=> NULL", "coalesce(nullif(id, 1), 2)", "concat(cast(id as string), 'x')", "hash(id)"])("%s cannot", (expression) => {
    expect(nullable(expression)).toBe(false);
  });
});
