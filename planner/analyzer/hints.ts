import type { Expr } from "../../catalog/expression.ts";
import type { AstExpr, Hint } from "../../parser/ast.ts";
import type { Assignment, JoinHint, LogicalPlan } from "../logical.ts";
import type { QueryEnvironment } from "./scope.ts";
import { resolveExpr } from "./expressions.ts";
import { scopeOf } from "./scope.ts";

type JoinStrategy = NonNullable<JoinHint["left"]>;

const JOIN_HINTS: Readonly<Record<string, JoinStrategy>> = {
  broadcast: "broadcast",
  broadcastjoin: "broadcast",
  mapjoin: "broadcast",
  merge: "merge",
  shuffle_merge: "merge",
  mergejoin: "merge",
  shuffle_hash: "shuffle_hash",
  shuffle_replicate_nl: "shuffle_replicate_nl",
};

/** Join hints by lower-case relation name; other hints and unknown ones are not in it. Source: Spark's `ResolveHints`. */
export function joinHints(hints: readonly Hint[]): ReadonlyMap<string, JoinStrategy> {
  const result = new Map<string, JoinStrategy>();
  for (const hint of hints) {
    const strategy = JOIN_HINTS[hint.name.toLowerCase()];
    if (strategy === undefined) continue;
    for (const arg of hint.args) if (arg.kind === "name") result.set(arg.name.parts.map((p) => p.name.toLowerCase()).join("."), strategy);
  }
  return result;
}

/** REPARTITION(n, c), COALESCE(n), REBALANCE(n, c) over the select's output. Other hints are ignored, as Spark does with unknown ones; so is REPARTITION_BY_RANGE. */
export function applyHints(hints: readonly Hint[], plan: LogicalPlan, outputs: readonly Assignment[], env: QueryEnvironment): LogicalPlan {
  let result = plan;
  for (const hint of hints.toReversed()) {
    const name = hint.name.toLowerCase();
    const mode = name === "coalesce" ? "coalesce" : name === "rebalance" ? "rebalance" : name === "repartition" ? "repartition" : undefined;
    if (mode === undefined) continue;
    const count = hint.args.find((a): a is AstExpr & { kind: "number" } => a.kind === "number");
    const scope = scopeOf(outputs.map((o) => o.column));
    const by: Expr[] = hint.args.filter((a) => a.kind !== "number").map((a) => resolveExpr(a, { query: env, scope, clause: "hint" }));
    result = { kind: "repartition", input: result, mode, by, ...(count === undefined ? {} : { partitions: Number(count.text) }) };
  }
  return result;
}
