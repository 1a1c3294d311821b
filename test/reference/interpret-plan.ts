import type { AggregateCall, Expr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import { SparrowError } from "../../catalog/errors.ts";
import type { Value } from "../../catalog/values.ts";
import { aggregateFunction } from "../../executor/functions/aggregate-implementations.ts";
import { generatorFunction } from "../../executor/functions/generators.ts";
import type { EvalContext } from "../../executor/functions/scalar-function.ts";
import type { PhysicalAggregate, PhysicalGenerate, PhysicalPlan, PhysicalScan } from "../../planner/physical.ts";
import { physicalOutput } from "../../planner/physical.ts";
import { joinRows } from "./join-rows.ts";
import type { Relation, Row, RowEvaluator } from "./relation.ts";
import { evaluatorOver, keyOf, keyOfValues } from "./relation.ts";
import { sortRows, windowRows } from "./window-rows.ts";

/** What the interpreter reads tables with: the stored columns of the scan's table by name, rows in the file's order. */
export type ReadFile = (path: string, columns: readonly string[]) => Promise<readonly Row[]>;

/**
 * The physical plan's meaning, node by node, in the plainest way over values and the interpreter of expressions: it tells whether a wrong
 * answer comes from planning or from execution, and checks planning where execution is left out.
 */
export class PlanInterpreter {
  readonly #context: EvalContext;
  readonly #readFile: ReadFile;
  readonly #shared = new Map<number, Relation>();

  constructor(context: EvalContext, readFile: ReadFile) {
    this.#context = context;
    this.#readFile = readFile;
  }

  async run(plan: PhysicalPlan): Promise<Relation> {
    switch (plan.kind) {
      case "scan":
        return await this.#scan(plan);
      case "values":
        return { columns: plan.columns, rows: plan.data };
      case "range":
        return { columns: [plan.column], rows: rangeRows(plan.start, plan.end, plan.step) };
      case "union": {
        const rows: Row[] = [];
        for (const { plan: input, columns } of plan.inputs) {
          const relation = await this.run(input);
          const positions = columns.map((id) => relation.columns.findIndex((column) => column.id === id));
          for (const row of relation.rows) rows.push(positions.map((position) => row[position]));
        }
        return { columns: plan.columns, rows };
      }
      case "shared": {
        const known = this.#shared.get(plan.shareId) ?? (await this.run(plan.definition));
        this.#shared.set(plan.shareId, known);
        const positions = plan.source.map((id) => known.columns.findIndex((column) => column.id === id));
        return { columns: plan.columns, rows: known.rows.map((row) => positions.map((position) => row[position])) };
      }
      case "hashJoin":
      case "nestedLoopJoin":
        return joinRows(plan, await this.run(plan.probe), await this.run(plan.build), this.#context);
      case "filter":
      case "runtimeFilter":
      case "project":
      case "expand":
      case "generate":
      case "sample":
      case "aggregate":
      case "sort":
      case "topN":
      case "limit":
      case "window":
      case "exchange":
        return this.#unary(plan, await this.run(plan.input));
    }
  }

  #unary(plan: Extract<PhysicalPlan, { readonly input: PhysicalPlan }>, input: Relation): Relation {
    const valueOf = evaluatorOver(input.columns, this.#context);
    const columns = physicalOutput(plan);
    switch (plan.kind) {
      case "filter":
        return { columns, rows: input.rows.filter((row) => valueOf(plan.condition, row) === true) };
      case "runtimeFilter":
        // It leaves out rows that a join above drops anyway.
        return input;
      case "exchange":
        return input;
      case "project":
        return { columns, rows: input.rows.map((row) => plan.outputs.map(({ expr }) => valueOf(expr, row))) };
      case "expand":
        return { columns, rows: input.rows.flatMap((row) => plan.projections.map((exprs) => exprs.map((expr) => valueOf(expr, row)))) };
      case "generate":
        return { columns, rows: input.rows.flatMap((row) => generated(plan, row, valueOf)) };
      case "aggregate":
        return { columns, rows: this.#groups(plan, input.rows, valueOf) };
      case "sort":
        return { columns, rows: sortRows(input.rows, plan.order, valueOf) };
      case "topN":
        return { columns, rows: sortRows(input.rows, plan.order, valueOf).slice(plan.offset, plan.offset + plan.limit) };
      case "limit":
        return { columns, rows: input.rows.slice(plan.offset, plan.limit === undefined ? undefined : plan.offset + plan.limit) };
      case "window":
        return windowRows(plan, input, this.#context);
      case "sample":
        throw new SparrowError("UNSUPPORTED_FEATURE.SAMPLE", "0A000", "The interpreter of plans does not sample.");
    }
  }

  async #scan(plan: PhysicalScan): Promise<Relation> {
    const columns = plan.columns.map(({ column }) => column);
    const rows: Row[] = [];
    for (const { source, rows: count } of plan.splits) {
      if (source.kind !== "parquet") throw new SparrowError("UNSUPPORTED_FEATURE.SCAN", "0A000", `The interpreter of plans does not read ${source.kind}.`);
      const stored = plan.columns.map(({ field }) => source.fields[field]);
      const names = stored.flatMap((field) => (field.kind === "stored" ? [field.name] : []));
      const all = await this.#readFile(source.path, names);
      for (const [at, row] of all.slice(source.firstRow, source.firstRow + (count ?? all.length)).entries()) {
        let next = 0;
        rows.push(stored.map((field) => (field.kind === "stored" ? row[next++] : field.kind === "constant" ? field.value : field.base + BigInt(source.firstRow + at))));
      }
    }
    return { columns, rows };
  }

  #groups(plan: PhysicalAggregate, rows: readonly Row[], valueOf: RowEvaluator): Row[] {
    const keys = plan.keys.map(({ expr }) => expr);
    const groups = new Map<string, Row[]>();
    if (keys.length === 0) groups.set("", []);
    for (const row of rows) {
      const key = keyOf(keys, row, valueOf);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [row]);
      else group.push(row);
    }
    return [...groups.values()].map((group) => {
      const values = plan.calls.map(({ call }) => this.#aggregate(call, group, valueOf));
      return [...keys.map((key) => valueOf(key, group[0])), ...values];
    });
  }

  #aggregate(call: AggregateCall, group: readonly Row[], valueOf: RowEvaluator): Value {
    const fn = aggregateFunction(call.name);
    if (fn === undefined) throw new SparrowError("UNSUPPORTED_FEATURE.FUNCTION", "0A000", `no aggregate ${call.name}`);
    const { filter } = call;
    const counted = filter === undefined ? group : group.filter((row) => valueOf(filter, row) === true);
    const ordered = call.orderBy === undefined ? counted : sortRows(counted, call.orderBy, valueOf);
    const rows = ordered.map((row) => call.args.map((arg) => valueOf(arg, row)));
    const argTypes = call.args.map(typeOf);
    const site = { name: call.name, argTypes, type: call.type, mode: call.mode, timeZone: this.#context.timeZone, descending: call.orderBy?.[0]?.ascending === false };
    return fn.finish(call.distinct ? distinct(rows, call.args) : rows, site);
  }
}

function distinct(rows: readonly Row[], exprs: readonly Expr[]): Row[] {
  return [...new Map(rows.map((row) => [keyOfValues(row, exprs), row])).values()];
}

function generated(plan: PhysicalGenerate, row: Row, valueOf: RowEvaluator): Row[] {
  const fn = generatorFunction(plan.generator);
  if (fn === undefined) throw new SparrowError("UNSUPPORTED_FEATURE.FUNCTION", "0A000", `no generator ${plan.generator}`);
  const made = fn.rows(
    plan.args.map((arg) => valueOf(arg, row)),
    plan.args.map(typeOf),
  );
  if (made.length === 0 && plan.outer) return [[...row, ...plan.columns.map(() => null)]];
  return made.map((values) => [...row, ...values]);
}

function rangeRows(start: bigint, end: bigint, step: bigint): Row[] {
  const rows: Row[] = [];
  for (let value = start; step > 0n ? value < end : value > end; value += step) rows.push([value]);
  return rows;
}
