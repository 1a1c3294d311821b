import type { AggregateCall, Column, ColumnId, Expr } from "../../../catalog/expression.ts";
import { columnExpr, typeOf } from "../../../catalog/expression.ts";
import type { DataType } from "../../../catalog/types.ts";
import { LONG } from "../../../catalog/types.ts";
import { exprKey } from "../../expression-keys.ts";
import type { Assignment, LogicalAggregate } from "../../logical.ts";
import { outputOf } from "../../logical.ts";
import { rangesOf } from "../column-ranges.ts";
import type { ColumnRanges } from "../expression-facts.ts";
import { isDeterministic, mayRaise } from "../expression-facts.ts";
import type { NodeRule, OptimizerContext } from "../rule.ts";

type NamedCall = LogicalAggregate["calls"][number];

/**
 * Sums of one value plus different constants are one sum and one count: sum(x + 3) is sum(x) + 3 * count(x). For integers of at most 32 bits whose addition
 * cannot overflow: then it takes 2^32 rows until a sum could. ClickBench's query 30 asks for 90 such sums.
 */
export const foldShiftedSums: NodeRule = {
  kind: "node",
  name: "FoldShiftedSums",
  apply: (node, context) => {
    if (node.kind !== "aggregate") return undefined;
    const ranges = rangesOf(node.input);
    const found = node.calls.flatMap((named) => {
      const sum = shiftedSum(named, ranges);
      return sum === undefined ? [] : [sum];
    });
    const groups = [...Map.groupBy(found, (sum) => sum.key).values()].filter((sums) => sums.length > 1 && sums.some((sum) => sum.shift !== 0n));
    if (groups.length === 0) return undefined;
    const folded = new Map<ColumnId, Expr>();
    const parts = groups.flatMap((sums) => foldedSums(sums, folded, context));
    const calls = [...node.calls.filter(({ column }) => !folded.has(column.id)), ...parts];
    const outputs = outputOf(node).map((column): Assignment => ({ column, expr: folded.get(column.id) ?? columnExpr(column) }));
    return { kind: "project", input: { ...node, calls }, outputs };
  },
};

interface ShiftedSum {
  readonly named: NamedCall;
  readonly base: Expr;
  readonly shift: bigint;
  /** Equal for sums that can be folded together. */
  readonly key: string;
}

function shiftedSum(named: NamedCall, ranges: ColumnRanges): ShiftedSum | undefined {
  const { call } = named;
  if (call.name !== "sum" || call.distinct || call.type.kind !== "long") return undefined;
  const [arg] = call.args;
  if (!isNarrow(typeOf(arg)) || !isDeterministic(arg) || mayRaise(arg, ranges)) return undefined;
  const { base, shift } = splitShift(arg);
  return { named, base, shift, key: `${call.mode} ${exprKey(base)} ${call.filter === undefined ? "" : exprKey(call.filter)}` };
}

function isNarrow(type: DataType): boolean {
  return type.kind === "byte" || type.kind === "short" || type.kind === "int";
}

/** Addition in other than ANSI mode wraps around without raising. */
function splitShift(expr: Expr): { readonly base: Expr; readonly shift: bigint } {
  const unshifted = { base: expr, shift: 0n };
  if (expr.kind !== "call" || expr.mode !== "ansi" || (expr.name !== "+" && expr.name !== "-")) return unshifted;
  const [left, right] = expr.args;
  const constant = integerOf(right);
  if (constant !== undefined) return { base: left, shift: expr.name === "+" ? constant : -constant };
  const first = integerOf(left);
  return first !== undefined && expr.name === "+" ? { base: right, shift: first } : unshifted;
}

function integerOf(expr: Expr | undefined): bigint | undefined {
  return expr?.kind === "literal" && typeof expr.value === "number" && isNarrow(expr.type) ? BigInt(expr.value) : undefined;
}

/** The sum and the count that serve all of them; what each is made of goes to `folded`. */
function foldedSums(sums: readonly ShiftedSum[], folded: Map<ColumnId, Expr>, context: OptimizerContext): readonly NamedCall[] {
  const [{ named, base }] = sums;
  const column = (name: string, call: AggregateCall): Column => ({ id: context.nextColumnId(), name, type: call.type, nullable: call.nullable });
  const sumCall: AggregateCall = { ...named.call, args: [base] };
  const countCall: AggregateCall = { ...named.call, name: "count", args: [base], nullable: false };
  const sum = column("sum", sumCall);
  const count = column("count", countCall);
  for (const { named: { column: target, call }, shift } of sums) {
    const arithmetic = (operator: string, args: readonly Expr[], nullable: boolean): Expr => ({ kind: "call", name: operator, args, type: LONG, nullable, mode: call.mode, span: call.span });
    const shifted = arithmetic("*", [columnExpr(count), { kind: "literal", type: LONG, value: shift }], false);
    folded.set(target.id, shift === 0n ? columnExpr(sum) : arithmetic("+", [columnExpr(sum), shifted], call.nullable));
  }
  return [{ column: sum, call: sumCall }, { column: count, call: countCall }];
}
