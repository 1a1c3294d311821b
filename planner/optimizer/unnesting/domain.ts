import { assert } from "../../../catalog/errors.ts";
import type { Column, ColumnId } from "../../../catalog/expression.ts";
import { columnExpr } from "../../../catalog/expression.ts";
import type { LogicalCte, LogicalPlan } from "../../logical.ts";
import { outputOf } from "../../logical.ts";
import { withFreshColumns } from "../fresh-columns.ts";
import { freeColumns } from "../plan-traversal.ts";
import { projected } from "./pull-up.ts";

/**
 * The distinct values of the outer columns that a subquery reads: the "domain" D of Neumann and Kemper, "Unnesting Arbitrary Queries"
 * (BTW 2015). The outer plan is read once for itself and once for each copy of the domain: as a shared definition where that is possible.
 */
export class Domain {
  readonly #outer: LogicalPlan;
  readonly #nextColumnId: () => ColumnId;
  #shared: LogicalCte | undefined;
  #sharedColumns: ReadonlyMap<ColumnId, ColumnId> = new Map();
  readonly ids: ReadonlySet<ColumnId>;

  constructor(outer: LogicalPlan, ids: ReadonlySet<ColumnId>, nextColumnId: () => ColumnId) {
    this.#outer = outer;
    this.ids = ids;
    this.#nextColumnId = nextColumnId;
  }

  freshColumn(column: Column): Column {
    return { ...column, id: this.#nextColumnId() };
  }

  freshId(): ColumnId {
    return this.#nextColumnId();
  }

  /** A plan of the distinct combinations of these outer columns; `columnOf`: its column for an outer one. */
  relation(ids: ReadonlySet<ColumnId>): { readonly plan: LogicalPlan; readonly columnOf: ReadonlyMap<ColumnId, Column> } {
    const outerColumns = outputOf(this.#outer).filter((column) => ids.has(column.id));
    assert(outerColumns.length === ids.size, "the domain has columns that the outer plan does not give");
    const { plan, columns } = this.#copyOfOuter(outerColumns);
    const columnOf = new Map(outerColumns.map((column) => [column.id, this.freshColumn(column)]));
    const keys = outerColumns.map((column, i) => ({ column: columnOf.get(column.id) as Column, expr: columnExpr(columns[i]) }));
    return { plan: { kind: "aggregate", input: plan, keys, calls: [] }, columnOf };
  }

  #copyOfOuter(wanted: readonly Column[]): { readonly plan: LogicalPlan; readonly columns: readonly Column[] } {
    // A definition cannot read columns of a query around it: a correlated outer plan is copied instead.
    if (freeColumns(this.#outer).size > 0) {
      const { plan, renamed } = withFreshColumns(this.#outer, this.#nextColumnId);
      const columns = wanted.map((column) => ({ ...column, id: renamed.get(column.id) ?? column.id }));
      return { plan: projected(plan, columns), columns };
    }
    if (this.#shared === undefined) {
      const { plan, renamed } = withFreshColumns(this.#outer, this.#nextColumnId);
      this.#sharedColumns = renamed;
      this.#shared = { kind: "cte", id: this.#nextColumnId(), name: "outer", definition: plan, input: plan };
    }
    const columns = wanted.map((column) => this.freshColumn(column));
    const { id, name } = this.#shared;
    return { plan: { kind: "cteReference", id, name, columns, source: wanted.map((column) => this.#sharedColumns.get(column.id) as ColumnId) }, columns };
  }

  /** The outer plan as the join around the subquery reads it. */
  outerPlan(): LogicalPlan {
    if (this.#shared === undefined) return this.#outer;
    const columns = outputOf(this.#outer);
    const { id, name } = this.#shared;
    return { kind: "cteReference", id, name, columns, source: columns.map((column) => this.#sharedColumns.get(column.id) as ColumnId) };
  }

  /** The plan with the shared definition around it, if one was made. */
  around(plan: LogicalPlan): LogicalPlan {
    return this.#shared === undefined ? plan : { ...this.#shared, input: plan };
  }
}
