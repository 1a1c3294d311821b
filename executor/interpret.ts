import { InternalError, SparrowError } from "../catalog/errors.ts";
import type { CallExpr, CaseExpr, ColumnId, Expr, InExpr, LambdaExpr } from "../catalog/expression.ts";
import { typeOf } from "../catalog/expression.ts";
import type { DataType } from "../catalog/types.ts";
import { isNumeric } from "../catalog/types.ts";
import type { Value } from "../catalog/values.ts";
import { equalByBytes } from "./emit/bytes-comparison.ts";
import { castValue } from "./functions/cast.ts";
import { compareValues } from "./functions/compare.ts";
import { scalarFunction } from "./functions/implementations.ts";
import type { EvalContext, LambdaValue, ScalarCall, ScalarFunction } from "./functions/scalar-function.ts";
import { callScalar } from "./functions/scalar-function.ts";

/** Values of the columns that an expression reads. */
export type RowValues = (id: ColumnId) => Value;

interface Site {
  readonly fn: ScalarFunction;
  readonly call: ScalarCall;
  readonly context: EvalContext;
}

const sites = new WeakMap<CallExpr, Site>();

/** The call's implementation and facts, made once per expression node and context. */
function siteOf(expr: CallExpr, context: EvalContext): Site {
  const known = sites.get(expr);
  if (known !== undefined && known.context === context) return known;
  const fn = scalarFunction(expr.name);
  if (fn === undefined) throw new SparrowError("UNSUPPORTED_FEATURE.FUNCTION", "0A000", `The function ${expr.name} is not supported here.`, { functionName: expr.name }, { span: expr.span });
  const call: ScalarCall = { ...context, name: expr.name, argTypes: expr.args.map(typeOf), type: expr.type, mode: expr.mode, span: expr.span };
  const site = { fn, call, context };
  sites.set(expr, site);
  return site;
}

/**
 * Evaluates an expression over one row, under the evaluation order that `catalog/expression.ts` gives: `and`, `or`, `coalesce` and CASE
 * evaluate only as far as they must, so what is not reached cannot raise. The reference for compiled code.
 */
export function evaluate(expr: Expr, row: RowValues, context: EvalContext): Value {
  switch (expr.kind) {
    case "literal":
      return expr.value;
    case "column":
      return row(expr.id);
    case "cast":
      return withSpan(expr.span, () => castValue(evaluate(expr.input, row, context), typeOf(expr.input), expr.type, expr.mode, context.timeZone));
    case "case":
      return evaluateCase(expr, row, context);
    case "in":
      return evaluateIn(expr, row, context);
    case "call":
      return evaluateCall(expr, row, context);
    case "lambda":
      throw new InternalError("a lambda stands outside of a higher-order function");
  }
}

function evaluateCall(expr: CallExpr, row: RowValues, context: EvalContext): Value {
  switch (expr.name) {
    case "and":
      return evaluateLogical(expr, false, row, context);
    case "or":
      return evaluateLogical(expr, true, row, context);
    case "coalesce":
      for (const arg of expr.args) {
        const value = evaluate(arg, row, context);
        if (value !== null) return value;
      }
      return null;
  }
  const { fn, call } = siteOf(expr, context);
  const args: Value[] = [];
  let lambdas: (LambdaValue | undefined)[] | undefined;
  for (let i = 0; i < expr.args.length; i++) {
    const arg = expr.args[i];
    if (arg.kind === "lambda") {
      lambdas ??= [];
      lambdas[i] = lambdaValue(arg, row, context);
      args.push(null);
    } else {
      args.push(evaluate(arg, row, context));
    }
  }
  return callScalar(fn, args, call, lambdas);
}

/** Three-valued AND and OR: `decisive` (false for AND, true for OR) settles it, whatever comes after. */
function evaluateLogical(expr: CallExpr, decisive: boolean, row: RowValues, context: EvalContext): Value {
  let unknown = false;
  for (const arg of expr.args) {
    const value = evaluate(arg, row, context);
    if (value === decisive) return decisive;
    if (value === null) unknown = true;
  }
  return unknown ? null : !decisive;
}

function evaluateCase(expr: CaseExpr, row: RowValues, context: EvalContext): Value {
  for (const branch of expr.branches) {
    if (evaluate(branch.when, row, context) === true) return evaluate(branch.then, row, context);
  }
  return evaluate(expr.otherwise, row, context);
}

function evaluateIn(expr: InExpr, row: RowValues, context: EvalContext): Value {
  const input = evaluate(expr.input, row, context);
  if (input === null) return null;
  const type = typeOf(expr.input);
  const literals = literalSet(expr);
  if (literals !== undefined) return literals.has(input) ? true : literals.has(null) ? null : false;
  let unknown = false;
  for (const item of expr.list) {
    const value = evaluate(item, row, context);
    if (value === null) unknown = true;
    else if (compareValues(type, input, value) === 0) return true;
  }
  return unknown ? null : false;
}

/** Lists of more literals are looked up in a set. */
const MAX_COMPARED = 8;
const literalSets = new WeakMap<readonly Expr[], ReadonlySet<Value>>();

/** The literals of a long list, where equal values of the type are one value to a set, as 0.0 and -0.0 are. */
function literalSet({ input, list }: InExpr): ReadonlySet<Value> | undefined {
  if (list.length <= MAX_COMPARED || !isOneValue(typeOf(input))) return undefined;
  let known = literalSets.get(list);
  if (known === undefined && list.every((item) => item.kind === "literal")) literalSets.set(list, (known = new Set(list.map((item) => item.value))));
  return known;
}

function isOneValue(type: DataType): boolean {
  if (type.kind === "string") return equalByBytes(type);
  return isNumeric(type) || type.kind === "date" || type.kind === "timestamp" || type.kind === "timestamp_ntz";
}

function lambdaValue(lambda: LambdaExpr, row: RowValues, context: EvalContext): LambdaValue {
  const { parameters, body } = lambda;
  return (...args) => {
    const inner: RowValues = (id) => {
      for (let i = 0; i < parameters.length; i++) if (parameters[i].id === id) return args[i] ?? null;
      return row(id);
    };
    return evaluate(body, inner, context);
  };
}

/** Errors of casts get the place of the cast; functions take theirs from the call. */
function withSpan(span: CallExpr["span"], run: () => Value): Value {
  if (span === undefined) return run();
  try {
    return run();
  } catch (error) {
    if (error instanceof SparrowError && error.span === undefined) {
      throw new SparrowError(error.condition, error.sqlState, error.message, error.parameters, { origin: error.origin, span, detail: error.detail, hint: error.hint, cause: error.cause });
    }
    throw error;
  }
}
