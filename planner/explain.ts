import type { Column } from "../catalog/expression.ts";
import { sqlTypeName } from "../catalog/types.ts";
import { explainAggregate, explainExpr, explainSortKey, explainValue, explainWindowCall, list } from "./explain-expression.ts";
import { bytesText } from "./bytes-text.ts";
import type { Decision } from "./adaptive/progress.ts";
import type { Assignment, LogicalPlan } from "./logical.ts";
import { inputsOf, outputOf } from "./logical.ts";
import { estimateBytes, estimateRows } from "./optimizer/cardinality.ts";
import { recursionsOf } from "./recursion.ts";
import { joinExchange } from "./partitioned-join.ts";
import type { Partitioning } from "./partitioning.ts";
import type { PhysicalPlan } from "./physical.ts";
import { physicalInputs, physicalOutput } from "./physical.ts";

/** What was measured of one physical node over all workers. Fused steps have no time of their own: it is that of the pipelines that feed the node. */
export interface NodeMeasurement {
  readonly rows: number;
  readonly milliseconds?: number;
  /** Memory that the query held when the node was complete. */
  readonly bytes?: number;
}

type Recursions = ReturnType<typeof recursionsOf>;

/** EXPLAIN's forms. Source: Spark's `ExplainMode`; `analyze` is ours. */
export type ExplainMode = "simple" | "extended" | "formatted" | "cost" | "analyze";

export interface ExplainInput {
  /** As the statement reads, if it could be shown. */
  readonly parsed?: string;
  readonly analyzed: LogicalPlan;
  readonly optimized: LogicalPlan;
  readonly physical: PhysicalPlan;
  /** By physical node id. */
  readonly measured?: ReadonlyMap<number, NodeMeasurement>;
  /** The recursive tables that the plans read. */
  readonly recursive?: { readonly recursions: Recursions };
  /** Of a plan that could be corrected while it ran. */
  readonly adaptive?: AdaptiveOutcome;
}

export interface AdaptiveOutcome {
  /** The plan as it ended; undefined where nothing was changed. */
  readonly finalPlan?: PhysicalPlan;
  readonly decisions: readonly Decision[];
}

/** The text that EXPLAIN answers with. */
export function explain(input: ExplainInput, mode: ExplainMode): string {
  const plans = explainPlans(input, mode);
  return input.recursive === undefined ? plans : `${plans}\n== Recursive Tables ==\n${explainRecursions(input.recursive.recursions)}`;
}

/** Of every recursive table, and of those that it reads: how its rows begin, and what gives more of them from those of the round before. */
function explainRecursions(recursions: Recursions): string {
  return recursions
    .map(({ recursion: { name, anchor, step } }) => `${name}, first round:\n${explainLogical(anchor.plan)}${name}, next rounds while there are rows:\n${explainLogical(step.plan)}${[anchor, step].map(({ plan }) => explainRecursions(recursionsOf(plan))).join("")}`)
    .join("");
}

function explainPlans(input: ExplainInput, mode: ExplainMode): string {
  const physical = `== Physical Plan ==\n${explainPhysical(input.physical, input.measured)}`;
  switch (mode) {
    case "simple":
      return physical;
    case "analyze":
      return input.adaptive === undefined ? physical : explainAdaptive(input, input.adaptive);
    case "formatted":
      return `== Physical Plan ==\n${explainFormatted(input.physical)}`;
    case "cost":
      return `== Optimized Logical Plan ==\n${explainLogical(input.optimized, true)}\n${physical}`;
    case "extended": {
      const schema = outputOf(input.analyzed).map((column) => `${column.name}: ${sqlTypeName(column.type).toLowerCase()}`).join(", ");
      const parsed = input.parsed === undefined ? "" : `== Parsed Logical Plan ==\n${input.parsed}\n\n`;
      return `${parsed}== Analyzed Logical Plan ==\n${schema}\n${explainLogical(input.analyzed)}\n== Optimized Logical Plan ==\n${explainLogical(input.optimized)}\n${physical}`;
    }
  }
}

