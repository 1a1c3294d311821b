import type { Span } from "./errors.ts";
import { mapFields, mapItems } from "./structural-sharing.ts";
import type { DataType } from "./types.ts";
import type { Value } from "./values.ts";

/** Identity of a column within one query; never reused, and never looked up by name after analysis. */
export type ColumnId = number;

export interface Column {
  readonly id: ColumnId;
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
}

/**
 * What happens to a value outside of the result's range: `ansi` raises Spark's error, `legacy` gives NULL or wraps as Spark does with
 * `spark.sql.ansi.enabled=false`, `try` gives NULL.
 */
export type EvalMode = "ansi" | "legacy" | "try";

/**
 * A resolved, typed scalar expression. Operators are calls of the registry's function of that name (`+`, `=`, `and`, `isnull`, `like`, ...);
 * only what has evaluation rules of its own has a node of its own. Arguments already have the exact types that the function takes:
 * the analyzer has put every implicit cast in place. Subqueries never appear here: analysis turns them into joins and columns.
 *
 * Evaluation order: `and`, `or`, `coalesce` and `case` evaluate left to right and only as far as they must; everything else evaluates all
 * arguments. An expression may raise only for the rows that reach it.
 */
export type Expr = LiteralExpr | ColumnExpr | CallExpr | CastExpr | CaseExpr | InExpr | LambdaExpr;

export interface LiteralExpr {
  readonly kind: "literal";
  readonly type: DataType;
  readonly value: Value;
}

export interface ColumnExpr {
  readonly kind: "column";
  readonly id: ColumnId;
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
}

export interface CallExpr {
  readonly kind: "call";
  /** The registry's name, lower case. */
  readonly name: string;
  readonly args: readonly Expr[];
  readonly type: DataType;
  readonly nullable: boolean;
  readonly mode: EvalMode;
  /** Where the call stands in the statement: for errors at run time. */
  readonly span?: Span;
}

export interface CastExpr {
  readonly kind: "cast";
  readonly input: Expr;
  readonly type: DataType;
  readonly nullable: boolean;
  readonly mode: EvalMode;
  readonly span?: Span;
}

/** Searched CASE; `if`, simple CASE, `nvl2` and the like are lowered to it. `otherwise` is a NULL literal when absent. */
export interface CaseExpr {
  readonly kind: "case";
  readonly branches: readonly { readonly when: Expr; readonly then: Expr }[];
  readonly otherwise: Expr;
  readonly type: DataType;
  readonly nullable: boolean;
}

/** `input IN (list)` with SQL's three-valued result; `NOT IN` is `not` around it. All of one type. */
export interface InExpr {
  readonly kind: "in";
  readonly input: Expr;
  readonly list: readonly Expr[];
  readonly nullable: boolean;
}

/** Only as an argument of a higher-order function. Its parameters are columns that the body refers to by id. */
export interface LambdaExpr {
  readonly kind: "lambda";
  readonly parameters: readonly Column[];
  readonly body: Expr;
}

export function typeOf(expr: Expr): DataType {
  switch (expr.kind) {
    case "in":
      return { kind: "boolean" };
    case "lambda":
      return typeOf(expr.body);
    case "literal":
    case "column":
    case "call":
    case "cast":
    case "case":
      return expr.type;
  }
}

export function isNullable(expr: Expr): boolean {
  switch (expr.kind) {
    case "literal":
      return expr.value === null;
    case "lambda":
      return isNullable(expr.body);
    case "column":
    case "call":
    case "cast":
    case "case":
    case "in":
      return expr.nullable;
  }
}

export function columnExpr(column: Column): ColumnExpr {
  return { kind: "column", id: column.id, name: column.name, type: column.type, nullable: column.nullable };
}

/** The direct operands, in evaluation order. */
export function operands(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "literal":
    case "column":
      return [];
    case "call":
      return expr.args;
    case "cast":
      return [expr.input];
    case "case":
      return [...expr.branches.flatMap((b) => [b.when, b.then]), expr.otherwise];
    case "in":
      return [expr.input, ...expr.list];
    case "lambda":
      return [expr.body];
  }
}

