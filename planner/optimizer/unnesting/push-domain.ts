import { assert } from "../../../catalog/errors.ts";
import type { Column, ColumnId, Expr } from "../../../catalog/expression.ts";
import { columnExpr, isNullable, referencedColumns, typeOf } from "../../../catalog/expression.ts";
import { BOOLEAN, INT, LONG, sameType } from "../../../catalog/types.ts";
import type { Assignment, LogicalAggregate, LogicalJoin, LogicalPlan } from "../../logical.ts";
import { outputOf } from "../../logical.ts";
import { booleanCall, conjunction, conjuncts, isCall, TRUE } from "../../conjunctions.ts";
import { substitute } from "../expression-traversal.ts";
import { freeColumns, mapExpressions, mapSortKeys, outputIds } from "../plan-traversal.ts";
import { ROW_NUMBER } from "../rules/set-operations.ts";
import type { Domain } from "./domain.ts";
import { valueOverNoRows } from "./empty-groups.ts";
import { projected, readsAny } from "./pull-up.ts";

/**
 * A subquery made independent: its rows for every value of the outer columns, told apart by columns of its own.
 * `columnOf`: the column that holds an outer column's value. `never NULL`: the outer column's NULL has no rows.
 */
export interface Pushed {
  readonly plan: LogicalPlan;
  readonly columnOf: ReadonlyMap<ColumnId, ValueColumn>;
}

interface ValueColumn {
  readonly column: Column;
  readonly neverNull: boolean;
}

type Need = ReadonlySet<ColumnId>;

/**
 * The plan with the domain's columns `need` pushed down to where they are read or, at the latest, to where nothing below reads them.
 * There the domain itself is joined, unless a filter `inner = outer` right above says that the inner column has the outer one's values
 * already (for other values of it rows are made in vain, and meet no outer row at the end).
 */
export function pushDomain(plan: LogicalPlan, need: Need, domain: Domain): Pushed {
  if (need.size === 0) return { plan, columnOf: new Map() };
  if (readColumns(plan, domain).size === 0) return crossed(plan, need, domain);
  switch (plan.kind) {
    case "filter":
      return throughFilter(plan, need, domain);
    case "project": {
      const input = pushDomain(plan.input, need, domain);
      const own = mapExpressions(plan, replacing(input)) as typeof plan;
      const given = new Set(plan.outputs.map((output) => output.column.id));
      const added = columnsOf(input).filter((column) => !given.has(column.id));
      return { plan: { ...own, input: input.plan, outputs: [...own.outputs, ...passing(added)] }, columnOf: input.columnOf };
    }
    case "aggregate":
      return plan.keys.length > 0 ? throughGrouping(plan, need, domain) : throughGlobalAggregate(plan, need, domain);
    case "expand": {
      const input = pushDomain(plan.input, need, domain);
      const columnOf = new Map([...input.columnOf].map(([id, value]) => [id, { ...value, column: domain.freshColumn(value.column) }]));
      const own = mapExpressions(plan, replacing(input)) as typeof plan;
      const values = columnsOf(input).map(columnExpr);
      return {
        plan: { ...own, input: input.plan, columns: [...plan.columns, ...[...columnOf.values()].map((v) => v.column)], projections: own.projections.map((p) => [...p, ...values]) },
        columnOf,
      };
    }
    case "window": {
      const input = pushDomain(plan.input, need, domain);
      const own = mapExpressions(plan, replacing(input)) as typeof plan;
      return { plan: { ...own, input: input.plan, partitionBy: [...own.partitionBy, ...columnsOf(input).map(columnExpr)] }, columnOf: input.columnOf };
    }
    case "join":
      return throughJoin(plan, need, domain);
    case "sort":
    case "generate":
    case "sample":
    case "repartition": {
      const input = pushDomain(plan.input, need, domain);
      return { plan: { ...(mapExpressions(plan, replacing(input)) as typeof plan), input: input.plan }, columnOf: input.columnOf };
    }
    case "limit":
      return throughLimit(plan, need, domain);
    case "cte": {
      // Definitions that read outer columns were inlined.
      const input = pushDomain(plan.input, need, domain);
      return { plan: { ...plan, input: input.plan }, columnOf: input.columnOf };
    }
    case "setOperation": {
      assert(plan.operation === "union" && plan.all, "set operations other than UNION ALL are replaced before unnesting");
      const inputs = plan.inputs.map((input) => ({ pushed: pushDomain(input.plan, need, domain), columns: input.columns }));
      const ids = [...need];
      const columnOf = new Map<ColumnId, ValueColumn>();
      for (const id of ids) {
        const values = inputs.map((input) => input.pushed.columnOf.get(id) as ValueColumn);
        columnOf.set(id, { column: domain.freshColumn(values[0].column), neverNull: values.every((v) => v.neverNull) });
      }
      return {
        plan: {
          ...plan,
          columns: [...plan.columns, ...ids.map((id) => (columnOf.get(id) as ValueColumn).column)],
          inputs: inputs.map(({ pushed, columns }) => ({ plan: pushed.plan, columns: [...columns, ...ids.map((id) => (pushed.columnOf.get(id) as ValueColumn).column.id)] })),
        },
        columnOf,
      };
    }
    case "scan":
    case "values":
    case "range":
    case "cteReference":
      assert(false, `${plan.kind} cannot read outer columns`);
  }
}

