import { referencedColumns } from "../../catalog/expression.ts";
import type { PhysicalHashJoin, PhysicalPlan } from "../physical.ts";
import { joinExchange } from "../partitioned-join.ts";
import { physicalOutput } from "../physical.ts";
import type { Pipeline } from "../stages.ts";
import { RevisedRows } from "./revised-rows.ts";
import type { AdaptiveRule, RuleContext } from "./rule.ts";
import { forEachNode, rewriteUpward } from "./rule.ts";

/** The new order must do at most this share of the old one's work. */
const WORTH_IT = 0.8;
/** Hash tables up to this size stay in the processor's caches; a probe of a larger one waits for memory. */
const CACHED_BYTES = 2 * 1024 * 1024;
const UNCACHED_PROBE_COST = 4;

type Probe = PhysicalPlan & PhysicalHashJoin;

/**
 * Rows that stream through several complete hash tables meet those first that drop the most of them for the least work. Joins that only drop or add columns to probe
 * rows can be made in any order that gives each its keys; the rows of a LEFT JOIN keep being those of its left side.
 */
export const probeOrder: AdaptiveRule = {
  name: "ProbeOrder",
  isEnabled: (settings) => settings.joinReorder,
  apply: (plan, context) => {
    if (!context.state.pipelines.some((pipeline) => probesSeveral(pipeline, context))) return plan;
    const chains = longestChains(plan, context);
    if (chains.size === 0) return plan;
    const rows = new RevisedRows(context.state);
    return rewriteUpward(plan, (node) => (chains.has(node.id) && isMovable(node, context) ? reordered(chainOf(node, context), rows, context, node) : node));
  },
};

interface Chain {
  /** From the source upwards. */
  readonly probes: readonly Probe[];
  readonly source: PhysicalPlan;
}

function isMovable(node: PhysicalPlan, { state }: RuleContext): node is Probe {
  if (node.kind !== "hashJoin" || node.nullAware || joinExchange(node) !== undefined || state.hasBegun(node) || state.complete(node) === undefined) return false;
  // What can raise an error is asked of no row that another join would have dropped.
  if (node.residual !== undefined || node.keys.some((key) => key.probe.kind !== "column")) return false;
  return node.join === "inner" || node.join === "probeSemi" || node.join === "probeAnti" || node.join === "probeOuter";
}

/** The pipeline can run, and its rows meet two hash tables and more. */
function probesSeveral({ steps }: Pipeline, { state }: RuleContext): boolean {
  const probes = steps.filter((step) => step.kind === "probe");
  return probes.length > 1 && probes.every(({ node }) => state.complete(node) !== undefined);
}

/** Upper ends of chains of two and more. */
function longestChains(plan: PhysicalPlan, context: RuleContext): ReadonlySet<number> {
  const tops = new Set<number>();
  const below = new Set<number>();
  forEachNode(plan, (node) => {
    if (!isMovable(node, context)) return;
    const { probes } = chainOf(node, context);
    if (probes.length > 1) tops.add(node.id);
    for (const probe of probes) if (probe.id !== node.id) below.add(probe.id);
  });
  return new Set([...tops].filter((id) => !below.has(id)));
}

function chainOf(top: Probe, context: RuleContext): Chain {
  const probes: Probe[] = [];
  let node: PhysicalPlan = top;
  for (;;) {
    if (isMovable(node, context)) {
      probes.unshift(node);
      node = node.probe;
    } else if (node.kind === "project" && isSelection(node) && isMovable(node.input, context)) {
      node = node.input;
    } else return { probes, source: node };
  }
}

/** Leaves out columns and makes none. */
function isSelection(node: Extract<PhysicalPlan, { readonly kind: "project" }>): boolean {
  return node.outputs.every(({ column, expr }) => expr.kind === "column" && expr.id === column.id);
}

function reordered({ probes, source }: Chain, rows: RevisedRows, { state, decide }: RuleContext, top: PhysicalPlan): PhysicalPlan {
  const facts = probes.map((probe) => {
    const estimate = probe.rows / Math.max(1, probe.probe.rows);
    const build = rows.ofBuild(probe) / Math.max(1, probe.build.rows);
    const bytes = state.complete(probe)?.bytes ?? 0;
    return { probe, kept: keptShare(probe, estimate, build), cost: bytes <= CACHED_BYTES ? 1 : UNCACHED_PROBE_COST, needs: probe.keys.flatMap((key) => [...referencedColumns(key.probe)]), gives: new Set(physicalOutput(probe.build).map((column) => column.id)) };
  });
  const left = [...facts];
  const order: typeof facts = [];
  while (left.length > 0) {
    const ready = left.filter(({ needs }) => left.every(({ gives }) => needs.every((id) => !gives.has(id))));
    const next = ready.reduce((best, fact) => ((fact.kept - 1) / fact.cost < (best.kept - 1) / best.cost ? fact : best));
    order.push(...left.splice(left.indexOf(next), 1));
  }
  const workOf = (some: typeof facts): number => some.reduce(({ work, share }, { kept, cost }) => ({ work: work + share * cost, share: share * kept }), { work: 0, share: 1 }).work;
  if (order.every((fact, i) => fact === facts[i]) || workOf(order) > WORTH_IT * workOf(facts)) return top;
  const shown = (some: typeof facts): string => some.map(({ probe, kept }) => `${probe.id} (${percent(kept)})`).join(", ");
  decide({ rule: probeOrder.name, node: top.id, reason: `hash tables in the order of nodes ${shown(order)} of the rows kept, planned was ${shown(facts)}` });
  return order.reduce((input: PhysicalPlan, { probe, kept }) => ({ ...probe, probe: input, rows: Math.round(input.rows * kept) }), source);
}

/** Rows out for a row in. */
function keptShare(probe: Probe, estimate: number, buildRatio: number): number {
  switch (probe.join) {
    case "probeOuter":
      return Math.max(1, estimate * buildRatio);
    case "probeSemi":
      return Math.min(1, estimate * buildRatio);
    case "probeAnti":
      return Math.min(1, Math.max(0, 1 - (1 - estimate) * buildRatio));
    default:
      return estimate * buildRatio;
  }
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
