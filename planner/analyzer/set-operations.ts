import { commonType } from "../../catalog/coercion.ts";
import type { Column } from "../../catalog/expression.ts";
import { columnExpr, isNullable } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { containsKind, sameType, sqlTypeName } from "../../catalog/types.ts";
import type { QueryBody } from "../../parser/ast.ts";
import type { Assignment, LogicalPlan } from "../logical.ts";
import type { Span } from "../../catalog/errors.ts";
import { analysisError } from "./analysis-errors.ts";
import { castTo } from "./casts.ts";
import type { AnalyzedQuery } from "./context.ts";
import { analyzeBody } from "./queries.ts";
import type { QueryEnvironment } from "./scope.ts";

export type SetOperation = Extract<QueryBody, { kind: "setOperation" }>;

/** UNION, INTERSECT, EXCEPT: columns by position (BY NAME: by name), each under the common type of both sides. */
export function analyzeSetOperation(body: SetOperation, env: QueryEnvironment): AnalyzedQuery {
  // A chain leans to the left; a long UNION must not use up the stack.
  const chain: SetOperation[] = [];
  let leftmost: QueryBody = body;
  while (leftmost.kind === "setOperation") {
    chain.push(leftmost);
    leftmost = leftmost.left;
  }
  let result = analyzeBody(leftmost, env);
  for (const node of chain.toReversed()) result = combine(node, result, analyzeBody(node.right, env), env);
  return result;
}

function combine(node: SetOperation, left: AnalyzedQuery, right: AnalyzedQuery, env: QueryEnvironment): AnalyzedQuery {
  const [l, r] = node.byName ? alignByName(left, right, node) : [left, right];
  const operator = node.operator.toUpperCase();
  refuseOtherCount(l, r, node);
  const types = l.columns.map((column, i) => {
    const type = commonType(column.type, r.columns[i].type, env.context.settings.ansi);
    if (type !== undefined) return type;
    const [dataType1, dataType2] = [r.columns[i].type, column.type].map((t) => `"${sqlTypeName(t)}"`);
    const columnOrdinalNumber = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"][i] ?? `${i + 1}th`;
    throw analysisError(
      "INCOMPATIBLE_COLUMN_TYPE",
      "42825",
      `${operator} can only be performed on tables with compatible column types. The ${columnOrdinalNumber} column of the second table is ${dataType1} type which is not compatible with ${dataType2} at the same column of the first table.`,
      { operator, columnOrdinalNumber, tableOrdinalNumber: "second", dataType1, dataType2, hint: "" },
      node.span,
    );
  });
  if (node.operator !== "union" || !node.all) refuseUncomparable(types, l.columns, node.span);
  const inputs = [l, r].map((side) => widened(side, types, env));
  const columns: Column[] = l.columns.map((c, i) => ({ id: env.context.nextId(), name: c.name, type: types[i], nullable: nullableIn(node, inputs, i) }));
  const plan: LogicalPlan = {
    kind: "setOperation",
    operation: node.operator,
    all: node.operator === "union" || node.all,
    columns,
    inputs: inputs.map((q) => ({ plan: q.plan, columns: q.columns.map((c) => c.id) })),
  };
  if (node.operator !== "union" || node.all) return { plan, columns };
  return { columns, plan: { kind: "aggregate", input: plan, keys: columns.map((column) => ({ column, expr: columnExpr(column) })), calls: [] } };
}

/** Raises NUM_COLUMNS_MISMATCH unless both sides have the same number of columns. */
export function refuseOtherCount(left: AnalyzedQuery, right: AnalyzedQuery, node: SetOperation): void {
  const [first, second] = [left.columns.length, right.columns.length];
  if (first === second) return;
  const operator = node.operator.toUpperCase();
  throw analysisError(
    "NUM_COLUMNS_MISMATCH",
    "42826",
    `${operator} can only be performed on inputs with the same number of columns, but the first input has ${first} columns and the second input has ${second} columns.`,
    { operator, firstNumColumns: String(first), invalidOrdinalNum: "second", invalidNumColumns: String(second) },
    node.span,
  );
}

function nullableIn(node: SetOperation, inputs: readonly AnalyzedQuery[], i: number): boolean {
  const [left, right] = inputs.map((q) => q.columns[i].nullable);
  switch (node.operator) {
    case "union":
      return left || right;
    case "intersect":
      return left && right;
    case "except":
      return left;
  }
}

/** The query under these column types; a column selected twice gets two ids, for an input's columns are told apart by id. */
function widened(query: AnalyzedQuery, types: readonly DataType[], env: QueryEnvironment): AnalyzedQuery {
  if (query.columns.every((c, i) => sameType(c.type, types[i]))) return query;
  const mode = env.context.settings.ansi ? "ansi" : "legacy";
  const outputs: Assignment[] = query.columns.map((c, i) => {
    const expr = castTo(columnExpr(c), types[i], mode);
    return { expr, column: expr.kind === "column" ? c : { id: env.context.nextId(), name: c.name, type: types[i], nullable: isNullable(expr) } };
  });
  return { columns: outputs.map((o) => o.column), plan: { kind: "project", input: query.plan, outputs } };
}

/** Raises UNSUPPORTED_FEATURE.SET_OPERATION_ON_MAP_TYPE and ..._ON_VARIANT_TYPE for columns that rows cannot be told apart by. */
export function refuseUncomparable(types: readonly DataType[], columns: readonly Pick<Column, "name">[], span: Span): void {
  types.forEach((type, i) => {
    const kind = containsKind(type, "map") ? "MAP" : containsKind(type, "variant") ? "VARIANT" : undefined;
    if (kind === undefined) return;
    const parameters = { colName: `\`${columns[i].name}\``, dataType: `"${sqlTypeName(type)}"` };
    throw analysisError(`UNSUPPORTED_FEATURE.SET_OPERATION_ON_${kind}_TYPE`, "0A000", `The feature is not supported: Cannot have ${kind} type columns in DataFrame which calls set operations (INTERSECT, EXCEPT, etc.), but the type of column ${parameters.colName} is ${parameters.dataType}.`, parameters, span);
  });
}

/** BY NAME: the right side's columns in the left side's order; a column that one side lacks is an error without ALLOW MISSING COLUMNS. */
function alignByName(left: AnalyzedQuery, right: AnalyzedQuery, node: SetOperation): readonly [AnalyzedQuery, AnalyzedQuery] {
  const find = (columns: readonly Column[], name: string): Column | undefined => columns.find((c) => c.name.toLowerCase() === name.toLowerCase());
  const missing = left.columns.find((c) => find(right.columns, c.name) === undefined) ?? right.columns.find((c) => find(left.columns, c.name) === undefined);
  if (missing !== undefined) {
    throw analysisError("NUM_COLUMNS_MISMATCH", "42826", `Cannot resolve column name "${missing.name}" among (${right.columns.map((c) => c.name).join(", ")}).`, { operator: "UNION", firstNumColumns: String(left.columns.length), invalidOrdinalNum: "second", invalidNumColumns: String(right.columns.length) }, node.span);
  }
  const columns = left.columns.map((c) => find(right.columns, c.name) ?? c);
  return [left, { columns, plan: { kind: "project", input: right.plan, outputs: columns.map((column) => ({ column, expr: columnExpr(column) })) } }];
}
