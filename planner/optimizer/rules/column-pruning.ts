import type { ColumnId } from "../../../catalog/expression.ts";
import { columnExpr, referencedColumns } from "../../../catalog/expression.ts";
import type { LogicalCte, LogicalJoin, LogicalPlan } from "../../logical.ts";
import { outputOf } from "../../logical.ts";
import { analyzeJoinCondition } from "../../join-keys.ts";
import { isUnique, rowBounds } from "../plan-properties.ts";
import { columnsReadBy, outputIds } from "../plan-traversal.ts";
import type { PlanRule } from "../rule.ts";

/**
 * Columns that nobody above reads are not made: scans read fewer fields, projections, aggregates and windows compute less, and what is
 * kept (join sides, sort and window inputs, CTEs) is narrowed. Valid because an expression that is not read cannot be seen;
 * one that could raise and is not read does not raise, as in Spark. The columns of a set operation other than UNION ALL all stay:
 * `SELECT a FROM (SELECT a, b FROM t EXCEPT SELECT a, b FROM u)` compares `b`; so do the keys of a grouping.
 */
export const columnPruning: PlanRule = {
  kind: "plan",
  name: "ColumnPruning",
  apply: (plan) => new Pruner().prune(plan, outputIds(plan)),
};

type Needed = ReadonlySet<ColumnId>;

class Pruner {
  /** Of each CTE in scope, the columns of its definition that the references read. */
  readonly #cteColumns = new Map<number, Set<ColumnId>>();

  /** The plan giving at least the needed columns, perhaps more. */
  prune(plan: LogicalPlan, needed: Needed): LogicalPlan {
    switch (plan.kind) {
      case "scan": {
        const columns = plan.columns.filter((c) => needed.has(c.column.id));
        return columns.length === plan.columns.length ? plan : { ...plan, columns };
      }
      case "values": {
        const kept = plan.columns.flatMap((column, i) => (needed.has(column.id) ? [i] : []));
        if (kept.length === plan.columns.length) return plan;
        return { ...plan, columns: kept.map((i) => plan.columns[i]), rows: plan.rows.map((row) => kept.map((i) => row[i])) };
      }
      case "range":
        return plan;
      case "filter":
      case "sample":
      case "limit":
        return this.#overInput(plan, this.prune(plan.input, union(needed, columnsReadBy(plan))));
      case "repartition":
      case "sort":
        return this.#overInput(plan, this.#narrow(plan.input, union(needed, columnsReadBy(plan))));
      case "generate": {
        const own = new Set(plan.columns.map((c) => c.id));
        return this.#overInput(plan, this.prune(plan.input, union(without(needed, own), columnsReadBy(plan))));
      }
      case "project": {
        const outputs = plan.outputs.filter((o) => needed.has(o.column.id));
        const pruned = outputs.length === plan.outputs.length ? plan : { ...plan, outputs };
        return this.#overInput(pruned, this.prune(plan.input, columnsReadBy(pruned)));
      }
      case "aggregate": {
        const calls = plan.calls.filter((c) => needed.has(c.column.id));
        const pruned = calls.length === plan.calls.length ? plan : { ...plan, calls };
        return this.#overInput(pruned, this.prune(plan.input, columnsReadBy(pruned)));
      }
      case "window": {
        const calls = plan.calls.filter((c) => needed.has(c.column.id));
        if (calls.length === 0) return this.prune(plan.input, needed);
        const pruned = calls.length === plan.calls.length ? plan : { ...plan, calls };
        const own = new Set(calls.map((c) => c.column.id));
        return this.#overInput(pruned, this.#narrow(plan.input, union(without(needed, own), columnsReadBy(pruned))));
      }
      case "expand": {
        const kept = plan.columns.flatMap((column, i) => (needed.has(column.id) ? [i] : []));
        const pruned =
          kept.length === plan.columns.length
            ? plan
            : { ...plan, columns: kept.map((i) => plan.columns[i]), projections: plan.projections.map((p) => kept.map((i) => p[i])) };
        return this.#overInput(pruned, this.prune(plan.input, columnsReadBy(pruned)));
      }
      case "join":
        return this.#pruneJoin(plan, needed);
      case "setOperation": {
        const narrows = plan.operation === "union" && plan.all;
        const kept = plan.columns.flatMap((column, i) => (!narrows || needed.has(column.id) ? [i] : []));
        const columns = kept.length === plan.columns.length ? plan.columns : kept.map((i) => plan.columns[i]);
        let changed = columns !== plan.columns;
        const inputs = plan.inputs.map((input) => {
          const ids = columns === plan.columns ? input.columns : kept.map((i) => input.columns[i]);
          const pruned = this.prune(input.plan, new Set(ids));
          if (pruned === input.plan && ids === input.columns) return input;
          changed = true;
          return { plan: pruned, columns: ids };
        });
        return changed ? { ...plan, columns, inputs } : plan;
      }
      case "cte":
        return this.#pruneCte(plan, needed);
      case "cteReference": {
        const kept = plan.columns.flatMap((column, i) => (needed.has(column.id) ? [i] : []));
        const read = this.#cteColumns.get(plan.id);
        for (const i of kept) read?.add(plan.source[i]);
        if (kept.length === plan.columns.length) return plan;
        return { ...plan, columns: kept.map((i) => plan.columns[i]), source: kept.map((i) => plan.source[i]) };
      }
    }
  }