/** The domain's columns that the plan reads. */
function readColumns(plan: LogicalPlan, domain: Domain): ReadonlySet<ColumnId> {
  return new Set([...freeColumns(plan)].filter((id) => domain.ids.has(id)));
}

function columnsOf(pushed: Pushed): readonly Column[] {
  return [...new Map([...pushed.columnOf.values()].map((value) => [value.column.id, value.column])).values()];
}

function passing(columns: readonly Column[]): readonly Assignment[] {
  return columns.map((column) => ({ column, expr: columnExpr(column) }));
}

function replacing(pushed: Pushed): (expr: Expr) => Expr {
  const replacements = new Map([...pushed.columnOf].map(([id, value]) => [id, columnExpr(value.column)]));
  return (expr) => substitute(expr, replacements);
}

function crossed(plan: LogicalPlan, need: Need, domain: Domain): Pushed {
  const relation = domain.relation(need);
  return {
    plan: { kind: "join", join: "inner", left: relation.plan, right: plan, dependent: false },
    columnOf: new Map([...relation.columnOf].map(([id, column]) => [id, { column, neverNull: false }])),
  };
}

/** `inner = outer` stands in for the domain's column where the input does not read that itself. */
function throughFilter(plan: Extract<LogicalPlan, { kind: "filter" }>, need: Need, domain: Domain): Pushed {
  const readBelow = readColumns(plan.input, domain);
  const inputIds = outputIds(plan.input);
  const equal = new Map<ColumnId, Column>();
  const rest: Expr[] = [];
  for (const condition of conjuncts(plan.condition)) {
    const pair = outerEquality(condition, need, inputIds);
    if (pair !== undefined && !readBelow.has(pair.outer) && !equal.has(pair.outer)) {
      equal.set(pair.outer, pair.inner);
      if (pair.inner.nullable) rest.push(booleanCall("isnotnull", [columnExpr(pair.inner)]));
    } else rest.push(condition);
  }
  const input = pushDomain(plan.input, new Set([...need].filter((id) => !equal.has(id))), domain);
  const columnOf = new Map([...input.columnOf, ...[...equal].map(([id, column]) => [id, { column, neverNull: true }] as const)]);
  const condition = conjunction(rest.map(replacing({ plan: input.plan, columnOf })));
  return { plan: condition === undefined ? input.plan : { kind: "filter", input: input.plan, condition }, columnOf };
}

function outerEquality(condition: Expr, need: Need, inner: ReadonlySet<ColumnId>): { readonly outer: ColumnId; readonly inner: Column } | undefined {
  if (!isCall(condition, "=")) return undefined;
  const [a, b] = condition.args;
  if (a.kind !== "column" || b.kind !== "column" || !sameType(a.type, b.type)) return undefined;
  if (need.has(a.id) && inner.has(b.id)) return { outer: a.id, inner: asColumn(b) };
  if (need.has(b.id) && inner.has(a.id)) return { outer: b.id, inner: asColumn(a) };
  return undefined;
}

