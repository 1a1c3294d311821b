import type { CallExpr, CastExpr, Column, ColumnExpr, EvalMode, Expr, LiteralExpr } from "../../catalog/expression.ts";
import { columnExpr, isNullable } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { BOOLEAN } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";

let nextId = 1;

export function column(type: DataType, nullable = true): Column {
  return { id: nextId, name: `c${nextId++}`, type, nullable };
}

export function ref(of: Column): ColumnExpr {
  return columnExpr(of);
}

export function literal(value: Value, type: DataType): LiteralExpr {
  return { kind: "literal", type, value };
}

export function call(name: string, args: readonly Expr[], type: DataType = BOOLEAN, mode: EvalMode = "ansi"): CallExpr {
  return { kind: "call", name, args, type, nullable: mode !== "ansi" || args.some(isNullable), mode };
}

export function cast(input: Expr, type: DataType, mode: EvalMode = "ansi"): CastExpr {
  return { kind: "cast", input, type, nullable: true, mode };
}

export function cases(branches: readonly (readonly [Expr, Expr])[], otherwise: Expr, type: DataType): Expr {
  const values = [...branches.map(([, then]) => then), otherwise];
  return { kind: "case", branches: branches.map(([when, then]) => ({ when, then })), otherwise, type, nullable: values.some(isNullable) };
}

export function inList(input: Expr, list: readonly Expr[]): Expr {
  return { kind: "in", input, list, nullable: isNullable(input) || list.some(isNullable) };
}

/** All pairs. */
export function pairs<A, B>(a: readonly A[], b: readonly B[]): [A, B][] {
  return a.flatMap((x) => b.map((y): [A, B] => [x, y]));
}