  #pruneJoin(plan: LogicalJoin, needed: Needed): LogicalPlan {
    if (isWithoutEffect(plan, needed)) return this.prune(plan.left, needed);
    const read = union(needed, plan.condition === undefined ? new Set() : referencedColumns(plan.condition));
    // The right side of a dependent join reads columns of the left one, which are not looked for here: it is left alone.
    if (plan.dependent) return plan;
    const left = this.#narrow(plan.left, read);
    const right = this.#narrow(plan.right, read);
    return left === plan.left && right === plan.right ? plan : { ...plan, left, right };
  }

  /** References first: what they read is what the definition must give. */
  #pruneCte(plan: LogicalCte, needed: Needed): LogicalPlan {
    const read = new Set<ColumnId>();
    this.#cteColumns.set(plan.id, read);
    const input = this.prune(plan.input, needed);
    const definition = this.#narrow(plan.definition, read);
    return input === plan.input && definition === plan.definition ? plan : { ...plan, input, definition };
  }

  #overInput<P extends LogicalPlan & { readonly input: LogicalPlan }>(plan: P, input: LogicalPlan): P {
    return input === plan.input ? plan : { ...plan, input };
  }

  /** Exactly the needed columns: for inputs whose rows are kept in memory. */
  #narrow(plan: LogicalPlan, needed: Needed): LogicalPlan {
    const pruned = this.prune(plan, needed);
    const output = outputOf(pruned);
    const kept = output.filter((column) => needed.has(column.id));
    if (kept.length === output.length) return pruned;
    if (pruned.kind === "project") return { ...pruned, outputs: pruned.outputs.filter((o) => needed.has(o.column.id)) };
    return { kind: "project", input: pruned, outputs: kept.map((column) => ({ column, expr: columnExpr(column) })) };
  }
}

/**
 * A join that only adds columns nobody reads, and neither adds nor drops rows: a left join that finds at most one partner by the structure of
 * its right side (`LEFT JOIN (SELECT a, max(b) FROM u GROUP BY a) u ON t.a = u.a`), a mark, a single row beside every row.
 */
function isWithoutEffect(plan: LogicalJoin, needed: Needed): boolean {
  if (plan.dependent) return false;
  if (plan.join === "mark") return plan.mark === undefined || !needed.has(plan.mark.id);
  for (const column of outputOf(plan.right)) if (needed.has(column.id)) return false;
  const bounds = rowBounds(plan.right);
  if (plan.join === "inner") return plan.condition === undefined && bounds.min === 1 && bounds.max === 1;
  if (plan.join !== "left") return false;
  const { keys } = analyzeJoinCondition(plan.join, plan.condition, outputIds(plan.left), outputIds(plan.right));
  return isUnique(plan.right, new Set(keys.flatMap((key) => (key.right.kind === "column" ? [key.right.id] : []))));
}

function union(a: Needed, b: Needed): Needed {
  return new Set([...a, ...b]);
}

function without(a: Needed, b: Needed): Needed {
  return new Set([...a].filter((id) => !b.has(id)));
}