/** One line per node, inputs indented below it. */
export function explainLogical(plan: LogicalPlan, withCost = false): string {
  return tree(plan, inputsOf, (node) => (withCost ? `${logicalLine(node)}, Statistics(sizeInBytes=${bytesText(estimateBytes(node))}, rowCount=${Math.round(estimateRows(node))})` : logicalLine(node)));
}

/** One line per node with its id and estimate, and what was measured. A shared definition is shown where it is first met. */
export function explainPhysical(plan: PhysicalPlan, measured?: ReadonlyMap<number, NodeMeasurement>): string {
  const shown = new Set<PhysicalPlan>();
  const inputs = (node: PhysicalPlan): readonly PhysicalPlan[] => {
    if (node.kind !== "shared") return physicalInputs(node);
    if (shown.has(node.definition)) return [];
    shown.add(node.definition);
    return [node.definition];
  };
  return tree(plan, inputs, (node) => `${physicalLine(node)}${measurementText(node, measured)}`);
}

/** The nodes of a plan one by one, each before its inputs, for whoever draws it. */
export function planNodes(plan: PhysicalPlan): readonly { readonly id: number; readonly name: string; readonly detail: string; readonly rows: number; readonly inputs: readonly number[] }[] {
  const nodes = new Map<number, PhysicalPlan>();
  const collect = (node: PhysicalPlan): void => {
    if (nodes.has(node.id)) return;
    nodes.set(node.id, node);
    physicalInputs(node).forEach(collect);
  };
  collect(plan);
  return [...nodes.values()].map((node) => ({ id: node.id, name: physicalName(node), detail: physicalDetail(node), rows: node.rows, inputs: physicalInputs(node).map((input) => input.id) }));
}

/** The plan as it ended, with what was measured, the plan that it began with, and why it was changed. */
function explainAdaptive({ physical, measured }: ExplainInput, { finalPlan, decisions }: AdaptiveOutcome): string {
  const indented = (text: string): string => text.trimEnd().replaceAll(/^/gm, "   ");
  const head = "== Physical Plan ==\nAdaptiveSparkPlan isFinalPlan=true\n";
  if (finalPlan === undefined) return `${head}${indented(explainPhysical(physical, measured))}\n`;
  const changes = decisions.map(({ rule, node, reason }) => `${rule} (id=${node}): ${reason}`);
  return `${head}+- == Final Plan ==\n${indented(explainPhysical(finalPlan, measured))}\n+- == Initial Plan ==\n${indented(explainPhysical(physical))}\n\n== Adaptive Decisions ==\n${changes.join("\n")}\n`;
}

/** The tree of operator names with numbers, then each operator's details. */
function explainFormatted(plan: PhysicalPlan): string {
  const nodes: PhysicalPlan[] = [];
  const collect = (node: PhysicalPlan): void => {
    if (nodes.includes(node)) return;
    for (const input of physicalInputs(node)) collect(input);
    nodes.push(node);
  };
  collect(plan);
  const numberOf = new Map(nodes.map((node, i) => [node, i + 1]));
  const outline = tree(plan, physicalInputs, (node) => `${physicalName(node)} (${numberOf.get(node)})`);
  const details = nodes.map((node) => `(${numberOf.get(node)}) ${physicalName(node)}\nOutput: [${columnsText(physicalOutput(node))}]\nArguments: ${physicalDetail(node)}`);
  return `${outline}\n\n${details.join("\n\n")}\n`;
}

function tree<N>(root: N, inputs: (node: N) => readonly N[], line: (node: N) => string): string {
  const out: string[] = [];
  const visit = (node: N, first: string, rest: string): void => {
    out.push(first + line(node));
    const below = inputs(node);
    below.forEach((input, i) => {
      const last = i === below.length - 1;
      visit(input, `${rest}${last ? "+- " : ":- "}`, `${rest}${last ? "   " : ":  "}`);
    });
  };
  visit(root, "", "");
  return `${out.join("\n")}\n`;
}

