import type { Expr, FrameBound, LiteralExpr, SortKey, WindowCall, WindowFrame } from "../../catalog/expression.ts";
import { columnExpr, typeOf } from "../../catalog/expression.ts";
import type { FunctionSignature } from "../../catalog/functions/signature.ts";
import type { DataType } from "../../catalog/types.ts";
import { INT, isIntegral, isNumeric, sqlTypeName } from "../../catalog/types.ts";
import type { AstExpr, AstFrame, AstFrameBound, Identifier, NamedWindow, WindowReference, WindowSpec } from "../../parser/ast.ts";
import { analysisError, dataTypeMismatch, quoteType } from "./analysis-errors.ts";
import { castArguments, evalMode, isConstant, resolveContext, resultNullable } from "./calls.ts";
import { castTo, literal } from "./casts.ts";
import { callText, prettySql, windowSpecText } from "./column-names.ts";
import type { ExprEnvironment } from "./environment.ts";
import { EMPTY_SCOPE } from "./scope.ts";
import { windowKey } from "../expression-keys.ts";
import { callSite, freshColumn, resolveExpr } from "./expressions.ts";
import type { CallAst } from "./function-calls.ts";
import { aggregateCall, argumentsOf, callName } from "./function-calls.ts";
import { resolveSortItem } from "./sort-keys.ts";

/** Functions that number or compare rows by the window's order and have no frame of their own. */
const RANKING = new Set(["row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile"]);
const OFFSET = new Set(["lag", "lead"]);

/** A call with OVER: it goes to the collector, and its column stands in the expression. */
export function resolveWindowCall(ast: CallAst, signature: FunctionSignature, env: ExprEnvironment): Expr {
  if (env.windows === undefined) throw misplacedWindow(ast, env);
  const name = signature.name;
  if (signature.kind !== "window" && signature.kind !== "aggregate") {
    const shown = prettySql({ ...ast, over: undefined } as AstExpr, env.query.pretty);
    throw analysisError("UNSUPPORTED_EXPR_FOR_WINDOW", "42P20", `Expression "${shown}" not supported within a window function.`, { sqlExpr: `"${shown}"` }, ast.span);
  }
  const spec = windowSpec(ast.over as WindowReference, env.windows.named);
  const inner: ExprEnvironment = { ...env, windows: undefined, clause: "window" };
  const partitionBy = spec.partitionBy.map((e) => resolveExpr(e, inner));
  const orderBy = spec.orderBy.map((item) => resolveSortItem(item, inner));
  const frame = frameOf(name, spec, orderBy, ast, inner);
  const common = { ignoreNulls: ast.nulls === "ignore", frame, mode: evalMode(env), span: ast.span };
  let call: WindowCall;
  if (signature.kind === "aggregate") {
    if (ast.distinct) {
      const shown = callText(ast, callName(ast), env.query.pretty);
      throw analysisError("DISTINCT_WINDOW_FUNCTION_UNSUPPORTED", "0A000", `Distinct window functions are not supported: "${shown}".`, { windowExpr: `"${shown}"` }, ast.span);
    }
    const aggregate = aggregateCall(ast, signature, inner);
    call = { ...common, name, args: aggregate.args, distinct: false, type: aggregate.type, nullable: aggregate.nullable, mode: aggregate.mode, ...(aggregate.filter === undefined ? {} : { filter: aggregate.filter }) };
  } else {
    const args = argumentsOf(ast, inner);
    const resolved = args.map((a) => resolveExpr(a, inner));
    const resolution = signature.resolve(resolved.map(typeOf), resolveContext(resolved, inner, callSite(callName(ast), ast, args, inner)));
    const castArgs = castArguments(resolved, resolution, inner, ast.span);
    call = { ...common, name, args: castArgs, distinct: false, type: resolution.result, nullable: resultNullable(resolution, castArgs) };
  }
  const key = windowKey(call, partitionBy, orderBy);
  let known = env.windows.calls.get(key);
  if (known === undefined) {
    const shown = windowText(ast, name, shownSpec(spec, orderBy, frame), env);
    env.query.pretty.set(ast, shown);
    known = { column: freshColumn(shown, call, env), partitionBy, orderBy, call };
    env.windows.calls.set(key, known);
  } else env.query.pretty.set(ast, windowText(ast, name, shownSpec(spec, orderBy, frame), env));
  return columnExpr(known.column);
}

