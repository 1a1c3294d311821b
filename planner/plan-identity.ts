import type { Column, ColumnId } from "../catalog/expression.ts";
import type { TableSnapshot } from "../catalog/table.ts";
import type { LogicalPlan, LogicalScan } from "./logical.ts";
import { inputsOf, outputOf } from "./logical.ts";

/**
 * A text that is equal for analyzed plans which give the same rows from the same tables, whatever their columns are called and numbered. Plans that are
 * written in different ways may differ though they mean the same. Source: `canonicalized` of Spark's QueryPlan, by which its CacheManager finds plans.
 *
 * `tableIdentity`: what a table is, whatever state it is in.
 */
export function planIdentity(plan: LogicalPlan, tableIdentity: (table: TableSnapshot) => string): string {
  return new PlanText(tableIdentity).of(plan);
}

/** The plan without projections that only pass all columns on. */
export function withoutIdentityProjects(plan: LogicalPlan): LogicalPlan {
  let inner = plan;
  while (inner.kind === "project") {
    const { input, outputs } = inner;
    const columns = outputOf(input);
    const passesOn = columns.length === outputs.length && outputs.every(({ column, expr }, i) => expr.kind === "column" && expr.id === columns[i].id && column.id === columns[i].id);
    if (!passesOn) return inner;
    inner = input;
  }
  return inner;
}

/** Numbers columns and CTEs in the order in which they are met: inputs come before the expressions over them. */
class PlanText {
  readonly #tableIdentity: (table: TableSnapshot) => string;
  readonly #columns = new Map<ColumnId, number>();
  readonly #ctes = new Map<number, number>();

  constructor(tableIdentity: (table: TableSnapshot) => string) {
    this.#tableIdentity = tableIdentity;
  }

  of(given: LogicalPlan): string {
    const plan = withoutIdentityProjects(given);
    // References come in the inputs.
    if (plan.kind === "cte") this.#ctes.set(plan.id, this.#ctes.size);
    const inputs = inputsOf(plan).map((input) => this.of(input));
    return JSON.stringify([plan.kind, this.#plain(this.#ownParts(plan)), ...inputs]);
  }

  #rowsRead({ table, recursion }: LogicalScan): unknown {
    if (recursion === undefined) return this.#tableIdentity(table);
    if (recursion === "previousRound") return table.name;
    return [recursion.name, recursion.maxLevel, this.of(recursion.anchor.plan), this.of(recursion.step.plan)];
  }

  #ownParts(plan: LogicalPlan): unknown {
    switch (plan.kind) {
      case "scan":
        return [this.#rowsRead(plan), plan.columns];
      case "values":
        return [plan.columns, plan.rows];
      case "range":
        return [plan.start, plan.end, plan.step, plan.column];
      case "filter":
        return plan.condition;
      case "project":
        return plan.outputs;
      case "aggregate":
        return [plan.keys, plan.calls];
      case "expand":
        return [plan.projections, plan.columns];
      case "window":
        return [plan.partitionBy, plan.orderBy, plan.calls];
      case "join":
        return [plan.join, plan.dependent, plan.condition, plan.mark];
      case "sort":
        return [plan.order, plan.global];
      case "limit":
        return [plan.limit, plan.offset];
      case "setOperation":
        return [plan.operation, plan.all, plan.inputs.map(({ columns }) => columns.map((id) => this.#number(id))), plan.columns];
      case "generate":
        return [plan.generator, plan.outer, plan.args, plan.columns];
      case "sample":
        return [plan.lower, plan.upper, plan.withReplacement, plan.seed];
      case "repartition":
        return [plan.mode, plan.partitions, plan.by];
      case "cte":
        return this.#ctes.get(plan.id);
      case "cteReference":
        // One whose definition is outside is like no other.
        return [this.#ctes.get(plan.id) ?? `of ${plan.id}`, plan.source.map((id) => this.#number(id)), plan.columns];
    }
  }

  /** Columns under their numbers, without names and places in the statement; values as JSON has them. */
  #plain(part: unknown): unknown {
    if (typeof part === "bigint") return `${part}n`;
    if (typeof part === "number" && !Number.isFinite(part)) return String(part);
    if (Object.is(part, -0)) return "-0";
    if (part === null || typeof part !== "object") return part;
    if (part instanceof Uint8Array) return Buffer.from(part).toString("hex");
    if (part instanceof Date) return part.getTime();
    if (Array.isArray(part)) return part.map((item) => this.#plain(item));
    if (part instanceof Map) return [...part].map((entry) => this.#plain(entry));
    if (isColumn(part)) return { column: this.#number(part.id), type: this.#plain(part.type), nullable: part.nullable };
    return Object.fromEntries(Object.entries(part).flatMap(([key, value]) => (key === "span" ? [] : [[key, this.#plain(value)]])));
  }

  #number(id: ColumnId): number {
    let number = this.#columns.get(id);
    if (number === undefined) this.#columns.set(id, (number = this.#columns.size));
    return number;
  }
}

/** Columns, and expressions that are one. */
function isColumn(part: object): part is Column {
  return "id" in part && "nullable" in part && "type" in part && typeof part.id === "number";
}
