import { assert } from "../catalog/errors.ts";
import type { Column, ColumnId, Expr } from "../catalog/expression.ts";
import { columnExpr, referencedColumns } from "../catalog/expression.ts";
import type { Assignment } from "./logical.ts";
import type { ExchangeRead } from "./partitioning.ts";
import type { PhysicalExchange, PhysicalHashJoin, PhysicalNestedLoopJoin, PhysicalPlan, PhysicalRuntimeFilter, PhysicalShared, PhysicalSort } from "./physical.ts";
import { joinExchange } from "./partitioned-join.ts";
import { physicalOutput } from "./physical.ts";
import { smallestFirst } from "./pipeline-order.ts";
import type { Breaker, Node, Pipeline, RunSoFar, Sink, Source, StagePlan, Step } from "./stages.ts";

/**
 * Cuts a plan. With `soFar`, a changed plan of a query that runs: pipelines that have run stay as they are, first in the list, and breakers that they have fed keep
 * their numbers and columns. The plan must have kept the nodes that those pipelines went through, and the columns that they left.
 */
export function planStages(plan: PhysicalPlan, soFar?: RunSoFar): StagePlan {
  const output = soFar?.stages.output ?? physicalOutput(plan);
  const cutter = new Cutter(soFar);
  cutter.produce(plan, idsOf(output), [], { kind: "result" });
  const ran = soFar?.ran ?? [];
  return { pipelines: [...ran, ...smallestFirst(cutter.pipelines.slice(ran.length))], breakers: cutter.breakers, output };
}

class Cutter {
  readonly pipelines: Pipeline[] = [];
  readonly breakers: Breaker[] = [];
  readonly #shared = new Map<number, number>();
  /** Breakers that have rows. */
  readonly #fed = new Map<string, number>();
  readonly #complete = new Set<number>();
  /** Readers whose pipelines have run. */
  readonly #ran = new Set<string>();
  #nextPipeline = 0;
  #nextPartition = 0;

  constructor(soFar: RunSoFar | undefined) {
    if (soFar === undefined) return;
    const { stages, ran } = soFar;
    this.pipelines.push(...ran);
    this.breakers.push(...stages.breakers);
    this.#nextPipeline = 1 + Math.max(...stages.pipelines.map((p) => p.id));
    for (const { source, sink } of ran) {
      this.#ran.add(readerOf(source));
      if (sink.kind !== "breaker") continue;
      const breaker = stages.breakers[sink.breaker];
      this.#fed.set(keyOf(breaker), sink.breaker);
      const isFedLater = stages.pipelines.some((p) => !ran.includes(p) && p.sink.kind === "breaker" && p.sink.breaker === sink.breaker);
      if (!isFedLater) this.#complete.add(sink.breaker);
    }
  }