/** A RANGE offset that had to be cast to the order key's type is shown as the sum that it is: `(- 1) FOLLOWING`. */
function shownSpec(spec: WindowSpec, orderBy: readonly SortKey[], frame: WindowFrame): WindowSpec {
  if (spec.frame?.unit !== "range" || orderBy.length !== 1) return spec;
  const type = typeOf(orderBy[0].expr);
  const bound = (b: AstFrameBound, resolved: FrameBound): AstFrameBound => {
    const isCast = b.kind === "preceding" && b.offset.kind === "number" && "offset" in resolved && type.kind !== "int" && isNumeric(type);
    return isCast ? { kind: "following", offset: { kind: "unary", operator: "-", operand: b.offset, span: b.offset.span } } : b;
  };
  return { ...spec, frame: { ...spec.frame, start: bound(spec.frame.start, frame.start), end: bound(spec.frame.end, frame.end) } };
}

function windowText(ast: CallAst, name: string, spec: WindowSpec, env: ExprEnvironment): string {
  const { pretty } = env.query;
  const args = OFFSET.has(name) ? [...ast.args, ...[{ value: number("1", ast) }, { value: { kind: "null" as const, span: ast.span } }].slice(ast.args.length - 1)] : ast.args;
  const call = callText({ ...ast, args, over: undefined, nulls: undefined } as CallAst, callName(ast), pretty);
  let window = windowSpecText(spec, pretty);
  if (RANKING.has(name) && name !== "cume_dist" && spec.frame === undefined) window = windowSpecText({ ...spec, frame: { unit: "rows", start: { kind: "unboundedPreceding" }, end: { kind: "currentRow" } } }, pretty);
  if (OFFSET.has(name)) {
    const offset = args[1] === undefined ? "1" : prettySql(args[1].value, pretty);
    const bound = name === "lead" ? offset : offset.startsWith("-") ? offset.slice(1) : `-${offset}`;
    const at: AstFrameBound = { kind: "following", offset: number(bound, ast) };
    window = windowSpecText({ ...spec, frame: { unit: "rows", start: at, end: at } }, pretty);
  }
  return `${call}${ast.nulls === "ignore" ? " ignore nulls" : ""} OVER (${window})`;
}

function number(text: string, at: AstExpr): AstExpr {
  return { kind: "number", text, suffix: "", span: at.span };
}

/** The window that OVER means, named windows and their bases filled in. */
function windowSpec(over: WindowReference, named: readonly NamedWindow[]): WindowSpec {
  if (over.kind === "named") return findNamed(over.name, named);
  if (over.spec.base === undefined) return over.spec;
  const base = findNamed(over.spec.base, named);
  return {
    ...over.spec,
    partitionBy: over.spec.partitionBy.length > 0 ? over.spec.partitionBy : base.partitionBy,
    orderBy: over.spec.orderBy.length > 0 ? over.spec.orderBy : base.orderBy,
    ...(over.spec.frame === undefined && base.frame !== undefined ? { frame: base.frame } : {}),
  };
}

function findNamed(name: Identifier, named: readonly NamedWindow[]): WindowSpec {
  const index = named.findIndex((w) => w.name.name.toLowerCase() === name.name.toLowerCase());
  if (index < 0) throw analysisError("MISSING_WINDOW_SPECIFICATION", "42P20", `Window specification is not defined in the WINDOW clause for \`${name.name}\`. For more information about WINDOW clauses, please refer to 'https://spark.apache.org/docs/latest/sql-ref-syntax-qry-select-window.html'.`, { windowName: name.name, docroot: "https://spark.apache.org/docs/latest" }, name.span);
  // A window may be defined by another one; leaving it out of the search ends every circle.
  return windowSpec(named[index].spec, named.toSpliced(index, 1));
}