/** The same node over other operands; the very same object when `f` keeps every operand. */
export function mapOperands(expr: Expr, f: (operand: Expr) => Expr): Expr {
  switch (expr.kind) {
    case "literal":
    case "column":
      return expr;
    case "call": {
      const args = mapItems(expr.args, f);
      return args === expr.args ? expr : { ...expr, args };
    }
    case "cast":
      return mapFields(expr, ["input"], f);
    case "case": {
      const branches = mapItems(expr.branches, (branch) => mapFields(branch, ["when", "then"], f));
      const otherwise = f(expr.otherwise);
      return branches === expr.branches && otherwise === expr.otherwise ? expr : { ...expr, branches, otherwise };
    }
    case "in": {
      const input = f(expr.input);
      const list = mapItems(expr.list, f);
      return input === expr.input && list === expr.list ? expr : { ...expr, input, list };
    }
    case "lambda":
      return mapFields(expr, ["body"], f);
  }
}

/**
 * The operands of a chain of `and` or `or`, left to right, however it is nested: each is reached only if those before it have not decided. Chains are tens of
 * thousands long in machine-written statements: the walk keeps its own stack.
 */
export function chainOperands(expr: Expr, connective: "and" | "or"): readonly Expr[] {
  const out: Expr[] = [];
  const stack: Expr[] = [expr];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next.kind === "call" && next.name === connective) for (let i = next.args.length - 1; i >= 0; i--) stack.push(next.args[i]);
    else out.push(next);
  }
  return out;
}

/** Bottom-up rewrite. */
export function transformUp(expr: Expr, f: (expr: Expr) => Expr): Expr {
  return f(mapOperands(expr, (operand) => transformUp(operand, f)));
}

/** Ids of the columns that the expression reads, lambda parameters left out. */
export function referencedColumns(expr: Expr, into: Set<ColumnId> = new Set()): Set<ColumnId> {
  if (expr.kind === "column") into.add(expr.id);
  for (const operand of operands(expr)) referencedColumns(operand, into);
  if (expr.kind === "lambda") for (const parameter of expr.parameters) into.delete(parameter.id);
  return into;
}

/** An aggregate function over the rows of a group. */
export interface AggregateCall {
  /** The registry's name, lower case: `sum`, `count`, `count_if`, `collect_list`, ... `count(*)` is `count` with no arguments. */
  readonly name: string;
  readonly args: readonly Expr[];
  readonly distinct: boolean;
  /** FILTER (WHERE ...) */
  readonly filter?: Expr;
  /** WITHIN GROUP (ORDER BY ...) */
  readonly orderBy?: readonly SortKey[];
  readonly type: DataType;
  readonly nullable: boolean;
  readonly mode: EvalMode;
  readonly span?: Span;
}

export interface SortKey {
  readonly expr: Expr;
  readonly ascending: boolean;
  /** Spark: NULLS FIRST for ascending, NULLS LAST for descending, unless said otherwise. */
  readonly nullsFirst: boolean;
}

export type FrameBound =
  | { readonly kind: "unboundedPreceding" }
  | { readonly kind: "unboundedFollowing" }
  | { readonly kind: "currentRow" }
  /** `offset` is a folded, non-negative literal: a row count for ROWS, a value to add to the order key for RANGE. */
  | { readonly kind: "preceding"; readonly offset: LiteralExpr }
  | { readonly kind: "following"; readonly offset: LiteralExpr };

export interface WindowFrame {
  readonly unit: "rows" | "range";
  readonly start: FrameBound;
  readonly end: FrameBound;
}

/** A window function or an aggregate over a window. Partition and order keys belong to the operator. */
export interface WindowCall {
  /** `row_number`, `rank`, `dense_rank`, `percent_rank`, `cume_dist`, `ntile`, `lag`, `lead`, `nth_value`, `first_value`, ... or an aggregate. */
  readonly name: string;
  readonly args: readonly Expr[];
  readonly distinct: boolean;
  readonly filter?: Expr;
  readonly ignoreNulls: boolean;
  readonly frame: WindowFrame;
  readonly type: DataType;
  readonly nullable: boolean;
  readonly mode: EvalMode;
  readonly span?: Span;
}

/** What a call reads of its rows: arguments, FILTER, and the order of WITHIN GROUP. */
export function callOperands(call: AggregateCall | WindowCall): readonly Expr[] {
  const order = "orderBy" in call ? (call.orderBy ?? []) : [];
  return [...call.args, ...(call.filter === undefined ? [] : [call.filter]), ...order.map((key) => key.expr)];
}
