import { bytesText } from "../bytes-text.ts";
import type { ExchangeOrigin, ExchangeRead } from "../partitioning.ts";
import type { PhysicalExchange, PhysicalPlan } from "../physical.ts";
import { piecesOf } from "./partition-sizes.ts";
import type { AdaptiveRule, RuleContext } from "./rule.ts";
import { rewriteUpward } from "./rule.ts";

/** Of exchanges in which a key may be in several partitions. */
const BALANCED: ReadonlySet<ExchangeOrigin | undefined> = new Set(["REBALANCE_PARTITIONS_BY_NONE", "REBALANCE_PARTITIONS_BY_COL"]);

/**
 * Where the query asked for balance, partitions larger than advised are cut: each piece becomes a file and is sorted by itself, while the one before is written. Source:
 * Spark's `OptimizeSkewInRebalancePartitions`; not its gathering of pieces from what writers left, for rows can be cut anywhere.
 */
export const rebalanceSkew: AdaptiveRule = {
  name: "OptimizeSkewInRebalancePartitions",
  isEnabled: (settings) => settings.rebalanceSkew,
  apply: (plan, context) => {
    const { latest } = context.state;
    if (latest.kind !== "exchange") return plan;
    return rewriteUpward(plan, (node) => (node.id === latest.node.id && node.kind === "exchange" && BALANCED.has(node.origin) ? inPieces(node, context) : node));
  },
};

function inPieces(exchange: PhysicalPlan & PhysicalExchange, { settings, state, decide }: RuleContext): PhysicalPlan {
  const sizes = state.complete(exchange)?.partitions;
  if (sizes === undefined || state.hasBegun(exchange)) return exchange;
  const pieces = sizes.map(({ bytes }) => piecesOf(bytes, settings.advisoryPartitionBytes, settings));
  const cut = pieces.filter((count) => count > 1);
  if (cut.length === 0) return exchange;
  const largest = sizes.reduce((most, { bytes }) => Math.max(most, bytes), 0);
  decide({ rule: rebalanceSkew.name, node: exchange.id, reason: `${cut.length} of ${sizes.length} partitions larger than ${bytesText(settings.advisoryPartitionBytes)}, the largest ${bytesText(largest)}: cut into ${cut.join(" and ")} pieces` });
  const reads = pieces.flatMap((of, partition): readonly ExchangeRead[] => (of === 1 ? [{ partitions: [partition] }] : Array.from({ length: of }, (_, index) => ({ partitions: [partition], slice: { index, of } }))));
  return { ...exchange, reads };
}
