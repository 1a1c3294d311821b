import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { StructField } from "../../catalog/types.ts";
import { parseQuery } from "../../parser/parse.ts";
import type { TableLookup } from "../../planner/analyzer/context.ts";
import { analyzeQuery } from "../../planner/analyzer/queries.ts";
import { checkPlan } from "../../planner/plan-invariants.ts";
import { HITS } from "../schemas/clickbench.ts";
import { TPCDS_TABLES } from "../schemas/tpcds.ts";
import { contextOf, emptyTable } from "./table-shapes.ts";

const CORPUS = new URL("../../../shared/corpus/", import.meta.url);

/** The number of columns of the analyzed query, whose plan must hold all invariants. */
function analyzedWidth(sql: string, tables: Readonly<Record<string, readonly StructField[]>>): number {
  const lookups = new Map<string, TableLookup>(Object.entries(tables).map(([name, columns]) => [name, { kind: "table", snapshot: emptyTable(name, columns) }]));
  const { plan, columns } = analyzeQuery(parseQuery(sql), contextOf(lookups));
  checkPlan(plan);
  return columns.length;
}

const tpcds = new URL("tpcds/", CORPUS);
const tpcdsFiles = existsSync(tpcds) ? readdirSync(tpcds) : [];
test.skipIf(tpcdsFiles.length === 0)("TPC-DS analyzes (skipped where ../shared/corpus is absent)", () => {
  const widths = tpcdsFiles.map((file) => analyzedWidth(readFileSync(new URL(file, tpcds), "utf8"), TPCDS_TABLES));
  expect(Math.min(...widths)).toBeGreaterThan(0);
});

const clickbench = new URL("clickbench/queries.sql", CORPUS);
test.skipIf(!existsSync(clickbench))("ClickBench analyzes (skipped where ../shared/corpus is absent)", () => {
  expect(HITS.length).toBe(105);
  const queries = readFileSync(clickbench, "utf8").trim().split("\n");
  const widths = queries.map((query) => analyzedWidth(query.replace(/;$/, ""), { hits: HITS }));
  expect(Math.min(...widths)).toBeGreaterThan(0);
});
