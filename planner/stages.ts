import { assert } from "../catalog/errors.ts";
import type { Column, ColumnId, Expr } from "../catalog/expression.ts";
import { columnExpr, referencedColumns } from "../catalog/expression.ts";
import type { Assignment } from "./logical.ts";
import type {
  PhysicalAggregate,
  PhysicalExpand,
  PhysicalFilter,
  PhysicalGenerate,
  PhysicalHashJoin,
  PhysicalLimit,
  PhysicalNestedLoopJoin,
  PhysicalPlan,
  PhysicalRange,
  PhysicalSample,
  PhysicalScan,
  PhysicalShared,
  PhysicalSort,
  PhysicalTopN,
  PhysicalValues,
  PhysicalWindow,
} from "./physical.ts";
import { physicalOutput } from "./physical.ts";

/**
 * A physical plan cut at its pipeline breakers. A pipeline streams rows from its source through its steps into its sink; breakers (hash tables,
 * sorts, ...) collect what their feeding pipelines sink, and are sources of later ones. Pipelines are listed in an order in which they can run.
 * At every breaker exact sizes are known, and what has not run yet may be planned again.
 */
export interface StagePlan {
  readonly pipelines: readonly Pipeline[];
  readonly breakers: readonly Breaker[];
  /** The query's columns. */
  readonly output: readonly Column[];
}

type Node<T> = T & { readonly id: number; readonly rows: number };

export interface Pipeline {
  readonly id: number;
  readonly source: Source;
  readonly steps: readonly Step[];
  readonly sink: Sink;
}

export type Source =
  | { readonly kind: "scan"; readonly node: Node<PhysicalScan> }
  | { readonly kind: "values"; readonly node: Node<PhysicalValues> }
  | { readonly kind: "range"; readonly node: Node<PhysicalRange> }
  /** `columns[i]` of the reader is the breaker's column `source[i]`. For builds: the rows that found (not) a match. */
  | {
      readonly kind: "breaker";
      readonly breaker: number;
      readonly rows: "all" | "matched" | "unmatched";
      readonly columns: readonly Column[];
      readonly source: readonly ColumnId[];
    };

export type Step =
  | { readonly kind: "filter"; readonly node: Node<PhysicalFilter> }
  /** Assignments that something downstream reads. */
  | { readonly kind: "project"; readonly id: number; readonly outputs: readonly Assignment[] }
  | { readonly kind: "expand"; readonly node: Node<PhysicalExpand> }
  | { readonly kind: "generate"; readonly node: Node<PhysicalGenerate>; readonly keep: readonly Column[] }
  | { readonly kind: "sample"; readonly node: Node<PhysicalSample> }
  /** `columns`: what the build side's records have for later steps. */
  | { readonly kind: "probe"; readonly node: Node<PhysicalHashJoin>; readonly breaker: number; readonly columns: readonly Column[] }
  | { readonly kind: "loop"; readonly node: Node<PhysicalNestedLoopJoin>; readonly breaker: number; readonly columns: readonly Column[] };

/** `discard`: rows have done their work in a step (they marked their matches in a hash table). */
export type Sink = { readonly kind: "result" } | { readonly kind: "breaker"; readonly breaker: number } | { readonly kind: "discard" };

/** `columns`: what its rows have, in order; only what is read later. */
export type Breaker = { readonly id: number; readonly columns: readonly Column[] } & (
  | { readonly kind: "aggregate"; readonly node: Node<PhysicalAggregate> }
  | { readonly kind: "build"; readonly node: Node<PhysicalHashJoin> }
  | { readonly kind: "loopBuild"; readonly node: Node<PhysicalNestedLoopJoin> }
  | { readonly kind: "sort"; readonly node: Node<PhysicalSort> }
  | { readonly kind: "topN"; readonly node: Node<PhysicalTopN> }
  | { readonly kind: "limit"; readonly node: Node<PhysicalLimit> }
  | { readonly kind: "window"; readonly node: Node<PhysicalWindow> }
  | { readonly kind: "shared"; readonly node: Node<PhysicalShared> }
);