  /** Makes pipelines that bring the plan's rows, with at least the `needed` columns, through `steps` into `sink`. */
  produce(plan: PhysicalPlan, needed: ReadonlySet<ColumnId>, steps: readonly Step[], sink: Sink): void {
    switch (plan.kind) {
      case "scan":
      case "values":
      case "range":
        this.#pipeline({ kind: plan.kind, node: plan } as Source, steps, sink);
        return;
      case "filter":
        this.produce(plan.input, withColumns(needed, [plan.condition]), [{ kind: "filter", node: plan }, ...steps], sink);
        return;
      case "runtimeFilter":
        this.produce(plan.input, withColumns(needed, plan.keys.map((k) => k.probe)), [this.#semiProbe(plan), ...steps], sink);
        return;
      case "project": {
        const outputs = plan.outputs.filter((o) => needed.has(o.column.id));
        const inputNeeds = withColumns(new Set(), outputs.map((o) => o.expr));
        const renames = outputs.filter((o) => !(o.expr.kind === "column" && o.expr.id === o.column.id));
        const step: readonly Step[] = renames.length === 0 ? [] : [{ kind: "project", id: plan.id, outputs: renames }];
        this.produce(plan.input, inputNeeds, [...step, ...steps], sink);
        return;
      }
      case "expand":
        this.produce(plan.input, withColumns(new Set(), plan.projections.flat()), [{ kind: "expand", node: plan }, ...steps], sink);
        return;
      case "generate": {
        const keep = physicalOutput(plan.input).filter((c) => needed.has(c.id));
        this.produce(plan.input, withColumns(idsOf(keep), plan.args), [{ kind: "generate", node: plan, keep }, ...steps], sink);
        return;
      }
      case "sample":
        this.produce(plan.input, needed, [{ kind: "sample", node: plan }, ...steps], sink);
        return;
      case "hashJoin":
      case "nestedLoopJoin":
        this.#join(plan, needed, steps, sink);
        return;
      case "aggregate": {
        const id = this.#breaker({ kind: "aggregate", node: plan, columns: physicalOutput(plan) });
        const exprs = [
          ...plan.keys.map((k) => k.expr),
          ...plan.calls.flatMap(({ call }) => [...call.args, ...(call.filter ? [call.filter] : []), ...(call.orderBy ?? []).map((o) => o.expr)]),
        ];
        this.#through(id, plan.input, withColumns(new Set(), exprs), physicalOutput(plan), needed, steps, sink);
        return;
      }
      case "sort":
      case "topN":
      case "window": {
        const exprs =
          plan.kind === "window"
            ? [
                ...plan.partitionBy,
                ...plan.orderBy.map((o) => o.expr),
                ...plan.calls.flatMap(({ call }) => [...call.args, ...(call.filter ? [call.filter] : [])]),
              ]
            : plan.order.map((o) => o.expr);
        const columns = physicalOutput(plan).filter((c) => needed.has(c.id));
        if (plan.kind === "sort" && plan.local === true && plan.input.kind === "exchange" && sink.kind === "result") {
          this.#sortPartitions(plan, plan.input, withColumns(needed, exprs), columns, steps);
          return;
        }
        const id = this.#breaker({ kind: plan.kind, node: plan, columns } as BreakerRequest);
        this.#through(id, plan.input, withColumns(needed, exprs), columns, needed, steps, sink);
        return;
      }
      case "limit":
      case "exchange": {
        const columns = physicalOutput(plan).filter((c) => needed.has(c.id));
        const id = this.#breaker({ kind: plan.kind, node: plan, columns } as BreakerRequest);
        if (plan.kind === "exchange") {
          this.#feed(id, plan.input, withColumns(needed, plan.partitioning.keys));
          for (const read of readsOf(plan)) this.#pipeline(partitionsOf(plan, id, columns, read), steps, sink.kind === "result" ? this.#nextResult() : sink);
          return;
        }
        this.#through(id, plan.input, needed, columns, needed, steps, sink);
        return;
      }
      case "union":
        for (const input of plan.inputs) {
          const available = physicalOutput(input.plan);
          const outputs = plan.columns.flatMap((column, i) => {
            if (!needed.has(column.id)) return [];
            const from = available.find((c) => c.id === input.columns[i]);
            assert(from !== undefined, `union input has no column ${input.columns[i]}`);
            return [{ column, expr: columnExpr(from) }];
          });
          const inputNeeds = withColumns(new Set(), outputs.map((o) => o.expr));
          this.produce(input.plan, inputNeeds, [{ kind: "project", id: plan.id, outputs }, ...steps], sink);
        }
        return;
      case "shared":
        this.#readShared(plan, needed, steps, sink);
        return;
    }
  }

  #join(plan: Node<PhysicalHashJoin> | Node<PhysicalNestedLoopJoin>, needed: ReadonlySet<ColumnId>, steps: readonly Step[], sink: Sink): void {
    const condition = plan.kind === "hashJoin" ? plan.residual : plan.condition;
    const conditionNeeds = withColumns(needed, condition ? [condition] : []);
    const buildColumns = physicalOutput(plan.build).filter((c) => conditionNeeds.has(c.id));
    const id = this.#breaker({ kind: plan.kind === "hashJoin" ? "build" : "loopBuild", node: plan, columns: buildColumns } as BreakerRequest);
    const keys = plan.kind === "hashJoin" ? plan.keys : [];
    const step = { kind: plan.kind === "hashJoin" ? "probe" : "loop", node: plan, breaker: id, columns: buildColumns } as Step;
    this.#feed(id, plan.build, withColumns(idsOf(buildColumns), keys.map((k) => k.build)));
    const probeIds = idsOf(physicalOutput(plan.probe));
    const probeNeeds = withColumns(new Set([...conditionNeeds].filter((c) => probeIds.has(c))), keys.map((k) => k.probe));
    const kind = plan.join;
    const buildOnly = kind === "buildSemi" || kind === "buildAnti";
    const probing = { steps: buildOnly ? [step] : [step, ...steps], sink: buildOnly ? ({ kind: "discard" } as const) : sink };
    const exchange = plan.kind === "hashJoin" ? joinExchange(plan) : undefined;
    if (plan.kind === "hashJoin" && exchange !== undefined) {
      const columns = physicalOutput(exchange).filter((c) => probeNeeds.has(c.id));
      const from = this.#breaker({ kind: "exchange", node: exchange, columns });
      this.#feed(from, exchange.input, withColumns(probeNeeds, exchange.partitioning.keys));
      const joins = { breaker: id, ...(plan.reads !== undefined && { reads: plan.reads }) };
      this.#pipeline({ kind: "breaker", breaker: from, reader: exchange.id, estimate: exchange.rows, rows: "all", columns, source: columns.map((c) => c.id), joins }, probing.steps, probing.sink);
    } else this.produce(plan.probe, probeNeeds, probing.steps, probing.sink);
    const rows = kind === "buildSemi" ? "matched" : kind === "buildAnti" || kind === "buildOuter" || kind === "fullOuter" ? "unmatched" : undefined;
    if (rows === undefined) return;
    const nulls: readonly Assignment[] = buildOnly
      ? []
      : physicalOutput(plan)
          .filter((c) => probeIds.has(c.id) && needed.has(c.id))
          .map((column) => ({ column, expr: { kind: "literal", type: column.type, value: null } as const }));
    const nullStep: readonly Step[] = nulls.length === 0 ? [] : [{ kind: "project", id: plan.id, outputs: nulls }];
    this.#pipeline({ kind: "breaker", breaker: id, reader: plan.id, estimate: plan.build.rows, rows, columns: buildColumns, source: buildColumns.map((c) => c.id) }, [...nullStep, ...steps], sink);
  }

  /** The partitions of an exchange one by one through sorts of their own. */
  #sortPartitions(sort: Node<PhysicalSort>, exchange: Node<PhysicalExchange>, needed: ReadonlySet<ColumnId>, columns: readonly Column[], steps: readonly Step[]): void {
    const exchanged = physicalOutput(exchange).filter((c) => needed.has(c.id));
    const from = this.#breaker({ kind: "exchange", node: exchange, columns: exchanged });
    this.#feed(from, exchange.input, withColumns(needed, exchange.partitioning.keys));
    readsOf(exchange).forEach((read, part) => {
      const id = this.#breaker({ kind: "sort", node: sort, columns, part });
      if (!this.#complete.has(id)) this.#pipeline(partitionsOf(exchange, from, exchanged, read), [], { kind: "breaker", breaker: id });
      this.#pipeline({ kind: "breaker", breaker: id, reader: sort.id, estimate: sort.rows, rows: "all", columns, source: columns.map((c) => c.id) }, steps, this.#nextResult());
    });
  }

  #nextResult(): Sink {
    return { kind: "result", partition: this.#nextPartition++ };
  }

  /** A semi join with the hash table of another join, which is complete. */
  #semiProbe({ id, rows, input, join, keys }: Node<PhysicalRuntimeFilter>): Step {
    const breaker = this.#fed.get(`node ${join}`);
    assert(breaker !== undefined, `node ${join} has no hash table yet`);
    const of = this.breakers[breaker].node;
    assert(of.kind === "hashJoin", `node ${join} is no hash join`);
    return { kind: "probe", breaker, columns: [], node: { id, rows, kind: "hashJoin", join: "probeSemi", probe: input, build: of.build, keys, nullAware: false } };
  }

