import { bytesText } from "../bytes-text.ts";
import { hashTableBytes, JOIN_PARTITIONS, joinExchange, spreadByKeys } from "../partitioned-join.ts";
import type { PhysicalHashJoin, PhysicalPlan } from "../physical.ts";
import type { AdaptiveRule, RuleContext } from "./rule.ts";
import { rewriteUpward } from "./rule.ts";

/**
 * Whether all workers share one hash table or both sides are spread over partitions, by the size that the build side turned out to have: what need not be spread is
 * read where it is. A hint of the query says more than sizes do. Source: Spark's planning of joins by runtime sizes, and its `OptimizeShuffleWithLocalRead`.
 */
export const sharedHashTable: AdaptiveRule = {
  name: "SharedHashTable",
  isEnabled: () => true,
  apply: (plan, context) => {
    const { latest } = context.state;
    if (latest.kind !== "build") return plan;
    return rewriteUpward(plan, (node) => (node.id === latest.node.id && node.kind === "hashJoin" ? withOtherTable(node, context) : node));
  },
};

function withOtherTable(join: PhysicalPlan & PhysicalHashJoin, { settings, state, nextNodeId, decide }: RuleContext): PhysicalPlan {
  const complete = state.complete(join);
  if (complete === undefined || join.tableHint === true) return join;
  const exchange = joinExchange(join);
  const isSmall = complete.bytes <= settings.sharedTableBytes && complete.isOnDisk !== true;
  const found = `build side: ${bytesText(complete.bytes)}, estimated ${bytesText(hashTableBytes(join.build, join.build.rows))}`;
  if (exchange !== undefined && isSmall && !state.isFixed(exchange)) {
    decide({ rule: sharedHashTable.name, node: join.id, reason: `${found}: one shared hash table, the other side is not repartitioned` });
    return { ...join, probe: exchange.input };
  }
  if (exchange === undefined && !isSmall && !state.hasBegun(join)) {
    decide({ rule: sharedHashTable.name, node: join.id, reason: `${found}${complete.isOnDisk === true ? ", on disk" : ""}: both sides in ${JOIN_PARTITIONS} partitions, each with a hash table of its own` });
    return { ...join, probe: { id: nextNodeId(), rows: join.probe.rows, ...spreadByKeys(join.probe, join.keys) } };
  }
  return join;
}
