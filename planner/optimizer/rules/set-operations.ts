import { assert } from "../../../catalog/errors.ts";
import type { Column, ColumnId, Expr } from "../../../catalog/expression.ts";
import { columnExpr } from "../../../catalog/expression.ts";
import { INT } from "../../../catalog/types.ts";
import type { LogicalPlan, LogicalSetOperation } from "../../logical.ts";
import { outputOf } from "../../logical.ts";
import { booleanCall, conjunction, equals } from "../../conjunctions.ts";
import type { NodeRule, OptimizerContext } from "../rule.ts";

/**
 * Set operations other than UNION ALL in terms of joins and groupings:
 * - UNION: the distinct rows of UNION ALL
 * - INTERSECT / EXCEPT: the distinct left rows with / without an equal right row, NULLs equal
 * - INTERSECT ALL / EXCEPT ALL: the same with equal rows numbered on both sides, so that the n-th left one meets the n-th right one
 */
export const replaceSetOperations: NodeRule = {
  kind: "node",
  name: "ReplaceSetOperations",
  apply: (node, context) => {
    if (node.kind !== "setOperation" || (node.operation === "union" && node.all)) return undefined;
    if (node.operation === "union") {
      const rows: LogicalSetOperation = { ...node, all: true, columns: node.columns.map((c) => ({ ...c, id: context.nextColumnId() })) };
      return distinctAs(node.columns, rows, rows.columns);
    }
    const [left, right] = node.inputs;
    const sides = node.all ? [numbered(left, context), numbered(right, context)] : [unnumbered(left), unnumbered(right)];
    const conditions: Expr[] = sides[0].columns.map((column, i) => booleanCall("<=>", [columnExpr(column), columnExpr(sides[1].columns[i])]));
    const [leftNumber, rightNumber] = [sides[0].number, sides[1].number];
    if (leftNumber !== undefined && rightNumber !== undefined) conditions.push(equals(columnExpr(leftNumber), columnExpr(rightNumber)));
    const joined: LogicalPlan = {
      kind: "join",
      join: node.operation === "intersect" ? "semi" : "anti",
      left: sides[0].plan,
      right: sides[1].plan,
      condition: conjunction(conditions),
      dependent: false,
    };
    if (!node.all) return distinctAs(node.columns, joined, sides[0].columns);
    return { kind: "project", input: joined, outputs: node.columns.map((column, i) => ({ column, expr: columnExpr(sides[0].columns[i]) })) };
  },
};

function distinctAs(columns: readonly Column[], input: LogicalPlan, source: readonly Column[]): LogicalPlan {
  return { kind: "aggregate", input, keys: columns.map((column, i) => ({ column, expr: columnExpr(source[i]) })), calls: [] };
}

interface Side {
  readonly plan: LogicalPlan;
  readonly columns: readonly Column[];
  readonly number?: Column;
}

function unnumbered(input: { readonly plan: LogicalPlan; readonly columns: readonly ColumnId[] }): Side {
  const byId = new Map(outputOf(input.plan).map((column) => [column.id, column]));
  const columns = input.columns.map((id) => {
    const column = byId.get(id);
    assert(column !== undefined, `set operation reads column ${id} that its input does not give`);
    return column;
  });
  return { plan: input.plan, columns };
}

function numbered(input: { readonly plan: LogicalPlan; readonly columns: readonly ColumnId[] }, context: OptimizerContext): Side {
  const { plan, columns } = unnumbered(input);
  const number: Column = { id: context.nextColumnId(), name: "row_number", type: INT, nullable: false };
  return { plan: { kind: "window", input: plan, partitionBy: columns.map(columnExpr), orderBy: [], calls: [{ column: number, call: ROW_NUMBER }] }, columns, number };
}

/** row_number() over its partition. */
export const ROW_NUMBER = {
  name: "row_number",
  args: [],
  distinct: false,
  ignoreNulls: false,
  frame: { unit: "rows", start: { kind: "unboundedPreceding" }, end: { kind: "currentRow" } },
  type: INT,
  nullable: false,
  mode: "ansi",
} as const;
