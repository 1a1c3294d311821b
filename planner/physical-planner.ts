import { assert } from "../catalog/errors.ts";
import type { ColumnId, Expr } from "../catalog/expression.ts";
import { columnExpr } from "../catalog/expression.ts";
import { ComputedColumns } from "./computed-columns.ts";
import { conjuncts } from "./conjunctions.ts";
import type { LogicalCte, LogicalPlan } from "./logical.ts";
import { outputOf } from "./logical.ts";
import { planJoin } from "./physical-joins.ts";
import type { PhysicalPlan, WindowLimit } from "./physical.ts";
import { physicalOutput } from "./physical.ts";
import { pruneSplits } from "./pruning.ts";
import { planRanges } from "./range-partitioning.ts";
import { withoutUnseenExchanges } from "./unseen-exchanges.ts";
import { windowLimit } from "./window-limit.ts";
import { isDeterministic } from "./optimizer/expression-facts.ts";
import { mapSortKeys, mapWindowCall } from "./optimizer/plan-traversal.ts";
import { estimateRows, registerDefinitions } from "./optimizer/cardinality.ts";

/** Rows up to which ORDER BY ... LIMIT keeps a heap instead of sorting everything. */
const TOP_N_LIMIT = 100_000;

export interface PhysicalOptions {
  /** Partitions of an exchange that does not say how many. */
  readonly partitions?: number;
  /** Estimated bytes of a hash table up to which all workers share one. Source: `spark.sql.autoBroadcastJoinThreshold`. */
  readonly sharedTableBytes?: number;
}

/** How each step is done. The plan is optimized (or at least normalized): no dependent joins, no set operations but UNION ALL. */
export function planPhysical(plan: LogicalPlan, options: PhysicalOptions = {}): PhysicalPlan {
  registerDefinitions(plan);
  const planner = new PhysicalPlanner(options);
  const ordered = planner.inOrder(planner.plan(plan), outputOf(plan).map((column) => column.id));
  return planner.hasExchanges ? withoutUnseenExchanges(ordered, "result") : ordered;
}

/** Partitions of an exchange that does not say how many. */
const DEFAULT_PARTITIONS = 32;

/** The part of a physical node that is not its id and estimate. */
export type Step = PhysicalPlan extends infer P ? (P extends PhysicalPlan ? Omit<P, "id" | "rows"> : never) : never;

export class PhysicalPlanner {
  #nextId = 0;
  /** Columns that physical planning adds have negative ids: those of the logical plan are positive. */
  #computedId = -1;
  readonly #definitions = new Map<number, LogicalCte>();
  readonly #shared = new Map<number, PhysicalPlan>();
  readonly #defaultPartitions: number;
  readonly sharedTableBytes: number;
  hasExchanges = false;

  constructor({ partitions, sharedTableBytes }: PhysicalOptions) {
    this.#defaultPartitions = partitions ?? DEFAULT_PARTITIONS;
    this.sharedTableBytes = sharedTableBytes ?? Infinity;
  }

