import type { Column, Expr, WindowCall, WindowFrame } from "../catalog/expression.ts";
import { conjuncts } from "./conjunctions.ts";
import type { LogicalWindow } from "./logical.ts";
import type { WindowLimit } from "./physical.ts";

/** Up to here the first keys of each partition are kept at hand. Source: spark.sql.optimizer.windowGroupLimitThreshold, which has 1000. */
const MAX_LIMIT = 64;

const RANKS = new Set(["row_number", "rank", "dense_rank"]);
/** Ranks that depend on how many rows there are. */
const SHARES = new Set(["percent_rank", "cume_dist", "ntile"]);

/**
 * What a filter right above a window allows to leave out of it: `WHERE rank() <= 3` wants the first rows of each partition only. Valid where every call of the
 * window sees no row behind the one it is for; not for `lead(x)`, `ntile(4)` or `count(*) OVER (PARTITION BY k)`. Source: Spark's InferWindowGroupLimit.
 */
export function windowLimit(condition: Expr, { calls, orderBy }: LogicalWindow): WindowLimit | undefined {
  if (orderBy.length === 0 || !calls.every(({ call }) => looksBack(call))) return undefined;
  let best: WindowLimit | undefined;
  for (const conjunct of conjuncts(condition)) {
    const limit = upperBound(conjunct, calls);
    if (limit !== undefined && (best === undefined || limit.rows < best.rows)) best = limit;
  }
  return best !== undefined && best.rows >= 1 && best.rows <= MAX_LIMIT ? best : undefined;
}

function looksBack({ name, args: [, offset], frame }: WindowCall): boolean {
  if (name === "lag") return offset === undefined || (offset.kind === "literal" && typeof offset.value === "number" && offset.value >= 0);
  return name !== "lead" && !SHARES.has(name) && isRunning(frame);
}

function isRunning({ unit, start, end }: WindowFrame): boolean {
  return unit === "rows" && start.kind === "unboundedPreceding" && end.kind === "currentRow";
}

/** The largest rank that satisfies a comparison of one with a constant. */
function upperBound(expr: Expr, calls: readonly { readonly column: Column; readonly call: WindowCall }[]): WindowLimit | undefined {
  if (expr.kind !== "call" || expr.args.length !== 2) return undefined;
  const [left, right] = expr.args;
  const isFlipped = left.kind === "literal";
  const [rank, bound] = isFlipped ? [right, left] : [left, right];
  if (rank.kind !== "column" || bound.kind !== "literal" || typeof bound.value !== "number") return undefined;
  const call = calls.find(({ column }) => column.id === rank.id)?.call;
  if (call === undefined || !RANKS.has(call.name)) return undefined;
  const distinct = call.name === "dense_rank";
  switch (expr.name) {
    case "=":
      return { rows: bound.value, distinct };
    case isFlipped ? ">=" : "<=":
      return { rows: bound.value, distinct };
    case isFlipped ? ">" : "<":
      return { rows: bound.value - 1, distinct };
    default:
      return undefined;
  }
}