function asColumn(expr: Extract<Expr, { kind: "column" }>): Column {
  return { id: expr.id, name: expr.name, type: expr.type, nullable: expr.nullable };
}

/** The grouping, by the domain's columns too; a key that is such a column serves for it. */
export function throughGrouping(plan: LogicalAggregate, need: Need, domain: Domain): Pushed {
  const input = pushDomain(plan.input, need, domain);
  const own = mapExpressions(plan, replacing(input)) as LogicalAggregate;
  const keys: Assignment[] = [...own.keys];
  const columnOf = new Map<ColumnId, ValueColumn>();
  for (const [id, value] of input.columnOf) {
    const known = keys.find((key) => key.expr.kind === "column" && key.expr.id === value.column.id);
    if (known === undefined) keys.push({ column: value.column, expr: columnExpr(value.column) });
    columnOf.set(id, { ...value, column: known?.column ?? value.column });
  }
  return { plan: { ...own, input: input.plan, keys }, columnOf };
}

/** One row for every value of the domain, also where no input row has it. */
function throughGlobalAggregate(plan: LogicalAggregate, need: Need, domain: Domain): Pushed {
  const calls = plan.calls.map((c) => ({ column: { ...domain.freshColumn(c.column), nullable: true }, call: c.call }));
  const grouped = throughGrouping({ ...plan, calls }, need, domain);
  const present: Column = { id: domain.freshId(), name: "present", type: BOOLEAN, nullable: true };
  const right: LogicalPlan = { kind: "project", input: grouped.plan, outputs: [...passing(outputOf(grouped.plan)), { column: { ...present, nullable: false }, expr: TRUE }] };
  const left = domain.relation(need);
  const condition = conjunction([...need].map((id) => booleanCall("<=>", [columnExpr(left.columnOf.get(id) as Column), columnExpr((grouped.columnOf.get(id) as ValueColumn).column)])));
  const outputs: Assignment[] = plan.calls.map((c, i) => ({ column: c.column, expr: orOverNoRows(columnExpr(calls[i].column), valueOverNoRows(c.call), present) }));
  const joined: LogicalPlan = { kind: "join", join: "left", left: left.plan, right, condition, dependent: false };
  return {
    plan: { kind: "project", input: joined, outputs: [...outputs, ...passing([...left.columnOf.values()])] },
    columnOf: new Map([...left.columnOf].map(([id, column]) => [id, { column, neverNull: false }])),
  };
}

/** The value where the group is present, else the other one. */
export function orOverNoRows(value: Expr, overNoRows: Expr, present: Column): Expr {
  if (overNoRows.kind === "literal" && overNoRows.value === null) return value;
  const type = typeOf(overNoRows);
  return { kind: "case", branches: [{ when: booleanCall("isnull", [columnExpr(present)]), then: overNoRows }], otherwise: value, type, nullable: isNullable(overNoRows) || isNullable(value) };
}

/** The first rows for every value of the domain: by row number. */
function throughLimit(plan: Extract<LogicalPlan, { kind: "limit" }>, need: Need, domain: Domain): Pushed {
  const sorted = plan.input.kind === "sort" ? plan.input : undefined;
  const input = pushDomain(sorted?.input ?? plan.input, need, domain);
  const number: Column = { id: domain.freshId(), name: "row_number", type: INT, nullable: false };
  const numbered: LogicalPlan = {
    kind: "window",
    input: input.plan,
    partitionBy: columnsOf(input).map(columnExpr),
    orderBy: sorted === undefined ? [] : mapSortKeys(sorted.order, replacing(input)),
    calls: [{ column: number, call: ROW_NUMBER }],
  };
  const position: Expr = { kind: "cast", input: columnExpr(number), type: LONG, nullable: false, mode: "ansi" };
  const bound = (value: number): Expr => ({ kind: "literal", type: LONG, value: BigInt(value) });
  const tests: Expr[] = plan.offset > 0 ? [booleanCall(">", [position, bound(plan.offset)])] : [];
  if (plan.limit !== undefined) tests.push(booleanCall("<=", [position, bound(plan.offset + plan.limit)]));
  const condition = conjunction(tests);
  const cut: LogicalPlan = condition === undefined ? numbered : { kind: "filter", input: numbered, condition };
  return { plan: projected(cut, outputOf(input.plan)), columnOf: input.columnOf };
}

