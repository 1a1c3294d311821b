import type { TableSnapshot } from "../catalog/table.ts";
import type { LogicalPlan, Recursion } from "./logical.ts";
import { inputsOf, mapInputs } from "./logical.ts";

/** Rows that are there, by the version of the table that has stood in for them. */
export type StoredRows = ReadonlyMap<string, TableSnapshot>;

/** The recursive tables that a plan reads, each once; not those that are read by them alone. */
export function recursionsOf(plan: LogicalPlan): readonly { readonly table: TableSnapshot; readonly recursion: Recursion }[] {
  const found = new Map<string, { readonly table: TableSnapshot; readonly recursion: Recursion }>();
  const visit = (node: LogicalPlan): void => {
    if (node.kind === "scan" && node.recursion !== undefined && node.recursion !== "previousRound") found.set(node.table.version, { table: node.table, recursion: node.recursion });
    inputsOf(node).forEach(visit);
  };
  visit(plan);
  return [...found.values()];
}

/** The plan over rows that are there, in place of what has stood in for them. */
export function withStoredRows(plan: LogicalPlan, rows: StoredRows): LogicalPlan {
  const visit = (node: LogicalPlan): LogicalPlan => {
    const table = node.kind === "scan" && node.recursion !== undefined ? rows.get(node.table.version) : undefined;
    if (node.kind !== "scan" || table === undefined) return mapInputs(node, visit);
    return { kind: "scan", table, columns: node.columns, skipBy: node.skipBy };
  };
  return visit(plan);
}

/** How many rows of a table a plan needs: what LIMIT right above says wherever it is read; undefined: all. Source: Spark's LimitPushDown into UnionLoop. */
export function rowsWanted(plan: LogicalPlan, version: string): number | undefined {
  let most = 0;
  const visit = (node: LogicalPlan, limit: number): void => {
    switch (node.kind) {
      case "scan":
        if (node.table.version === version) most = Math.max(most, limit);
        return;
      case "project":
        visit(node.input, limit);
        return;
      case "limit":
        visit(node.input, Math.min(limit, node.limit ?? Number.POSITIVE_INFINITY) + node.offset);
        return;
      case "values":
      case "range":
      case "filter":
      case "aggregate":
      case "expand":
      case "window":
      case "join":
      case "sort":
      case "setOperation":
      case "generate":
      case "sample":
      case "repartition":
      case "cte":
      case "cteReference":
        for (const input of inputsOf(node)) visit(input, Number.POSITIVE_INFINITY);
    }
  };
  visit(plan, Number.POSITIVE_INFINITY);
  return Number.isFinite(most) ? most : undefined;
}