  /** The input into breaker `id`, and a pipeline that reads it. */
  #through(
    id: number,
    input: PhysicalPlan,
    inputNeeds: ReadonlySet<ColumnId>,
    columns: readonly Column[],
    needed: ReadonlySet<ColumnId>,
    steps: readonly Step[],
    sink: Sink,
  ): void {
    this.#feed(id, input, inputNeeds);
    const read = columns.filter((c) => needed.has(c.id));
    this.#pipeline({ kind: "breaker", breaker: id, reader: this.breakers[id].node.id, estimate: this.breakers[id].node.rows, rows: "all", columns: read, source: read.map((c) => c.id) }, steps, sink);
  }

  /** The definition runs once, with all its columns, where it is met first. */
  #readShared(plan: Node<PhysicalShared>, needed: ReadonlySet<ColumnId>, steps: readonly Step[], sink: Sink): void {
    let id = this.#shared.get(plan.shareId);
    if (id === undefined) {
      const columns = physicalOutput(plan.definition);
      id = this.#breaker({ kind: "shared", node: plan, columns });
      this.#shared.set(plan.shareId, id);
      this.#feed(id, plan.definition, idsOf(columns));
    }
    const read = plan.columns.map((column, i) => ({ column, source: plan.source[i] })).filter((c) => needed.has(c.column.id));
    const source: Source = { kind: "breaker", breaker: id, reader: plan.id, estimate: plan.rows, rows: "all", columns: read.map((c) => c.column), source: read.map((c) => c.source) };
    this.#pipeline(source, steps, sink);
  }

  /** What sinks into a breaker; nothing where all its rows are in. */
  #feed(id: number, input: PhysicalPlan, needed: ReadonlySet<ColumnId>): void {
    if (!this.#complete.has(id)) this.produce(input, needed, [], { kind: "breaker", breaker: id });
  }

  #pipeline(source: Source, steps: readonly Step[], sink: Sink): void {
    if (!this.#ran.has(readerOf(source))) this.pipelines.push({ id: this.#nextPipeline++, source, steps, sink });
  }

  #breaker(request: BreakerRequest): number {
    const fed = this.#fed.get(keyOf(request));
    if (fed !== undefined) {
      const kept = idsOf(this.breakers[fed].columns);
      assert(request.columns.every((c) => kept.has(c.id)), `rows of node ${request.node.id} were kept without a column that is read now`);
      return fed;
    }
    const id = this.breakers.length;
    this.breakers.push({ ...request, id } as Breaker);
    return id;
  }
}

