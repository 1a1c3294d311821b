import type { AggregateCall, Column, Expr } from "../../catalog/expression.ts";
import { columnExpr, isNullable, referencedColumns, typeOf } from "../../catalog/expression.ts";
import type { AggregateSignature, FunctionSignature, NamedParameter, ScalarSignature } from "../../catalog/functions/signature.ts";
import type { DataType } from "../../catalog/types.ts";
import type { AstExpr } from "../../parser/ast.ts";
import { analysisError, unresolvedRoutine, unsupported } from "./analysis-errors.ts";
import { applyFunction, applyScalar, castArguments, evalMode, resolveContext, resultNullable } from "./calls.ts";
import type { CallSite } from "./calls.ts";
import { TRUE } from "../conjunctions.ts";
import { castTo } from "./casts.ts";
import { callText, prettySql } from "./column-names.ts";
import type { ExprEnvironment } from "./environment.ts";
import { aggregateKey } from "../expression-keys.ts";
import { callSite, resolveCondition, resolveExpr } from "./expressions.ts";
import { matchColumns } from "./name-resolution.ts";
import type { AliasLookup, Scope } from "./scope.ts";
import { sessionConstant } from "./session-constants.ts";
import { resolveSortItem } from "./sort-keys.ts";
import { expandStar } from "./stars.ts";
import { resolveWindowCall } from "./windows.ts";

export type CallAst = AstExpr & { kind: "call" };

/** The registry's name for a call: the last part of what was written, in lower case. */
export function callName(ast: CallAst): string {
  return ast.name.parts[ast.name.parts.length - 1].name.toLowerCase();
}

export function lookUpCall(ast: CallAst, env: ExprEnvironment): FunctionSignature {
  const name = callName(ast);
  const known = ast.name.parts.length === 1 || ["builtin", "system"].includes(ast.name.parts[ast.name.parts.length - 2].name.toLowerCase());
  const signature = known ? env.query.context.lookupFunction(name) : undefined;
  if (signature === undefined) {
    throw unresolvedRoutine(
      ast.name.parts.map((p) => p.name),
      ast.span,
    );
  }
  return signature;
}

/** A call of any kind of function where an expression stands. */
export function resolveCall(ast: CallAst, env: ExprEnvironment): Expr {
  const name = callName(ast);
  if (name === "grouping" || name === "grouping_id") {
    if (env.grouping !== undefined) return env.grouping(ast);
    throw analysisError("UNSUPPORTED_GROUPING_EXPRESSION", "42K0E", "grouping()/grouping_id() can only be used with GroupingSets/Cube/Rollup.", {}, ast.span);
  }
  const constant = sessionConstant(ast, name, env.query.context);
  if (constant !== undefined) return constant;
  const signature = lookUpCall(ast, env);
  if (ast.over !== undefined) return resolveWindowCall(ast, signature, env);
  switch (signature.kind) {
    case "window":
      throw analysisError("WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE", "42601", `Window function "${callText(ast, name, env.query.pretty)}" requires an OVER clause.`, { funcName: `"${callText(ast, name, env.query.pretty)}"` }, ast.span);
    case "generator":
      throw nestedGenerator(env.whole ?? ast, env);
    case "aggregate":
      return resolveAggregate(ast, signature, env);
    case "scalar":
    case "macro": {
      refuseAggregateClauses(ast);
      const args = argumentsOf(ast, env, signature.kind === "scalar" ? signature.parameters : undefined);
      const site = callSite(name, ast, args, env);
      if (signature.kind === "scalar") return applyScalar(signature, scalarArguments(args, signature, env), env, site);
      return applyFunction(name, args.map((a) => resolveExpr(a, env)), env, site);
    }
  }
}

function nestedGenerator(whole: AstExpr, env: ExprEnvironment): Error {
  const expression = `"${prettySql(whole, env.query.pretty)}"`;
  return analysisError("UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS", "42K0E", `The generator is not supported: nested in expressions ${expression}.`, { expression }, whole.span);
}

/** Arguments in their places, stars replaced by the columns that they stand for. `parameters`: those that may be given by name. */
export function argumentsOf(ast: CallAst, env: ExprEnvironment, parameters?: readonly NamedParameter[]): readonly AstExpr[] {
  if (ast.args.some((a) => a.name !== undefined)) return rearranged(ast, parameters);
  return ast.args.flatMap((a) => {
    if (a.value.kind !== "star") return [a.value];
    const columns = expandStar(a.value, env);
    env.query.pretty.set(a.value, () => columns.map((c) => prettySql(c, env.query.pretty)).join(", "));
    return columns;
  });
}

