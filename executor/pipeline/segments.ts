import type { Column, ColumnId, Expr } from "../../catalog/expression.ts";
import { chainOperands, columnExpr, isNullable, mapOperands, referencedColumns, typeOf } from "../../catalog/expression.ts";
import type { PhysicalJoinKind } from "../../planner/physical.ts";
import type { Breaker, Pipeline, Sink, Step } from "../../planner/stages.ts";
import { codeTerms } from "../emit/expression-traits.ts";
import { canEmit, MAX_CODE_TERMS } from "../emit/expression.ts";

/**
 * A pipeline cut where an expression has no compiled form. Up to the cut rows run through one compiled loop into a batch; the TypeScript
 * implementations fill further columns of the batch; the next loop goes on from it.
 */
export interface Segment {
  readonly steps: readonly Step[];
  /** Absent in the last segment, which ends in the pipeline's sink. */
  readonly cut?: Cut;
}

export type Cut = { readonly columns: readonly Column[] } & (
  | { readonly kind: "interpret"; readonly computed: readonly InterpretedColumn[] }
  | { readonly kind: "generate"; readonly generator: string; readonly args: readonly Column[]; readonly outer: boolean; readonly made: readonly Column[] }
);

export interface InterpretedColumn {
  readonly column: Column;
  readonly expr: Expr;
}

export interface SegmentedPipeline {
  readonly segments: readonly Segment[];
  /** The sink's node, its expressions replaced by the columns that hold them. */
  readonly sink: Sink;
  readonly breaker: Breaker | undefined;
}

/** Ids of columns that hold interpreted expressions. */
let nextInterpreted = -3_000_000_000;

export function segmentPipeline(pipeline: Pipeline, breaker: Breaker | undefined, source: readonly Column[], output: readonly Column[], emit: boolean): SegmentedPipeline {
  return new Segmenter(source, emit).run(pipeline, breaker, output);
}

class Segmenter {
  readonly #segments: Segment[] = [];
  readonly #emit: boolean;
  #steps: Step[] = [];
  #available: Map<ColumnId, Column>;
  #pending: InterpretedColumn[] = [];

  constructor(source: readonly Column[], emit: boolean) {
    this.#available = new Map(source.map((c) => [c.id, c]));
    this.#emit = emit;
  }

