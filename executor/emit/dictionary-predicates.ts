import type { ColumnExpr, ColumnId, Expr } from "../../catalog/expression.ts";
import { operands, typeOf } from "../../catalog/expression.ts";
import { BOOLEAN } from "../../catalog/types.ts";
import { get, i32, select } from "../wasm/instructions.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { emitExpr } from "./expression.ts";
import { cost, isSpecialForm, mayRaise } from "./expression-traits.ts";
import { FALSE, orFlags } from "./null-flags.ts";
import { functionEmitter } from "./registry.ts";

/** A look-up in a table costs about this much; cheaper predicates are evaluated row by row. */
const LOOKUP_COST = 6;
/** In a table: the entry makes the predicate NULL. */
const NULL_ENTRY = 2;

/**
 * Whether a predicate is looked up by code instead of being evaluated: it reads one column, which is coded, is NULL where that is, cannot raise, and costs
 * more than a look-up.
 */
export function answeredByDictionary(expr: Expr, ctx: EmitContext): boolean {
  return ctx.dictionaryTable !== undefined && codedColumn(expr, ctx) !== undefined;
}

function codedColumn(expr: Expr, ctx: EmitContext): ColumnId | undefined {
  if (expr.kind === "literal" || expr.kind === "column" || typeOf(expr).kind !== "boolean" || cost(expr) <= LOOKUP_COST) return undefined;
  const column = onlyColumn(expr);
  if (column === undefined || column === "several" || !isNullWith(expr) || mayRaise(expr)) return undefined;
  return ctx.column(column.id).dictionary === undefined ? undefined : column.id;
}

/** The predicate's value by the row's code; undefined where it is to be evaluated. */
export function emitByDictionary(expr: Expr, ctx: EmitContext, key: string): EmittedValue | undefined {
  if (ctx.dictionaryTable === undefined) return undefined;
  const id = codedColumn(expr, ctx);
  if (id === undefined) return undefined;
  const { isNull, dictionary } = ctx.column(id);
  if (dictionary === undefined) return undefined;
  const table = ctx.dictionaryTable(id, key, (inner) => {
    const value = emitExpr(expr, inner);
    return value.isNull === undefined ? value.lanes[0] : select(value.isNull, i32.const(NULL_ENTRY), value.lanes[0]);
  });
  if (table === undefined) return undefined;
  const { f } = ctx;
  // The code of a NULL row may be anything.
  const code = isNull === undefined ? dictionary.code : select(isNull, i32.const(0), dictionary.code);
  const result = f.reusable(i32.load8u(i32.add(get(table), code)));
  if (!makesNull(expr)) return { type: BOOLEAN, lanes: [result], isNull };
  const unknown = i32.shrU(result, i32.const(1));
  return { type: BOOLEAN, lanes: [f.reusable(i32.and(result, i32.const(1)))], isNull: f.reusable(orFlags(isNull, unknown) ?? FALSE) };
}

function onlyColumn(expr: Expr): ColumnExpr | "several" | undefined {
  if (expr.kind === "column") return expr;
  let found: ColumnExpr | undefined;
  for (const operand of operands(expr)) {
    const column = onlyColumn(operand);
    if (column === undefined) continue;
    if (column === "several" || (found !== undefined && found.id !== column.id)) return "several";
    found = column;
  }
  return found;
}

/** Whether the expression is NULL in every row in which the one column that it reads is. */
function isNullWith(expr: Expr): boolean {
  switch (expr.kind) {
    case "column":
      return true;
    case "literal":
    case "case":
    case "lambda":
      return false;
    case "cast":
    case "in":
      return isNullWith(expr.input);
    case "call":
      if (expr.name === "coalesce") return false;
      if (expr.name === "and" || expr.name === "or") return expr.args.every(isNullWith);
      return (isSpecialForm(expr.name) || (functionEmitter(expr.name)?.nullIntolerant ?? true)) && expr.args.some(isNullWith);
  }
}

/** Whether the expression can be NULL where no column is. */
function makesNull(expr: Expr): boolean {
  if (expr.kind === "literal") return expr.value === null;
  if ((expr.kind === "call" || expr.kind === "cast") && expr.mode !== "ansi") return true;
  return operands(expr).some(makesNull);
}
