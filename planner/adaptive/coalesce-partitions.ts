import { bytesText } from "../bytes-text.ts";
import type { ExchangeRead, JoinRead } from "../partitioning.ts";
import { joinExchange } from "../partitioned-join.ts";
import type { PhysicalExchange, PhysicalHashJoin, PhysicalPlan } from "../physical.ts";
import { groupNeighbours, taskBytes } from "./partition-sizes.ts";
import type { AdaptiveRule, RuleContext } from "./rule.ts";
import { rewriteUpward } from "./rule.ts";

/**
 * Small partitions of a complete exchange become one, up to the advisory size, and empty ones are not read. A number of partitions that the query gives stays. Partitions
 * of a join become one task, up to the size that keeps all workers busy. Source: Spark's `CoalesceShufflePartitions`; in results not its preference for at least as many
 * partitions as threads, for here all workers take part in the reading of each.
 */
export const coalescePartitions: AdaptiveRule = {
  name: "CoalesceShufflePartitions",
  isEnabled: (settings) => settings.coalescePartitions,
  apply: (plan, context) => {
    const { latest } = context.state;
    if (latest.kind !== "exchange") return plan;
    return rewriteUpward(plan, (node) => {
      if (node.kind === "hashJoin" && node.probe.id === latest.node.id) return withFewerTasks(node, context);
      return node.id === latest.node.id && node.kind === "exchange" ? withFewerReads(node, context) : node;
    });
  },
};

function withFewerReads(exchange: PhysicalPlan & PhysicalExchange, { settings, state, decide }: RuleContext): PhysicalPlan {
  const sizes = state.complete(exchange)?.partitions;
  const { origin } = exchange;
  if (sizes === undefined || origin === undefined || origin === "REPARTITION_BY_NUM" || origin === "ENSURE_REQUIREMENTS" || state.hasBegun(exchange)) return exchange;
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const target = Math.max(Math.min(Math.ceil(total / settings.minPartitions), settings.advisoryPartitionBytes), settings.minPartitionBytes);
  const before = exchange.reads ?? sizes.map((_, partition): ExchangeRead => ({ partitions: [partition] }));
  const pieces = Map.groupBy(before.filter((read) => read.slice !== undefined), (read) => read.partitions[0]);
  const partitions = sizes.flatMap(({ rows, bytes }, partition) => (rows === 0 ? [] : [{ partition, bytes, isAlone: pieces.has(partition) }]));
  const groups = groupNeighbours(partitions, target, settings.minPartitionBytes).flatMap((group): readonly ExchangeRead[] => pieces.get(group[0]) ?? [{ partitions: group }]);
  const reads = groups.length === 0 ? [{ partitions: [0] }] : groups;
  if (reads.length === before.length) return exchange;
  const largest = sizes.reduce((most, { bytes }) => Math.max(most, bytes), 0);
  decide({ rule: coalescePartitions.name, node: exchange.id, reason: `${sizes.length} partitions of ${bytesText(total)}, the largest ${bytesText(largest)}, wanted ${bytesText(target)}: read as ${reads.length}` });
  return { ...exchange, reads };
}

/** Those that are cut come first, so that the small ones fill what is left of the time. */
function withFewerTasks(join: PhysicalPlan & PhysicalHashJoin, { settings, state, decide }: RuleContext): PhysicalPlan {
  const exchange = joinExchange(join);
  const probe = exchange && state.complete(exchange)?.partitions;
  const build = state.complete(join)?.partitions;
  if (probe === undefined || build === undefined || state.hasBegun(join)) return join;
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
