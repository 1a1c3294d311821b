import type { AggregateCall, Column, ColumnId, Expr } from "../../../catalog/expression.ts";
import { isNullable, operands } from "../../../catalog/expression.ts";
import { mapItems } from "../../../catalog/structural-sharing.ts";
import type { Assignment, LogicalPlan } from "../../logical.ts";
import { inputsOf, outputOf } from "../../logical.ts";
import { mapChainOperands } from "../expression-traversal.ts";
import { mapExpressions, withInputs } from "../plan-traversal.ts";
import type { PlanRule } from "../rule.ts";

/**
 * Columns that hold no NULL by the statistics of every file are not nullable, and neither is what is computed from them; nor is what an outer
 * join gave that has become an inner one. Compiled code then has no NULL checks, and NOT IN is a plain anti join. Never the other way:
 * a column that can be NULL above an outer join stays so, whatever its table says.
 */
export const updateNullability: PlanRule = {
  kind: "plan",
  name: "UpdateAttributeNullability",
  apply: (plan) => new Updater().update(plan),
};

type NotNull = ReadonlySet<ColumnId>;

class Updater {
  /** Of each CTE met so far, the columns that cannot be NULL. */
  readonly #definitions = new Map<number, NotNull>();

  update(plan: LogicalPlan): LogicalPlan {
    if (plan.kind === "cte") {
      const definition = this.update(plan.definition);
      this.#definitions.set(plan.id, notNullOf(outputOf(definition)));
      const input = this.update(plan.input);
      return definition === plan.definition && input === plan.input ? plan : { ...plan, definition, input };
    }
    const inputs = inputsOf(plan);
    const updated = inputs.map((input) => this.update(input));
    const node = updated.every((input, i) => input === inputs[i]) ? plan : withInputs(plan, updated);
    const known = notNullOf(updated.flatMap((input) => [...outputOf(input)]));
    const rewritten = known.size === 0 ? node : mapExpressions(node, (expr) => withNotNull(expr, known));
    return this.#withOutput(rewritten, known);
  }

  #withOutput(node: LogicalPlan, known: NotNull): LogicalPlan {
    switch (node.kind) {
      case "scan": {
        const columns = mapItems(node.columns, (c) => (c.column.nullable && node.table.statistics.columns.get(c.field)?.nulls === 0 ? { ...c, column: notNull(c.column) } : c));
        return columns === node.columns ? node : { ...node, columns };
      }
      case "project": {
        const outputs = mapItems(node.outputs, tightened);
        return outputs === node.outputs ? node : { ...node, outputs };
      }
      case "aggregate": {
        const keys = mapItems(node.keys, tightened);
        const calls = mapItems(node.calls, (c) => {
          const call = node.keys.length > 0 ? tightenedCall(c.call) : c.call;
          return call === c.call ? c : { column: notNull(c.column), call };
        });
        return keys === node.keys && calls === node.calls ? node : { ...node, keys, calls };
      }
      case "cteReference": {
        const definition = this.#definitions.get(node.id);
        const columns = mapItems(node.columns, (column, i) => (column.nullable && definition?.has(node.source[i]) ? notNull(column) : column));
        return columns === node.columns ? node : { ...node, columns };
      }
      case "setOperation": {
        const columns = mapItems(node.columns, (column, i) => (column.nullable && node.operation === "union" && node.inputs.every((input) => known.has(input.columns[i])) ? notNull(column) : column));
        return columns === node.columns ? node : { ...node, columns };
      }
      case "expand": {
        const columns = mapItems(node.columns, (column, i) => (column.nullable && node.projections.every((p) => !isNullable(p[i])) ? notNull(column) : column));
        return columns === node.columns ? node : { ...node, columns };
      }
      case "values":
      case "range":
      case "filter":
      case "window":
      case "join":
      case "sort":
      case "limit":
      case "generate":
      case "sample":
      case "repartition":
      case "cte":
        return node;
    }
  }
}

function notNullOf(columns: readonly Column[]): NotNull {
  return new Set(columns.filter((column) => !column.nullable).map((column) => column.id));
}

function notNull(column: Column): Column {
  return { ...column, nullable: false };
}

function tightened(output: Assignment): Assignment {
  return output.column.nullable && !isNullable(output.expr) ? { ...output, column: notNull(output.column) } : output;
}

/** Over the rows of a group, of which there is at least one. */
const NULL_ONLY_OF_NULLS: ReadonlySet<string> = new Set(["sum", "min", "max", "avg"]);

function tightenedCall(call: AggregateCall): AggregateCall {
  const never = call.nullable && call.mode === "ansi" && call.filter === undefined && NULL_ONLY_OF_NULLS.has(call.name) && call.args.every((arg) => !isNullable(arg));
  return never ? { ...call, nullable: false } : call;
}

/** Calls that are NULL only for a NULL argument, in ANSI mode: they raise instead. */
const NULL_ONLY_OF_NULL: ReadonlySet<string> = new Set([
  ..."= <> != < <= > >= and or not + - * / % div negative abs like startswith endswith contains upper lower trim length substring".split(" "),
  ..."year month day quarter hour minute second date_add date_sub datediff concat || round floor ceil".split(" "),
]);

/** The expression with these columns not nullable, and nullability recomputed where it is known how. */
function withNotNull(expr: Expr, known: NotNull): Expr {
  if (expr.kind === "column") return expr.nullable && known.has(expr.id) ? { ...expr, nullable: false } : expr;
  const mapped = mapChainOperands(expr, (operand) => withNotNull(operand, known));
  if (mapped === expr || !isNullable(mapped)) return mapped;
  switch (mapped.kind) {
    case "call": {
      if (mapped.name === "coalesce") return mapped.args.some((arg) => !isNullable(arg)) ? { ...mapped, nullable: false } : mapped;
      const never = mapped.mode === "ansi" && NULL_ONLY_OF_NULL.has(mapped.name) && mapped.args.every((arg) => !isNullable(arg));
      return never ? { ...mapped, nullable: false } : mapped;
    }
    case "cast":
      return mapped.mode === "ansi" && !isNullable(mapped.input) ? { ...mapped, nullable: false } : mapped;
    case "case":
      return mapped.branches.every((branch) => !isNullable(branch.then)) && !isNullable(mapped.otherwise) ? { ...mapped, nullable: false } : mapped;
    case "in":
      return operands(mapped).some(isNullable) ? mapped : { ...mapped, nullable: false };
    case "literal":
    case "column":
    case "lambda":
      return mapped;
  }
}