function misplacedWindow(ast: CallAst, env: ExprEnvironment): Error {
  const sql = prettySql(ast, env.query.pretty);
  if (env.clause === "WHERE") {
    const condition = `"${prettySql(env.whole ?? ast, env.query.pretty)}"`;
    return analysisError("INVALID_WHERE_CONDITION", "42903", `The WHERE condition ${condition} contains invalid expressions: ${sql}. Rewrite the query to avoid window functions, aggregate functions, and generator functions in the WHERE clause.`, { condition, expressionList: sql }, ast.span);
  }
  if (env.clause === "window") return analysisError("NESTED_WINDOW_FUNCTION", "42P20", "It is not allowed to use a window function inside another window function. Please use the inner window function in a sub-query.", {}, ast.span);
  return analysisError("UNSUPPORTED_EXPR_FOR_OPERATOR", "42K0E", `A query operator contains one or more unsupported expressions. Consider to rewrite it to avoid window functions, aggregate functions, and generator functions in the WHERE clause. Invalid expressions: ["${sql}"]`, { invalidExprSqls: `"${sql}"` }, ast.span);
}

/** With an order: up to the current row's peers; without: the whole partition. */
function frameOf(name: string, spec: WindowSpec, orderBy: readonly SortKey[], ast: CallAst, env: ExprEnvironment): WindowFrame {
  if ((RANKING.has(name) || OFFSET.has(name)) && spec.orderBy.length === 0) {
    const shown = callText({ ...ast, over: undefined } as CallAst, callName(ast), env.query.pretty);
    throw analysisError("_LEGACY_ERROR_TEMP_1037", "42000", `Window function ${shown} requires window to be ordered, please add ORDER BY clause. For example SELECT ${shown}(value_expr) OVER (PARTITION BY window_partition ORDER BY window_ordering) from table.`, { wf: shown }, ast.span);
  }
  if (RANKING.has(name) || OFFSET.has(name)) {
    const fixed: WindowFrame = { unit: "rows", start: { kind: "unboundedPreceding" }, end: { kind: "currentRow" } };
    const isSame = spec.frame === undefined || (RANKING.has(name) && spec.frame.unit === "rows" && spec.frame.start.kind === "unboundedPreceding" && spec.frame.end.kind === "currentRow");
    if (isSame) return fixed;
    throw analysisError("_LEGACY_ERROR_TEMP_1036", "42000", `Window Frame ${windowSpecText({ ...spec, partitionBy: [], orderBy: [] }, env.query.pretty)} must match the required frame.`, {}, ast.span);
  }
  if (spec.frame === undefined) {
    return orderBy.length === 0
      ? { unit: "rows", start: { kind: "unboundedPreceding" }, end: { kind: "unboundedFollowing" } }
      : { unit: "range", start: { kind: "unboundedPreceding" }, end: { kind: "currentRow" } };
  }
  return writtenFrame(spec.frame, spec, orderBy, ast, env);
}

