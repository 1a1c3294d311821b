import type { ColumnId, Expr } from "../catalog/expression.ts";
import { columnExpr, isNullable, typeOf } from "../catalog/expression.ts";
import { exprKey } from "./expression-keys.ts";
import type { Assignment } from "./logical.ts";
import { isDeterministic } from "./optimizer/expression-facts.ts";
import type { PhysicalPlan } from "./physical.ts";
import { physicalOutput } from "./physical.ts";

/** Expressions that a node wants to read as columns: equal ones are computed once, in a projection below it. */
export class ComputedColumns {
  readonly #nextColumnId: () => ColumnId;
  readonly #computed = new Map<string, Assignment>();

  constructor(nextColumnId: () => ColumnId) {
    this.#nextColumnId = nextColumnId;
  }

  /** A column of the expression's value; the expression itself where it is a column, a literal, or drawn anew each time. */
  readonly asColumn = (expr: Expr): Expr => {
    if (expr.kind === "column" || expr.kind === "literal" || !isDeterministic(expr)) return expr;
    const key = exprKey(expr);
    const known = this.#computed.get(key) ?? { column: { id: this.#nextColumnId(), name: "computed", type: typeOf(expr), nullable: isNullable(expr) }, expr };
    this.#computed.set(key, known);
    return columnExpr(known.column);
  };

  /** The projection over the input's columns that adds the computed ones; undefined when there are none. */
  outputsOver(input: PhysicalPlan): readonly Assignment[] | undefined {
    if (this.#computed.size === 0) return undefined;
    return [...physicalOutput(input).map((column): Assignment => ({ column, expr: columnExpr(column) })), ...this.#computed.values()];
  }
}