export function planStages(plan: PhysicalPlan): StagePlan {
  const output = physicalOutput(plan);
  const cutter = new Cutter();
  cutter.produce(plan, idsOf(output), [], { kind: "result" });
  return { pipelines: cutter.pipelines, breakers: cutter.breakers, output };
}

class Cutter {
  readonly pipelines: Pipeline[] = [];
  readonly breakers: Breaker[] = [];
  readonly #shared = new Map<number, number>();

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
        const id = this.#breaker({ kind: plan.kind, node: plan, columns } as BreakerRequest);
        this.#through(id, plan.input, withColumns(needed, exprs), columns, needed, steps, sink);
        return;
      }
      case "limit": {
        const columns = physicalOutput(plan).filter((c) => needed.has(c.id));
        const id = this.#breaker({ kind: "limit", node: plan, columns });
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
    this.produce(plan.build, withColumns(idsOf(buildColumns), keys.map((k) => k.build)), [], { kind: "breaker", breaker: id });
    const probeIds = idsOf(physicalOutput(plan.probe));
    const probeNeeds = new Set([...conditionNeeds].filter((c) => probeIds.has(c)));
    const kind = plan.join;
    const buildOnly = kind === "buildSemi" || kind === "buildAnti";
    this.produce(plan.probe, withColumns(probeNeeds, keys.map((k) => k.probe)), buildOnly ? [step] : [step, ...steps], buildOnly ? { kind: "discard" } : sink);
    const rows = kind === "buildSemi" ? "matched" : kind === "buildAnti" || kind === "buildOuter" || kind === "fullOuter" ? "unmatched" : undefined;
    if (rows === undefined) return;
    const nulls: readonly Assignment[] = buildOnly
      ? []
      : physicalOutput(plan)
          .filter((c) => probeIds.has(c.id) && needed.has(c.id))
          .map((column) => ({ column, expr: { kind: "literal", type: column.type, value: null } as const }));
    const nullStep: readonly Step[] = nulls.length === 0 ? [] : [{ kind: "project", id: plan.id, outputs: nulls }];
    this.#pipeline({ kind: "breaker", breaker: id, rows, columns: buildColumns, source: buildColumns.map((c) => c.id) }, [...nullStep, ...steps], sink);
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
    this.produce(input, inputNeeds, [], { kind: "breaker", breaker: id });
    const read = columns.filter((c) => needed.has(c.id));
    this.#pipeline({ kind: "breaker", breaker: id, rows: "all", columns: read, source: read.map((c) => c.id) }, steps, sink);
  }

  /** The definition runs once, with all its columns, where it is met first. */
  #readShared(plan: Node<PhysicalShared>, needed: ReadonlySet<ColumnId>, steps: readonly Step[], sink: Sink): void {
    let id = this.#shared.get(plan.shareId);
    if (id === undefined) {
      const columns = physicalOutput(plan.definition);
      id = this.#breaker({ kind: "shared", node: plan, columns });
      this.#shared.set(plan.shareId, id);
      this.produce(plan.definition, idsOf(columns), [], { kind: "breaker", breaker: id });
    }
    const read = plan.columns.map((column, i) => ({ column, source: plan.source[i] })).filter((c) => needed.has(c.column.id));
    const source: Source = { kind: "breaker", breaker: id, rows: "all", columns: read.map((c) => c.column), source: read.map((c) => c.source) };
    this.#pipeline(source, steps, sink);
  }

  #pipeline(source: Source, steps: readonly Step[], sink: Sink): void {
    this.pipelines.push({ id: this.pipelines.length, source, steps, sink });
  }

  #breaker(request: BreakerRequest): number {
    const id = this.breakers.length;
    this.breakers.push({ ...request, id } as Breaker);
    return id;
  }
}

type BreakerRequest = Breaker extends infer B ? (B extends Breaker ? Omit<B, "id"> : never) : never;

function idsOf(columns: readonly Column[]): Set<ColumnId> {
  return new Set(columns.map((c) => c.id));
}

function withColumns(needed: ReadonlySet<ColumnId>, exprs: readonly Expr[]): Set<ColumnId> {
  const out = new Set(needed);
  for (const expr of exprs) referencedColumns(expr, out);
  return out;
}
