import { SparrowError } from "../../catalog/errors.ts";
import type { ColumnId, Expr } from "../../catalog/expression.ts";
import { referencedColumns } from "../../catalog/expression.ts";
import type { Value } from "../../catalog/values.ts";
import { generatorFunction } from "../functions/generators.ts";
import { evaluate } from "../interpret.ts";
import type { Arena } from "../memory/arena.ts";
import { ByteHeap } from "../operators/byte-heap.ts";
import { NEED } from "../operators/row-store.ts";
import type { ThreadContext } from "../thread-context.ts";
import { outputWidth, SLOT } from "./buffer-access.ts";
import { columnReader, columnWriter } from "./column-values.ts";
import type { CompiledSegment } from "./compile-pipeline.ts";
import type { PipelineJob } from "./pipeline-job.ts";

type CompiledCut = NonNullable<CompiledSegment["cut"]>;

/** Between two compiled segments: the batch that the first one fills, and the TypeScript implementations that run over it. */
export class CutStage {
  outputRows = 0;
  readonly #cut: CompiledCut;
  readonly #context: ThreadContext;
  readonly #state: number;
  readonly #job: PipelineJob;
  readonly #heap: ByteHeap;
  /** Strings that the implementations make; emptied with the batch. */
  readonly #made: ByteHeap;

  constructor(cut: CompiledCut, context: ThreadContext, arena: Arena, state: number, job: PipelineJob) {
    this.#cut = cut;
    this.#context = context;
    this.#state = state;
    this.#job = job;
    const { pool } = context;
    pool.u32[(state + cut.batch.capacity) >>> 2] = job.outputRows;
    const slots = new Map([...cut.batch.columns, ...cut.next].map(({ column, slot }) => [slot, column]));
    for (const [slot, column] of slots) {
      const at = (state + slot) >>> 2;
      pool.u32[at + SLOT.data / 4] = arena.allocate(job.outputRows * outputWidth(column.type));
      if (column.nullable) pool.u32[at + SLOT.validity / 4] = arena.allocateZeroed(job.outputRows);
    }
    this.#heap = new ByteHeap(pool, arena, state + cut.batch.bytes);
    this.#made = new ByteHeap(pool, arena, arena.allocateZeroed(8));
  }

  supply(kind: number, argument: number): boolean {
    if (kind !== NEED.bytes) return false;
    this.#heap.more(argument >>> 0);
    return true;
  }

  /** Computes over the rows at hand, hands them on, and empties the batch. Gives the number of calls of TypeScript implementations. */
  forEachBatch(consume: (rows: number) => void): number {
    const rows = this.outputRows;
    if (rows === 0) return 0;
    const { plan } = this.#cut;
    let calls = 1;
    switch (plan.kind) {
      case "interpret":
        for (const { column, expr } of plan.computed) this.#interpret(column.id, expr, rows);
        calls = plan.computed.length;
        consume(rows);
        break;
      case "generate":
        this.#generate(rows, consume);
        break;
    }
    this.outputRows = 0;
    this.#heap.clear();
    this.#made.clear();
    return calls;
  }

  #interpret(id: ColumnId, expr: Expr, rows: number): void {
    const readers = new Map([...referencedColumns(expr)].map((column) => [column, this.#reader(column)]));
    const write = this.#writer(id);
    const context = this.#job.evaluation;
    let row = 0;
    const lookUp = (column: ColumnId): Value => readers.get(column)!(row);
    for (; row < rows; row++) write(row, evaluate(expr, lookUp, context));
  }

  /** Rows made from rows, in batches of at most the batch's capacity. */
  #generate(rows: number, consume: (rows: number) => void): void {
    const { plan, next } = this.#cut;
    if (plan.kind !== "generate") return;
    const generator = generatorFunction(plan.generator);
    if (generator === undefined) throw new SparrowError("UNSUPPORTED_FEATURE.GENERATOR", "0A000", `The generator ${plan.generator} is not supported yet.`, { generator: plan.generator });
    const args = plan.args.map((a) => this.#reader(a.id));
    const types = plan.args.map((a) => a.type);
    const madeIds = new Set(plan.made.map((m) => m.id));
    const kept = next.filter((c) => !madeIds.has(c.column.id));
    const readKept = kept.map((c) => this.#reader(c.column.id));
    const writeKept = kept.map((c) => this.#writer(c.column.id));
    const writeMade = plan.made.map((m) => this.#writer(m.id));
    let filled = 0;
    const append = (row: number, values: readonly Value[]): void => {
      if (filled === this.#job.outputRows) {
        consume(filled);
        filled = 0;
        this.#made.clear();
      }
      kept.forEach((_, i) => writeKept[i](filled, readKept[i](row)));
      plan.made.forEach((_, i) => writeMade[i](filled, values[i]));
      filled++;
    };
    const missing = plan.made.map(() => null);
    for (let row = 0; row < rows; row++) {
      const made = generator.rows(args.map((read) => read(row)), types);
      for (const values of made) append(row, values);
      if (made.length === 0 && plan.outer) append(row, missing);
    }
    if (filled > 0) consume(filled);
  }

  #reader(id: ColumnId): (row: number) => Value {
    const { column, slot } = this.#cut.batch.columns.find((c) => c.column.id === id) ?? this.#cut.next.find((c) => c.column.id === id)!;
    const at = (this.#state + slot) >>> 2;
    const { u32 } = this.#context.pool;
    return columnReader(this.#context.pool, column.type, u32[at + SLOT.data / 4], column.nullable ? u32[at + SLOT.validity / 4] : 0);
  }

  #writer(id: ColumnId): (row: number, value: Value) => void {
    const { column, slot } = this.#cut.next.find((c) => c.column.id === id)!;
    const at = (this.#state + slot) >>> 2;
    const { u32 } = this.#context.pool;
    return columnWriter(this.#context.pool, column.type, u32[at + SLOT.data / 4], column.nullable ? u32[at + SLOT.validity / 4] : 0, this.#made);
  }
}
