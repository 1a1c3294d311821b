import type { Column, Expr } from "../../catalog/expression.ts";
import { columnExpr, isNullable, typeOf } from "../../catalog/expression.ts";
import { BYTE, containsKind, INT, LONG, sqlTypeName } from "../../catalog/types.ts";
import type { AstExpr, GroupBy, GroupingItem } from "../../parser/ast.ts";
import type { Assignment, LogicalPlan } from "../logical.ts";
import { analysisError, quoteSql } from "./analysis-errors.ts";
import { castTo, literal, nullOf } from "./casts.ts";
import { prettySql } from "./column-names.ts";
import type { ExprEnvironment } from "./environment.ts";
import { exprKey } from "../expression-keys.ts";
import { freshColumn } from "./expressions.ts";
import type { CallAst } from "./function-calls.ts";
import { isOuterColumn } from "./scope.ts";
import { ordinalOf } from "./ordering.ts";

/** GROUP BY with its keys resolved over the rows below the aggregation. */
export interface Grouping {
  readonly keys: readonly Assignment[];
  /** What replaces a key wherever it stands above the aggregation, by `exprKey`. */
  readonly replacements: ReadonlyMap<string, Expr>;
  /** GROUPING SETS, CUBE, ROLLUP: per set, which of the keys are in it. */
  readonly sets?: readonly (readonly number[])[];
  /** With sets: bit n-1-i is 1 where key i is left out. */
  readonly id?: Column;
  /** With equal sets: tells them apart. */
  readonly position?: Column;
  readonly keyExprs: readonly Expr[];
  /** Of one empty set: grouping_id() is 0. */
  readonly isGrandTotal?: boolean;
}

/** Turns an item of GROUP BY into an expression: ordinals and aliases are the select list's. */
export type GroupItemResolver = (ast: AstExpr) => Expr;

export function resolveGrouping(groupBy: Extract<GroupBy, { kind: "items" }>, resolve: GroupItemResolver, env: ExprEnvironment): Grouping {
  const keyExprs: Expr[] = [];
  const names: string[] = [];
  const positions = new Map<string, number>();
  const add = (ast: AstExpr): number => {
    const expr = resolve(ast);
    const key = exprKey(expr);
    let at = positions.get(key);
    if (at === undefined) {
      at = keyExprs.length;
      keyExprs.push(expr);
      names.push(ordinalOf(ast) === undefined ? prettySql(ast, env.query.pretty) : "key");
      positions.set(key, at);
    }
    return at;
  };
  const sets = groupingSets(groupBy.items, add);
  return finishGrouping(keyExprs, names, sets, env);
}

/** A grouping by these expressions, each once. */
export function groupingOf(keys: readonly { readonly name: string; readonly expr: Expr }[], env: ExprEnvironment): Grouping {
  const distinct = [...new Map(keys.map((k) => [exprKey(k.expr), k])).values()];
  return finishGrouping(
    distinct.map((k) => k.expr),
    distinct.map((k) => k.name),
    undefined,
    env,
  );
}

function refuseVariantKey(expr: Expr, name: string): void {
  const type = typeOf(expr);
  if (!containsKind(type, "variant")) return;
  const parameters = { sqlExpr: quoteSql(name), dataType: `"${sqlTypeName(type)}"` };
  throw analysisError("GROUP_EXPRESSION_TYPE_IS_NOT_ORDERABLE", "42822", `The expression ${parameters.sqlExpr} cannot be used as a grouping expression because its data type ${parameters.dataType} is not an orderable data type.`, parameters, undefined);
}

function finishGrouping(keyExprs: readonly Expr[], names: readonly string[], sets: readonly (readonly number[])[] | undefined, env: ExprEnvironment): Grouping {
  keyExprs.forEach((expr, i) => refuseVariantKey(expr, names[i]));
  const replacements = new Map<string, Expr>();
  const keys = keyExprs.map((expr, i): Assignment => {
    // A column grouped by keeps its id; with sets it is another column, for it is NULL where it is left out.
    const column: Column =
      expr.kind === "column" && sets === undefined && !isOuterColumn(expr.id, env.query.outer)
        ? { id: expr.id, name: expr.name, type: expr.type, nullable: expr.nullable }
        : freshColumn(expr.kind === "column" ? expr.name : names[i], { type: typeOf(expr), nullable: sets === undefined ? isNullable(expr) : isNullable(expr) || sets.some((s) => !s.includes(i)) }, env);
    replacements.set(exprKey(expr), columnExpr(column));
    return { column, expr };
  });
  if (sets === undefined) return { keys, replacements, keyExprs };
  // GROUP BY GROUPING SETS (()) is the grand total, which has its row even over no rows.
  if (keys.length === 0 && sets.length === 1) return { keys, replacements, keyExprs, isGrandTotal: true };
  const id = freshColumn("spark_grouping_id", { type: LONG, nullable: false }, env);
  const distinctSets = new Set(sets.map((s) => s.toSorted((a, b) => a - b).join(",")));
  const position = distinctSets.size < sets.length ? { position: freshColumn("grouping_position", { type: INT, nullable: false }, env) } : {};
  return { keys, replacements, sets, id, keyExprs, ...position };
}

