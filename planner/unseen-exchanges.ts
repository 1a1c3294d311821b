import type { Expr } from "../catalog/expression.ts";
import { seesPartition } from "./optimizer/expression-facts.ts";
import type { PhysicalExchange, PhysicalPlan } from "./physical.ts";
import { mapPhysicalInputs } from "./physical.ts";
import { exchangedRows } from "./range-partitioning.ts";

/** Who sees in which partitions rows are. */
type Seen = "result" | "expression" | "nobody";

/**
 * Partitions are seen in a result, where each becomes a file and is sorted by itself, and by expressions that ask for them. Below a join, a grouping or a window nobody
 * else sees them, for all workers share one memory: the rows are read where they are. A result is one stream, which is at most any number of partitions, so that
 * COALESCE is there for expressions alone. Source: Spark's `OptimizeShuffleWithLocalRead`.
 */
export function withoutUnseenExchanges(plan: PhysicalPlan, seen: Seen, definitions = new Map<PhysicalPlan, PhysicalPlan>()): PhysicalPlan {
  const below = (by: Seen): PhysicalPlan => {
    const own = expressionsOf(plan).some(seesPartition) ? "expression" : by;
    return mapPhysicalInputs(plan, (input) => withoutUnseenExchanges(input, own, definitions));
  };
  switch (plan.kind) {
    case "exchange":
      return isNeeded(plan, seen) ? below("nobody") : withoutUnseenExchanges(exchangedRows(plan), "nobody", definitions);
    case "filter":
    case "project":
    case "union":
      return below(seen);
    case "sort":
      return below(plan.local === true ? seen : "nobody");
    case "shared": {
      const definition = definitions.get(plan.definition) ?? withoutUnseenExchanges(plan.definition, "nobody", definitions);
      definitions.set(plan.definition, definition);
      return definition === plan.definition ? plan : { ...plan, definition };
    }
    default:
      return below("nobody");
  }
}

function isNeeded({ origin, coalesces, input }: PhysicalExchange, seen: Seen): boolean {
  if (coalesces === true) return seen === "expression" && !isOnePartition(input);
  return seen !== "nobody" || origin === "ENSURE_REQUIREMENTS";
}

/** Rows of a breaker are one partition, in their order. */
function isOnePartition(plan: PhysicalPlan): boolean {
  switch (plan.kind) {
    case "filter":
    case "project":
      return isOnePartition(plan.input);
    case "sort":
      return plan.local !== true;
    case "aggregate":
    case "limit":
    case "topN":
    case "values":
    case "window":
      return true;
    default:
      return false;
  }
}

/** Those that may ask for a partition: joins, for one, have none. */
function expressionsOf(node: PhysicalPlan): readonly Expr[] {
  switch (node.kind) {
    case "filter":
      return [node.condition];
    case "project":
      return node.outputs.map((output) => output.expr);
    case "aggregate":
      return [...node.keys.map((key) => key.expr), ...node.calls.flatMap(({ call }) => [...call.args, ...(call.filter === undefined ? [] : [call.filter])])];
    case "sort":
    case "topN":
      return node.order.map((key) => key.expr);
    case "generate":
      return node.args;
    case "expand":
      return node.projections.flat();
    default:
      return [];
  }
}