function logicalLine(node: LogicalPlan): string {
  switch (node.kind) {
    case "scan": {
      const skip = node.skipBy.length === 0 ? "" : `, skip by [${list(node.skipBy, explainExpr)}]`;
      return `Relation ${node.table.name}[${columnsText(outputOf(node))}]${skip}`;
    }
    case "values":
      return `LocalRelation [${columnsText(node.columns)}], ${node.rows.length} row${node.rows.length === 1 ? "" : "s"}${node.rows.length === 1 ? ` (${node.columns.map((c, i) => explainValue(node.rows[0][i], c.type)).join(", ")})` : ""}`;
    case "range":
      return `Range (${node.start}, ${node.end}, step=${node.step}) [${columnsText([node.column])}]`;
    case "filter":
      return `Filter ${explainExpr(node.condition)}`;
    case "project":
      return `Project [${assignmentsText(node.outputs)}]`;
    case "aggregate":
      return `Aggregate [${assignmentsText(node.keys)}], [${list(node.calls, (c) => `${explainAggregate(c.call)} AS ${c.column.name}#${c.column.id}`)}]`;
    case "expand":
      return `Expand [${list(node.projections, (p) => `[${list(p, explainExpr)}]`)}], [${columnsText(node.columns)}]`;
    case "window":
      return `Window [${list(node.calls, (c) => `${explainWindowCall(c.call)} AS ${c.column.name}#${c.column.id}`)}], [${list(node.partitionBy, explainExpr)}], [${list(node.orderBy, explainSortKey)}]`;
    case "join": {
      const condition = node.condition === undefined ? "" : `, ${explainExpr(node.condition)}`;
      const mark = node.mark === undefined ? "" : ` AS ${node.mark.name}#${node.mark.id}`;
      const hint = (["left", "right"] as const).map((side) => (node.hint?.[side] === undefined ? "" : `, ${side}Hint=(strategy=${node.hint[side]})`)).join("");
      return `${node.dependent ? "DependentJoin" : "Join"} ${node.join}${mark}${condition}${hint}`;
    }
    case "sort":
      return `Sort [${list(node.order, explainSortKey)}], ${node.global}`;
    case "limit":
      return `Limit ${node.limit ?? "all"}${node.offset === 0 ? "" : ` offset ${node.offset}`}`;
    case "setOperation":
      return `${node.operation.charAt(0).toUpperCase()}${node.operation.slice(1)}${node.all ? " all" : ""} [${columnsText(node.columns)}]`;
    case "generate":
      return `Generate ${node.generator}(${list(node.args, explainExpr)}), ${node.outer ? "outer, " : ""}[${columnsText(node.columns)}]`;
    case "sample":
      return `Sample ${node.lower}, ${node.upper}, ${node.withReplacement}, ${node.seed}`;
    case "repartition":
      return `Repartition ${node.mode}${node.partitions === undefined ? "" : ` ${node.partitions}`} [${list(node.by, explainExpr)}]`;
    case "cte":
      return `WithCTE ${node.name}#${node.id}`;
    case "cteReference":
      return `CTERelationRef ${node.name}#${node.id} [${columnsText(node.columns)}]`;
  }
}

function physicalLine(node: PhysicalPlan): string {
  return `${physicalName(node)} ${physicalDetail(node)} (id=${node.id}, rows=${node.rows})`;
}

function physicalName(node: PhysicalPlan): string {
  switch (node.kind) {
    case "scan":
      return node.cached === undefined ? "Scan" : "CachedScan";
    case "values":
      return "LocalTableScan";
    case "hashJoin":
      return "HashJoin";
    case "nestedLoopJoin":
      return "NestedLoopJoin";
    case "topN":
      return "TakeOrderedAndProject";
    case "aggregate":
      return "HashAggregate";
    case "runtimeFilter":
      return "RuntimeFilter";
    case "shared":
      return "SharedScan";
    case "range":
    case "filter":
    case "project":
    case "expand":
    case "generate":
    case "sample":
    case "sort":
    case "limit":
    case "window":
    case "union":
    case "exchange":
      return node.kind.charAt(0).toUpperCase() + node.kind.slice(1);
  }
}

