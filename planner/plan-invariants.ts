import { assert } from "../catalog/errors.ts";
import type { Column, ColumnId, Expr } from "../catalog/expression.ts";
import { operands } from "../catalog/expression.ts";
import { sameType, typeName } from "../catalog/types.ts";
import type { LogicalPlan } from "./logical.ts";
import { inputsOf, outputOf } from "./logical.ts";
import { forEachExpression } from "./optimizer/plan-traversal.ts";

/**
 * Holds for every plan between any two rules; raises an InternalError that names what does not:
 * - a column that a node reads is given by one of its inputs (or, right of a dependent join, by the join's left side), with the same type, and as nullable if
 *   it is
 * - no two nodes make a column of the same id; a projection may give a column again that was dropped below it (under an equal value)
 * - a node gives no column twice
 * - CTE references are inside of their CTE and read columns that its definition gives
 */
export function checkPlan(plan: LogicalPlan): void {
  new Checker().check(plan, new Map());
}

/** A rule may change how rows are made, not which columns they have: same ids, in order, of the same types. */
export function checkSameOutput(before: LogicalPlan, after: LogicalPlan): void {
  const [a, b] = [outputOf(before), outputOf(after)];
  const text = (columns: readonly Column[]): string => columns.map((c) => `${c.name}#${c.id}: ${typeName(c.type)}`).join(", ");
  assert(a.length === b.length && a.every((column, i) => column.id === b[i].id && sameType(column.type, b[i].type)), `output changed from (${text(a)}) to (${text(b)})`);
}

type Scope = ReadonlyMap<ColumnId, Column>;

class Checker {
  readonly #made = new Map<ColumnId, string>();
  readonly #ctes = new Map<number, Scope>();

  check(plan: LogicalPlan, outer: Scope): void {
    if (plan.kind === "cte") {
      this.check(plan.definition, outer);
      this.#ctes.set(plan.id, byId(outputOf(plan.definition)));
      this.check(plan.input, outer);
      return;
    }
    if (plan.kind === "join") {
      this.check(plan.left, outer);
      this.check(plan.right, plan.dependent ? new Map([...outer, ...byId(outputOf(plan.left))]) : outer);
    } else for (const input of inputsOf(plan)) this.check(input, outer);

    const inputs = byId(inputsOf(plan).flatMap((input) => [...outputOf(input)]));
    const scope: Scope = plan.kind === "scan" ? byId(outputOf(plan)) : new Map([...outer, ...inputs]);
    forEachExpression(plan, (expr) => this.#checkExpression(plan, expr, scope));
    if (plan.kind === "setOperation")
      for (const input of plan.inputs) {
        assert(input.columns.length === plan.columns.length, "set operation: an input has another number of columns");
        const given = byId(outputOf(input.plan));
        input.columns.forEach((id, i) => {
          const column = given.get(id);
          assert(column !== undefined, `set operation reads #${id}, which its input does not give`);
          assert(sameType(column.type, plan.columns[i].type), `set operation: ${column.name}#${id} is ${typeName(column.type)}, not ${typeName(plan.columns[i].type)}`);
        });
      }
    if (plan.kind === "cteReference") {
      const given = this.#ctes.get(plan.id);
      assert(given !== undefined, `reference to CTE ${plan.name} outside of it`);
      for (const id of plan.source) assert(given.has(id), `CTE ${plan.name} does not give #${id}`);
    }
    if (plan.kind === "project" || plan.kind === "aggregate")
      for (const { column, expr } of plan.kind === "project" ? plan.outputs : plan.keys)
        assert(!inputs.has(column.id) || (expr.kind === "column" && expr.id === column.id), `${plan.kind} gives ${column.name}#${column.id} another value under the same id`);
    for (const column of outputOf(plan)) if (!inputs.has(column.id) && !(plan.kind === "project" && madeBelow(plan.input).has(column.id))) this.#make(plan, column);
    const ids = outputOf(plan).map((column) => column.id);
    assert(new Set(ids).size === ids.length, `${plan.kind} gives a column twice: ${ids.join(", ")}`);
  }

  #make(plan: LogicalPlan, column: Column): void {
    const maker = this.#made.get(column.id);
    assert(maker === undefined, `${column.name}#${column.id} is made by ${maker} and by ${plan.kind}`);
    this.#made.set(column.id, plan.kind);
  }

  #checkExpression(plan: LogicalPlan, expr: Expr, scope: Scope): void {
    if (expr.kind === "column") {
      const column = scope.get(expr.id);
      assert(column !== undefined, `${plan.kind} reads ${expr.name}#${expr.id}, which its inputs do not give`);
      assert(sameType(column.type, expr.type), `${plan.kind} reads ${expr.name}#${expr.id} as ${typeName(expr.type)}, it is ${typeName(column.type)}`);
      assert(expr.nullable || !column.nullable, `${plan.kind} reads ${expr.name}#${expr.id} as not nullable, which it is`);
      return;
    }
    const inner = expr.kind === "lambda" ? new Map([...scope, ...byId(expr.parameters)]) : scope;
    for (const operand of operands(expr)) this.#checkExpression(plan, operand, inner);
  }
}

const madeBelowOf = new WeakMap<LogicalPlan, ReadonlySet<ColumnId>>();

/** Every column that the plan or something inside of it gives. */
function madeBelow(plan: LogicalPlan): ReadonlySet<ColumnId> {
  const known = madeBelowOf.get(plan);
  if (known !== undefined) return known;
  const made = new Set(outputOf(plan).map((column) => column.id));
  for (const input of inputsOf(plan)) for (const id of madeBelow(input)) made.add(id);
  madeBelowOf.set(plan, made);
  return made;
}

function byId(columns: readonly Column[]): Scope {
  return new Map(columns.map((column) => [column.id, column]));
}
