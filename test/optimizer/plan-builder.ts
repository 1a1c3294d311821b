import type { AggregateCall, Column, ColumnId, Expr } from "../../catalog/expression.ts";
import { columnExpr, typeOf } from "../../catalog/expression.ts";
import type { ColumnStatistics, Split, TableSnapshot } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import { INT, LONG, STRING } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { SparrowError } from "../../catalog/errors.ts";
import { booleanCall, conjunction } from "../../planner/conjunctions.ts";
import type { JoinKind, LogicalPlan } from "../../planner/logical.ts";
import { outputOf } from "../../planner/logical.ts";
import type { OptimizerContext, Rule } from "../../planner/optimizer/rule.ts";
import { runBatch } from "../../planner/optimizer/rule.ts";
import { checkPlan, checkSameOutput } from "../../planner/plan-invariants.ts";

/** Plans by hand, for tests of single rules. Column ids count up from 1 per builder. */
export class PlanBuilder {
  #nextId = 1;

  nextColumnId = (): ColumnId => this.#nextId++;

  column(name: string, type: DataType = INT, nullable = true): Column {
    return { id: this.nextColumnId(), name, type, nullable };
  }

  /** A scan of a table with these columns. `statistics` by column name. */
  scan(name: string, columns: Readonly<Record<string, DataType | "int!" | "int">>, options: ScanOptions = {}): LogicalPlan {
    const made = Object.entries(columns).map(([column, type]) => (type === "int!" ? this.column(column, INT, false) : this.column(column, type === "int" ? INT : type)));
    const statistics = new Map<number, ColumnStatistics>();
    made.forEach((column, field) => {
      const known = options.statistics?.[column.name];
      if (known !== undefined) statistics.set(field, { min: null, max: null, nulls: undefined, distinct: undefined, ...known });
    });
    const table: TableSnapshot = {
      name,
      version: "1",
      columns: made.map((column) => ({ name: column.name, type: column.type, nullable: column.nullable })),
      splits: options.splits ?? [],
      statistics: { rows: options.rows, bytes: undefined, columns: statistics },
    };
    return { kind: "scan", table, columns: made.map((column, field) => ({ column, field })), skipBy: [] };
  }

  filter(input: LogicalPlan, ...conditions: readonly Expr[]): LogicalPlan {
    const condition = conjunction(conditions);
    return condition === undefined ? input : { kind: "filter", input, condition };
  }

  project(input: LogicalPlan, outputs: Readonly<Record<string, Expr>>): LogicalPlan {
    return {
      kind: "project",
      input,
      outputs: Object.entries(outputs).map(([name, expr]) => ({ column: expr.kind === "column" && expr.name === name ? asColumn(expr) : this.column(name, typeOf(expr)), expr })),
    };
  }

  aggregate(input: LogicalPlan, keys: readonly string[], calls: Readonly<Record<string, AggregateCall>> = {}): LogicalPlan {
    return {
      kind: "aggregate",
      input,
      keys: keys.map((name) => ({ column: asColumn(col(input, name)), expr: col(input, name) })),
      calls: Object.entries(calls).map(([name, call]) => ({ column: this.column(name, call.type, call.nullable), call })),
    };
  }

  join(join: JoinKind, left: LogicalPlan, right: LogicalPlan, condition?: Expr, options: { readonly dependent?: boolean; readonly mark?: Column } = {}): LogicalPlan {
    return { kind: "join", join, left, right, condition, dependent: options.dependent ?? false, mark: options.mark };
  }
}

export interface ScanOptions {
  readonly rows?: number;
  readonly statistics?: Readonly<Record<string, Partial<ColumnStatistics>>>;
  readonly splits?: readonly Split[];
}

function asColumn(expr: Extract<Expr, { kind: "column" }>): Column {
  return { id: expr.id, name: expr.name, type: expr.type, nullable: expr.nullable };
}

/** The column of this name that the plan gives. */
export function col(plan: LogicalPlan, name: string): Extract<Expr, { kind: "column" }> {
  const column = outputOf(plan).find((candidate) => candidate.name === name);
  if (column === undefined) throw new Error(`no column ${name} among ${outputOf(plan).map((c) => c.name).join(", ")}`);
  return columnExpr(column);
}

export function lit(value: Value): Expr {
  const type: DataType = typeof value === "string" ? STRING : typeof value === "bigint" ? LONG : typeof value === "boolean" ? { kind: "boolean" } : INT;
  return { kind: "literal", value, type };
}

/** A call; comparisons and connectives are boolean, others have the type of the first argument. */
export function call(name: string, ...args: readonly Expr[]): Expr {
  const boolean = booleanCall(name, args);
  const isBoolean = ["=", "<=>", "<>", "<", "<=", ">", ">=", "and", "or", "not", "isnull", "isnotnull", "like", "startswith", "endswith", "contains"].includes(name);
  return isBoolean ? boolean : { ...boolean, type: args.length > 0 ? typeOf(args[0]) : { kind: "double" } };
}

export function agg(name: string, args: readonly Expr[] = [], options: Partial<AggregateCall> = {}): AggregateCall {
  return { name, args, distinct: false, type: name.startsWith("count") ? LONG : args.length > 0 ? typeOf(args[0]) : LONG, nullable: !name.startsWith("count"), mode: "ansi", ...options };
}

/** A context whose evaluator knows small integers, comparisons and NULL; what else raises. */
export function context(builder: PlanBuilder, options: Partial<OptimizerContext> = {}): OptimizerContext {
  return { enabled: true, excludedRules: new Set(), evaluate, nextColumnId: builder.nextColumnId, ...options };
}

function evaluate(expr: Expr): Value {
  if (expr.kind === "literal") return expr.value;
  if (expr.kind === "cast") {
    const value = evaluate(expr.input);
    if (value === null) return null;
    if (expr.type.kind === "long") return BigInt(value as number);
    if (expr.type.kind === "int") return Number(value);
  }
  if (expr.kind === "call") {
    const args = expr.args.map(evaluate);
    const [a, b] = args as [number, number];
    if (args.includes(null)) return null;
    switch (expr.name) {
      case "+":
        return a + b;
      case "*":
        return a * b;
      case "/":
        if (b === 0) throw new SparrowError("DIVIDE_BY_ZERO", "22012", "Division by zero.");
        return a / b;
      case "=":
        return a === b;
      case "<":
        return a < b;
      case ">":
        return a > b;
      case "upper":
        return String(a).toUpperCase();
      case "not":
        return !a;
    }
  }
  throw new Error(`the test evaluator does not know ${JSON.stringify(expr)}`);
}

/** Runs rules to their fixed point, holding the plan's invariants after each of them. */
export function run(plan: LogicalPlan, builder: PlanBuilder, ...rules: readonly Rule[]): LogicalPlan {
  checkPlan(plan);
  const trace = (_rule: string, after: LogicalPlan): void => {
    checkPlan(after);
    checkSameOutput(plan, after);
  };
  return runBatch({ name: "test", required: false, strategy: "fixedPoint", rules }, plan, context(builder, { trace }));
}
