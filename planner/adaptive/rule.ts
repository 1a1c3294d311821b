import type { PhysicalPlan } from "../physical.ts";
import { mapPhysicalInputs } from "../physical.ts";
import type { Decision, RunState } from "./progress.ts";

/** What the rules may do, as settings say. Sizes in bytes. */
export interface AdaptiveSettings {
  /** `spark.sql.adaptive.optimizer.excludedRules`: names of rules that are left out. */
  readonly excludedRules: ReadonlySet<string>;
}

export interface RuleContext {
  readonly settings: AdaptiveSettings;
  readonly state: RunState;
  /** An id that no node of the plan has. */
  readonly nextNodeId: () => number;
  readonly decide: (decision: Decision) => void;
}

/** Statistics in, a changed plan out; the same object where there is nothing to change. It must not touch nodes that are fixed. */
export interface AdaptiveRule {
  /** As `spark.sql.adaptive.optimizer.excludedRules` names it: Spark's name where it has such a rule. */
  readonly name: string;
  readonly isEnabled: (settings: AdaptiveSettings) => boolean;
  readonly apply: (plan: PhysicalPlan, context: RuleContext) => PhysicalPlan;
}

/** Rewrites inputs before the nodes that read them. A definition that several places share stays one. */
export function rewriteUpward(plan: PhysicalPlan, rewrite: (node: PhysicalPlan) => PhysicalPlan): PhysicalPlan {
  const definitions = new Map<PhysicalPlan, PhysicalPlan>();
  const visit = (node: PhysicalPlan): PhysicalPlan => {
    if (node.kind !== "shared") return rewrite(mapPhysicalInputs(node, visit));
    const known = definitions.get(node.definition) ?? visit(node.definition);
    definitions.set(node.definition, known);
    return rewrite(known === node.definition ? node : { ...node, definition: known });
  };
  return visit(plan);
}

export function highestNodeId(plan: PhysicalPlan): number {
  let highest = plan.id;
  rewriteUpward(plan, (node) => {
    highest = Math.max(highest, node.id);
    return node;
  });
  return highest;
}