/** Arguments, of which some have names, in the parameters' order, defaults where none is given. Source: Spark's `NamedParametersSupport.defaultRearrange`. */
function rearranged(ast: CallAst, parameters: readonly NamedParameter[] | undefined): readonly AstExpr[] {
  const routineName = `\`${callName(ast)}\``;
  const refuse = (condition: string, message: string, more: Readonly<Record<string, string>>, sqlState = "4274K"): Error => analysisError(condition, sqlState, message, { routineName, ...more }, ast.span);
  if (parameters === undefined) throw analysisError("NAMED_PARAMETERS_NOT_SUPPORTED", "4274K", `Named parameters are not supported for function ${routineName}; please retry the query with positional arguments to the function call instead.`, { functionName: routineName }, ast.span);
  const firstNamed = ast.args.findIndex((a) => a.name !== undefined);
  const named = new Map<string, AstExpr>();
  for (const { name, value } of ast.args.slice(firstNamed)) {
    if (name === undefined) {
      const parameterName = `\`${String(ast.args[firstNamed].name?.name)}\``;
      throw refuse("UNEXPECTED_POSITIONAL_ARGUMENT", `Cannot invoke routine ${routineName} because it contains positional argument(s) following the named argument assigned to ${parameterName}; please rearrange them so the positional arguments come first.`, { parameterName });
    }
    const parameterName = `\`${name.name}\``;
    const place = parameters.findIndex((parameter) => parameter.name.toLowerCase() === name.name.toLowerCase());
    if (place < 0) {
      const proposal = parameters.map((parameter) => `\`${parameter.name}\``).join(" ");
      throw refuse("UNRECOGNIZED_PARAMETER_NAME", `Cannot invoke routine ${routineName} because the routine call included a named argument reference for the argument named ${parameterName}, but this routine has no parameter of that name. Did you mean one of the following? [${proposal}].`, { argumentName: parameterName, proposal });
    }
    if (place < firstNamed) throw refuse("DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.BOTH_POSITIONAL_AND_NAMED", `Call to routine ${routineName} is invalid because the parameter ${parameterName} is given by its place and by its name.`, { parameterName });
    if (named.has(parameters[place].name)) throw refuse("DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.DOUBLE_NAMED_ARGUMENT_REFERENCE", `Call to routine ${routineName} is invalid because the parameter ${parameterName} is given more than once.`, { parameterName });
    named.set(parameters[place].name, value);
  }
  const rest = parameters.slice(firstNamed).map((parameter, i): AstExpr => {
    const value = named.get(parameter.name);
    if (value !== undefined) return value;
    if (parameter.default === undefined) throw refuse("REQUIRED_PARAMETER_NOT_FOUND", `Cannot invoke routine ${routineName} because the parameter named \`${parameter.name}\` is required, but the routine call did not supply a value.`, { parameterName: `\`${parameter.name}\``, index: String(firstNamed + i) });
    return parameter.default === null ? { kind: "null", span: ast.span } : { kind: "string", value: parameter.default, span: ast.span };
  });
  return [...ast.args.slice(0, firstNamed).map((a) => a.value), ...rest];
}

function refuseAggregateClauses(ast: CallAst): void {
  const name = callName(ast);
  if (ast.distinct) throw notAggregate("DISTINCT", name, ast);
  if (ast.filter !== undefined) throw notAggregate("FILTER clause", name, ast);
  if (ast.withinGroup !== undefined) throw notAggregate("WITHIN GROUP (ORDER BY ...)", name, ast);
}

function notAggregate(clause: string, name: string, ast: CallAst): Error {
  const functionName = `\`${name}\``;
  return analysisError("INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX", "42000", `Invalid SQL syntax: The function ${functionName} does not support ${clause}.`, { prettyName: functionName, syntax: clause }, ast.span);
}

function scalarArguments(args: readonly AstExpr[], signature: ScalarSignature, env: ExprEnvironment): readonly Expr[] {
  if (signature.lambdas === undefined || !args.some((a) => a.kind === "lambda")) return args.map((a) => resolveExpr(a, env));
  const plain = args.map((a) => (a.kind === "lambda" ? undefined : resolveExpr(a, env)));
  const parameterTypes = signature.lambdas(plain.map((e) => (e === undefined ? undefined : typeOf(e))));
  return args.map((a, i) => plain[i] ?? resolveLambda(a as AstExpr & { kind: "lambda" }, parameterTypes[i], env));
}

