import { joinExchange, probeInput, spreadByKeys } from "../partitioned-join.ts";
import type { PhysicalHashJoin, PhysicalJoinKind, PhysicalPlan } from "../physical.ts";
import { RevisedRows } from "./revised-rows.ts";
import type { AdaptiveRule, RuleContext } from "./rule.ts";
import { rewriteUpward } from "./rule.ts";

/** A side is kept instead of the other one only where it is this many times smaller: the rest of both is still an estimate. */
const TURN_ROUND_FACTOR = 2;
/** Sides below this size cost the same either way. */
const MIN_BYTES = 64 * 1024;

/** Share of an estimate that it may be wrong by without another look at the joins. */
const UNREMARKABLE = 0.25;

const TURNED: Partial<Record<PhysicalJoinKind, PhysicalJoinKind>> = {
  inner: "inner",
  probeOuter: "buildOuter",
  buildOuter: "probeOuter",
  fullOuter: "fullOuter",
  probeSemi: "buildSemi",
  buildSemi: "probeSemi",
  probeAnti: "buildAnti",
  buildAnti: "probeAnti",
};

/**
 * The smaller side of a join goes into the hash table, by what is known now: a join that has not begun turns round when the side that would be kept turned out to be the
 * larger one. A hint of the query says more than sizes do. Source: Spark's `DynamicJoinSelection` and its planning of joins by runtime sizes.
 */
export const buildSide: AdaptiveRule = {
  name: "DynamicJoinSelection",
  isEnabled: () => true,
  apply: (plan, context) => {
    const { latest } = context.state;
    const estimate = latest.kind === "build" || latest.kind === "loopBuild" ? latest.node.build.rows : latest.node.rows;
    const rowsFound = context.state.complete(latest.node)?.rows ?? estimate;
    if (Math.abs(rowsFound - estimate) <= UNREMARKABLE * estimate) return plan;
    const rows = new RevisedRows(context.state);
    return rewriteUpward(plan, (node) => (node.kind === "hashJoin" ? (turnedRound(node, rows, context) ?? node) : node));
  },
};

function turnedRound(join: PhysicalPlan & PhysicalHashJoin, rows: RevisedRows, { state, decide }: RuleContext): PhysicalPlan | undefined {
  const kind = TURNED[join.join];
  const exchange = joinExchange(join);
  if (kind === undefined || join.nullAware || join.sideHint === true || state.isFixed(join) || (exchange !== undefined && state.isFixed(exchange))) return undefined;
  const [build, probe] = [rows.bytes(join.build), rows.bytes(join.probe)];
  if (build < MIN_BYTES || build <= TURN_ROUND_FACTOR * probe || isAsEstimated(join, rows)) return undefined;
  const described = (side: PhysicalPlan): string => `${Math.round(rows.of(side))} rows, estimated ${side.rows}`;
  decide({ rule: buildSide.name, node: join.id, reason: `the side to be probed with has ${described(join.probe)}, the other one ${described(join.build)}: the first goes into the hash table` });
  const keys = join.keys.map((key) => ({ probe: key.build, build: key.probe, nullSafe: key.nullSafe }));
  const spread = exchange === undefined ? join.build : { ...exchange, ...spreadByKeys(join.build, keys), rows: join.build.rows };
  return { ...join, join: kind, probe: spread, build: probeInput(join), keys };
}

/** Nothing was measured that the choice was not made with. */
function isAsEstimated(join: PhysicalHashJoin, rows: RevisedRows): boolean {
  return Math.round(rows.of(join.build)) === join.build.rows && Math.round(rows.of(join.probe)) === join.probe.rows;
}
