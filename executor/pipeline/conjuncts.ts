import type { Expr } from "../../catalog/expression.ts";

/** The operands of a tree of ANDs, left to right: each is reached only if those before it are TRUE. */
export function conjunctsOf(expr: Expr): readonly Expr[] {
  const out: Expr[] = [];
  const stack: Expr[] = [expr];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next.kind === "call" && next.name === "and") stack.push(...next.args.toReversed());
    else out.push(next);
  }
  return out;
}
