import type { Column } from "../../catalog/expression.ts";
import { columnExpr } from "../../catalog/expression.ts";
import type { Assignment } from "../logical.ts";
import type { PhysicalHashJoin, PhysicalNestedLoopJoin, PhysicalPlan } from "../physical.ts";
import { probeInput } from "../partitioned-join.ts";
import { physicalOutput } from "../physical.ts";
import { FALSE } from "../conjunctions.ts";
import type { CompleteBreaker, RunState } from "./progress.ts";
import type { AdaptiveRule, RuleContext } from "./rule.ts";
import { forEachNode, rewriteUpward } from "./rule.ts";

/**
 * What turned out to have no rows ends what hangs on it: an inner join with an empty hash table reads nothing of its other side, an outer join becomes a projection
 * with NULLs. Not through an aggregate without keys, which gives a row. Source: Spark's `AQEPropagateEmptyRelation`.
 */
export const propagateEmptyRelations: AdaptiveRule = {
  name: "AQEPropagateEmptyRelation",
  isEnabled: () => true,
  apply: (plan, context) => {
    const { latest } = context.state;
    const complete = context.state.complete(latest.node);
    if (complete === undefined || (complete.rows > 0 && !(latest.kind === "build" && latest.node.nullAware))) return plan;
    return rewriteUpward(plan, (node) => {
      if (context.state.hasBegun(node)) return node;
      const replaced = replacement(node, context);
      if (replaced === undefined) return node;
      if (node.id === latest.node.id) decide(node, replaced, complete, context);
      return replaced;
    });
  },
};

function decide(node: PhysicalPlan, replaced: PhysicalPlan, complete: CompleteBreaker, { state, decide: report }: RuleContext): void {
  const estimated = node.kind === "hashJoin" || node.kind === "nestedLoopJoin" ? node.build.rows : node.rows;
  const kept = new Set(unreadScans(replaced, state));
  const unread = unreadScans(node, state).filter((table) => !kept.has(table));
  const found = complete.rows === 0 ? `0 rows, estimated ${estimated}` : "a NULL among the values of NOT IN";
  report({ rule: propagateEmptyRelations.name, node: node.id, reason: `${found}${isEmpty(replaced) ? ": no row can come of it" : ": nothing to join with"}${unread.length === 0 ? "" : `, ${unread.join(", ")} not read`}` });
}

/** Tables below a node whose scans have not begun. */
function unreadScans(plan: PhysicalPlan, state: RunState): readonly string[] {
  const tables: string[] = [];
  forEachNode(plan, (node) => {
    if (node.kind === "scan" && !state.hasBegun(node)) tables.push(node.table);
  });
  return tables;
}

function isEmpty(plan: PhysicalPlan): boolean {
  return plan.kind === "values" && plan.data.length === 0;
}

/** A node over an empty input, or whose own breaker is empty; undefined for any other. */
function replacement(node: PhysicalPlan, { state }: RuleContext): PhysicalPlan | undefined {
  const empty = (): PhysicalPlan => ({ id: node.id, rows: 0, kind: "values", columns: physicalOutput(node), data: [] });
  switch (node.kind) {
    case "scan":
    case "values":
    case "range":
    case "shared":
      return undefined;
    case "filter":
    case "runtimeFilter":
    case "project":
    case "expand":
    case "generate":
    case "sample":
      return isEmpty(node.input) ? empty() : undefined;
    case "sort":
    case "topN":
    case "limit":
    case "window":
    case "exchange":
      return isEmpty(node.input) || state.complete(node)?.rows === 0 ? empty() : undefined;
    case "aggregate":
      return node.keys.length > 0 && (isEmpty(node.input) || state.complete(node)?.rows === 0) ? empty() : undefined;
    case "union":
      return node.inputs.every((input) => isEmpty(input.plan)) ? empty() : undefined;
    case "hashJoin":
    case "nestedLoopJoin":
      return joinWithEmptySide(node, state.complete(node), state.isFed(node), empty);
  }
}

type Join = PhysicalPlan & (PhysicalHashJoin | PhysicalNestedLoopJoin);

/** `fed`: rows have gone into the build side, which can no longer be read as a plan. */
function joinWithEmptySide(node: Join, build: CompleteBreaker | undefined, fed: boolean, empty: () => PhysicalPlan): PhysicalPlan | undefined {
  const sawNull = build?.build?.sawNull === true;
  const nullAware = node.kind === "hashJoin" && node.nullAware;
  // What is not joined need not be spread over partitions.
  const probe = node.kind === "hashJoin" ? probeInput(node) : node.probe;
  const noProbe = isEmpty(node.probe);
  const noBuild = isEmpty(node.build) || (build?.rows === 0 && !(nullAware && sawNull));
  switch (node.join) {
    case "inner":
    case "probeSemi":
    case "buildSemi":
      return noProbe || noBuild ? empty() : undefined;
    case "probeAnti":
      // `x NOT IN (..., NULL)` is never TRUE.
      if (noProbe || (nullAware && sawNull)) return empty();
      return noBuild ? probe : undefined;
    case "probeOuter":
    case "probeSingle":
      if (noProbe) return empty();
      return noBuild ? extended(node, probe) : undefined;
    case "probeMark": {
      if (noProbe) return empty();
      const { mark } = node;
      return noBuild && mark !== undefined ? projected(node, probe, [{ column: mark, expr: FALSE }]) : undefined;
    }
    case "buildAnti":
      if (noBuild) return empty();
      return noProbe && !fed ? node.build : undefined;
    case "buildOuter":
      if (noBuild) return empty();
      return noProbe && !fed ? extended(node, node.build) : undefined;
    case "fullOuter":
      if (noBuild) return noProbe ? empty() : extended(node, probe);
      return noProbe && !fed ? extended(node, node.build) : undefined;
  }
}

/** The side that is left, with NULLs for the other one. */
function extended(node: Join, kept: PhysicalPlan): PhysicalPlan {
  const ids = new Set(physicalOutput(kept).map((column) => column.id));
  const missing = physicalOutput(node).filter((column) => !ids.has(column.id));
  return projected(node, kept, missing.map((column) => ({ column, expr: { kind: "literal", type: column.type, value: null } })));
}

function projected(node: Join, input: PhysicalPlan, added: readonly Assignment[]): PhysicalPlan {
  const passed = physicalOutput(input).map((column: Column) => ({ column, expr: columnExpr(column) }));
  return { id: node.id, rows: input.rows, kind: "project", input, outputs: [...passed, ...added] };
}