function throughJoin(plan: LogicalJoin, need: Need, domain: Domain): Pushed {
  assert(!plan.dependent, "inner dependent joins are unnested first");
  if (plan.join === "inner" && plan.condition !== undefined && readsAny(plan.condition, domain.ids)) {
    const conditions = conjuncts(plan.condition);
    const own = conjunction(conditions.filter((condition) => !readsAny(condition, domain.ids)));
    const correlated = conjunction(conditions.filter((condition) => readsAny(condition, domain.ids))) as Expr;
    return throughFilter({ kind: "filter", input: { ...plan, condition: own }, condition: correlated }, need, domain);
  }
  const readLeft = readColumns(plan.left, domain);
  const readRight = readColumns(plan.right, domain);
  const readByCondition = new Set([...(plan.condition === undefined ? [] : referencedColumns(plan.condition))].filter((id) => domain.ids.has(id)));
  const { left: leftAll, right: rightAll } = SIDE_OF_ALL[plan.join];
  // A side whose rows all show up must be there for every value; the other one only for what it reads itself.
  const inner = plan.join === "inner";
  const giveAllRight = rightAll || (inner && readLeft.size === 0);
  const giveAllLeft = leftAll || (inner && !giveAllRight);
  const leftNeed = giveAllLeft ? need : new Set([...readLeft, ...(giveAllRight ? [] : readByCondition)]);
  const rightNeed = giveAllRight ? need : readRight;
  const left = pushDomain(plan.left, leftNeed, domain);
  const right = pushDomain(plan.right, rightNeed, domain);
  const both = [...left.columnOf].flatMap(([id, value]) => {
    const other = right.columnOf.get(id);
    return other === undefined ? [] : [booleanCall("<=>", [columnExpr(value.column), columnExpr(other.column)])];
  });
  const values = new Map([...right.columnOf, ...left.columnOf]);
  if (plan.join === "right") for (const [id, value] of right.columnOf) values.set(id, value);
  const own = plan.condition === undefined ? [] : conjuncts(replacing({ plan, columnOf: values })(plan.condition));
  const joined: LogicalJoin = { ...plan, left: left.plan, right: right.plan, condition: conjunction([...both, ...own]) };
  if (plan.join !== "full") return { plan: joined, columnOf: new Map([...need].map((id) => [id, values.get(id) as ValueColumn])) };
  return mergedSides(joined, left, right, need, domain);
}

/** Which sides' rows show up without a partner. */
const SIDE_OF_ALL: Readonly<Record<LogicalJoin["join"], { readonly left: boolean; readonly right: boolean }>> = {
  inner: { left: false, right: false },
  left: { left: true, right: false },
  right: { left: false, right: true },
  full: { left: true, right: true },
  semi: { left: true, right: false },
  anti: { left: true, right: false },
  mark: { left: true, right: false },
  single: { left: true, right: false },
};

/** After a full join a value stands on the side that has a row. */
function mergedSides(joined: LogicalJoin, left: Pushed, right: Pushed, need: Need, domain: Domain): Pushed {
  const columnOf = new Map<ColumnId, ValueColumn>();
  const outputs: Assignment[] = [];
  for (const id of need) {
    const [a, b] = [left.columnOf.get(id) as ValueColumn, right.columnOf.get(id) as ValueColumn];
    const column = { ...domain.freshColumn(a.column), nullable: true };
    const args = [a, b].map((value) => ({ ...columnExpr(value.column), nullable: true }));
    outputs.push({ column, expr: { kind: "call", name: "coalesce", args, type: column.type, nullable: true, mode: "ansi" } });
    columnOf.set(id, { column, neverNull: a.neverNull && b.neverNull });
  }
  return { plan: { kind: "project", input: joined, outputs: [...passing(outputOf(joined)), ...outputs] }, columnOf };
}
