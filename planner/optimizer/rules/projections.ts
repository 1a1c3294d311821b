import type { ColumnId, Expr } from "../../../catalog/expression.ts";
import { operands } from "../../../catalog/expression.ts";
import { outputOf } from "../../logical.ts";
import { isDeterministic } from "../expression-facts.ts";
import { substitute } from "../expression-traversal.ts";
import { outputIds } from "../plan-traversal.ts";
import type { NodeRule } from "../rule.ts";

/**
 * A projection over a projection is one, when no computed value of the lower one would be computed twice by that.
 * Not across rand() and its like: `SELECT r + r FROM (SELECT rand() AS r FROM t)` has one number per row.
 */
export const collapseProjects: NodeRule = {
  kind: "node",
  name: "CollapseProject",
  apply: (node) => {
    if (node.kind !== "project" || node.input.kind !== "project") return undefined;
    const definitions = new Map<ColumnId, Expr>(node.input.outputs.map((output) => [output.column.id, output.expr]));
    const uses = new Map<ColumnId, number>();
    for (const output of node.outputs) countUses(output.expr, uses);
    for (const [id, expr] of definitions) {
      if (!isDeterministic(expr)) return undefined;
      if ((uses.get(id) ?? 0) > 1 && expr.kind !== "column" && expr.kind !== "literal") return undefined;
    }
    const outputs = node.outputs.map((output) => ({ ...output, expr: substitute(output.expr, definitions) }));
    // A column that the upper one gives anew may still be there below the lower one.
    const below = outputIds(node.input.input);
    if (outputs.some(({ column, expr }) => below.has(column.id) && !(expr.kind === "column" && expr.id === column.id))) return undefined;
    return { kind: "project", input: node.input.input, outputs };
  },
};

function countUses(expr: Expr, uses: Map<ColumnId, number>): void {
  if (expr.kind === "column") uses.set(expr.id, (uses.get(expr.id) ?? 0) + 1);
  // What a lambda reads it reads once per element.
  for (const operand of operands(expr)) {
    countUses(operand, uses);
    if (expr.kind === "lambda") countUses(operand, uses);
  }
}

/** A projection of exactly what is below, in the same order. */
export const removeNoopProjects: NodeRule = {
  kind: "node",
  name: "RemoveNoopOperators",
  apply: (node) => {
    if (node.kind !== "project") return undefined;
    const below = outputOf(node.input);
    const same = below.length === node.outputs.length && node.outputs.every((output, i) => output.column.id === below[i].id && output.expr.kind === "column" && output.expr.id === below[i].id);
    return same ? node.input : undefined;
  },
};
