import type { ColumnId, Expr } from "../../catalog/expression.ts";
import { referencedColumns } from "../../catalog/expression.ts";
import type { LogicalPlan } from "../logical.ts";
import { conjuncts, isCall } from "../conjunctions.ts";
import { exprKey } from "../expression-keys.ts";
import { isDeterministic } from "./expression-facts.ts";
import { substitute } from "./expression-traversal.ts";
import { outputIds } from "./plan-traversal.ts";
import { analyzeJoinCondition } from "../join-keys.ts";

/** Rows a plan gives at least and at most, by its structure alone. */
export interface RowBounds {
  readonly min: number;
  readonly max: number;
}

export function rowBounds(plan: LogicalPlan): RowBounds {
  switch (plan.kind) {
    case "scan":
    case "sample":
    case "cteReference":
      return { min: 0, max: Infinity };
    case "values":
      return { min: plan.rows.length, max: plan.rows.length };
    case "range": {
      const distance = plan.step > 0n ? plan.end - plan.start : plan.start - plan.end;
      const step = plan.step > 0n ? plan.step : -plan.step;
      const count = distance <= 0n ? 0 : Number((distance + step - 1n) / step);
      return { min: count, max: count };
    }
    case "filter":
      return { min: 0, max: rowBounds(plan.input).max };
    case "project":
    case "window":
    case "sort":
    case "repartition":
    case "cte":
      return rowBounds(plan.input);
    case "aggregate": {
      if (plan.keys.length === 0) return { min: 1, max: 1 };
      const input = rowBounds(plan.input);
      return { min: Math.min(input.min, 1), max: input.max };
    }
    case "expand": {
      const input = rowBounds(plan.input);
      return { min: input.min * plan.projections.length, max: input.max * plan.projections.length };
    }
    case "generate":
      return { min: plan.outer ? rowBounds(plan.input).min : 0, max: rowBounds(plan.input).max === 0 ? 0 : Infinity };
    case "limit": {
      const input = rowBounds(plan.input);
      const cut = (rows: number): number => Math.max(0, Math.min(rows - plan.offset, plan.limit ?? Infinity));
      return { min: cut(input.min), max: cut(input.max) };
    }
    case "join": {
      const [left, right] = [rowBounds(plan.left), rowBounds(plan.right)];
      const pairs = left.max === 0 || right.max === 0 ? 0 : left.max * right.max;
      switch (plan.join) {
        case "inner":
          return { min: plan.condition === undefined ? left.min * right.min : 0, max: pairs };
        case "left":
          return { min: left.min, max: Math.max(left.max, pairs) };
        case "right":
          return { min: right.min, max: Math.max(right.max, pairs) };
        case "full":
          return { min: Math.max(left.min, right.min), max: Math.max(left.max + right.max, pairs) };
        case "semi":
        case "anti":
          return { min: 0, max: left.max };
        case "mark":
        case "single":
          return left;
      }
      return { min: 0, max: Infinity };
    }
    case "setOperation": {
      const inputs = plan.inputs.map((input) => rowBounds(input.plan));
      if (plan.operation !== "union") return { min: 0, max: inputs[0].max };
      const min = inputs.reduce((sum, bounds) => sum + bounds.min, 0);
      return { min: plan.all ? min : Math.min(min, 1), max: inputs.reduce((sum, bounds) => sum + bounds.max, 0) };
    }
  }
}

/**
 * Sets of columns of which no two rows have the same values (NULLs equal). By structure only: statistics can suggest that a column is
 * unique, never promise it. An empty set says that there is at most one row.
 */
function uniqueKeys(plan: LogicalPlan): readonly ReadonlySet<ColumnId>[] {
  const known = uniqueKeysOf.get(plan);
  if (known !== undefined) return known;
  const keys = rowBounds(plan).max <= 1 ? [new Set<ColumnId>()] : computeUniqueKeys(plan);
  uniqueKeysOf.set(plan, keys);
  return keys;
}

const uniqueKeysOf = new WeakMap<LogicalPlan, readonly ReadonlySet<ColumnId>[]>();

