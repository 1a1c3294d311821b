import type { Column, ColumnId, Expr } from "../../../catalog/expression.ts";
import { columnExpr, referencedColumns } from "../../../catalog/expression.ts";
import type { JoinKind, LogicalJoin, LogicalPlan } from "../../logical.ts";
import { outputOf } from "../../logical.ts";
import { conjuncts, isCall } from "../../conjunctions.ts";
import { analyzeJoinCondition } from "../../join-keys.ts";
import type { Estimate } from "../cardinality.ts";
import { domainOf, estimate, keyDomain, matchingShare } from "../cardinality.ts";
import { isDeterministic } from "../expression-facts.ts";
import { substitute } from "../expression-traversal.ts";
import { outputIds } from "../plan-traversal.ts";
import { selectivityOf } from "../selectivity.ts";

/** A set of relations, one bit each. */
export type RelationSet = number;

/** More relations than this do not fit into a set of bits. */
const MAX_RELATIONS = 30;

/**
 * One input of the joins to be ordered. `inner` ones may be joined in any order. The others are right sides of semi, anti, outer, ... joins:
 * each is joined by itself, as the right side, once all relations in `needs` are there, which are those that its condition reads. It commutes
 * with the inner joins of others, for it neither adds rows that they would drop differently nor reads what they add.
 */
export interface Relation {
  readonly plan: LogicalPlan;
  readonly estimate: Estimate;
  readonly kind: JoinKind;
  readonly needs: RelationSet;
  /** The join that it comes from, for its condition, mark and hint; `inner` relations have none. */
  readonly join?: LogicalJoin;
  /** Conditions over the join's result that stand right above it: `x = (SELECT ...)` over the join that brings the subquery's value. */
  readonly after: readonly Expr[];
  /** Result rows per row of the left side, `after` applied. */
  readonly factor: number;
}

/** A condition between inner relations that is not an equality of two columns. */
export interface Predicate {
  readonly expr: Expr;
  readonly relations: RelationSet;
  readonly selectivity: number;
  /** For `f(a) = g(b)`: the relations on either hand. A hash join can use it. */
  readonly sides?: readonly [RelationSet, RelationSet];
}

/** Columns that are equal by the conditions, one entry per column; any two of different relations can be joined by. */
export interface EqualityClass {
  readonly members: readonly { readonly column: Extract<Expr, { kind: "column" }>; readonly relation: number }[];
  readonly relations: RelationSet;
  /** Values that the columns are drawn from. */
  readonly domain: number;
}

export interface JoinGraph {
  readonly relations: readonly Relation[];
  readonly predicates: readonly Predicate[];
  readonly classes: readonly EqualityClass[];
  /** The output of the whole, over columns of the relations. */
  readonly outputs: readonly { readonly column: Column; readonly expr: Expr }[];
}

interface FoundRelation {
  readonly plan: LogicalPlan;
  readonly join?: LogicalJoin;
  readonly under: RelationSet;
  readonly after: readonly Expr[];
}

interface Collected {
  readonly relations: FoundRelation[];
  readonly conditions: Expr[];
  readonly definitions: Map<ColumnId, Expr>;
}

/** The graph of a tree of inner joins and what hangs on them; undefined when there is nothing to order. `recurse` reorders inside of relations. */
export function joinGraph(plan: LogicalPlan, recurse: (plan: LogicalPlan) => LogicalPlan): JoinGraph | undefined {
  const collected: Collected = { relations: [], conditions: [], definitions: new Map() };
  collect(plan, collected);
  const { definitions } = collected;
  if (collected.relations.length < 2 || collected.relations.length > MAX_RELATIONS) return undefined;
  const found = collected.relations.map((relation) => ({ ...relation, plan: recurse(relation.plan) }));
  const ownerOf = new Map<ColumnId, number>();
  found.forEach((relation, i) => {
    for (const column of outputOf(relation.plan)) ownerOf.set(column.id, i);
    if (relation.join?.mark !== undefined) ownerOf.set(relation.join.mark.id, i);
  });
  const setOf = (expr: Expr): RelationSet => {
    let set = 0;
    for (const id of referencedColumns(expr)) set |= 1 << (ownerOf.get(id) as number);
    return set;
  };
  const relations = found.map((relation, i): Relation => {
    const own = estimate(relation.plan);
    if (relation.join === undefined) return { plan: relation.plan, estimate: own, kind: "inner", needs: 0, after: [], factor: 1 };
    const condition = relation.join.condition === undefined ? undefined : substitute(relation.join.condition, definitions);
    const after = relation.after.map((expr) => substitute(expr, definitions));
    const read = [...after, ...(condition === undefined ? [] : [condition])].reduce((set, expr) => set | setOf(expr), 0) & ~(1 << i);
    const needs = read === 0 ? relation.under : read;
    const join = { ...relation.join, condition };
    const left = leftEstimate(found, needs);
    const both = new Map([...left.columns, ...own.columns]);
    const passing = after.reduce((share, expr) => share * selectivityOf(expr, both), 1);
    return { plan: relation.plan, estimate: own, kind: join.join, needs, join, after, factor: rowsPerLeftRow(join, own, left) * passing };
  });
  const conditions = collected.conditions.map((condition) => substitute(condition, definitions));
  const { classes, others } = equalityClasses(conditions, ownerOf, relations);
  return {
    relations,
    classes,
    predicates: others.map((expr): Predicate => predicateOf(expr, setOf, relations)),
    outputs: outputOf(plan).map((column) => ({ column, expr: definitions.get(column.id) ?? columnExpr(column) })),
  };
}

