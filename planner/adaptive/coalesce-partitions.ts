import type { ExchangeRead, PhysicalExchange, PhysicalPlan } from "../physical.ts";
import type { PartitionSize } from "./progress.ts";
import type { AdaptiveRule, AdaptiveSettings, RuleContext } from "./rule.ts";
import { rewriteUpward } from "./rule.ts";

/** Pieces smaller than this share of the wanted size go to the one before. Source: `spark.sql.adaptive.rebalancePartitionsSmallPartitionFactor`. */
const SMALL_PIECE_FACTOR = 0.2;

/**
 * Small partitions of a complete exchange become one, up to the advisory size; where the query asked for balance, large ones are cut. A number of partitions that the
 * query gives stays. Source: Spark's `CoalesceShufflePartitions` and `OptimizeSkewInRebalancePartitions`; not its preference for at least as many partitions as threads,
 * for here all workers take part in the reading of each.
 */
export const coalescePartitions: AdaptiveRule = {
  name: "CoalesceShufflePartitions",
  isEnabled: (settings) => settings.coalescePartitions || settings.rebalanceSkew,
  apply: (plan, context) => {
    const { latest } = context.state;
    if (latest.kind !== "exchange") return plan;
    return rewriteUpward(plan, (node) => (node.id === latest.node.id && node.kind === "exchange" ? withReads(node, context) : node));
  },
};

function withReads(exchange: PhysicalPlan & PhysicalExchange, { settings, state, decide }: RuleContext): PhysicalPlan {
  const sizes = state.complete(exchange)?.partitions;
  if (sizes === undefined || exchange.origin === undefined || exchange.origin === "REPARTITION_BY_NUM" || state.hasBegun(exchange)) return exchange;
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const target = Math.max(Math.min(Math.ceil(total / settings.minPartitions), settings.advisoryPartitionBytes), settings.minPartitionBytes);
  const pieces = settings.rebalanceSkew && exchange.origin !== "REPARTITION_BY_COL" ? skewedPieces(sizes, settings) : new Map<number, number>();
  const reads = readsOf(sizes, pieces, target, settings);
  if (reads.length === sizes.length && pieces.size === 0) return exchange;
  const largest = sizes.reduce((most, { bytes }) => Math.max(most, bytes), 0);
  const cut = pieces.size === 0 ? "" : `, ${pieces.size} of them cut into pieces`;
  decide({ rule: coalescePartitions.name, node: exchange.id, reason: `${sizes.length} partitions of ${megabytes(total)}, the largest ${megabytes(largest)}, wanted ${megabytes(target)}: read as ${reads.length}${cut}` });
  return { ...exchange, reads };
}

/** By partition that is larger than advised, the number of its pieces. */
function skewedPieces(sizes: readonly PartitionSize[], { advisoryPartitionBytes }: AdaptiveSettings): ReadonlyMap<number, number> {
  const pieces = new Map<number, number>();
  sizes.forEach(({ bytes }, partition) => {
    if (bytes > advisoryPartitionBytes) pieces.set(partition, Math.ceil(bytes / advisoryPartitionBytes - SMALL_PIECE_FACTOR));
  });
  return new Map([...pieces].filter(([, count]) => count > 1));
}

/** Neighbours together up to the target; a rest below the smallest size goes to its smaller neighbour. Empty partitions are not read. */
function readsOf(sizes: readonly PartitionSize[], pieces: ReadonlyMap<number, number>, target: number, settings: AdaptiveSettings): readonly ExchangeRead[] {
  const groups: { partitions: number[]; bytes: number; of: number }[] = [];
  let open: { partitions: number[]; bytes: number; of: number } | undefined;
  const close = (): void => {
    if (open === undefined) return;
    const before = groups.at(-1);
    if (settings.coalescePartitions && open.bytes < settings.minPartitionBytes && before !== undefined && before.of === 1) {
      before.partitions.push(...open.partitions);
      before.bytes += open.bytes;
    } else groups.push(open);
    open = undefined;
  };
  sizes.forEach(({ rows, bytes }, partition) => {
    const of = pieces.get(partition) ?? 1;
    if (of > 1) {
      close();
      groups.push({ partitions: [partition], bytes, of });
      return;
    }
    if (rows === 0 && settings.coalescePartitions) return;
    if (open !== undefined && (!settings.coalescePartitions || open.bytes + bytes > target)) close();
    open ??= { partitions: [], bytes: 0, of: 1 };
    open.partitions.push(partition);
    open.bytes += bytes;
  });
  close();
  if (groups.length === 0) return [{ partitions: [0] }];
  return groups.flatMap(({ partitions, of }) => (of === 1 ? [{ partitions }] : Array.from({ length: of }, (_, index) => ({ partitions, slice: { index, of } }))));
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
