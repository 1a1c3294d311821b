import type { StructField } from "../../catalog/types.ts";
import type { TableSnapshot } from "../../catalog/table.ts";
import type { AnalysisContext, AnalysisSettings, TableLookup } from "../../planner/analyzer/context.ts";
import { analysisSettings } from "../../planner/analyzer/context.ts";
import { lookupFunction } from "../../catalog/functions/registry.ts";
import type { Expr } from "../../catalog/expression.ts";
import type { Value } from "../../catalog/values.ts";

/** A table without rows: all that analysis needs to know. */
export function emptyTable(name: string, columns: readonly StructField[]): TableSnapshot {
  return { name, version: "1", columns, splits: [], statistics: { rows: undefined, bytes: undefined, columns: new Map() } };
}

/** A context over tables by lower-case name. */
export function contextOf(tables: ReadonlyMap<string, TableLookup>, options: { readonly settings?: AnalysisSettings; readonly evaluate?: (expr: Expr) => Value } = {}): AnalysisContext {
  let id = 0;
  return {
    settings: options.settings ?? analysisSettings(() => undefined),
    lookupFunction,
    lookupTable: ({ name }) => tables.get(name.map((part) => part.toLowerCase()).join(".")),
    evaluate:
      options.evaluate ??
      ((expr) => {
        throw new Error(`no constant is folded here: ${expr.kind}`);
      }),
    session: { timestamp: 1_700_000_000_000_000n, date: 19_675, user: "tester", catalog: "spark_catalog", database: "default" },
    nextId: () => ++id,
  };
}
