import { bytesText } from "../bytes-text.ts";
import { hashTableBytes, JOIN_PARTITIONS, joinExchange, spreadByKeys } from "../partitioned-join.ts";
import type { PhysicalHashJoin, PhysicalPlan } from "../physical.ts";
import { physicalOutput } from "../physical.ts";
import type { CompleteBreaker } from "./progress.ts";
import { RevisedRows } from "./revised-rows.ts";
import type { AdaptiveRule, RuleContext } from "./rule.ts";
import { rewriteUpward } from "./rule.ts";

/** Columns of the other side up to which spreading its rows costs less than looking far for their partners. */
const MAX_SPREAD_COLUMNS = 8;
/** Part of the memory that a query may have which the other side may take in partitions. */
const SPREAD_SHARE = 0.2;

/**
 * Whether all workers share one hash table or both sides are spread over partitions, by the size that the build side turned out to have: what need not be spread is
 * read where it is. Where every look into a table waits for memory, a pass that spreads rows over partitions whose tables stay in the processor's caches pays; not for
 * tables that are indexed by the key. A hint of the query says more than sizes do. Source: Spark's planning of joins by runtime sizes, and its
 * `OptimizeShuffleWithLocalRead`; radix joins (Manegold, Boncz, Kersten 2002).
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

function withOtherTable(join: PhysicalPlan & PhysicalHashJoin, context: RuleContext): PhysicalPlan {
  const { settings, state, nextNodeId, decide } = context;
  const complete = state.complete(join);
  if (complete === undefined || join.tableHint === true) return join;
  const exchange = joinExchange(join);
  const isOnDisk = complete.isOnDisk === true;
  const limit = complete.build?.isKeyed === true ? settings.sharedDirectTableBytes : settings.sharedTableBytes;
  const isSmall = complete.bytes <= limit && !isOnDisk;
  const found = `build side: ${bytesText(complete.bytes)}, estimated ${bytesText(hashTableBytes(join.build, join.build.rows))}`;
  if (exchange !== undefined && isSmall && !state.isFixed(exchange)) {
    decide({ rule: sharedHashTable.name, node: join.id, reason: `${found}: one shared hash table, the other side is not repartitioned` });
    return { ...join, probe: exchange.input };
  }
  if (exchange === undefined && !isSmall && !state.hasBegun(join) && (isOnDisk || limit < 0 || spreadingPays(join, complete, context))) {
    decide({ rule: sharedHashTable.name, node: join.id, reason: `${found}${isOnDisk ? ", on disk" : ""}: both sides in ${JOIN_PARTITIONS} partitions, each with a hash table of its own` });
    return { ...join, probe: { id: nextNodeId(), rows: join.probe.rows, ...spreadByKeys(join.probe, join.keys) } };
  }
  return join;
}

/** Many narrow rows to spread, which do not fill the memory. */
function spreadingPays({ probe }: PhysicalHashJoin, build: CompleteBreaker, { settings, state }: RuleContext): boolean {
  const rows = new RevisedRows(state).of(probe);
  return rows >= build.rows && physicalOutput(probe).length <= MAX_SPREAD_COLUMNS && hashTableBytes(probe, rows) <= SPREAD_SHARE * settings.memoryBytes;
}
