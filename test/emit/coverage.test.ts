import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { tpchQueries } from "../../bench/tpch/queries.ts";
import type { Expr } from "../../catalog/expression.ts";
import { operands, typeOf } from "../../catalog/expression.ts";
import { typeName } from "../../catalog/types.ts";
import { canEmit } from "../../executor/emit/expression.ts";
import { emittedFunctionNames } from "../../executor/emit/registry.ts";
import { scalarFunction } from "../../executor/functions/implementations.ts";
import type { TableLookup } from "../../planner/analyzer/context.ts";
import { emptyTable } from "../analyzer/table-shapes.ts";
import { planned, TPCDS, TPCH } from "../optimizer/benchmark-tables.ts";
import { HITS } from "../schemas/clickbench.ts";

const CORPUS = new URL("../../../shared/corpus/", import.meta.url);

/** Nodes that have no code although all their operands have, as `name(types)`. */
function unemitted(sql: string, tables: ReadonlyMap<string, TableLookup>, into: Set<string>): void {
  const seen = new Set<object>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    const node = value as Expr;
    if ((node.kind === "call" && "mode" in node) || (node.kind === "cast" && "input" in node && "mode" in node) || node.kind === "in") {
      if (!canEmit(node) && operands(node).every(canEmit)) into.add(`${node.kind === "call" ? node.name : node.kind}(${operands(node).map((o) => typeName(typeOf(o))).join(", ")})`);
    }
    for (const inner of value instanceof Map ? value.values() : Object.values(value)) visit(inner);
  };
  visit(planned(sql, tables).optimized);
}

test("every expression of the TPC-H queries is compiled", () => {
  const missing = new Set<string>();
  for (const { sql } of tpchQueries(1)) unemitted(sql, TPCH, missing);
  expect([...missing]).toEqual([]);
});

const tpcds = new URL("tpcds/", CORPUS);
test.skipIf(!existsSync(tpcds))("every expression of the TPC-DS queries is compiled (skipped where ../shared/corpus is absent)", () => {
  const missing = new Set<string>();
  for (const file of readdirSync(tpcds).filter((name) => name.endsWith(".sql"))) unemitted(readFileSync(new URL(file, tpcds), "utf8"), TPCDS, missing);
  expect([...missing]).toEqual([]);
});

const clickbench = new URL("clickbench/queries.sql", CORPUS);
test.skipIf(!existsSync(clickbench))("of the ClickBench queries, only regular expressions are not compiled (skipped where ../shared/corpus is absent)", () => {
  const missing = new Set<string>();
  const tables = new Map<string, TableLookup>([["hits", { kind: "table", snapshot: emptyTable("hits", HITS) }]]);
  for (const query of readFileSync(clickbench, "utf8").trim().split("\n")) unemitted(query.replace(/;$/, ""), tables, missing);
  expect([...missing]).toEqual(["regexp_replace(string, string, string)"]);
});

test("what is compiled has a TypeScript implementation of the same name, for errors, folding and pipelines without code", () => {
  expect(emittedFunctionNames().filter((name) => scalarFunction(name) === undefined)).toEqual([]);
});