function computeUniqueKeys(plan: LogicalPlan): readonly ReadonlySet<ColumnId>[] {
  switch (plan.kind) {
    case "range":
      return [new Set([plan.column.id])];
    case "filter":
    case "sort":
    case "limit":
    case "repartition":
    case "window":
    case "cte":
      return uniqueKeys(plan.input);
    case "project": {
      const renamed = new Map<ColumnId, ColumnId>();
      for (const output of plan.outputs) if (output.expr.kind === "column") renamed.set(output.expr.id, output.column.id);
      return uniqueKeys(plan.input).flatMap((key) => ([...key].every((id) => renamed.has(id)) ? [new Set([...key].map((id) => renamed.get(id) as ColumnId))] : []));
    }
    case "aggregate":
      return [new Set(plan.keys.map((key) => key.column.id))];
    case "join": {
      const [left, right] = [uniqueKeys(plan.left), uniqueKeys(plan.right)];
      if (plan.join === "semi" || plan.join === "anti" || plan.join === "mark" || plan.join === "single") return left;
      const { keys } = analyzeJoinCondition(plan.join, plan.condition, outputIds(plan.left), outputIds(plan.right));
      const matchesOne = (side: readonly ReadonlySet<ColumnId>[], exprs: readonly Expr[]): boolean => {
        const ids = new Set(exprs.flatMap((expr) => (expr.kind === "column" ? [expr.id] : [])));
        return side.some((key) => [...key].every((id) => ids.has(id)));
      };
      const out: ReadonlySet<ColumnId>[] = [];
      const plain = keys.filter((key) => !key.nullSafe || plan.join === "inner" || plan.join === "left");
      if ((plan.join === "inner" || plan.join === "left") && matchesOne(right, plain.map((key) => key.right))) out.push(...left);
      if ((plan.join === "inner" || plan.join === "right") && matchesOne(left, plain.map((key) => key.left))) out.push(...right);
      if (plan.join !== "full") for (const a of left) for (const b of right) out.push(new Set([...a, ...b]));
      return out;
    }
    case "scan":
    case "values":
    case "expand":
    case "setOperation":
    case "generate":
    case "sample":
    case "cteReference":
      return [];
  }
}

/** Whether the plan has no two rows with the same values of these columns. */
export function isUnique(plan: LogicalPlan, columns: ReadonlySet<ColumnId>): boolean {
  return uniqueKeys(plan).some((key) => [...key].every((id) => columns.has(id)));
}

/** Conditions that are TRUE for every row the plan gives, over its output columns; keyed by `exprKey`. */
export function constraintsOf(plan: LogicalPlan): ReadonlyMap<string, Expr> {
  const known = constraintsOfPlan.get(plan);
  if (known !== undefined) return known;
  const constraints = computeConstraints(plan);
  constraintsOfPlan.set(plan, constraints);
  return constraints;
}

const constraintsOfPlan = new WeakMap<LogicalPlan, ReadonlyMap<string, Expr>>();
const NONE: ReadonlyMap<string, Expr> = new Map();

function computeConstraints(plan: LogicalPlan): ReadonlyMap<string, Expr> {
  switch (plan.kind) {
    case "filter":
      return withConditions([constraintsOf(plan.input)], conjuncts(plan.condition));
    case "sort":
    case "limit":
    case "repartition":
    case "sample":
    case "window":
    case "generate":
    case "cte":
      return constraintsOf(plan.input);
    case "project":
      return renamedConstraints(constraintsOf(plan.input), plan.outputs);
    case "aggregate":
      return plan.keys.length === 0 ? NONE : renamedConstraints(constraintsOf(plan.input), plan.keys);
    case "join":
      switch (plan.join) {
        case "inner":
          return withConditions([constraintsOf(plan.left), constraintsOf(plan.right)], conjuncts(plan.condition));
        case "semi": {
          const left = outputIds(plan.left);
          return withConditions([constraintsOf(plan.left)], conjuncts(plan.condition).filter((c) => [...referencedColumns(c)].every((id) => left.has(id))));
        }
        case "left":
        case "anti":
        case "mark":
        case "single":
          return constraintsOf(plan.left);
        case "right":
          return constraintsOf(plan.right);
        case "full":
          return NONE;
      }
      return NONE;
    case "scan":
    case "values":
    case "range":
    case "expand":
    case "setOperation":
    case "cteReference":
      return NONE;
  }
}

function withConditions(parts: readonly ReadonlyMap<string, Expr>[], conditions: readonly Expr[]): ReadonlyMap<string, Expr> {
  const out = new Map(parts.flatMap((part) => [...part]));
  for (const condition of conditions) if (isDeterministic(condition)) out.set(exprKey(condition), condition);
  return out;
}

/** Constraints over what is passed on as it is, under its new name. */
function renamedConstraints(constraints: ReadonlyMap<string, Expr>, outputs: readonly { readonly column: { readonly id: ColumnId; readonly name: string; readonly nullable: boolean }; readonly expr: Expr }[]): ReadonlyMap<string, Expr> {
  const renamed = new Map<ColumnId, Expr>();
  for (const output of outputs) if (output.expr.kind === "column") renamed.set(output.expr.id, { ...output.expr, id: output.column.id, name: output.column.name });
  const out = new Map<string, Expr>();
  for (const constraint of constraints.values()) {
    if (![...referencedColumns(constraint)].every((id) => renamed.has(id))) continue;
    const moved = substitute(constraint, renamed);
    out.set(exprKey(moved), moved);
  }
  return out;
}

/** Classes of columns that the plan's conditions set equal to each other. */
export function equalColumns(plan: LogicalPlan): readonly (readonly [ColumnId, ColumnId])[] {
  const pairs: [ColumnId, ColumnId][] = [];
  for (const constraint of constraintsOf(plan).values()) {
    if (!isCall(constraint, "=")) continue;
    const [a, b] = constraint.args;
    if (a.kind === "column" && b.kind === "column") pairs.push([a.id, b.id]);
  }
  return pairs;
}