function resolveLambda(ast: AstExpr & { kind: "lambda" }, types: readonly DataType[] | undefined, env: ExprEnvironment): Expr {
  if (types === undefined) throw analysisError("INVALID_LAMBDA_FUNCTION_CALL.NON_HIGHER_ORDER_FUNCTION", "42K0D", "A lambda function should only be used in a higher order function.", {}, ast.span);
  if (ast.parameters.length > types.length) {
    throw analysisError(
      "INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH",
      "42K0D",
      `A higher order function expects ${ast.parameters.length} arguments, but got ${types.length}.`,
      { expectedNumArgs: String(ast.parameters.length), actualNumArgs: String(types.length) },
      ast.span,
    );
  }
  const lower = ast.parameters.map((p) => p.name.toLowerCase());
  if (new Set(lower).size < lower.length) {
    throw analysisError("INVALID_LAMBDA_FUNCTION_CALL.DUPLICATE_ARG_NAMES", "42K0D", `The lambda function has duplicate arguments ${ast.parameters.map((p) => `\`${p.name}\``).join(", ")}. Please, consider to rename the argument names or set "spark.sql.caseSensitive" to "true".`, { args: ast.parameters.map((p) => `\`${p.name}\``).join(", "), caseSensitiveConfig: `"spark.sql.caseSensitive"` }, ast.span);
  }
  const parameters: Column[] = types.map((type, i) => ({ id: env.query.context.nextId(), name: ast.parameters[i]?.name ?? `_${i}`, type, nullable: true }));
  const lambda: AliasLookup = (name, span) => {
    const index = lower.indexOf(name.toLowerCase());
    return index >= 0 ? columnExpr(parameters[index]) : env.lambda?.(name, span);
  };
  return { kind: "lambda", parameters, body: resolveExpr(ast.body, { ...env, lambda, subqueries: undefined }) };
}

/** An aggregate call goes to the collector; what stands in the expression is its column. */
function resolveAggregate(ast: CallAst, signature: AggregateSignature, env: ExprEnvironment): Expr {
  if (env.aggregates === undefined) return outerAggregate(ast, signature, env) ?? refuseAggregate(ast, env);
  const call = aggregateCall(ast, signature, env.aggregates.inner);
  return collectAggregate(call, prettySql(ast, env.query.pretty), env);
}

/** An aggregate of the enclosing query's groups, in WHERE of a subquery of its HAVING: `... WHERE c = max(outer.x)`. */
function outerAggregate(ast: CallAst, signature: AggregateSignature, env: ExprEnvironment): Expr | undefined {
  const { outer } = env.query;
  if (outer?.aggregating === undefined || env.clause !== "WHERE" || !readsOnly(ast, outer.scope)) return undefined;
  const result = resolveAggregate(ast, signature, outer.aggregating);
  for (const id of referencedColumns(result)) outer.used.add(id);
  outer.mentions.push(prettySql(ast, env.query.pretty));
  return result;
}

/** Whether every column named in the call is one of the scope's. */
function readsOnly(ast: AstExpr, scope: Scope): boolean {
  if (ast.kind === "name") return matchColumns(scope, ast.name.parts.map((p) => p.name)) !== undefined;
  if (ast.kind === "call") return ast.args.every((a) => readsOnly(a.value, scope));
  if (ast.kind === "binary_op") return readsOnly(ast.left, scope) && readsOnly(ast.right, scope);
  return ast.kind === "number" || ast.kind === "string" || ast.kind === "star";
}

function refuseAggregate(ast: CallAst, env: ExprEnvironment): never {
  throw misplacedAggregate(ast, env);
}

function collectAggregate(call: AggregateCall, name: string, env: ExprEnvironment): Expr {
  const collector = env.aggregates;
  if (collector === undefined) throw unsupported("an aggregate function here", call.span);
  const key = aggregateKey(call);
  let known = collector.calls.get(key);
  if (known === undefined) {
    const column: Column = { id: env.query.context.nextId(), name, type: call.type, nullable: call.nullable };
    known = { column, call };
    collector.calls.set(key, known);
  }
  return columnExpr(known.column);
}

