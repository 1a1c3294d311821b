import { bytesText } from "../bytes-text.ts";
import type { ExchangeRead, JoinRead } from "../partitioning.ts";
import { joinExchange } from "../partitioned-join.ts";
import type { PhysicalExchange, PhysicalHashJoin, PhysicalPlan } from "../physical.ts";
import { groupNeighbours, piecesOf, taskBytes } from "./partition-sizes.ts";
import type { PartitionSize } from "./progress.ts";
import type { AdaptiveRule, AdaptiveSettings, RuleContext } from "./rule.ts";
import { rewriteUpward } from "./rule.ts";

/**
 * Small partitions of a complete exchange become one, up to the advisory size; where the query asked for balance, large ones are cut. A number of partitions that the
 * query gives stays. Partitions of a join become one task, up to the size that keeps all workers busy. Source: Spark's `CoalesceShufflePartitions` and
 * `OptimizeSkewInRebalancePartitions`; in results not its preference for at least as many partitions as threads, for here all workers take part in the reading of each.
 */
export const coalescePartitions: AdaptiveRule = {
  name: "CoalesceShufflePartitions",
  isEnabled: (settings) => settings.coalescePartitions || settings.rebalanceSkew,
  apply: (plan, context) => {
    const { latest } = context.state;
    if (latest.kind !== "exchange") return plan;
    return rewriteUpward(plan, (node) => {
      if (node.kind === "hashJoin" && node.probe.id === latest.node.id) return withFewerTasks(node, context);
      return node.id === latest.node.id && node.kind === "exchange" ? withReads(node, context) : node;
    });
  },
};

function withReads(exchange: PhysicalPlan & PhysicalExchange, { settings, state, decide }: RuleContext): PhysicalPlan {
  const sizes = state.complete(exchange)?.partitions;
  const { origin } = exchange;
  if (sizes === undefined || origin === undefined || origin === "REPARTITION_BY_NUM" || origin === "ENSURE_REQUIREMENTS" || state.hasBegun(exchange)) return exchange;
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const target = Math.max(Math.min(Math.ceil(total / settings.minPartitions), settings.advisoryPartitionBytes), settings.minPartitionBytes);
  const pieces = settings.rebalanceSkew && origin !== "REPARTITION_BY_COL" ? skewedPieces(sizes, settings) : new Map<number, number>();
  const reads = readsOf(sizes, pieces, target, settings);
  if (reads.length === sizes.length && pieces.size === 0) return exchange;
  const largest = sizes.reduce((most, { bytes }) => Math.max(most, bytes), 0);
  const cut = pieces.size === 0 ? "" : `, ${pieces.size} of them cut into pieces`;
  decide({ rule: coalescePartitions.name, node: exchange.id, reason: `${sizes.length} partitions of ${bytesText(total)}, the largest ${bytesText(largest)}, wanted ${bytesText(target)}: read as ${reads.length}${cut}` });
  return { ...exchange, reads };
}

/** By partition that is larger than advised, the number of its pieces. */
function skewedPieces(sizes: readonly PartitionSize[], settings: AdaptiveSettings): ReadonlyMap<number, number> {
  const pieces = sizes.map(({ bytes }, partition) => [partition, piecesOf(bytes, settings.advisoryPartitionBytes, settings)] as const);
  return new Map(pieces.filter(([, count]) => count > 1));
}

/** Empty partitions are not read. */
function readsOf(sizes: readonly PartitionSize[], pieces: ReadonlyMap<number, number>, target: number, settings: AdaptiveSettings): readonly ExchangeRead[] {
  const partitions = sizes.flatMap(({ rows, bytes }, partition) => {
    const isAlone = pieces.has(partition) || !settings.coalescePartitions;
    return rows === 0 && settings.coalescePartitions ? [] : [{ partition, bytes, isAlone }];
  });
  if (partitions.length === 0) return [{ partitions: [0] }];
  return groupNeighbours(partitions, target, settings.minPartitionBytes).flatMap((group): ExchangeRead[] => {
    const of = pieces.get(group[0]) ?? 1;
    return of === 1 ? [{ partitions: group }] : Array.from({ length: of }, (_, index) => ({ partitions: group, slice: { index, of } }));
  });
}

/** Those that are cut come first, so that the small ones fill what is left of the time. */
function withFewerTasks(join: PhysicalPlan & PhysicalHashJoin, { settings, state, decide }: RuleContext): PhysicalPlan {
  const exchange = joinExchange(join);
  const probe = exchange && state.complete(exchange)?.partitions;
  const build = state.complete(join)?.partitions;
  if (!settings.coalescePartitions || probe === undefined || build === undefined || state.hasBegun(join)) return join;
  const bytes = probe.map((side, partition) => side.bytes + (build[partition]?.bytes ?? 0));
  const target = taskBytes(bytes, settings);
  const before = join.reads ?? probe.map((_, partition): JoinRead => ({ partitions: [partition] }));
  const cut = before.filter((read) => read.probe !== undefined || read.build !== undefined);
  const isCut = new Set(cut.flatMap((read) => read.partitions));
  const whole = bytes.flatMap((size, partition) => (isCut.has(partition) ? [] : [{ partition, bytes: size, isAlone: false }]));
  const groups = groupNeighbours(whole, target, settings.minPartitionBytes);
  if (groups.length === whole.length) return join;
  decide({ rule: coalescePartitions.name, node: join.id, reason: `${whole.length} partitions of ${bytesText(whole.reduce((sum, size) => sum + size.bytes, 0))}, wanted ${bytesText(target)} for a task: ${groups.length} tasks` });
  return { ...join, reads: [...cut, ...groups.map((partitions): JoinRead => ({ partitions }))] };
}
