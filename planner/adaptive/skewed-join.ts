import { bytesText } from "../bytes-text.ts";
import { joinExchange } from "../partitioned-join.ts";
import type { JoinRead, Slice } from "../partitioning.ts";
import type { PhysicalHashJoin, PhysicalJoinKind, PhysicalPlan } from "../physical.ts";
import { piecesOf, taskBytes } from "./partition-sizes.ts";
import type { PartitionSize } from "./progress.ts";
import type { AdaptiveRule, AdaptiveSettings, RuleContext } from "./rule.ts";
import { rewriteUpward } from "./rule.ts";

/**
 * Joins of which the rows of one key can be found piece by piece. The other side can always be cut: each of its rows meets the whole partition, and match flags lie with
 * the rows that all tasks share.
 */
const CUTS_BUILD: ReadonlySet<PhysicalJoinKind> = new Set(["inner", "buildOuter", "buildSemi", "buildAnti"]);

/**
 * A partition of a join that has many more bytes than the others is cut: several tasks join a piece of it each with the whole partition of the other side, whose rows are
 * not copied; where both sides are skewed each piece of the one with each of the other. Source: Spark's `OptimizeSkewedJoin`; not its rule that a full outer join is
 * never cut, nor its gathering of pieces from what writers left, for rows in memory can be cut anywhere.
 */
export const skewedJoin: AdaptiveRule = {
  name: "OptimizeSkewedJoin",
  isEnabled: (settings) => settings.skewJoin,
  apply: (plan, context) => {
    const { latest } = context.state;
    if (latest.kind !== "exchange") return plan;
    return rewriteUpward(plan, (node) => (node.kind === "hashJoin" && node.probe.id === latest.node.id ? cutWhereSkewed(node, context) : node));
  },
};

/** Pieces of a side's partitions, and what is told of them. */
interface CutSide {
  readonly pieces: readonly number[];
  readonly text: string;
}

function cutWhereSkewed(join: PhysicalPlan & PhysicalHashJoin, { settings, state, decide }: RuleContext): PhysicalPlan {
  const exchange = joinExchange(join);
  const probe = exchange && state.complete(exchange)?.partitions;
  const build = state.complete(join)?.partitions;
  if (probe === undefined || build === undefined || state.hasBegun(join)) return join;
  const sides = { probe: cutSide("probe", probe, settings), build: CUTS_BUILD.has(join.join) ? cutSide("build", build, settings) : undefined };
  const texts = [sides.probe, sides.build].flatMap((side) => side?.text ?? []);
  if (texts.length === 0) return join;
  const slices = (side: CutSide | undefined, partition: number): readonly (Slice | undefined)[] => {
    const of = side?.pieces[partition] ?? 1;
    return of === 1 ? [undefined] : Array.from({ length: of }, (_, index) => ({ index, of }));
  };
  const reads = probe.flatMap((_, partition) =>
    slices(sides.probe, partition).flatMap((probeSlice) =>
      slices(sides.build, partition).map((buildSlice): JoinRead => ({ partitions: [partition], ...(probeSlice !== undefined && { probe: probeSlice }), ...(buildSlice !== undefined && { build: buildSlice }) })),
    ),
  );
  decide({ rule: skewedJoin.name, node: join.id, reason: `${texts.join(", ")}: ${reads.length} tasks instead of ${probe.length}` });
  return { ...join, reads };
}

/** Undefined where no partition is skewed. */
function cutSide(name: string, sizes: readonly PartitionSize[], settings: AdaptiveSettings): CutSide | undefined {
  const bytes = sizes.map((size) => size.bytes);
  const middle = median(bytes);
  const threshold = Math.max(settings.skewedPartitionBytes, settings.skewedPartitionFactor * middle);
  const even = bytes.filter((size) => size <= threshold);
  const target = Math.max(taskBytes(bytes, settings), even.reduce((sum, size) => sum + size, 0) / Math.max(1, even.length));
  const pieces = bytes.map((size) => (size > threshold ? piecesOf(size, target, settings) : 1));
  const cut = pieces.filter((count) => count > 1);
  if (cut.length === 0) return undefined;
  return { pieces, text: `${name} side: ${cut.length} of ${sizes.length} partitions skewed, the largest ${bytesText(Math.max(...bytes))}, the median ${bytesText(middle)}, cut into ${cut.join(" and ")} pieces of about ${bytesText(target)}` };
}

/** The middle one; of an even number the mean of two, rounded down; 1 at least. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return Math.max(1, sorted.length % 2 === 1 ? sorted[middle] : Math.floor((sorted[middle - 1] + sorted[middle]) / 2));
}
