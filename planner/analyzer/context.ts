import type { Column, Expr } from "../../catalog/expression.ts";
import type { FunctionSignature } from "../../catalog/functions/signature.ts";
import type { TableSnapshot } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import type { Query } from "../../parser/ast.ts";
import type { LogicalPlan } from "../logical.ts";
import type { TableReference } from "./table-names.ts";

/** Everything that analysis may look at beside the syntax tree. Analysis itself does no I/O and reads no clock. */
export interface AnalysisContext {
  /** What a name of `collectTableNames` stands for; undefined: there is no such table or view. Providers have been asked before. */
  readonly lookupTable: (reference: TableReference) => TableLookup | undefined;
  readonly settings: AnalysisSettings;
  readonly lookupFunction: (name: string) => FunctionSignature | undefined;
  /** Values of an expression without columns; raises what the expression raises. */
  readonly evaluate: (expr: Expr) => Value;
  readonly parameters?: Parameters;
  /** A session variable by its own name, in any case. */
  readonly lookupVariable?: (name: string) => VariableValue | undefined;
  readonly session: SessionFacts;
  /** A number not given before within this query: column and CTE ids. */
  readonly nextId: () => number;
}

export type TableLookup =
  | { readonly kind: "table"; readonly snapshot: TableSnapshot }
  /** `settings` are those that the view was made under. */
  | { readonly kind: "view"; readonly query: Query; readonly columns?: readonly string[]; readonly settings: AnalysisSettings; readonly isTemporary?: boolean };

/** Values for `:name` and `?`. */
export interface Parameters {
  readonly named: ReadonlyMap<string, TypedValue>;
  readonly positional: readonly TypedValue[];
}

export interface TypedValue {
  readonly type: DataType;
  readonly value: Value;
}

/** A session variable as it stands when a query begins. */
export interface VariableValue extends TypedValue {
  /** In lower case. */
  readonly name: string;
}

/** Pinned once per query, so that every mention gives the same value. */
export interface SessionFacts {
  /** Microseconds since 1970-01-01T00:00 UTC. */
  readonly timestamp: bigint;
  /** Days since 1970-01-01 in the session's time zone. */
  readonly date: number;
  readonly user: string;
  readonly catalog: string;
  readonly database: string;
}

/** Settings that decide what a statement means, under Spark's names; see `analysisSettings`. */
export interface AnalysisSettings {
  /** spark.sql.ansi.enabled */
  readonly ansi: boolean;
  /** spark.sql.session.timeZone */
  readonly timeZone: string;
  /** spark.sql.groupByOrdinal */
  readonly groupByOrdinal: boolean;
  /** spark.sql.orderByOrdinal */
  readonly orderByOrdinal: boolean;
  /** spark.sql.groupByAliases */
  readonly groupByAliases: boolean;
  /** spark.sql.lateralColumnAlias.enableImplicitResolution */
  readonly lateralColumnAlias: boolean;
  /** spark.sql.timestampType */
  readonly timestampType: "timestamp" | "timestamp_ntz";
  /** spark.sql.storeAssignmentPolicy */
  readonly storeAssignment: "ansi" | "legacy" | "strict";
  /** spark.sql.readSideCharPadding */
  readonly padsChar: boolean;
}

/** Reads the settings that analysis needs; a missing one has Spark 4's default. */
export function analysisSettings(setting: (key: string) => string | undefined): AnalysisSettings {
  const flag = (key: string, otherwise: boolean): boolean => {
    const value = setting(key)?.trim().toLowerCase();
    return value === undefined ? otherwise : value === "true";
  };
  const policy = setting("spark.sql.storeAssignmentPolicy")?.toLowerCase();
  return {
    ansi: flag("spark.sql.ansi.enabled", true),
    timeZone: setting("spark.sql.session.timeZone") ?? "UTC",
    groupByOrdinal: flag("spark.sql.groupByOrdinal", true),
    orderByOrdinal: flag("spark.sql.orderByOrdinal", true),
    groupByAliases: flag("spark.sql.groupByAliases", true),
    lateralColumnAlias: flag("spark.sql.lateralColumnAlias.enableImplicitResolution", true),
    timestampType: setting("spark.sql.timestampType")?.toUpperCase() === "TIMESTAMP_NTZ" ? "timestamp_ntz" : "timestamp",
    storeAssignment: policy === "legacy" || policy === "strict" ? policy : "ansi",
    padsChar: flag("spark.sql.readSideCharPadding", true),
  };
}

/** A query with every name, type and cast settled. `columns` are the plan's output columns under the names that the user sees. */
export interface AnalyzedQuery {
  readonly plan: LogicalPlan;
  readonly columns: readonly Column[];
}
