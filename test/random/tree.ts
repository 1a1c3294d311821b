import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";

/**
 * Typed trees of random queries, printed in both dialects. `type` is Spark's result type. `bound` limits the magnitude of a numeric value
 * (not its unscaled form): it keeps queries free of overflow. `exact` is false where the order of summation or the last bit may differ, so
 * that such a value is only ever shown, never compared, grouped or sorted by.
 */
interface Typed {
  readonly type: DataType;
  readonly bound: number;
  readonly exact: boolean;
}

export type Expr = Typed &
  (
    | { readonly kind: "column"; readonly relation: string; readonly name: string }
    | { readonly kind: "literal"; readonly value: Value }
    /** `name` is Spark's: an operator (`+`, `LIKE`, `IS NULL`) or a function. */
    | { readonly kind: "call"; readonly name: string; readonly args: readonly Expr[] }
    | { readonly kind: "cast"; readonly input: Expr }
    | { readonly kind: "case"; readonly branches: readonly { readonly when: Expr; readonly then: Expr }[]; readonly otherwise: Expr | undefined }
    | { readonly kind: "in"; readonly input: Expr; readonly list: readonly Expr[]; readonly negated: boolean }
    | { readonly kind: "aggregate"; readonly name: string; readonly distinct: boolean; readonly args: readonly Expr[]; readonly filter: Expr | undefined }
    | { readonly kind: "window"; readonly name: string; readonly args: readonly Expr[]; readonly ignoreNulls: boolean; readonly over: Over }
    | { readonly kind: "scalarSubquery"; readonly query: Query }
    | { readonly kind: "exists"; readonly query: Query; readonly negated: boolean }
    | { readonly kind: "inSubquery"; readonly input: Expr; readonly query: Query; readonly negated: boolean }
  );

export interface Over {
  readonly partition: readonly Expr[];
  readonly order: readonly SortKey[];
  /** As both dialects write it. */
  readonly frame: string | undefined;
}

export interface SortKey {
  readonly key: Expr;
  readonly descending: boolean;
  /** Undefined: the dialect's default, NULLs first when ascending, last when descending. */
  readonly nulls: "first" | "last" | undefined;
}

export type JoinType = "inner" | "left" | "right" | "full" | "cross" | "left semi" | "left anti";

export type Source =
  | { readonly kind: "table"; readonly table: string; readonly alias: string }
  | { readonly kind: "derived"; readonly query: Query; readonly alias: string }
  | { readonly kind: "join"; readonly type: JoinType; readonly left: Source; readonly right: Source; readonly on: Expr | undefined };

export interface SelectItem {
  readonly name: string;
  readonly expr: Expr;
}

export interface Grouping {
  readonly kind: "plain" | "rollup" | "cube";
  readonly keys: readonly Expr[];
}

export interface Select {
  readonly kind: "select";
  readonly distinct: boolean;
  readonly items: readonly SelectItem[];
  readonly from: Source;
  readonly where: Expr | undefined;
  readonly grouping: Grouping | undefined;
  readonly having: Expr | undefined;
  readonly tail: Tail | undefined;
}

export interface SetOperation {
  readonly kind: "set";
  readonly operator: "UNION" | "UNION ALL" | "INTERSECT" | "INTERSECT ALL" | "EXCEPT" | "EXCEPT ALL";
  readonly left: Query;
  readonly right: Query;
  readonly tail: Tail | undefined;
}

/** A query whose source is named once and used in the body, perhaps twice. */
export interface With {
  readonly kind: "with";
  readonly name: string;
  readonly definition: Query;
  readonly body: Query;
}

export type Query = Select | SetOperation | With;

/** ORDER BY all output columns by position, then LIMIT and OFFSET: so that what is cut off is the same in both systems. */
export interface Tail {
  readonly descending: readonly boolean[];
  readonly limit: number | undefined;
  readonly offset: number | undefined;
}

/** The output columns of a query, by Spark's types. */
export function outputs(query: Query): readonly SelectItem[] {
  switch (query.kind) {
    case "select":
      return query.items;
    case "set":
      return outputs(query.left);
    case "with":
      return outputs(query.body);
  }
}
