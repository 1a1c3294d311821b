import type { Span } from "../../catalog/errors.ts";
import type { Column, ColumnId, Expr } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import type { ExprEnvironment } from "./environment.ts";
import type { AnalysisContext } from "./context.ts";
import type { CommonTables } from "./common-tables.ts";
import type { PrettyNames } from "./column-names.ts";

/** A column that names can mean. */
export interface ScopeColumn {
  readonly column: Column;
  /** As shown to the user. */
  readonly name: string;
  /** Of the relation, outermost first: `[spark_catalog, db, t]`, `[alias]`; empty for none. */
  readonly qualifier: readonly string[];
  /** Not part of `*` and found under a qualifier only: a USING column of the side that is not shown. */
  readonly qualifiedOnly?: boolean;
  /** Not part of `*`, and found by its name all the same: `_metadata`. */
  readonly hidden?: true;
}

/** Part of `*`. */
export function isShown({ qualifiedOnly, hidden }: ScopeColumn): boolean {
  return qualifiedOnly !== true && hidden !== true;
}

export type Scope = readonly ScopeColumn[];

const byName = new WeakMap<Scope, ReadonlyMap<string, Scope>>();

/** The columns of this name, given in lower case. The index is made once per scope: wide tables meet long conditions. */
export function columnsNamed(scope: Scope, lowerName: string): Scope {
  let index = byName.get(scope);
  if (index === undefined) {
    index = Map.groupBy(scope, (c) => c.name.toLowerCase());
    byName.set(scope, index);
  }
  return index.get(lowerName) ?? EMPTY_SCOPE;
}

export const EMPTY_SCOPE: Scope = [];

export function scopeOf(columns: readonly Column[], qualifier: readonly string[] = []): Scope {
  return columns.map((column) => ({ column, name: column.name, qualifier }));
}

/** The columns of an enclosing query, as a subquery or LATERAL relation sees them. */
export interface OuterScope {
  readonly scope: Scope;
  readonly outer: OuterScope | undefined;
  /** Ids that the inner query read: it is correlated when there is one. */
  readonly used: Set<ColumnId>;
  /** Every mention of them, by name: how Spark shows a correlated subquery. */
  readonly mentions: string[];
  /** Where the outer query has groups: what its aggregates are resolved in. */
  readonly aggregating?: ExprEnvironment;
}

/** What a query sees of its surroundings. */
export interface QueryEnvironment {
  readonly context: AnalysisContext;
  readonly pretty: PrettyNames;
  readonly commonTables: CommonTables | undefined;
  readonly outer: OuterScope | undefined;
  /** A column selected twice has two ids; the second is here with the first, for as names they are not ambiguous. */
  readonly duplicates: Map<ColumnId, ColumnId>;
  /** Columns that are padded, as their tables declare them. */
  readonly charTypes: Map<ColumnId, DataType>;
  /** Names of the views being expanded, outermost first. */
  readonly views: readonly string[];
  /** Whether the whole query names `_metadata`: only then do its tables have it. Undefined outside of a query. */
  readonly readsFileMetadata?: boolean;
}

/** A lookup of names that are not columns of the relation: select list aliases, parameters of lambdas. `span` is where the name stands. */
export type AliasLookup = (name: string, span: Span) => Expr | undefined;

export function isOuterColumn(id: ColumnId, outer: OuterScope | undefined): boolean {
  for (let o = outer; o !== undefined; o = o.outer) if (o.used.has(id)) return true;
  return false;
}
