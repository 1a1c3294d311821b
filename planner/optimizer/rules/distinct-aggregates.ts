import type { AggregateCall, Column, ColumnId, Expr } from "../../../catalog/expression.ts";
import { columnExpr, isNullable, typeOf } from "../../../catalog/expression.ts";
import type { Assignment, LogicalAggregate, LogicalPlan } from "../../logical.ts";
import { outputOf } from "../../logical.ts";
import { assert } from "../../../catalog/errors.ts";
import { DOUBLE, LONG, sameType } from "../../../catalog/types.ts";
import { booleanCall, conjunction } from "../../conjunctions.ts";
import { exprKey } from "../../expression-keys.ts";
import { isDeterministic } from "../expression-facts.ts";
import { valueOverNoRows } from "../unnesting/empty-groups.ts";
import { renameColumns, withFreshColumns } from "../fresh-columns.ts";
import type { NodeRule, OptimizerContext } from "../rule.ts";

type NamedCall = LogicalAggregate["calls"][number];

/**
 * `count(DISTINCT x)` and its like as two groupings: first by the keys and x, which leaves each value once, then by the keys.
 * - One set of DISTINCT arguments, beside it only aggregates that can be put together from parts (sum, count, min, max, avg of doubles): the parts are made
 *   in the first grouping.
 * - Else one grouping per set and one for the others, joined on the keys, NULLs equal; a FILTER of a DISTINCT call is applied before.
 * Not for DISTINCT calls with an order inside (listagg), whose order would be lost.
 */
export const rewriteDistinctAggregates: NodeRule = {
  kind: "node",
  name: "RewriteDistinctAggregates",
  apply: (node, context) => {
    if (node.kind !== "aggregate") return undefined;
    const distinct = node.calls.filter((c) => c.call.distinct);
    if (distinct.length === 0 || distinct.some((c) => c.call.orderBy !== undefined || c.call.args.length === 0 || !c.call.args.every(isDeterministic))) return undefined;
    if (!node.keys.every((key) => isDeterministic(key.expr))) return undefined;
    const sets = Map.groupBy(distinct, (c) => distinctSetOf(c.call));
    const plain = node.calls.filter((c) => !c.call.distinct);
    const [first] = distinct;
    if (sets.size === 1 && first.call.filter === undefined && plain.every((c) => decompose(c.call, true) !== undefined)) return twoLevels(node, distinct, plain, context);
    return joinedGroupings(node, [...sets.values()], plain, context);
  },
};

function distinctSetOf(call: AggregateCall): string {
  return `${call.args.map(exprKey).join(",")}|${call.filter === undefined ? "" : exprKey(call.filter)}`;
}

/** How an aggregate of all rows comes from aggregates of parts of them. */
interface Decomposition {
  readonly parts: readonly AggregateCall[];
  /** Puts the values of each part together. */
  readonly wholes: readonly string[];
  /** The result from the wholes; absent: the only one is the result. */
  readonly finish?: (wholes: readonly Expr[]) => Expr;
}

const PUT_TOGETHER_BY_ITSELF: ReadonlySet<string> = new Set(["min", "max", "bool_and", "bool_or", "every", "some", "any"]);

/** Undefined where the parts do not say enough. A sum of which a part overflows raises, as it may in any order of adding. */
function decompose(call: AggregateCall, grouped: boolean): Decomposition | undefined {
  if (PUT_TOGETHER_BY_ITSELF.has(call.name)) return { parts: [call], wholes: [call.name] };
  if (call.name === "sum" && call.mode === "ansi") return { parts: [call], wholes: ["sum"] };
  // Without keys there may be no parts at all: the sum of no counts is NULL, the count is 0.
  if (call.name === "count" || call.name === "count_if") return grouped ? { parts: [call], wholes: ["sum"] } : { parts: [call], wholes: ["sum"], finish: ([sum]) => orZero(sum) };
  if (call.name === "avg" && call.type.kind === "double") return decomposedAverage(call);
  return undefined;
}

/** The average of doubles is their sum by their count; of decimals it is rounded once, from the whole sum. */
function decomposedAverage(call: AggregateCall): Decomposition {
  const [arg] = call.args;
  const value: Expr = sameType(typeOf(arg), DOUBLE) ? arg : { kind: "cast", input: arg, type: DOUBLE, nullable: isNullable(arg), mode: "ansi" };
  const count: AggregateCall = { ...call, name: "count", type: LONG, nullable: false };
  const none: Expr = { kind: "literal", type: DOUBLE, value: null };
  return {
    parts: [{ ...call, name: "sum", args: [value] }, count],
    wholes: ["sum", "sum"],
    finish: ([sum, rows]) => ({
      kind: "case",
      branches: [{ when: booleanCall(">", [rows, { kind: "literal", type: LONG, value: 0n }]), then: { kind: "call", name: "/", args: [sum, { kind: "cast", input: rows, type: DOUBLE, nullable: true, mode: "ansi" }], type: DOUBLE, nullable: true, mode: call.mode, span: call.span } }],
      otherwise: none,
      type: DOUBLE,
      nullable: true,
    }),
  };
}

function orZero(value: Expr): Expr {
  return { kind: "call", name: "coalesce", args: [value, { kind: "literal", type: LONG, value: 0n }], type: LONG, nullable: false, mode: "ansi" };
}

