import { expect, test } from "vitest";
import { SparrowError } from "../../catalog/errors.ts";
import { typeName } from "../../catalog/types.ts";
import type { AstExpr, Statement } from "../../parser/ast.ts";
import { parseExpression, parseStatement } from "../../parser/parse.ts";
import type { AnalysisSettings } from "../../planner/analyzer/context.ts";
import { analysisSettings } from "../../planner/analyzer/context.ts";
import { bindInsert } from "../../planner/analyzer/insert.ts";
import { columnList } from "../schemas/column-list.ts";
import { evaluateConstant } from "./analyze.ts";
import { contextOf } from "./table-shapes.ts";

const FIELDS = columnList("id long!, name varchar(10), price decimal(5;2)");

function bind(sql: string, settings: Partial<AnalysisSettings> = {}): readonly string[] {
  const statement: Statement = parseStatement(sql);
  if (statement.kind !== "insert") throw new Error("no INSERT");
  const defaultOf = (field: { readonly name: string }): AstExpr | undefined => (field.name === "price" ? parseExpression("1.5") : undefined);
  const context = contextOf(new Map(), { settings: { ...analysisSettings(() => undefined), ...settings }, evaluate: evaluateConstant });
  const { plan, columns } = bindInsert({ ...statement, table: ["shop"], fields: FIELDS, defaultOf }, context);
  if (plan.kind !== "project") throw new Error("no projection");
  return columns.map((c, i) => {
    const { expr } = plan.outputs[i];
    return `${c.name}:${typeName(c.type)}${expr.kind === "cast" ? ` from ${typeName(expr.input.kind === "column" ? expr.input.type : c.type)}` : expr.kind === "literal" ? ` ${String(expr.value)}` : ""}`;
  });
}

function condition(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof SparrowError) return error.condition;
    throw error;
  }
  return "no error";
}

test("by position, by list and by name, each value under its column's type", () => {
  expect(bind("INSERT INTO shop VALUES (1, 'x', 2.5)")).toEqual(["id:bigint from int", "name:string", "price:decimal(5,2) from decimal(2,1)"]);
  expect(bind("INSERT INTO shop (name, id) VALUES ('x', 1L)")).toEqual(["id:bigint", "name:string", "price:decimal(5,2) 150"]);
  expect(bind("INSERT INTO shop BY NAME SELECT 'x' AS NAME, 1L AS id")).toEqual(["id:bigint", "name:string", "price:decimal(5,2) 150"]);
});

test("DEFAULT stands for the default of the column at its place", () => {
  expect(bind("INSERT INTO shop VALUES (1L, DEFAULT, DEFAULT)")).toEqual(["id:bigint", "name:string from void", "price:decimal(5,2) from decimal(2,1)"]);
});

test("what does not fit is refused", () => {
  expect(condition(() => bind("INSERT INTO shop VALUES (1, 'x')"))).toBe("INSERT_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS");
  expect(condition(() => bind("INSERT INTO shop VALUES (1, 'x', 2, 3)"))).toBe("INSERT_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS");
  expect(condition(() => bind("INSERT INTO shop (id, nope) VALUES (1, 2)"))).toBe("UNRESOLVED_COLUMN.WITH_SUGGESTION");
  expect(condition(() => bind("INSERT INTO shop (name) VALUES ('x')"))).toBe("INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_FIND_DATA");
  expect(condition(() => bind("INSERT INTO shop VALUES ('1', 'x', 2)"))).toBe("INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST");
  expect(condition(() => bind("INSERT INTO shop VALUES ('1', 'x', 2)", { storeAssignment: "legacy" }))).toBe("no error");
  expect(condition(() => bind("INSERT INTO shop VALUES (1L, 'x', 2.0D)", { storeAssignment: "strict" }))).toBe("INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST");
});
