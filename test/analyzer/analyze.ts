import { SparrowError } from "../../catalog/errors.ts";
import type { Expr } from "../../catalog/expression.ts";
import type { StructField } from "../../catalog/types.ts";
import { typeName } from "../../catalog/types.ts";
import { evaluate } from "../../executor/interpret.ts";
import { parseQuery } from "../../parser/parse.ts";
import type { AnalysisSettings, AnalyzedQuery, TableLookup } from "../../planner/analyzer/context.ts";
import { analysisSettings } from "../../planner/analyzer/context.ts";
import { analyzeQuery } from "../../planner/analyzer/queries.ts";
import type { LogicalPlan } from "../../planner/logical.ts";
import { inputsOf } from "../../planner/logical.ts";
import { checkPlan } from "../../planner/plan-invariants.ts";
import { columnList } from "../schemas/column-list.ts";
import { contextOf, emptyTable } from "./table-shapes.ts";

const POINT: StructField = { name: "p", type: { kind: "struct", fields: [{ name: "x", type: { kind: "int" }, nullable: false }, { name: "y", type: { kind: "int" }, nullable: true }] }, nullable: true };

const TABLES: Readonly<Record<string, readonly StructField[]>> = {
  t: [...columnList("a int!, b int, s string, d decimal(10;2), day date, at timestamp"), POINT, { name: "xs", type: { kind: "array", element: { kind: "int" }, containsNull: false }, nullable: true }],
  u: columnList("a int, c long, s string!"),
};

function lookups(): Map<string, TableLookup> {
  const tables = new Map<string, TableLookup>(Object.entries(TABLES).map(([name, columns]) => [name, { kind: "table", snapshot: emptyTable(name, columns) }]));
  tables.set("v", { kind: "view", query: parseQuery("SELECT a, b + 1 AS b1 FROM t"), columns: ["x", "y"], settings: analysisSettings(() => undefined) });
  tables.set("broken", { kind: "view", query: parseQuery("SELECT no_such_column FROM t"), settings: analysisSettings(() => undefined) });
  return tables;
}

export function evaluateConstant(expr: Expr): ReturnType<typeof evaluate> {
  const noColumns = (): never => {
    throw new Error("a constant reads no column");
  };
  return evaluate(expr, noColumns, { timeZone: "UTC", queryTime: 0n, user: "tester", database: "default", catalog: "spark_catalog" });
}

/** Analyzes over the tables t and u and the views v and broken; the plan holds all invariants. */
export function analyze(sql: string, settings: Partial<AnalysisSettings> = {}): AnalyzedQuery {
  const context = contextOf(lookups(), { settings: { ...analysisSettings(() => undefined), ...settings }, evaluate: evaluateConstant });
  const analyzed = analyzeQuery(parseQuery(sql), context);
  checkPlan(analyzed.plan);
  return analyzed;
}

/** `name:type` per column, with `!` where it is never NULL. */
export function schema(sql: string, settings: Partial<AnalysisSettings> = {}): string {
  return analyze(sql, settings)
    .columns.map((c) => `${c.name}:${typeName(c.type)}${c.nullable ? "" : "!"}`)
    .join(", ");
}

/** The plan's operators, the inputs in parentheses; joins under their kind, with `*` when dependent. */
export function shape(plan: LogicalPlan): string {
  const name = plan.kind === "join" ? `${plan.join}${plan.dependent ? "*" : ""}` : plan.kind === "scan" ? plan.table.name : plan.kind;
  const inputs = inputsOf(plan).map(shape);
  return inputs.length === 0 ? name : `${name}(${inputs.join(", ")})`;
}

/** Condition and the text that the error points at. */
export function failure(sql: string, settings: Partial<AnalysisSettings> = {}): string {
  try {
    analyze(sql, settings);
  } catch (error) {
    if (!(error instanceof SparrowError)) throw error;
    return `${error.condition} at ${error.span === undefined ? "nowhere" : sql.slice(error.span.start, error.span.end)}`;
  }
  return "no error";
}
