import type { AggregateCall, ColumnId, Expr, SortKey, WindowCall } from "../catalog/expression.ts";

const keys = new WeakMap<Expr, string>();

/** A text that is equal for expressions of the same structure, wherever they stand in the query: what sets and maps of expressions are keyed by. */
export function exprKey(expr: Expr): string {
  let key = keys.get(expr);
  if (key === undefined) {
    key = makeKey(expr, NO_PARAMETERS);
    keys.set(expr, key);
  }
  return key;
}

/** Of the lambdas around an expression: number of each, from the outermost on. */
type Parameters = ReadonlyMap<ColumnId, number>;

const NO_PARAMETERS: Parameters = new Map();

function makeKey(expr: Expr, parameters: Parameters): string {
  const keyOf = (operand: Expr): string => (parameters.size === 0 ? exprKey(operand) : makeKey(operand, parameters));
  switch (expr.kind) {
    case "column": {
      const parameter = parameters.get(expr.id);
      return parameter === undefined ? `#${expr.id}` : `#p${parameter}`;
    }
    case "literal":
      return `${JSON.stringify(expr.type)}:${valueKey(expr.value)}`;
    case "call":
      return `${expr.name}/${expr.mode}/${JSON.stringify(expr.type)}(${expr.args.map(keyOf).join(",")})`;
    case "cast":
      return `cast/${expr.mode}/${JSON.stringify(expr.type)}(${keyOf(expr.input)})`;
    case "case":
      return `case(${expr.branches.map((b) => `${keyOf(b.when)}?${keyOf(b.then)}`).join(",")}:${keyOf(expr.otherwise)})`;
    case "in":
      return `in(${keyOf(expr.input)}:${expr.list.map(keyOf).join(",")})`;
    case "lambda": {
      const inner = new Map(parameters);
      for (const parameter of expr.parameters) inner.set(parameter.id, inner.size);
      return `lambda${expr.parameters.length}(${makeKey(expr.body, inner)})`;
    }
  }
}

function valueKey(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? `${v}n` : Object.is(v, -0) ? "-0" : typeof v === "number" && !Number.isFinite(v) ? String(v) : v));
}

export function sortKeysKey(keys: readonly SortKey[]): string {
  return keys.map((k) => `${exprKey(k.expr)}${k.ascending ? "+" : "-"}${k.nullsFirst ? "f" : "l"}`).join(",");
}

export function aggregateKey(call: AggregateCall): string {
  return `${call.name}/${call.mode}/${call.distinct}(${call.args.map(exprKey).join(",")})${call.filter === undefined ? "" : exprKey(call.filter)}/${call.orderBy === undefined ? "" : sortKeysKey(call.orderBy)}`;
}

export function windowKey(call: WindowCall, partitionBy: readonly Expr[], orderBy: readonly SortKey[]): string {
  const { frame } = call;
  const bound = (b: typeof frame.start): string => ("offset" in b ? `${b.kind} ${exprKey(b.offset)}` : b.kind);
  return `${call.name}/${call.mode}/${call.distinct}/${call.ignoreNulls}(${call.args.map(exprKey).join(",")})${call.filter === undefined ? "" : exprKey(call.filter)}|${frame.unit} ${bound(frame.start)} ${bound(frame.end)}|${partitionBy.map(exprKey).join(",")}|${sortKeysKey(orderBy)}`;
}
