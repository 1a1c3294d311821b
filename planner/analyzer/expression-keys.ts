import type { AggregateCall, Expr, SortKey, WindowCall } from "../../catalog/expression.ts";

const keys = new WeakMap<Expr, string>();

/** Equal for expressions that are equal but for where they stand in the text. */
export function exprKey(expr: Expr): string {
  let key = keys.get(expr);
  if (key === undefined) {
    key = makeKey(expr);
    keys.set(expr, key);
  }
  return key;
}

function makeKey(expr: Expr): string {
  switch (expr.kind) {
    case "column":
      return `#${expr.id}`;
    case "literal":
      return `${JSON.stringify(expr.type)}:${valueKey(expr.value)}`;
    case "call":
      return `${expr.name}/${expr.mode}/${JSON.stringify(expr.type)}(${expr.args.map(exprKey).join(",")})`;
    case "cast":
      return `cast/${expr.mode}/${JSON.stringify(expr.type)}(${exprKey(expr.input)})`;
    case "case":
      return `case(${expr.branches.map((b) => `${exprKey(b.when)}?${exprKey(b.then)}`).join(",")}:${exprKey(expr.otherwise)})`;
    case "in":
      return `in(${exprKey(expr.input)}:${expr.list.map(exprKey).join(",")})`;
    case "lambda": {
      // Parameters are numbered by position: two lambdas of the same shape are equal.
      let body = exprKey(expr.body);
      expr.parameters.forEach((p, i) => {
        body = body.replaceAll(new RegExp(`#${p.id}(?![0-9])`, "g"), `#p${i}`);
      });
      return `lambda${expr.parameters.length}(${body})`;
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
