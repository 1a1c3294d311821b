import type { Column, Expr } from "../../catalog/expression.ts";
import type { Value } from "../../catalog/values.ts";
import { evaluate } from "../../executor/interpret.ts";
import type { EvalContext } from "../../executor/functions/scalar-function.ts";
import { groupKey } from "../../executor/functions/compare.ts";
import { typeOf } from "../../catalog/expression.ts";

export type Row = readonly Value[];

/** The result of a plan node: rows with a value for every column. */
export interface Relation {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/** Evaluates expressions over rows of the given columns. */
export type RowEvaluator = (expr: Expr, row: Row) => Value;

export function evaluatorOver(columns: readonly Column[], context: EvalContext): RowEvaluator {
  const positions = new Map(columns.map((column, i) => [column.id, i]));
  return (expr, row) =>
    evaluate(
      expr,
      (id) => {
        const position = positions.get(id);
        if (position === undefined) throw new Error(`the plan reads column ${id}, which its input does not give`);
        return row[position];
      },
      context,
    );
}

/** A text equal for rows whose expressions are equal for grouping: NULLs equal, -0.0 = 0.0. */
export function keyOf(exprs: readonly Expr[], row: Row, valueOf: RowEvaluator): string {
  return keyOfValues(
    exprs.map((expr) => valueOf(expr, row)),
    exprs,
  );
}

export function keyOfValues(values: Row, exprs: readonly Expr[]): string {
  return values.map((value, i) => `${value === null ? "null" : typeof value} ${String(groupKey(typeOf(exprs[i]), value))}`).join("\u0001");
}
