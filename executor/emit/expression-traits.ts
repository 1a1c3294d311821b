import type { Expr, InExpr } from "../../catalog/expression.ts";
import { operands, typeOf } from "../../catalog/expression.ts";
import { equalByBytes } from "./bytes-comparison.ts";
import { castCost, castMayRaise } from "./casts.ts";
import { laneKind } from "./emitted-value.ts";
import { functionEmitter } from "./registry.ts";

/** An expression of at most this cost is evaluated rather than jumped over: a mispredicted branch costs about as much. */
const CHEAP = 6;

/** A property of expressions that is found once for each: chains of thousands of terms are asked at every term. */
export function remembering<T>(find: (expr: Expr) => T): (expr: Expr) => T {
  const known = new WeakMap<Expr, { readonly value: T }>();
  return (expr) => {
    // Lists have millions of literals, of which there is nothing to remember.
    if (expr.kind === "literal") return find(expr);
    let found = known.get(expr);
    if (found === undefined) {
      found = { value: find(expr) };
      known.set(expr, found);
    }
    return found.value;
  };
}

/** Whether evaluating the expression can raise, for some row. Calls without an emitter count as raising. */
export const mayRaise = remembering((expr): boolean => {
  if (operands(expr).some(mayRaise)) return true;
  switch (expr.kind) {
    case "literal":
    case "column":
    case "case":
    case "in":
    case "lambda":
      return false;
    case "cast":
      return castMayRaise(expr);
    case "call": {
      if (isSpecialForm(expr.name)) return false;
      const emitter = functionEmitter(expr.name);
      return emitter === undefined || (emitter.raises?.(expr) ?? false);
    }
  }
});

/** `and`, `or`, `coalesce` and `not`: evaluated by rules of their own, not registered. */
export function isSpecialForm(name: string): boolean {
  return name === "and" || name === "or" || name === "not" || name === "coalesce";
}

/** Lists of more literals are looked up in a table. */
const MAX_COMPARED = 8;

/** Whether IN looks its input up in a hash table: code of one size, however long the list. */
export function isTabled(expr: InExpr): boolean {
  const given = expr.list.filter((element) => !(element.kind === "literal" && element.value === null));
  if (given.length <= MAX_COMPARED || !given.every((element) => element.kind === "literal")) return false;
  const type = typeOf(expr.input);
  switch (laneKind(type)) {
    case "bytes":
      return equalByBytes(type);
    case "i32":
    case "i64":
      return type.kind !== "boolean";
    case "f32":
    case "f64":
    case "i128":
      return false;
  }
}

/** Nodes that become code. */
export const codeTerms = remembering((expr): number => {
  if (expr.kind === "in" && isTabled(expr)) return 1 + codeTerms(expr.input);
  return operands(expr).reduce((sum, operand) => sum + codeTerms(operand), 1);
});

/** Rough instructions per row. */
export const cost = remembering((expr): number => {
  const inner = operands(expr).reduce((sum, operand) => sum + cost(operand), 0);
  switch (expr.kind) {
    case "literal":
      return 0;
    case "column":
    case "lambda":
      return laneKind(typeOf(expr)) === "bytes" ? 3 : 1;
    case "cast":
      return inner + castCost(expr);
    case "case":
      return inner + expr.branches.length;
    case "in":
      return inner + expr.list.length * valueCost(expr.input);
    case "call":
      return inner + (functionEmitter(expr.name)?.cost ?? (expr.args.length > 0 ? valueCost(expr.args[0]) : 1));
  }
});

function valueCost(expr: Expr): number {
  const kind = laneKind(typeOf(expr));
  return kind === "bytes" ? 10 : kind === "i128" ? 4 : 1;
}

/** Whether to evaluate without a jump around it. */
export function cheapToEvaluate(expr: Expr): boolean {
  return cost(expr) <= CHEAP && !mayRaise(expr);
}

/** A longer list is equal to itself only. */
const MAX_KEYED_LIST = 100;
const listNumbers = new WeakMap<readonly Expr[], number>();
let nextList = 0;

function numberOf(list: readonly Expr[]): number {
  let number = listNumbers.get(list);
  if (number === undefined) listNumbers.set(list, (number = nextList++));
  return number;
}

const MAX_INTERNED = 50_000;
const interned = new Map<string, number>();
let nextKey = 0;

/** Equal for expressions that have equal values in every row; short, whatever the size of the expression. */
export const structuralKey = remembering((expr): string => {
  const description = makeKey(expr);
  let key = interned.get(description);
  if (key === undefined) {
    // Forgetting costs only that an equal expression is not known again: keys are never given twice.
    if (interned.size >= MAX_INTERNED) interned.clear();
    key = nextKey++;
    interned.set(description, key);
  }
  return `e${key}`;
});

function makeKey(expr: Expr): string {
  const inner = (): string => operands(expr).map(structuralKey).join(",");
  switch (expr.kind) {
    case "literal":
      return `'${typeof expr.value} ${JSON.stringify(expr.value, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : Object.is(value, -0) ? "-0" : typeof value === "number" && !Number.isFinite(value) ? `${value}` : value))}:${JSON.stringify(expr.type)}'`;
    case "column":
      return `#${expr.id}`;
    case "call":
      return `${expr.name}.${expr.mode}(${inner()}):${JSON.stringify(expr.type)}`;
    case "cast":
      return `cast.${expr.mode}(${inner()}):${JSON.stringify(expr.type)}`;
    case "case":
      return `case(${inner()}):${JSON.stringify(expr.type)}`;
    case "in":
      return expr.list.length > MAX_KEYED_LIST ? `in(${structuralKey(expr.input)};list ${numberOf(expr.list)})` : `in(${inner()})`;
    case "lambda":
      return `lambda(${expr.parameters.map((p) => p.id).join()}:${inner()})`;
  }
}