/** The cross product of the items' sets; undefined when there are no grouping sets. */
function groupingSets(items: readonly GroupingItem[], add: (ast: AstExpr) => number): readonly (readonly number[])[] | undefined {
  let sets: readonly (readonly number[])[] = [[]];
  const analytics = items.some((item) => item.kind !== "expr");
  for (const item of items) {
    const own = setsOf(item, add);
    if (!analytics) continue;
    sets = sets.flatMap((left) => own.map((right) => [...new Set([...left, ...right])]));
  }
  return analytics ? sets : undefined;
}

function setsOf(item: GroupingItem, add: (ast: AstExpr) => number): readonly (readonly number[])[] {
  switch (item.kind) {
    case "expr":
      return [[add(item.expr)]];
    case "groupingSets":
      for (const key of item.keys ?? []) add(key);
      return item.sets.map((set) => set.map(add));
    case "rollup": {
      const parts = item.sets.map((set) => set.map(add));
      return Array.from({ length: parts.length + 1 }, (_, i) => parts.slice(0, parts.length - i).flat());
    }
    case "cube": {
      const parts = item.sets.map((set) => set.map(add));
      return Array.from({ length: 2 ** parts.length }, (_, mask) => parts.filter((_part, i) => (mask & (1 << (parts.length - 1 - i))) === 0).flat());
    }
  }
}

/** The rows once per grouping set, keys that are not in the set NULL. `passed` are the columns that aggregates read. */
export function expandSets(input: LogicalPlan, grouping: Grouping, passed: readonly Column[]): LogicalPlan {
  const { sets, id, position, keys } = grouping;
  if (sets === undefined || id === undefined) return input;
  const width = keys.length;
  const projections = sets.map((set, s) => {
    const values = keys.map((k, i) => (set.includes(i) ? castTo(k.expr, k.column.type, "ansi") : nullOf(k.column.type)));
    const bits = keys.reduce((sum, _, i) => sum + (set.includes(i) ? 0n : 1n << BigInt(width - 1 - i)), 0n);
    return [...passed.map(columnExpr), ...values, literal(bits, LONG), ...(position === undefined ? [] : [literal(s, INT)])];
  });
  return { kind: "expand", input, columns: [...passed, ...keys.map((k) => k.column), id, ...(position === undefined ? [] : [position])], projections };
}

/** The keys of the aggregation: after `expandSets` they are columns, with the grouping id among them. */
export function aggregateKeys(grouping: Grouping): readonly Assignment[] {
  if (grouping.sets === undefined) return grouping.keys;
  const columns = [...grouping.keys.map((k) => k.column), ...(grouping.id === undefined ? [] : [grouping.id]), ...(grouping.position === undefined ? [] : [grouping.position])];
  return columns.map((column) => ({ column, expr: columnExpr(column) }));
}

/** grouping(key) and grouping_id(keys) over the grouping id. */
export function groupingFunction(ast: CallAst, name: string, grouping: Grouping | undefined, resolve: (ast: AstExpr) => Expr, env: ExprEnvironment): Expr {
  if (grouping?.isGrandTotal === true && name === "grouping_id") return literal(0n, LONG);
  if (grouping?.id === undefined) {
    throw analysisError("UNSUPPORTED_GROUPING_EXPRESSION", "42K0E", "grouping()/grouping_id() can only be used with GroupingSets/Cube/Rollup.", {}, ast.span);
  }
  const id = columnExpr(grouping.id);
  const keyNumber = (arg: AstExpr): number => {
    const key = exprKey(resolve(arg));
    const at = grouping.keyExprs.findIndex((e) => exprKey(e) === key);
    if (at >= 0) return at;
    const shown = prettySql(arg, env.query.pretty);
    throw analysisError("GROUPING_COLUMN_MISMATCH", "42803", `Column of grouping (${quoteSql(shown)}) can't be found in grouping columns ${quoteSql(grouping.keys.map((k) => k.column.name).join(", "))}.`, { grouping: quoteSql(shown), groupingColumns: quoteSql(grouping.keys.map((k) => k.column.name).join(", ")) }, ast.span);
  };
  const width = grouping.keyExprs.length;
  const bit = (at: number): Expr => {
    const shifted: Expr = { kind: "call", name: ">>", args: [id, literal(width - 1 - at, INT)], type: LONG, nullable: false, mode: "ansi", span: ast.span };
    return { kind: "call", name: "&", args: [shifted, literal(1n, LONG)], type: LONG, nullable: false, mode: "ansi", span: ast.span };
  };
  const args = ast.args.map((a) => a.value);
  if (name === "grouping") {
    if (args.length !== 1) throw analysisError("WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "42605", `The \`grouping\` requires 1 parameters but the actual number is ${args.length}.`, { functionName: "`grouping`", expectedNum: "1", actualNum: String(args.length), docroot: "https://spark.apache.org/docs/latest" }, ast.span);
    return castTo(bit(keyNumber(args[0])), BYTE, "legacy", ast.span);
  }
  const numbers = args.map(keyNumber);
  if (numbers.length > 0 && !(numbers.length === width && numbers.every((n, i) => n === i))) {
    const shown = args.map((a) => prettySql(a, env.query.pretty)).join(", ");
    throw analysisError("GROUPING_ID_COLUMN_MISMATCH", "42803", `Columns of grouping_id (${quoteSql(shown)}) does not match grouping columns (${quoteSql(grouping.keys.map((k) => k.column.name).join(", "))}).`, { groupingIdColumn: quoteSql(shown), groupByColumns: quoteSql(grouping.keys.map((k) => k.column.name).join(", ")) }, ast.span);
  }
  return id;
}