function collect(plan: LogicalPlan, into: Collected): void {
  if (plan.kind === "project" && isRenaming(plan) && (plan.input.kind === "join" || plan.input.kind === "project")) {
    collect(plan.input, into);
    for (const output of plan.outputs) if (output.expr.kind !== "column" || output.expr.id !== output.column.id) into.definitions.set(output.column.id, substitute(output.expr, into.definitions));
    return;
  }
  if (plan.kind === "filter" && isLateFilter(plan) && plan.input.kind === "join") {
    collect(plan.input, into);
    const last = into.relations[into.relations.length - 1];
    into.relations[into.relations.length - 1] = { ...last, after: [...last.after, ...conjuncts(plan.condition)] };
    return;
  }
  if (plan.kind !== "join" || !isOrderable(plan)) {
    into.relations.push({ plan, under: 0, after: [] });
    return;
  }
  if (plan.join === "inner") {
    const before = into.relations.length;
    const conditions = conjuncts(plan.condition);
    collectSide(plan.left, conditions, into);
    collectSide(plan.right, conditions, into);
    if (into.relations.length > before) into.conditions.push(...conditions);
    return;
  }
  const first = into.relations.length;
  collect(plan.left, into);
  let under = 0;
  for (let i = first; i < into.relations.length; i++) if (into.relations[i].join === undefined) under |= 1 << i;
  into.relations.push({ plan: plan.right, join: plan, under, after: [] });
}

/** Full joins and turned ones, hints and conditions like `rand() < 0.1` stay where they were written. */
export function isOrderable(join: LogicalJoin): boolean {
  return !join.dependent && join.hint === undefined && join.join !== "full" && join.join !== "right" && (join.condition === undefined || isDeterministic(join.condition));
}

/** A filter by what the join right below it adds. */
export function isLateFilter(plan: Extract<LogicalPlan, { kind: "filter" }>): boolean {
  if (plan.input.kind !== "join" || !isOrderable(plan.input) || !isDeterministic(plan.condition)) return false;
  return plan.input.join === "single" || plan.input.join === "left" || plan.input.join === "mark";
}

/** A side whose outer columns (of a left join, or a mark) a condition above reads is one relation: they are there only after its joins. */
function collectSide(side: LogicalPlan, conditions: readonly Expr[], into: Collected): void {
  const late = lateColumns(side);
  const isRead = late.size > 0 && conditions.some((condition) => [...referencedColumns(condition)].some((id) => late.has(id)));
  if (isRead) into.relations.push({ plan: side, under: 0, after: [] });
  else collect(side, into);
}

function lateColumns(plan: LogicalPlan): ReadonlySet<ColumnId> {
  if (plan.kind === "filter" && isLateFilter(plan)) return lateColumns(plan.input);
  if (plan.kind === "project" && isRenaming(plan)) {
    const below = lateColumns(plan.input);
    return new Set(plan.outputs.flatMap((output) => ([...referencedColumns(output.expr)].some((id) => below.has(id)) ? [output.column.id] : [])));
  }
  if (plan.kind !== "join" || plan.dependent || plan.hint !== undefined) return new Set();
  const left = lateColumns(plan.left);
  switch (plan.join) {
    case "inner":
      return new Set([...left, ...lateColumns(plan.right)]);
    case "left":
    case "single":
      return new Set([...left, ...outputIds(plan.right)]);
    case "mark":
      return plan.mark === undefined ? left : new Set([...left, plan.mark.id]);
    case "semi":
    case "anti":
      return left;
    case "right":
    case "full":
      return new Set();
  }
}