  run(pipeline: Pipeline, breaker: Breaker | undefined, output: readonly Column[]): SegmentedPipeline {
    const sinkNeeds = new Set(output.map((c) => c.id));
    pipeline.steps.forEach((step, i) => this.#step(step, () => needsOf(pipeline.steps.slice(i), breaker, sinkNeeds)));
    const rewritten = breaker && this.#breaker(breaker, sinkNeeds);
    this.#segments.push({ steps: this.#steps });
    return { segments: this.#segments, sink: pipeline.sink, breaker: rewritten };
  }

  #step(step: Step, needs: () => Set<ColumnId>): void {
    switch (step.kind) {
      case "filter":
        for (const conjunct of this.#conjuncts(step.node.condition)) {
          const condition = this.#extract(conjunct);
          this.#flush(needs, [condition]);
          this.#steps.push({ kind: "filter", node: { ...step.node, condition } });
        }
        return;
      case "project": {
        const outputs = step.outputs.map(({ column, expr }) => ({ column, expr: this.#extract(expr) }));
        this.#flush(needs, outputs.map((o) => o.expr));
        this.#steps.push({ ...step, outputs });
        this.#provide(outputs.map((o) => o.column));
        return;
      }
      case "expand": {
        const projections = step.node.projections.map((p) => p.map((e) => this.#extract(e)));
        this.#flush(needs, projections.flat());
        this.#steps.push({ ...step, node: { ...step.node, projections } });
        this.#provide(step.node.columns);
        return;
      }
      case "sample":
        this.#steps.push(step);
        return;
      case "probe": {
        const keys = step.node.keys.map((k) => ({ ...k, probe: this.#extract(k.probe) }));
        const { residual, filters } = this.#joinCondition(step.node, step.node.residual);
        this.#flush(needs, [...keys.map((k) => k.probe), ...(residual ? [residual] : [])]);
        this.#steps.push({ ...step, node: { ...step.node, keys, residual } });
        this.#provide(columnsOfStep(step));
        for (const filter of filters) this.#step(filter, needs);
        return;
      }
      case "loop": {
        const { residual: condition, filters } = this.#joinCondition(step.node, step.node.condition);
        this.#flush(needs, condition ? [condition] : []);
        this.#steps.push({ ...step, node: { ...step.node, condition } });
        this.#provide(buildColumns(step, true));
        for (const filter of filters) this.#step(filter, needs);
        return;
      }
      case "generate": {
        const args = step.node.args.map((expr) => ({ column: columnOf(expr), expr: this.#extract(expr) }));
        this.#flush(needs, args.map((a) => a.expr));
        // What has been interpreted is in its column already.
        const outputs = args.filter(({ column, expr }) => !(expr.kind === "column" && expr.id === column.id));
        this.#steps.push({ kind: "project", id: step.node.id, outputs });
        const keep = step.keep.filter((c) => this.#available.has(c.id));
        const columns = [...keep, ...args.map((a) => a.column)];
        this.#segments.push({
          steps: this.#steps,
          cut: { kind: "generate", columns, generator: step.node.generator, args: args.map((a) => a.column), outer: step.node.outer, made: step.node.columns },
        });
        this.#steps = [];
        this.#available = new Map([...keep, ...step.node.columns].map((c) => [c.id, c]));
        return;
      }
    }
  }

  /** What the join itself tests of its condition. That of an inner join which cannot be compiled is a filter of what the join gives. */
  #joinCondition(join: Extract<Step, { kind: "probe" | "loop" }>["node"], condition: Expr | undefined): { readonly residual: Expr | undefined; readonly filters: readonly Step[] } {
    if (condition === undefined) return { residual: undefined, filters: [] };
    if (join.join !== "inner" || this.#emits(condition)) return { residual: this.#probeSide(condition), filters: [] };
    return { residual: undefined, filters: [{ kind: "filter", node: { kind: "filter", id: join.id, rows: join.rows, input: join, condition } }] };
  }

  /** The breaker that ends the pipeline, over columns. */
  #breaker(breaker: Breaker, sinkNeeds: Set<ColumnId>): Breaker {
    const extracted: Expr[] = [];
    const extract = (expr: Expr, filter?: Expr): Expr => {
      const out = this.#emits(expr) ? expr : this.#extract(filter === undefined ? expr : reachedUnder(filter, expr));
      extracted.push(out);
      return out;
    };
    const rewritten = mapBreaker(breaker, extract);
    this.#flush(() => needsOf([], breaker, sinkNeeds), extracted);
    return rewritten.kind === "window" ? this.#withColumnArguments(rewritten) : rewritten;
  }

  /** Window calls read fields of records: their arguments become columns. */
  #withColumnArguments(breaker: Extract<Breaker, { kind: "window" }>): Breaker {
    const outputs: { column: Column; expr: Expr }[] = [];
    const toColumn = (expr: Expr): Expr => {
      if (expr.kind === "column" || expr.kind === "literal") return expr;
      const column = columnOf(expr);
      outputs.push({ column, expr });
      return columnExpr(column);
    };
    const calls = breaker.node.calls.map(({ column, call }) => ({
      column,
      call: { ...call, args: call.args.map(toColumn), filter: call.filter && toColumn(call.filter) },
    }));
    if (outputs.length > 0) this.#steps.push({ kind: "project", id: breaker.node.id, outputs });
    return { ...breaker, node: { ...breaker.node, calls } };
  }

  #emits(expr: Expr): boolean {
    return this.#emit ? canEmit(expr) : expr.kind === "literal" ? canEmit(expr) : expr.kind === "column";
  }

  /** Conditions to be tested one after the other; one alone where they are too many for code. */
  #conjuncts(condition: Expr): readonly Expr[] {
    const conjuncts = chainOperands(condition, "and");
    return conjuncts.length === 1 || conjuncts.reduce((sum, conjunct) => sum + codeTerms(conjunct), 0) <= MAX_CODE_TERMS ? conjuncts : [condition];
  }

  /** The expression with what cannot be compiled replaced by columns; these are computed at the next flush. */
  #extract(expr: Expr): Expr {
    if (this.#emits(expr)) return expr;
    const before = this.#pending.length;
    // What is evaluated under a condition stays inside the interpreted whole, so that nothing is evaluated for rows that exclude it.
    if (!isConditional(expr)) {
      const over = mapOperands(expr, (operand) => this.#extract(operand));
      if (this.#emits(over)) return over;
    }
    this.#pending.length = before;
    const known = this.#pending.find((p) => p.expr === expr);
    const column = known?.column ?? columnOf(expr);
    if (known === undefined) this.#pending.push({ column, expr });
    return columnExpr(column);
  }

  /** Subexpressions of a join condition that only read the probe side can be computed before the join. */
  #probeSide(expr: Expr): Expr {
    if (this.#emits(expr)) return expr;
    if ([...referencedColumns(expr)].every((id) => this.#available.has(id))) return this.#extract(expr);
    // What is left is compiled, or interpreted pair by pair: there is no batch to cut at inside of a join.
    return isConditional(expr) ? expr : mapOperands(expr, (operand) => this.#probeSide(operand));
  }

  /** Ends the segment if expressions wait for interpretation. */
  #flush(needs: () => Set<ColumnId>, exprs: readonly Expr[]): void {
    if (this.#pending.length === 0) return;
    const computed = this.#pending;
    this.#pending = [];
    const wanted = needs();
    for (const expr of exprs) referencedColumns(expr, wanted);
    for (const { expr } of computed) referencedColumns(expr, wanted);
    const made = new Set(computed.map((c) => c.column.id));
    const columns = [...this.#available.values()].filter((c) => wanted.has(c.id) && !made.has(c.id));
    this.#segments.push({ steps: this.#steps, cut: { kind: "interpret", columns, computed } });
    this.#steps = [];
    this.#available = new Map([...columns, ...computed.map((c) => c.column)].map((c) => [c.id, c]));
  }

  #provide(columns: readonly Column[]): void {
    for (const column of columns) this.#available.set(column.id, column);
  }
}

/** The column of an expression is the same in every pipeline: those that feed one breaker must agree on what they read. */
const columnsOfExpressions = new WeakMap<Expr, Column>();

function columnOf(expr: Expr): Column {
  const known = columnsOfExpressions.get(expr);
  if (known !== undefined) return known;
  const column = { id: nextInterpreted--, name: "expr", type: typeOf(expr), nullable: isNullable(expr) };
  columnsOfExpressions.set(expr, column);
  return column;
}

/** Arguments behind a FILTER: the same for all pipelines, as their columns must be. */
const filteredArguments = new WeakMap<Expr, WeakMap<Expr, Expr>>();

/** The argument of an aggregate for the rows that its FILTER lets through, NULL for the others: it may raise for the former only. */
function reachedUnder(filter: Expr, argument: Expr): Expr {
  let known = filteredArguments.get(filter);
  if (known === undefined) filteredArguments.set(filter, (known = new WeakMap()));
  let expr = known.get(argument);
  if (expr === undefined) {
    const type = typeOf(argument);
    expr = { kind: "case", branches: [{ when: filter, then: argument }], otherwise: { kind: "literal", type, value: null }, type, nullable: true };
    known.set(argument, expr);
  }
  return expr;
}

function isConditional(expr: Expr): boolean {
  return expr.kind === "case" || expr.kind === "lambda" || (expr.kind === "call" && (expr.name === "and" || expr.name === "or" || expr.name === "coalesce"));
}

const GIVES_NO_BUILD_COLUMNS: ReadonlySet<PhysicalJoinKind> = new Set(["probeSemi", "probeAnti", "probeMark"]);

/** What a join step adds to the row. */
function buildColumns(step: Extract<Step, { kind: "probe" | "loop" }>, withBuild: boolean): readonly Column[] {
  const mark = step.node.mark === undefined ? [] : [step.node.mark];
  return withBuild ? [...step.columns.map((c) => (step.node.join === "inner" ? c : { ...c, nullable: true })), ...mark] : mark;
}

/** Columns that these steps and the sink read, as far as they are not made on the way. */
function needsOf(steps: readonly Step[], breaker: Breaker | undefined, sinkNeeds: ReadonlySet<ColumnId>): Set<ColumnId> {
  const needs = new Set(sinkNeeds);
  if (breaker !== undefined) {
    for (const column of breaker.columns) needs.add(column.id);
    mapBreaker(breaker, (expr) => {
      referencedColumns(expr, needs);
      return expr;
    });
  }
  for (const step of steps) {
    switch (step.kind) {
      case "filter":
        referencedColumns(step.node.condition, needs);
        break;
      case "project":
        for (const { expr } of step.outputs) referencedColumns(expr, needs);
        break;
      case "expand":
        for (const expr of step.node.projections.flat()) referencedColumns(expr, needs);
        break;
      case "generate":
        for (const expr of step.node.args) referencedColumns(expr, needs);
        for (const column of step.keep) needs.add(column.id);
        break;
      case "sample":
        break;
      case "probe":
        for (const { probe } of step.node.keys) referencedColumns(probe, needs);
        if (step.node.residual) referencedColumns(step.node.residual, needs);
        break;
      case "loop":
        if (step.node.condition) referencedColumns(step.node.condition, needs);
        break;
    }
  }
  return needs;
}

/** Columns of the row before step `at` that this step, later ones or the sink read. */
export function columnsBefore({ steps }: Pipeline, at: number, source: readonly Column[], breaker: Breaker | undefined, output: readonly Column[]): readonly Column[] {
  let available = new Map(source.map((c) => [c.id, c]));
  for (const step of steps.slice(0, at)) {
    if (step.kind === "generate") available = new Map(step.keep.flatMap((c) => (available.has(c.id) ? [[c.id, available.get(c.id)!] as const] : [])));
    for (const column of columnsOfStep(step)) available.set(column.id, column);
  }
  const needs = needsOf(steps.slice(at), breaker, new Set(output.map((c) => c.id)));
  return [...available.values()].filter((c) => needs.has(c.id));
}

/** What a step adds to the row. */
function columnsOfStep(step: Step): readonly Column[] {
  switch (step.kind) {
    case "filter":
    case "sample":
      return [];
    case "project":
      return step.outputs.map((o) => o.column);
    case "expand":
    case "generate":
      return step.node.columns;
    case "probe":
      return buildColumns(step, !GIVES_NO_BUILD_COLUMNS.has(step.node.join));
    case "loop":
      return buildColumns(step, true);
  }
}

/** The breaker over other expressions of its input; `f` is told the FILTER that an argument stands behind. */
function mapBreaker(breaker: Breaker, f: (expr: Expr, filter?: Expr) => Expr): Breaker {
  switch (breaker.kind) {
    case "aggregate": {
      const keys = breaker.node.keys.map(({ column, expr }) => ({ column, expr: f(expr) }));
      const calls = breaker.node.calls.map(({ column, call }) => ({
        column,
        call: {
          ...call,
          args: call.args.map((arg) => f(arg, call.filter)),
          filter: call.filter && f(call.filter),
          orderBy: call.orderBy?.map((o) => ({ ...o, expr: f(o.expr, call.filter) })),
        },
      }));
      return { ...breaker, node: { ...breaker.node, keys, calls } };
    }
    case "build":
      return { ...breaker, node: { ...breaker.node, keys: breaker.node.keys.map((k) => ({ ...k, build: f(k.build) })) } };
    case "sort":
    case "topN":
      return { ...breaker, node: { ...breaker.node, order: breaker.node.order.map((o) => ({ ...o, expr: f(o.expr) })) } } as Breaker;
    case "window": {
      const { node } = breaker;
      return {
        ...breaker,
        node: {
          ...node,
          partitionBy: node.partitionBy.map((expr) => f(expr)),
          orderBy: node.orderBy.map((o) => ({ ...o, expr: f(o.expr) })),
          calls: node.calls.map(({ column, call }) => ({ column, call: { ...call, args: call.args.map((arg) => f(arg, call.filter)), filter: call.filter && f(call.filter) } })),
        },
      };
    }
    case "exchange": {
      const { node } = breaker;
      return { ...breaker, node: { ...node, partitioning: { ...node.partitioning, keys: node.partitioning.keys.map((key) => f(key)) } } };
    }
    case "limit":
    case "loopBuild":
    case "shared":
      return breaker;
  }
}