/** A breaker of one cut is that of another. */
function keyOf(breaker: BreakerRequest): string {
  if (breaker.kind === "shared") return `shared ${breaker.node.shareId}`;
  return breaker.part === undefined ? `node ${breaker.node.id}` : `partition ${breaker.part} of node ${breaker.node.id}`;
}

/** Each place of the plan that gives rows to a pipeline has one. */
function readerOf(source: Source): string {
  if (source.kind !== "breaker") return `${source.kind} ${source.node.id}`;
  return `${source.rows} of ${source.reader} in ${source.breaker} ${source.partitions?.join() ?? ""} ${source.slice?.index ?? ""}`;
}

type BreakerRequest = Breaker extends infer B ? (B extends Breaker ? Omit<B, "id"> : never) : never;

function readsOf({ partitioning, reads }: PhysicalExchange): readonly ExchangeRead[] {
  return reads ?? Array.from({ length: partitioning.partitions }, (_, partition) => ({ partitions: [partition] }));
}

function partitionsOf(exchange: Node<PhysicalExchange>, breaker: number, columns: readonly Column[], read: ExchangeRead): Source {
  return { kind: "breaker", breaker, reader: exchange.id, estimate: exchange.rows, rows: "all", columns, source: columns.map((c) => c.id), ...read };
}

function idsOf(columns: readonly Column[]): Set<ColumnId> {
  return new Set(columns.map((c) => c.id));
}

function withColumns(needed: ReadonlySet<ColumnId>, exprs: readonly Expr[]): Set<ColumnId> {
  const out = new Set(needed);
  for (const expr of exprs) referencedColumns(expr, out);
  return out;
}