function physicalDetail(node: PhysicalPlan): string {
  switch (node.kind) {
    case "scan": {
      const skip = node.skipBy.length === 0 ? "" : `, skip by [${list(node.skipBy, explainExpr)}]`;
      return `${node.table}[${columnsText(physicalOutput(node))}], reads ${node.splits.length} of ${node.totalSplits} splits${skip}`;
    }
    case "values":
      return `[${columnsText(node.columns)}], ${node.data.length} row${node.data.length === 1 ? "" : "s"}`;
    case "range":
      return `(${node.start}, ${node.end}, step=${node.step})`;
    case "filter":
      return explainExpr(node.condition);
    case "runtimeFilter":
      return `[${list(node.keys, (key) => explainExpr(key.probe))}] in the hash table of node ${node.join}`;
    case "project":
      return `[${assignmentsText(node.outputs)}]`;
    case "expand":
      return `[${list(node.projections, (p) => `[${list(p, explainExpr)}]`)}]`;
    case "generate":
      return `${node.generator}(${list(node.args, explainExpr)})${node.outer ? ", outer" : ""}`;
    case "sample":
      return `${node.lower}, ${node.upper}, seed=${node.seed}`;
    case "hashJoin": {
      const keys = list(node.keys, (key) => `${explainExpr(key.probe)} ${key.nullSafe ? "<=>" : "="} ${explainExpr(key.build)}`);
      const residual = node.residual === undefined ? "" : `, ${explainExpr(node.residual)}`;
      const reads = joinExchange(node) === undefined ? "" : `, by partition${node.reads === undefined ? "" : ` in ${node.reads.length} tasks`}`;
      return `${node.join}${node.nullAware ? ", null aware" : ""}, [${keys}]${residual}${reads}`;
    }
    case "nestedLoopJoin":
      return `${node.join}${node.condition === undefined ? "" : `, ${explainExpr(node.condition)}`}`;
    case "aggregate":
      return `keys=[${assignmentsText(node.keys)}], functions=[${list(node.calls, (c) => `${explainAggregate(c.call)} AS ${c.column.name}#${c.column.id}`)}]`;
    case "sort":
      return `[${list(node.order, explainSortKey)}]${node.local === true ? ", within partitions" : ""}`;
    case "topN":
      return `limit=${node.limit}${node.offset === 0 ? "" : `, offset=${node.offset}`}, [${list(node.order, explainSortKey)}]`;
    case "limit":
      return `${node.limit ?? "all"}${node.offset === 0 ? "" : `, offset=${node.offset}`}`;
    case "window":
      return `[${list(node.calls, (c) => explainWindowCall(c.call))}], [${list(node.partitionBy, explainExpr)}], [${list(node.orderBy, explainSortKey)}]${node.limit === undefined ? "" : `, first=${node.limit.rows}`}`;
    case "union":
      return `${node.inputs.length} inputs`;
    case "shared":
      return `#${node.shareId} [${columnsText(node.columns)}]`;
    case "exchange": {
      return `${partitioningText(node.partitioning)}${node.origin === undefined ? "" : `, ${node.origin}`}${node.reads === undefined ? "" : `, read as ${node.reads.length} partitions`}`;
    }
  }
}

function partitioningText({ keys, partitions, order }: Partitioning): string {
  if (partitions === 1) return "SinglePartition";
  if (order !== undefined) return `rangepartitioning(${list(order, explainSortKey)}, ${partitions})`;
  return keys.length === 0 ? `RoundRobinPartitioning(${partitions})` : `hashpartitioning(${list(keys, explainExpr)}, ${partitions})`;
}

function measurementText(node: PhysicalPlan, measured: ReadonlyMap<number, NodeMeasurement> | undefined): string {
  const numbers = measured?.get(node.id);
  if (measured === undefined) return "";
  if (numbers === undefined) return " [not run]";
  const time = numbers.milliseconds === undefined ? "" : `, time=${numbers.milliseconds.toFixed(2)} ms`;
  const memory = numbers.bytes === undefined ? "" : `, memory=${bytesText(numbers.bytes)}`;
  return ` [rows=${numbers.rows}${time}${memory}]`;
}

function columnsText(columns: readonly Column[]): string {
  return list(columns, (column) => `${column.name}#${column.id}`);
}

function assignmentsText(assignments: readonly Assignment[]): string {
  return list(assignments, (a) => (a.expr.kind === "column" && a.expr.id === a.column.id ? explainExpr(a.expr) : `${explainExpr(a.expr)} AS ${a.column.name}#${a.column.id}`));
}