function writtenFrame(frame: AstFrame, spec: WindowSpec, orderBy: readonly SortKey[], ast: CallAst, env: ExprEnvironment): WindowFrame {
  const hasOffset = "offset" in frame.start || "offset" in frame.end;
  const shown = `(${windowSpecText(spec, env.query.pretty)})`;
  if (frame.unit === "range" && hasOffset && orderBy.length !== 1) {
    const kind = orderBy.length === 0 ? "RANGE_FRAME_WITHOUT_ORDER" : "RANGE_FRAME_MULTI_ORDER";
    const why = orderBy.length === 0 ? "A range window frame cannot be used in an unordered window specification." : `A range window frame with value boundaries cannot be used in a window specification with multiple order by expressions.`;
    throw dataTypeMismatch(kind, shown, why, {}, ast.span);
  }
  const order = orderBy.length > 0 ? typeOf(orderBy[0].expr) : undefined;
  const bound = (b: AstFrameBound): FrameBound => {
    if (!("offset" in b)) return { kind: b.kind };
    const flipped = b.kind === "preceding" ? ("following" as const) : ("preceding" as const);
    const offset = frameOffset(b.offset, frame.unit === "range" ? order : undefined, shown, env);
    if (isNegative(offset)) return { kind: flipped, offset: negated(offset) };
    return { kind: b.kind, offset };
  };
  const start = bound(frame.start);
  const end = bound(frame.end);
  if (start.kind === "unboundedFollowing" || end.kind === "unboundedPreceding" || boundRank(start) > boundRank(end)) {
    throw dataTypeMismatch("SPECIFIED_WINDOW_FRAME_WRONG_COMPARISON", shown, "The lower bound of a window frame must be less than or equal to the upper bound.", { comparison: "less than or equal" }, ast.span);
  }
  return { unit: frame.unit, start, end };
}

function boundRank(bound: FrameBound): number {
  switch (bound.kind) {
    case "unboundedPreceding":
      return -Infinity;
    case "unboundedFollowing":
      return Infinity;
    case "currentRow":
      return 0;
    case "preceding":
      return -Number(bound.offset.value);
    case "following":
      return Number(bound.offset.value);
  }
}

function isNegative(offset: LiteralExpr): boolean {
  return (typeof offset.value === "number" || typeof offset.value === "bigint") && offset.value < 0;
}

function negated(offset: LiteralExpr): LiteralExpr {
  return literal(typeof offset.value === "bigint" ? -offset.value : -Number(offset.value), offset.type);
}

/** A row count for ROWS; for RANGE a value that can be added to the order key. */
function frameOffset(ast: AstExpr, order: DataType | undefined, shown: string, env: ExprEnvironment): LiteralExpr {
  const expr = resolveExpr(ast, { query: { ...env.query, outer: undefined }, scope: EMPTY_SCOPE, clause: "window frame" });
  if (!isConstant(expr, env)) throw dataTypeMismatch("SPECIFIED_WINDOW_FRAME_WITHOUT_FOLDABLE", shown, `Window frame bound "${prettySql(ast, env.query.pretty)}" is not a literal.`, { expression: `"${prettySql(ast, env.query.pretty)}"` }, ast.span);
  const from = typeOf(expr);
  const target = order === undefined ? INT : offsetType(order, from);
  if (target === undefined || (order === undefined && !isIntegral(from))) {
    if (order === undefined) throw dataTypeMismatch("SPECIFIED_WINDOW_FRAME_UNACCEPTED_TYPE", shown, `The data type of the frame bound ${quoteType(from)} does not match the expected data type "INT".`, { location: "lower", exprType: quoteType(from), expectedType: `"INT"` }, ast.span);
    throw dataTypeMismatch("RANGE_FRAME_INVALID_TYPE", shown, `The data type ${quoteType(order)} used in the order specification does not support the data type ${quoteType(from)} which is used in the range frame.`, { orderSpecType: quoteType(order), valueBoundaryType: quoteType(from) }, ast.span);
  }
  const cast = castTo(expr, target, evalMode(env), ast.span);
  return cast.kind === "literal" ? cast : literal(env.query.context.evaluate(cast), target);
}

function offsetType(order: DataType, offset: DataType): DataType | undefined {
  if (isNumeric(order) && isNumeric(offset)) return order;
  switch (order.kind) {
    case "date":
      if (isIntegral(offset)) return INT;
      return offset.kind === "interval_ym" || offset.kind === "interval_dt" || offset.kind === "calendar_interval" ? offset : undefined;
    case "timestamp":
    case "timestamp_ntz":
      return offset.kind === "interval_ym" || offset.kind === "interval_dt" || offset.kind === "calendar_interval" ? offset : undefined;
    case "interval_ym":
    case "interval_dt":
      return sqlTypeName(order) === sqlTypeName(offset) || order.kind === offset.kind ? order : undefined;
    default:
      return undefined;
  }
}