/** First by keys and arguments with the parts of the plain aggregates, then by keys. */
function twoLevels(node: LogicalAggregate, distinct: readonly NamedCall[], plain: readonly NamedCall[], context: OptimizerContext): LogicalPlan {
  const fresh = (name: string, type: Column["type"], nullable: boolean): Column => ({ id: context.nextColumnId(), name, type, nullable });
  const args = distinct[0].call.args.map((expr, i): Assignment => ({ column: fresh(`distinct${i}`, typeOf(expr), isNullable(expr)), expr }));
  const parts: NamedCall[] = [];
  const wholes: NamedCall[] = [];
  const finished = new Map<ColumnId, Expr>();
  for (const c of plain) {
    const decomposition = decompose(c.call, node.keys.length > 0);
    assert(decomposition !== undefined, `${c.call.name} is not made of parts`);
    const columns = decomposition.parts.map((call, i) => {
      const part = { column: fresh(c.column.name, call.type, call.nullable), call };
      parts.push(part);
      const nullable = call.nullable || node.keys.length === 0;
      const column = decomposition.finish === undefined ? c.column : fresh(c.column.name, call.type, nullable);
      wholes.push({ column, call: { name: decomposition.wholes[i], args: [columnExpr(part.column)], distinct: false, type: call.type, nullable, mode: call.mode, span: call.span } });
      return column;
    });
    if (decomposition.finish !== undefined) finished.set(c.column.id, decomposition.finish(columns.map(columnExpr)));
  }
  const inner: LogicalAggregate = { kind: "aggregate", input: node.input, keys: [...node.keys, ...args], calls: parts };
  const values = args.map((arg) => columnExpr(arg.column));
  const outer: LogicalAggregate = {
    kind: "aggregate",
    input: inner,
    keys: node.keys.map((key) => ({ column: key.column, expr: columnExpr(key.column) })),
    calls: [...distinct.map((c) => ({ ...c, call: { ...c.call, distinct: false, args: values } })), ...wholes],
  };
  const outputs = outputOf(node).map((column): Assignment => ({ column, expr: finished.get(column.id) ?? columnExpr(column) }));
  return { kind: "project", input: outer, outputs };
}

/** A grouping for the plain aggregates (it has all groups) and one per set of DISTINCT arguments, over copies of the same input. */
function joinedGroupings(node: LogicalAggregate, sets: readonly (readonly NamedCall[])[], plain: readonly NamedCall[], context: OptimizerContext): LogicalPlan | undefined {
  // A single set alone needs no join.
  const [first] = sets;
  if (sets.length === 1 && plain.length === 0 && first[0].call.filter === undefined) return twoLevels(node, first, [], context);
  if (!node.keys.every((key) => isComparable(typeOf(key.expr).kind))) return undefined;
  const definition = withFreshColumns(node.input, context.nextColumnId);
  const cteId = context.nextColumnId();
  const sourceColumns = outputOf(definition.plan);
  const reference = (): { readonly plan: LogicalPlan; readonly renamed: ReadonlyMap<ColumnId, ColumnId> } => {
    const columns = sourceColumns.map((column) => ({ ...column, id: context.nextColumnId() }));
    const renamed = new Map(outputOf(node.input).map((column, i) => [column.id, columns[i].id]));
    return { plan: { kind: "cteReference", id: cteId, name: "input", columns, source: sourceColumns.map((column) => column.id) }, renamed };
  };
  const base = reference();
  let joined: LogicalPlan = {
    kind: "aggregate",
    input: base.plan,
    keys: node.keys.map((key) => ({ column: key.column, expr: renameColumns(key.expr, base.renamed) })),
    calls: plain.map((c) => ({ ...c, call: renamedCall(c.call, base.renamed) })),
  };
  const filled = new Map<ColumnId, Expr>();
  for (const set of sets) {
    const source = reference();
    const keys = node.keys.map((key): Assignment => ({ column: { ...key.column, id: context.nextColumnId() }, expr: renameColumns(key.expr, source.renamed) }));
    const { filter } = set[0].call;
    const input: LogicalPlan = filter === undefined ? source.plan : { kind: "filter", input: source.plan, condition: renameColumns(filter, source.renamed) };
    const calls = set.map((c) => ({ column: { ...c.column, id: context.nextColumnId() }, call: { ...renamedCall(c.call, source.renamed), filter: undefined } }));
    const grouped = twoLevels({ kind: "aggregate", input, keys, calls }, calls, [], context);
    const condition = conjunction(keys.map((key, i) => booleanCall("<=>", [columnExpr(node.keys[i].column), columnExpr(key.column)])));
    joined = { kind: "join", join: keys.length === 0 ? "inner" : "left", left: joined, right: grouped, condition, dependent: false };
    set.forEach((c, i) => {
      const value = { ...columnExpr(calls[i].column), nullable: keys.length > 0 || calls[i].column.nullable };
      const empty = valueOverNoRows(c.call);
      filled.set(c.column.id, keys.length === 0 || empty.value === null ? value : { kind: "call", name: "coalesce", args: [value, empty], type: c.column.type, nullable: false, mode: "ansi" });
    });
  }
  const outputs = outputOf(node).map((column): Assignment => ({ column, expr: filled.get(column.id) ?? columnExpr(column) }));
  return { kind: "cte", id: cteId, name: "input", definition: definition.plan, input: { kind: "project", input: joined, outputs } };
}

function isComparable(kind: string): boolean {
  return kind !== "map" && kind !== "variant";
}

function renamedCall(call: AggregateCall, renamed: ReadonlyMap<ColumnId, ColumnId>): AggregateCall {
  return { ...call, args: call.args.map((arg) => renameColumns(arg, renamed)), filter: call.filter === undefined ? undefined : renameColumns(call.filter, renamed), orderBy: call.orderBy?.map((key) => ({ ...key, expr: renameColumns(key.expr, renamed) })) };
}