  /** A node numbered in the order of making, inputs first. */
  node(rows: number, step: Step): PhysicalPlan {
    return { id: this.#nextId++, rows: Math.max(0, Math.round(rows)), ...step } as PhysicalPlan;
  }

  /** The same rows with the columns in this order. */
  inOrder(plan: PhysicalPlan, ids: readonly ColumnId[]): PhysicalPlan {
    const output = physicalOutput(plan);
    if (output.length === ids.length && output.every((column, i) => column.id === ids[i])) return plan;
    const byId = new Map(output.map((column) => [column.id, column]));
    const outputs = ids.map((id) => {
      const column = byId.get(id);
      assert(column !== undefined, `physical plan does not give column ${id}`);
      return { column, expr: columnExpr(column) };
    });
    return this.node(plan.rows, { kind: "project", input: plan, outputs });
  }

  readonly nextComputedId = (): ColumnId => this.#computedId--;

  /** The input with the computed columns added. */
  withComputed(input: PhysicalPlan, computed: ComputedColumns): PhysicalPlan {
    const outputs = computed.outputsOver(input);
    return outputs === undefined ? input : this.node(input.rows, { kind: "project", input, outputs });
  }

  plan(plan: LogicalPlan): PhysicalPlan {
    const rows = estimateRows(plan);
    switch (plan.kind) {
      case "scan":
        return this.#scan(plan, plan.skipBy);
      case "values":
        return this.node(rows, { kind: "values", columns: plan.columns, data: plan.rows });
      case "range":
        return this.node(rows, { kind: "range", column: plan.column, start: plan.start, end: plan.end, step: plan.step });
      case "filter":
        return this.#filter(plan);
      case "project":
        return this.node(rows, { kind: "project", input: this.plan(plan.input), outputs: plan.outputs });
      case "aggregate":
        if (plan.keys.length === 0 && plan.calls.length === 0) return this.node(1, { kind: "values", columns: [], data: [[]] });
        return this.node(rows, { kind: "aggregate", input: this.plan(plan.input), keys: plan.keys, calls: plan.calls });
      case "expand":
        return this.node(rows, { kind: "expand", input: this.plan(plan.input), columns: plan.columns, projections: plan.projections });
      case "window":
        return this.#window(plan);
      case "join":
        return planJoin(plan, this);
      case "sort":
        return this.#sort(plan);
      case "limit":
        return this.#limit(plan);
      case "setOperation":
        assert(plan.operation === "union" && plan.all, `${plan.operation} is replaced before physical planning`);
        return this.node(rows, { kind: "union", columns: plan.columns, inputs: plan.inputs.map((input) => ({ plan: this.plan(input.plan), columns: input.columns })) });
      case "generate":
        return this.node(rows, { kind: "generate", input: this.plan(plan.input), generator: plan.generator, args: plan.args, outer: plan.outer, columns: plan.columns });
      case "sample":
        return this.node(rows, { kind: "sample", input: this.plan(plan.input), lower: plan.lower, upper: plan.upper, withReplacement: plan.withReplacement, seed: plan.seed });
      case "repartition":
        return this.#exchange(plan);
      case "cte":
        this.#definitions.set(plan.id, plan);
        return this.plan(plan.input);
      case "cteReference":
        return this.node(rows, { kind: "shared", shareId: plan.id, definition: this.#sharedDefinition(plan.id), columns: plan.columns, source: plan.source });
    }
  }

  /** A local sort of what is one partition sorts all of it. */
  #sort(plan: Extract<LogicalPlan, { kind: "sort" }>): PhysicalPlan {
    const input = this.plan(plan.input);
    const { order } = plan;
    return this.node(estimateRows(plan), { kind: "sort", input, order, ...(!plan.global && input.kind === "exchange" && input.coalesces !== true && { local: true as const }) });
  }

  #exchange(plan: Extract<LogicalPlan, { kind: "repartition" }>): PhysicalPlan {
    const rows = this.plan(plan.input);
    this.hasExchanges = true;
    const byColumn = plan.by.length > 0;
    const asked = byColumn ? "REPARTITION_BY_COL" : "REPARTITION_BY_NUM";
    const origin = plan.mode === "rebalance" ? (byColumn ? "REBALANCE_PARTITIONS_BY_COL" : "REBALANCE_PARTITIONS_BY_NONE") : plan.partitions === undefined ? asked : "REPARTITION_BY_NUM";
    const partitions = plan.partitions ?? this.#defaultPartitions;
    const { input, partitioning } = plan.mode === "range" && byColumn && partitions > 1 ? planRanges(rows, plan.by, partitions, this) : { input: rows, partitioning: { keys: plan.by, partitions } };
    return this.node(estimateRows(plan), { kind: "exchange", input, partitioning, origin, ...(plan.mode === "coalesce" && { coalesces: true as const }) });
  }

  #sharedDefinition(id: number): PhysicalPlan {
    const known = this.#shared.get(id);
    if (known !== undefined) return known;
    const cte = this.#definitions.get(id);
    assert(cte !== undefined, `reference to unknown CTE ${id}`);
    const definition = this.plan(cte.definition);
    this.#shared.set(id, definition);
    return definition;
  }

  #scan(plan: Extract<LogicalPlan, { kind: "scan" }>, skipBy: readonly Expr[]): PhysicalPlan {
    const fieldOf = new Map(plan.columns.map((c) => [c.column.id, c.field]));
    const splits = pruneSplits(plan.table.splits, skipBy, fieldOf);
    return this.node(estimateRows(plan), {
      kind: "scan",
      table: plan.table.name,
      columns: plan.columns,
      splits,
      cached: plan.table.cached,
      totalSplits: plan.table.splits.length,
      skipBy,
    });
  }

  /** A filter right above a scan also says what the scan may skip; it still filters, for skipping is coarse. */
  #filter(plan: Extract<LogicalPlan, { kind: "filter" }>): PhysicalPlan {
    const { input, condition } = plan;
    const below = this.#filtered(input, condition);
    return this.node(estimateRows(plan), { kind: "filter", input: below, condition });
  }

  #filtered(input: LogicalPlan, condition: Expr): PhysicalPlan {
    switch (input.kind) {
      case "scan":
        return this.#scan(input, [...input.skipBy, ...conjuncts(condition).filter(isDeterministic)]);
      case "window":
        return this.#window(input, windowLimit(condition, input));
      default:
        return this.plan(input);
    }
  }

  /** A window reads columns: what its keys, arguments and filters compute is computed below it. */
  #window(plan: Extract<LogicalPlan, { kind: "window" }>, limit?: WindowLimit): PhysicalPlan {
    const input = this.plan(plan.input);
    const computed = new ComputedColumns(this.nextComputedId);
    const partitionBy = plan.partitionBy.map(computed.asColumn);
    const orderBy = mapSortKeys(plan.orderBy, computed.asColumn);
    const calls = plan.calls.map((c) => ({ ...c, call: mapWindowCall(c.call, computed.asColumn) }));
    const below = this.withComputed(input, computed);
    return this.node(estimateRows(plan), { kind: "window", input: below, partitionBy, orderBy, calls, ...(limit === undefined ? {} : { limit }) });
  }

  #limit(plan: Extract<LogicalPlan, { kind: "limit" }>): PhysicalPlan {
    const { input, limit, offset } = plan;
    const rows = estimateRows(plan);
    if (limit !== undefined && limit + offset <= TOP_N_LIMIT) {
      if (input.kind === "sort") return this.node(rows, { kind: "topN", input: this.plan(input.input), order: input.order, limit, offset });
      if (input.kind === "project" && input.input.kind === "sort") {
        const { input: below, order } = input.input;
        const top = this.node(rows, { kind: "topN", input: this.plan(below), order, limit, offset });
        return this.node(rows, { kind: "project", input: top, outputs: input.outputs });
      }
    }
    return this.node(rows, { kind: "limit", input: this.plan(input), limit, offset });
  }
}
