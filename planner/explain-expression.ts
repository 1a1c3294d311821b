import type { AggregateCall, Expr, FrameBound, SortKey, WindowCall, WindowFrame } from "../catalog/expression.ts";
import type { DataType } from "../catalog/types.ts";
import { typeName } from "../catalog/types.ts";
import type { Value } from "../catalog/values.ts";
import { frameBoundText } from "./frame-text.ts";

/** Long lists and chains are cut after this many items, as `spark.sql.debug.maxToStringFields` does. */
const MAX_ITEMS = 25;

const INFIX: ReadonlySet<string> = new Set(["=", "<=>", "<>", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "div", "and", "or", "||", "&", "|", "^", "like", "ilike", "rlike"]);

/** An expression as a plan shows it: `(a#1 + 5)`, `cast(b#2 as bigint)`. */
export function explainExpr(expr: Expr): string {
  switch (expr.kind) {
    case "literal":
      return explainValue(expr.value, expr.type);
    case "column":
      return `${expr.name}#${expr.id}`;
    case "call":
      return explainCall(expr.name, expr.args);
    case "cast":
      return `${expr.mode === "try" ? "try_cast" : "cast"}(${explainExpr(expr.input)} as ${typeName(expr.type)})`;
    case "case":
      return `CASE ${expr.branches.map((b) => `WHEN ${explainExpr(b.when)} THEN ${explainExpr(b.then)}`).join(" ")} ELSE ${explainExpr(expr.otherwise)} END`;
    case "in":
      return `${explainExpr(expr.input)} IN (${list(expr.list, explainExpr, ",")})`;
    case "lambda":
      return `lambda (${expr.parameters.map((p) => `${p.name}#${p.id}`).join(", ")}) -> ${explainExpr(expr.body)}`;
  }
}

function explainCall(name: string, args: readonly Expr[]): string {
  if (args.length >= 2 && INFIX.has(name)) {
    const operator = /^[a-z]/.test(name) ? name.toUpperCase() : name;
    const operands = name === "and" || name === "or" ? chain(name, args) : args;
    return `(${list(operands, explainExpr, ` ${operator} `)})`;
  }
  if (name === "not" && args.length === 1) return `NOT ${explainExpr(args[0])}`;
  return `${name}(${list(args, explainExpr, ", ")})`;
}

/** Operands of a nested chain of one connective, without recursion along the chain. */
function chain(name: string, args: readonly Expr[]): readonly Expr[] {
  const out: Expr[] = [];
  const stack = [...args].reverse();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next.kind === "call" && next.name === name) stack.push(...[...next.args].reverse());
    else out.push(next);
  }
  return out;
}

export function list<T>(items: readonly T[], show: (item: T) => string, separator = ", "): string {
  const shown = items.slice(0, MAX_ITEMS).map(show);
  if (items.length > MAX_ITEMS) shown.push(`... ${items.length - MAX_ITEMS} more`);
  return shown.join(separator);
}

/** A value of a type in SQL-like text; dates and timestamps in ISO form, UTC. */
export function explainValue(value: Value, type: DataType): string {
  if (value === null) return "null";
  if (type.kind === "date" && typeof value === "number") return isoDate(value * 86_400_000, 10) ?? String(value);
  if ((type.kind === "timestamp" || type.kind === "timestamp_ntz") && typeof value === "bigint") return isoDate(Number(value / 1000n), 23)?.replace("T", " ") ?? String(value);
  if (type.kind === "decimal" && typeof value === "bigint") return decimalText(value, type.scale);
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString("hex").toUpperCase()}`;
  if (typeof value === "object") return JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? String(part) : part));
  return String(value);
}

function isoDate(milliseconds: number, length: number): string | undefined {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().slice(0, length);
}

function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return unscaled < 0n ? `-${text}` : text;
}

export function explainAggregate(call: AggregateCall): string {
  const args = call.args.length === 0 ? (call.name === "count" ? "1" : "") : list(call.args, explainExpr);
  const filter = call.filter === undefined ? "" : ` FILTER (WHERE ${explainExpr(call.filter)})`;
  const order = call.orderBy === undefined ? "" : ` WITHIN GROUP (ORDER BY ${list(call.orderBy, explainSortKey)})`;
  return `${call.name}(${call.distinct ? "distinct " : ""}${args})${order}${filter}`;
}

export function explainWindowCall(call: WindowCall): string {
  const filter = call.filter === undefined ? "" : ` FILTER (WHERE ${explainExpr(call.filter)})`;
  return `${call.name}(${call.distinct ? "distinct " : ""}${list(call.args, explainExpr)})${call.ignoreNulls ? " IGNORE NULLS" : ""}${filter} ${explainFrame(call.frame)}`;
}

export function explainSortKey(key: SortKey): string {
  return `${explainExpr(key.expr)} ${key.ascending ? "ASC" : "DESC"} NULLS ${key.nullsFirst ? "FIRST" : "LAST"}`;
}

function explainFrame(frame: WindowFrame): string {
  const bound = (b: FrameBound): string => frameBoundText(b, explainExpr);
  return `${frame.unit.toUpperCase()} BETWEEN ${bound(frame.start)} AND ${bound(frame.end)}`;
}
