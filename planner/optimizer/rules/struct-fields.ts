import type { Column, ColumnId, Expr } from "../../../catalog/expression.ts";
import { columnExpr } from "../../../catalog/expression.ts";
import type { LogicalPlan } from "../../logical.ts";
import { inputsOf, mapInputs, outputOf } from "../../logical.ts";
import { isCall } from "../../conjunctions.ts";
import { mapChainOperands } from "../expression-traversal.ts";
import { mapExpressions } from "../plan-traversal.ts";
import type { PlanRule } from "../rule.ts";

/**
 * A field of a struct that a projection makes of columns is the column itself, wherever that one is there as well: `_metadata.file_name` then
 * skips files, and nothing makes the struct. Source: Spark's `SimplifyExtractValueOps`, which finds the struct in the expression alone.
 */
export const readStructFields: PlanRule = {
  kind: "plan",
  name: "SimplifyExtractValueOps",
  apply: (plan) => {
    const structs: Structs = new Map();
    collectStructs(plan, structs);
    return structs.size === 0 ? undefined : readFields(plan, structs, []);
  },
};

/** Of a struct's column: by field, the column that it was made of. */
type Structs = Map<ColumnId, ReadonlyMap<string, ColumnId>>;

function collectStructs(plan: LogicalPlan, into: Structs): void {
  if (plan.kind === "project") {
    for (const { column, expr } of plan.outputs) if (isCall(expr, "named_struct")) into.set(column.id, columnsOfFields(expr.args));
  }
  for (const input of inputsOf(plan)) collectStructs(input, into);
}

/** `args` are names and values in turn. */
function columnsOfFields(args: readonly Expr[]): ReadonlyMap<string, ColumnId> {
  const fields = new Map<string, ColumnId>();
  for (let i = 0; i < args.length; i += 2) {
    const [name, value] = [args[i], args[i + 1]];
    if (name.kind === "literal" && typeof name.value === "string" && value.kind === "column") fields.set(name.value, value.id);
  }
  return fields;
}

/** `outer` are the plans whose columns a correlated one reads. */
function readFields(plan: LogicalPlan, structs: Structs, outer: readonly LogicalPlan[]): LogicalPlan {
  let left: LogicalPlan | undefined;
  const over = mapInputs(plan, (input) => {
    const read = readFields(input, structs, plan.kind === "join" && plan.dependent && left !== undefined ? [...outer, left] : outer);
    left ??= read;
    return read;
  });
  const column = (id: ColumnId): Column | undefined => {
    for (const source of [...inputsOf(over), ...outer]) {
      const found = outputOf(source).find((c) => c.id === id);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const read = (expr: Expr): Expr => {
    const found = fieldColumn(expr, structs, column);
    return found === undefined ? mapChainOperands(expr, read) : columnExpr(found);
  };
  return mapExpressions(over, read);
}

function fieldColumn(expr: Expr, structs: Structs, column: (id: ColumnId) => Column | undefined): Column | undefined {
  if (!isCall(expr, "getfield")) return undefined;
  const [struct, name] = expr.args;
  if (struct.kind !== "column" || name.kind !== "literal" || typeof name.value !== "string") return undefined;
  const id = structs.get(struct.id)?.get(name.value);
  return id === undefined ? undefined : column(id);
}
