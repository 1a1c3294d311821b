import { assert } from "../../../catalog/errors.ts";
import type { ColumnId } from "../../../catalog/expression.ts";
import { columnExpr } from "../../../catalog/expression.ts";
import type { LogicalCte, LogicalCteReference, LogicalPlan } from "../../logical.ts";
import { inputsOf, mapInputs, outputOf } from "../../logical.ts";
import { isDeterministic } from "../expression-facts.ts";
import { withFreshColumns } from "../fresh-columns.ts";
import { forEachExpression, freeColumns } from "../plan-traversal.ts";
import type { PlanRule } from "../rule.ts";

/**
 * Common table expressions that are read once, are trivial (filters and projections of one table) or are correlated replace their
 * references; the others move to the root, each after those it reads, so that no other rule meets one in the middle of a plan. Each copy gets
 * column ids of its own. A definition that calls rand() and is read twice is not copied: both references must see the same rows.
 */
export const inlineCtes: PlanRule = {
  kind: "plan",
  name: "InlineCtes",
  apply: (plan, context) => {
    const definitions = new Map<number, LogicalCte>();
    collect(plan, definitions);
    if (definitions.size === 0) return undefined;
    const counts = countReferences(plan, definitions);
    const inlined = (cte: LogicalCte): boolean => isInlined(cte, counts.get(cte.id) ?? 0);
    const kept = [...definitions.values()].filter((cte) => !inlined(cte));
    if (kept.length === definitions.size && isNormalized(plan)) return undefined;

    const expand = (node: LogicalPlan): LogicalPlan => {
      if (node.kind === "cte") return expand(node.input);
      if (node.kind === "cteReference") {
        const cte = definitions.get(node.id);
        assert(cte !== undefined, `reference to unknown CTE ${node.name}`);
        return inlined(cte) ? inline(node, expand(cte.definition), counts.get(node.id) === 1, context.nextColumnId) : node;
      }
      return mapInputs(node, expand);
    };
    let result = expand(plan);
    for (const cte of kept.reverse()) result = { ...cte, definition: expand(cte.definition), input: result };
    return result;
  },
};

/** In the order in which they may be made: a definition's own CTEs before it. */
function collect(plan: LogicalPlan, into: Map<number, LogicalCte>): void {
  if (plan.kind !== "cte") {
    for (const input of inputsOf(plan)) collect(input, into);
    return;
  }
  collect(plan.definition, into);
  into.set(plan.id, plan);
  collect(plan.input, into);
}

/** Only at the root. */
function isNormalized(plan: LogicalPlan): boolean {
  let body = plan;
  while (body.kind === "cte") {
    if (containsCte(body.definition)) return false;
    body = body.input;
  }
  return !containsCte(body);
}

function containsCte(plan: LogicalPlan): boolean {
  return plan.kind === "cte" || inputsOf(plan).some(containsCte);
}

/** How many times each definition would be read, counting what inlining multiplies. */
function countReferences(plan: LogicalPlan, definitions: ReadonlyMap<number, LogicalCte>): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  const count = (node: LogicalPlan, times: number): void => {
    if (node.kind === "cteReference") counts.set(node.id, (counts.get(node.id) ?? 0) + times);
    else if (node.kind === "cte") count(node.input, times);
    else for (const input of inputsOf(node)) count(input, times);
  };
  count(plan, 1);
  for (const cte of [...definitions.values()].reverse()) {
    const times = counts.get(cte.id) ?? 0;
    if (times > 0) count(cte.definition, isInlined(cte, times) ? times : 1);
  }
  return counts;
}

function isInlined(cte: LogicalCte, references: number): boolean {
  if (references <= 1 || freeColumns(cte.definition).size > 0) return true;
  return isTrivial(cte.definition);
}

function isTrivial(plan: LogicalPlan): boolean {
  switch (plan.kind) {
    case "scan":
    case "values":
    case "range":
    case "cteReference":
      return true;
    case "filter":
    case "project": {
      let deterministic = true;
      forEachExpression(plan, (expr) => (deterministic &&= isDeterministic(expr)));
      return deterministic && isTrivial(plan.input);
    }
    case "aggregate":
    case "expand":
    case "window":
    case "join":
    case "sort":
    case "limit":
    case "setOperation":
    case "generate":
    case "sample":
    case "repartition":
    case "cte":
      return false;
  }
}

function inline(reference: LogicalCteReference, definition: LogicalPlan, only: boolean, nextColumnId: () => ColumnId): LogicalPlan {
  const copy = only ? { plan: definition, renamed: new Map<ColumnId, ColumnId>() } : withFreshColumns(definition, nextColumnId);
  const byId = new Map(outputOf(copy.plan).map((column) => [column.id, column]));
  return {
    kind: "project",
    input: copy.plan,
    outputs: reference.columns.map((column, i) => {
      const source = byId.get(copy.renamed.get(reference.source[i]) ?? reference.source[i]);
      assert(source !== undefined, `CTE ${reference.name} does not give column ${column.name}`);
      return { column, expr: columnExpr(source) };
    }),
  };
}