/** Columns under other names, and constants: nothing that is computed. */
function isRenaming(plan: Extract<LogicalPlan, { kind: "project" }>): boolean {
  return plan.outputs.every((output) => output.expr.kind === "column" || output.expr.kind === "literal");
}

function leftEstimate(found: readonly FoundRelation[], needs: RelationSet): Estimate {
  const parts = found.filter((_, i) => (needs & (1 << i)) !== 0).map((relation) => estimate(relation.plan));
  return { rows: Math.max(1, ...parts.map((part) => part.rows)), columns: new Map(parts.flatMap((part) => [...part.columns])) };
}

function rowsPerLeftRow(join: LogicalJoin, right: Estimate, left: Estimate): number {
  const leftIds = new Set(left.columns.keys());
  const rightIds = outputIds(join.right);
  for (const id of join.condition === undefined ? [] : referencedColumns(join.condition)) if (!rightIds.has(id)) leftIds.add(id);
  const { keys, residual } = analyzeJoinCondition(join.join, join.condition, leftIds, rightIds);
  const both = new Map([...left.columns, ...right.columns]);
  const rest = residual.reduce((share, condition) => share * selectivityOf(condition, both), 1);
  const share = matchingShare(keys, left, right) * (keys.length === 0 ? rest : Math.max(rest, 0.5));
  switch (join.join) {
    case "semi":
      return share;
    case "anti":
      return Math.max(0.05, 1 - share);
    case "left": {
      const domain = keys.reduce((product, key) => product * keyDomain(key.left, left, key.right, right), 1);
      return Math.max(1, (right.rows * rest) / Math.max(1, Math.min(domain, Math.max(right.rows, 1))));
    }
    case "single":
    case "mark":
    case "inner":
    case "right":
    case "full":
      return 1;
  }
}

function predicateOf(expr: Expr, setOf: (expr: Expr) => RelationSet, relations: readonly Relation[]): Predicate {
  const set = setOf(expr);
  const columns = new Map(relations.filter((_, i) => (set & (1 << i)) !== 0).flatMap((relation) => [...relation.estimate.columns]));
  const selectivity = selectivityOf(expr, columns);
  if (isCall(expr, "=") || isCall(expr, "<=>")) {
    const [a, b] = expr.args.map(setOf);
    if (a !== 0 && b !== 0 && (a & b) === 0) return { expr, relations: set, selectivity, sides: [a, b] };
  }
  return { expr, relations: set, selectivity };
}

/** Union-find over the equalities of columns of different relations. */
function equalityClasses(conditions: readonly Expr[], ownerOf: ReadonlyMap<ColumnId, number>, relations: readonly Relation[]): { readonly classes: readonly EqualityClass[]; readonly others: readonly Expr[] } {
  const parent = new Map<ColumnId, ColumnId>();
  const columns = new Map<ColumnId, Extract<Expr, { kind: "column" }>>();
  const root = (id: ColumnId): ColumnId => {
    const up = parent.get(id) ?? id;
    return up === id ? id : root(up);
  };
  const others: Expr[] = [];
  for (const condition of conditions) {
    const [a, b] = isCall(condition, "=") ? condition.args : [];
    if (a?.kind !== "column" || b?.kind !== "column" || ownerOf.get(a.id) === ownerOf.get(b.id)) {
      others.push(condition);
      continue;
    }
    for (const column of [a, b]) columns.set(column.id, column);
    parent.set(root(a.id), root(b.id));
  }
  const groups = Map.groupBy(columns.values(), (column) => root(column.id));
  const classes = [...groups.values()].map((group): EqualityClass => {
    const members = group.map((column) => ({ column, relation: ownerOf.get(column.id) as number }));
    return { members, relations: members.reduce((set, member) => set | (1 << member.relation), 0), domain: classDomain(members, relations) };
  });
  // Two columns of one relation that are equal by way of others: its rows must be filtered by that, which no join of two relations does.
  for (const group of classes) {
    const firstOf = new Map<number, Expr>();
    for (const { column, relation } of group.members) {
      const first = firstOf.get(relation);
      if (first === undefined) firstOf.set(relation, column);
      else others.push({ kind: "call", name: "=", args: [first, column], type: { kind: "boolean" }, nullable: true, mode: "ansi" });
    }
  }
  return { classes, others };
}

function classDomain(members: EqualityClass["members"], relations: readonly Relation[]): number {
  const domains = members.map(({ column, relation }) => domainOf(column, relations[relation].estimate));
  const counted = domains.filter((d) => d.counted).map((d) => d.domain);
  return counted.length > 0 ? Math.max(...counted) : Math.min(...domains.map((d) => d.domain));
}
