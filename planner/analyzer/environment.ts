import type { AggregateCall, Column, ColumnId, Expr, SortKey, WindowCall } from "../../catalog/expression.ts";
import type { AstExpr, NamedWindow } from "../../parser/ast.ts";
import type { LogicalPlan } from "../logical.ts";
import type { AliasLookup, QueryEnvironment, Scope } from "./scope.ts";

/** What names and calls may be in the clause at hand. */
export interface ExprEnvironment {
  readonly query: QueryEnvironment;
  readonly scope: Scope;
  /** As messages name it: `WHERE`, `GROUP BY`, ... */
  readonly clause: string;
  /** The condition or select item that is being resolved. */
  readonly whole?: AstExpr;
  /** Looked up before columns: parameters of lambdas. */
  readonly lambda?: AliasLookup;
  /** Looked up before columns: output columns, in ORDER BY. */
  readonly aliasesFirst?: AliasLookup;
  /** Looked up after columns: lateral aliases, aliases in GROUP BY and HAVING. */
  readonly aliasesLast?: AliasLookup;
  /** Where aggregate calls go; absent: the clause allows none. */
  readonly aggregates?: AggregateCollector;
  /** Where window calls go; absent: the clause allows none. */
  readonly windows?: WindowCollector;
  /** Where subqueries go; absent: the clause allows none. */
  readonly subqueries?: SubqueryCollector;
  /** grouping() and grouping_id(), where there are grouping sets. */
  readonly grouping?: (call: AstExpr & { kind: "call" }) => Expr;
}

/** Aggregate calls of one SELECT; equal calls share a column. */
export interface AggregateCollector {
  readonly calls: Map<string, { readonly column: Column; readonly call: AggregateCall }>;
  /** For the arguments: what is below the aggregation. */
  readonly inner: ExprEnvironment;
}

export interface PendingWindow {
  readonly column: Column;
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly SortKey[];
  readonly call: WindowCall;
}

export interface WindowCollector {
  readonly named: readonly NamedWindow[];
  readonly calls: Map<string, PendingWindow>;
}

/** A subquery taken out of an expression: the join that gives its column, not yet attached to a plan. */
export interface PendingSubquery {
  readonly join: "single" | "mark" | "semi" | "anti";
  readonly plan: LogicalPlan;
  readonly condition?: Expr;
  readonly mark?: Column;
  readonly dependent: boolean;
  /** Columns outside of the subquery that its plan and the condition read. */
  readonly reads: ReadonlySet<ColumnId>;
}

export interface SubqueryCollector {
  readonly pending: PendingSubquery[];
  /** By the subquery's tree: equal ones share a column. With the text that Spark shows for it. */
  readonly known: Map<string, { readonly expr: Expr; readonly text: string }>;
}
