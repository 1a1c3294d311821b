import { createHash } from "node:crypto";
import type { ColumnExpr, ColumnId, Expr } from "../../catalog/expression.ts";
import { operands, typeOf } from "../../catalog/expression.ts";
import { BOOLEAN } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { get, i32, select } from "../wasm/instructions.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { emitExpr } from "./expression.ts";
import { cost, isSpecialForm, mayRaise, remembering } from "./expression-traits.ts";
import { FALSE, orFlags } from "./null-flags.ts";
import { functionEmitter } from "./registry.ts";

/** A look-up in a table costs about this much; cheaper predicates are evaluated row by row. */
const LOOKUP_COST = 6;
/** Tables are made for dictionaries of up to this many entries. */
const MAX_ENTRIES = 1 << 16;
const NAME_BYTES = 16;
/** In a table: what the predicate is for the entry; 0 where that has not been asked yet. */
const ENTRY_FALSE = 1;
const ENTRY_TRUE = 2;
const ENTRY_NULL = 3;

/**
 * Whether a predicate is looked up by code instead of being evaluated: it reads one column, which is coded by one dictionary for the whole scan, is NULL where
 * that is, cannot raise, and costs more than a look-up.
 */
export function answeredByDictionary(expr: Expr, ctx: EmitContext): boolean {
  return codedColumn(expr, ctx) !== undefined;
}

function codedColumn(expr: Expr, ctx: EmitContext): ColumnId | undefined {
  if (expr.kind === "literal" || expr.kind === "column" || typeOf(expr).kind !== "boolean" || cost(expr) <= LOOKUP_COST) return undefined;
  const column = onlyColumn(expr);
  if (column === undefined || column === "several" || !isNullWith(expr) || mayRaise(expr)) return undefined;
  const { dictionary } = ctx.column(column.id);
  return dictionary?.entries === undefined || dictionary.entries > MAX_ENTRIES ? undefined : column.id;
}

/**
 * The predicate's value by the row's code, from a table with a byte for each entry of the dictionary that is filled as entries are met; undefined where the
 * predicate is to be evaluated.
 */
export function emitByDictionary(expr: Expr, ctx: EmitContext, key: string): EmittedValue | undefined {
  const id = codedColumn(expr, ctx);
  if (id === undefined) return undefined;
  const column = ctx.column(id);
  const { isNull, dictionary } = column;
  if (dictionary?.entries === undefined) return undefined;
  const { f } = ctx;
  // The code of a NULL row may be anything.
  const code = isNull === undefined ? dictionary.code : select(isNull, i32.const(0), dictionary.code);
  const at = f.reusable(i32.add(tableAddress(dictionary.key, key, dictionary.entries, ctx), code));
  const known = f.let(i32.load8u(at));
  const unasked = i32.eqz(get(known));
  f.if(isNull === undefined ? unasked : i32.and(unasked, i32.eqz(isNull)), () =>
    ctx.scoped(() => {
      const value = emitExpr(expr, entryContext(ctx, id, column));
      const decided = i32.add(value.lanes[0], i32.const(ENTRY_FALSE));
      f.set(known, value.isNull === undefined ? decided : select(value.isNull, i32.const(ENTRY_NULL), decided));
      f.store("i32.8", at, get(known));
    }),
  );
  const lane = f.reusable(i32.eq(get(known), i32.const(ENTRY_TRUE)));
  if (!makesNull(expr)) return { type: BOOLEAN, lanes: [lane], isNull };
  return { type: BOOLEAN, lanes: [lane], isNull: f.reusable(orFlags(isNull, i32.eq(get(known), i32.const(ENTRY_NULL))) ?? FALSE) };
}

/** Zeros for the entries, behind a name of fixed length: without it, equal tables of different predicates would be stored once. */
function tableAddress(dictionary: string, key: string, entries: number, ctx: EmitContext): Val {
  const bytes = new Uint8Array(NAME_BYTES + entries);
  bytes.set(createHash("sha256").update(`${dictionary} ${key}`).digest().subarray(0, NAME_BYTES));
  return i32.add(get(ctx.constantBytes(bytes)), i32.const(NAME_BYTES));
}

/** The row's column as the entry that it is: neither NULL nor coded. */
function entryContext(ctx: EmitContext, id: ColumnId, column: EmittedValue): EmitContext {
  const entry: EmittedValue = { type: column.type, lanes: column.lanes, isNull: undefined };
  return {
    f: ctx.f,
    timeZone: ctx.timeZone,
    column: (other) => (other === id ? entry : ctx.column(other)),
    literal: (literal) => ctx.literal(literal),
    constantBytes: (bytes) => ctx.constantBytes(bytes),
    scoped: (body) => ctx.scoped(body),
    remembered: (key) => ctx.remembered(key),
    remember: (key, value) => ctx.remember(key, value),
    raise: (site, operands) => ctx.raise(site, operands),
    kernel: (name) => ctx.kernel(name),
    allocate: (bytes) => ctx.allocate(bytes),
  };
}

const onlyColumn = remembering((expr): ColumnExpr | "several" | undefined => {
  if (expr.kind === "column") return expr;
  let found: ColumnExpr | undefined;
  for (const operand of operands(expr)) {
    const column = onlyColumn(operand);
    if (column === undefined) continue;
    if (column === "several" || (found !== undefined && found.id !== column.id)) return "several";
    found = column;
  }
  return found;
});

/** Whether the expression is NULL in every row in which the one column that it reads is. */
const isNullWith = remembering((expr): boolean => {
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
});

/** Whether the expression can be NULL where no column is. */
function makesNull(expr: Expr): boolean {
  if (expr.kind === "literal") return expr.value === null;
  if ((expr.kind === "call" || expr.kind === "cast") && expr.mode !== "ansi") return true;
  return operands(expr).some(makesNull);
}