function misplacedAggregate(ast: CallAst, env: ExprEnvironment): Error {
  const sql = prettySql(ast, env.query.pretty);
  switch (env.clause) {
    case "WHERE": {
      const condition = `"${prettySql(env.whole ?? ast, env.query.pretty)}"`;
      return analysisError("INVALID_WHERE_CONDITION", "42903", `The WHERE condition ${condition} contains invalid expressions: ${sql}. Rewrite the query to avoid window functions, aggregate functions, and generator functions in the WHERE clause.`, { condition, expressionList: sql }, ast.span);
    }
    case "GROUP BY":
      return analysisError("GROUP_BY_AGGREGATE", "42903", `Aggregate functions are not allowed in GROUP BY, but found ${sql}.`, { sqlExpr: sql }, ast.span);
    case "aggregate argument":
      return analysisError("NESTED_AGGREGATE_FUNCTION", "42607", "It is not allowed to use an aggregate function in the argument of another aggregate function. Please use the inner aggregate function in a sub-query.", {}, ast.span);
    default:
      return analysisError("UNSUPPORTED_EXPR_FOR_OPERATOR", "42K0E", `A query operator contains one or more unsupported expressions. Consider to rewrite it to avoid window functions, aggregate functions, and generator functions in the WHERE clause. Invalid expressions: ["${sql}"]`, { invalidExprSqls: `"${sql}"` }, ast.span);
  }
}

const IGNORING_NULLS = new Set(["first", "last", "any_value"]);

/** The call with its arguments, filter and order resolved below the aggregation. */
export function aggregateCall(ast: CallAst, signature: AggregateSignature, env: ExprEnvironment): AggregateCall {
  const isCountStar = signature.name === "count" && !ast.distinct && ast.args.length === 1 && ast.args[0].value.kind === "star" && ast.args[0].value.qualifier === undefined;
  if (signature.name === "count" && ast.args.length === 0) {
    throw analysisError("WRONG_NUM_ARGS.WITH_SUGGESTION", "42605", "The `count` requires > 0 parameters but the actual number is 0.\nIf you have to call this function with 0 parameters, write `count(*)`.", { functionName: "`count`", expectedNum: "> 0", actualNum: "0" }, ast.span);
  }
  const args = isCountStar ? [] : argumentsOf(ast, env);
  const orderBy = ast.withinGroup?.map((item) => resolveSortItem(item, env));
  const given = args.map((a) => resolveExpr(a, env));
  const resolved = signature.withinGroupValue === true && orderBy !== undefined ? [...orderBy.map((k) => k.expr), ...given] : given;
  const filter =
    ast.filter === undefined
      ? undefined
      : resolveCondition(ast.filter, env, (sql, type) => analysisError("DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN", "42K09", `Cannot resolve "${sql}" due to data type mismatch: Filter expression "${sql}" of type "${type.kind}" is not a boolean.`, { sqlExpr: `"${sql}"`, filter: `"${sql}"`, type: `"${type.kind.toUpperCase()}"` }, ast.span));
  // first(x) IGNORE NULLS is first(x, true).
  if (ast.nulls === "ignore" && resolved.length === 1 && IGNORING_NULLS.has(signature.name) && ast.over === undefined) return finishAggregate(ast, signature, [...resolved, TRUE], args, filter, orderBy, env);
  return finishAggregate(ast, signature, resolved, args, filter, orderBy, env);
}

function finishAggregate(ast: CallAst, signature: AggregateSignature, resolved: readonly Expr[], args: readonly AstExpr[], filter: Expr | undefined, orderBy: AggregateCall["orderBy"], env: ExprEnvironment): AggregateCall {
  const site: CallSite = callSite(callName(ast), ast, args, env);
  const resolution = signature.resolve(resolved.map(typeOf), resolveContext(resolved, env, site));
  const castArgs = castArguments(resolved, resolution, env, ast.span);
  // count(x) of a value that is never NULL is count(*).
  const plainCount = signature.name === "count" && !ast.distinct && castArgs.length > 0 && castArgs.every((a) => !isNullable(a));
  return {
    name: signature.name,
    args: plainCount ? [] : castArgs,
    distinct: ast.distinct,
    ...(filter === undefined ? {} : { filter: castTo(filter, { kind: "boolean" }, evalMode(env)) }),
    ...(orderBy === undefined ? {} : { orderBy }),
    type: resolution.result,
    nullable: resultNullable(resolution, castArgs),
    mode: signature.mode ?? evalMode(env),
    span: ast.span,
  };
}
