import type { Expr } from "../../catalog/expression.ts";
import { operands, typeOf } from "../../catalog/expression.ts";
import { castCost, castMayRaise } from "./casts.ts";
import { laneKind } from "./emitted-value.ts";
import { functionEmitter } from "./registry.ts";

/** An expression of at most this cost is evaluated rather than jumped over: a mispredicted branch costs about as much. */
const CHEAP = 6;

/** A property of expressions that is found once for each: chains of thousands of terms are asked at every term. */
export function remembering<T>(find: (expr: Expr) => T): (expr: Expr) => T {
  const known = new WeakMap<Expr, { readonly value: T }>();
  return (expr) => {
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
      return `in(${inner()})`;
    case "lambda":
      return `lambda(${expr.parameters.map((p) => p.id).join()}:${inner()})`;
  }
}
