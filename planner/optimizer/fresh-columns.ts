import type { Column, ColumnId, Expr } from "../../catalog/expression.ts";
import type { LogicalPlan } from "../logical.ts";
import { inputsOf } from "../logical.ts";
import { mapChainOperands } from "./expression-traversal.ts";
import { mapExpressions, withInputs } from "./plan-traversal.ts";

/**
 * A copy of the plan in which every column that it produces has a new id: what makes it legal to use a subplan twice.
 * Columns that it reads from outside keep theirs. `renamed`: new column id by old one.
 */
export function withFreshColumns(plan: LogicalPlan, nextColumnId: () => ColumnId): { readonly plan: LogicalPlan; readonly renamed: ReadonlyMap<ColumnId, ColumnId> } {
  const renamed = new Map<ColumnId, ColumnId>();
  // A column that is passed through under its own id already has its new one.
  const fresh = (column: Column): Column => {
    const known = renamed.get(column.id);
    if (known !== undefined) return { ...column, id: known };
    const id = nextColumnId();
    renamed.set(column.id, id);
    return { ...column, id };
  };
  return { plan: new Copier(renamed, fresh, nextColumnId).copy(plan), renamed };
}

/** The expression over renamed columns. */
export function renameColumns(expr: Expr, renamed: ReadonlyMap<ColumnId, ColumnId>): Expr {
  if (expr.kind === "column") {
    const id = renamed.get(expr.id);
    return id === undefined ? expr : { ...expr, id };
  }
  return mapChainOperands(expr, (operand) => renameColumns(operand, renamed));
}

class Copier {
  readonly #renamed: ReadonlyMap<ColumnId, ColumnId>;
  readonly #fresh: (column: Column) => Column;
  readonly #nextId: () => number;
  /** New ids of the CTEs inside of the copied plan; references to others keep theirs. */
  readonly #ctes = new Map<number, number>();

  constructor(renamed: ReadonlyMap<ColumnId, ColumnId>, fresh: (column: Column) => Column, nextId: () => number) {
    this.#renamed = renamed;
    this.#fresh = fresh;
    this.#nextId = nextId;
  }

  copy(plan: LogicalPlan): LogicalPlan {
    if (plan.kind === "cte") this.#ctes.set(plan.id, this.#nextId());
    // Inputs from left to right: the right side of a dependent join reads columns of the left one, a CTE's body those of its definition.
    const inputs: LogicalPlan[] = [];
    for (const input of inputsOf(plan)) inputs.push(this.copy(input));
    return this.#withFreshOutput(mapExpressions(withInputs(plan, inputs), (expr) => (plan.kind === "scan" ? expr : renameColumns(expr, this.#renamed))));
  }

  #withFreshOutput(node: LogicalPlan): LogicalPlan {
    const fresh = this.#fresh;
    const renamedId = (id: ColumnId): ColumnId => this.#renamed.get(id) ?? id;
    switch (node.kind) {
      case "scan":
        return mapExpressions({ ...node, columns: node.columns.map((c) => ({ ...c, column: fresh(c.column) })) }, (expr) => renameColumns(expr, this.#renamed));
      case "values":
      case "expand":
      case "generate":
        return { ...node, columns: node.columns.map(fresh) };
      case "cteReference":
        return { ...node, id: this.#ctes.get(node.id) ?? node.id, columns: node.columns.map(fresh), source: node.source.map(renamedId) };
      case "range":
        return { ...node, column: fresh(node.column) };
      case "project":
        return { ...node, outputs: node.outputs.map((o) => ({ ...o, column: fresh(o.column) })) };
      case "aggregate":
        return { ...node, keys: node.keys.map((k) => ({ ...k, column: fresh(k.column) })), calls: node.calls.map((c) => ({ ...c, column: fresh(c.column) })) };
      case "window":
        return { ...node, calls: node.calls.map((c) => ({ ...c, column: fresh(c.column) })) };
      case "join":
        return node.mark === undefined ? node : { ...node, mark: fresh(node.mark) };
      case "setOperation":
        return { ...node, columns: node.columns.map(fresh), inputs: node.inputs.map((input) => ({ ...input, columns: input.columns.map(renamedId) })) };
      case "cte":
        return { ...node, id: this.#ctes.get(node.id) ?? node.id };
      case "filter":
      case "sort":
      case "limit":
      case "sample":
      case "repartition":
        return node;
    }
  }
}
