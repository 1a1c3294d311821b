import { canCast } from "../../catalog/castable.ts";
import { unreachable } from "../../catalog/errors.ts";
import type { Column, Expr, LiteralExpr } from "../../catalog/expression.ts";
import { columnExpr, isNullable, typeOf } from "../../catalog/expression.ts";
import { BINARY, BOOLEAN, isNumeric, isStringLike, NULL, STRING, TIMESTAMP } from "../../catalog/types.ts";
import type { DataType } from "../../catalog/types.ts";
import type { AstExpr } from "../../parser/ast.ts";
import { analysisError, dataTypeMismatch, differentTypes, quoteType, unsupported } from "./analysis-errors.ts";
import { applyFunction, evalMode } from "./calls.ts";
import type { CallSite } from "./calls.ts";
import { caseOf, castAddsNull, castTo, literal, nullOf, toCommonType } from "./casts.ts";
import { fieldName, prettySql } from "./column-names.ts";
import type { ExprEnvironment } from "./environment.ts";
import { extractField, getItem } from "./fields.ts";
import { resolveCall } from "./function-calls.ts";
import { intervalLiteral } from "./intervals.ts";
import { literalSql, numberLiteral, typedLiteral } from "./literals.ts";
import { resolveName } from "./name-resolution.ts";
import { resolveExists, resolveInSubquery, resolveScalarSubquery } from "./subqueries.ts";

/** A syntax tree's expression with every name, type and cast settled. Subqueries, aggregates and windows go to the environment's collectors. */
export function resolveExpr(ast: AstExpr, env: ExprEnvironment): Expr {
  switch (ast.kind) {
    case "null":
      return nullOf(NULL);
    case "boolean":
      return literal(ast.value, BOOLEAN);
    case "number":
      return numberLiteral(ast);
    case "string":
      return literal(ast.value, STRING);
    case "binary":
      return literal(ast.value, BINARY);
    case "typedLiteral":
      return shown(typedLiteral(ast, env.query.context), ast, env);
    case "interval":
      return shown(intervalLiteral(ast), ast, env);
    case "name":
      return resolveName(ast, env);
    case "star":
      throw analysisError("INVALID_USAGE_OF_STAR_OR_REGEX", "42000", `Invalid usage of '*' in expression \`${env.clause.toLowerCase()}\`.`, { elem: "'*'", prettyName: `expression \`${env.clause.toLowerCase()}\`` }, ast.span);
    case "unary":
      return resolveUnary(ast, env);
    case "binary_op":
      return resolveBinary(ast, env);
    case "isNull":
      return apply(ast.negated ? "isnotnull" : "isnull", [ast.operand], ast, env);
    case "isBoolean":
      return resolveIsBoolean(ast, env);
    case "isDistinctFrom": {
      const same = apply("<=>", [ast.left, ast.right], ast, env);
      return ast.negated ? same : not(same, ast, env);
    }
    case "between":
      return resolveBetween(ast, env);
    case "in":
      return resolveIn(ast, env);
    case "inSubquery":
      return resolveInSubquery(ast, env);
    case "exists":
      return resolveExists(ast, env);
    case "scalarSubquery":
      return resolveScalarSubquery(ast, env);
    case "like": {
      const like = apply(ast.operator, ast.escape === undefined ? [ast.operand, ast.pattern] : [ast.operand, ast.pattern, ast.escape], ast, env);
      return ast.negated ? not(like, ast, env) : like;
    }
    case "likeQuantified":
      return resolveLikeQuantified(ast, env);
    case "case":
      return resolveCase(ast, env);
    case "cast":
      return resolveCast(ast, env);
    case "call":
      return resolveCall(ast, env);
    case "extract":
      return applyResolved("date_part", [literal(ast.field, STRING), resolveExpr(ast.source, env)], ast, env);
    case "lambda":
      throw analysisError("INVALID_LAMBDA_FUNCTION_CALL.NON_HIGHER_ORDER_FUNCTION", "42K0D", "A lambda function should only be used in a higher order function.", {}, ast.span);
    case "index":
      return getItem(resolveExpr(ast.base, env), resolveExpr(ast.index, env), prettySql(ast.base, env.query.pretty), prettySql(ast.index, env.query.pretty), ast.span, env);
    case "field":
      return extractField(resolveExpr(ast.base, env), ast.name.name, prettySql(ast.base, env.query.pretty), ast.span, env);
    case "row":
      return resolveRow(ast, env);
    case "alias":
      return resolveExpr(ast.operand, env);
    case "parameter":
      return resolveParameter(ast, env);
    case "collate":
      return castTo(resolveExpr(ast.operand, env), { kind: "string", collation: ast.collation.toUpperCase() }, evalMode(env), ast.span);
    case "default":
      throw analysisError("DEFAULT_PLACEMENT_INVALID", "42608", "A DEFAULT keyword in a MERGE, INSERT, UPDATE, or SET VARIABLE command could not be directly assigned to a target column because it was part of an expression.", {}, ast.span);
    case "tableArgument":
      throw unsupported("a TABLE argument", ast.span);
  }
  return unreachable(ast);
}

/** A literal that Spark shows by its value, not as it was written. */
function shown(value: LiteralExpr, ast: AstExpr, env: ExprEnvironment): Expr {
  env.query.pretty.set(ast, () => literalSql(value, env.query.context));
  return value;
}

export function callSite(name: string, ast: AstExpr, args: readonly AstExpr[], env: ExprEnvironment): CallSite {
  const { pretty } = env.query;
  return {
    name,
    span: ast.span,
    sql: () => ({ call: prettySql(ast, pretty), args: args.map((a) => prettySql(a, pretty)) }),
    argumentNames: args.map((a) => (a.kind === "alias" || a.kind === "name" || a.kind === "field" ? fieldName(a, pretty) : undefined)),
  };
}

function apply(name: string, args: readonly AstExpr[], ast: AstExpr, env: ExprEnvironment): Expr {
  const resolved = args.map((a) => resolveExpr(a, env));
  return applyFunction(name, resolved, env, callSite(name, ast, args, env));
}

export function applyResolved(name: string, args: readonly Expr[], ast: AstExpr, env: ExprEnvironment): Expr {
  return applyFunction(name, args, env, callSite(name, ast, [], env));
}

export function not(condition: Expr, ast: AstExpr, env: ExprEnvironment): Expr {
  return applyResolved("not", [condition], ast, env);
}

/** A condition of WHERE, ON, HAVING, FILTER, WHEN: boolean, or NULL. `error` makes what is raised for another type. */
export function resolveCondition(ast: AstExpr, env: ExprEnvironment, error: (sql: string, type: DataType) => Error): Expr {
  const condition = resolveExpr(ast, env);
  const type = typeOf(condition);
  if (type.kind === "boolean") return condition;
  if (type.kind === "null") return castTo(condition, BOOLEAN, evalMode(env));
  throw error(prettySql(ast, env.query.pretty), type);
}

function resolveUnary(ast: AstExpr & { kind: "unary" }, env: ExprEnvironment): Expr {
  switch (ast.operator) {
    case "-":
      return apply("negative", [ast.operand], ast, env);
    case "+":
      return apply("positive", [ast.operand], ast, env);
    case "~":
      return apply("~", [ast.operand], ast, env);
    case "not":
      return apply("not", [ast.operand], ast, env);
  }
}

/** Chains that lean to the left are walked in a loop: a long sum does not use up the stack. */
function resolveBinary(ast: AstExpr & { kind: "binary_op" }, env: ExprEnvironment): Expr {
  if (ast.operator === "and" || ast.operator === "or") return resolveLogical(ast, ast.operator, env);
  const chain: (AstExpr & { kind: "binary_op" })[] = [];
  let leftmost: AstExpr = ast;
  while (leftmost.kind === "binary_op" && leftmost.operator !== "and" && leftmost.operator !== "or") {
    chain.push(leftmost);
    leftmost = leftmost.left;
  }
  let result = resolveExpr(leftmost, env);
  for (const node of chain.toReversed()) {
    const right = resolveExpr(node.right, env);
    showTemporal(node, typeOf(result), typeOf(right), env);
    const name = node.operator === "||" ? "concat" : node.operator;
    const isTextPlusInterval = (name === "+" || name === "-") && (isShiftedText(result, right) || (name === "+" && isShiftedText(right, result)));
    const operands = isTextPlusInterval ? [result, right].map((e) => (isStringLike(typeOf(e)) ? castTo(e, TIMESTAMP, evalMode(env), node.span) : e)) : [result, right];
    const applied = applyFunction(name, operands, env, callSite(name, node, [node.left, node.right], env));
    result = isTextPlusInterval ? castTo(applied, STRING, evalMode(env), node.span) : applied;
  }
  return result;
}

/** A chain of AND or of OR as a balanced tree, which every walk over it can recurse into; operands keep their order. */
function resolveLogical(ast: AstExpr & { kind: "binary_op" }, operator: "and" | "or", env: ExprEnvironment): Expr {
  const operands = logicalOperands(ast, operator).map((operand) => ({ ast: operand, expr: resolveExpr(operand, env) }));
  const combine = (from: number, to: number): { readonly ast: AstExpr; readonly expr: Expr } => {
    if (to - from === 1) return operands[from];
    const middle = (from + to) >>> 1;
    const [left, right] = [combine(from, middle), combine(middle, to)];
    return { ast, expr: applyFunction(operator, [left.expr, right.expr], env, callSite(operator, ast, [left.ast, right.ast], env)) };
  };
  return combine(0, operands.length).expr;
}

/** The operands of a chain of one logical operator, left to right. */
export function logicalOperands(ast: AstExpr, operator: "and" | "or"): readonly AstExpr[] {
  const result: AstExpr[] = [];
  const open: AstExpr[] = [ast];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.kind === "binary_op" && next.operator === operator) open.push(next.right, next.left);
    else result.push(next);
  }
  return result;
}

/** A string beside an interval is a timestamp, and the sum a string again. Source: Spark's `BinaryArithmeticWithDatetimeResolver`. */
function isShiftedText(text: Expr, interval: Expr): boolean {
  const { kind } = typeOf(interval);
  return isStringLike(typeOf(text)) && (kind === "interval_dt" || kind === "interval_ym" || kind === "calendar_interval");
}

/** Arithmetic with dates, timestamps and intervals is shown as the functions that Spark makes of it. */
function showTemporal(ast: AstExpr & { kind: "binary_op" }, left: DataType, right: DataType, env: ExprEnvironment): void {
  const { pretty } = env.query;
  const form = temporalForm(ast.operator, left, right);
  if (form !== undefined) pretty.set(ast, () => form(prettySql(ast.left, pretty), prettySql(ast.right, pretty)));
}

function temporalForm(operator: string, left: DataType, right: DataType): ((l: string, r: string) => string) | undefined {
  const isInterval = (t: DataType): boolean => t.kind === "interval_dt" || t.kind === "interval_ym" || t.kind === "calendar_interval";
  if (operator === "*") return isInterval(right) ? (l, r) => `(${r} * ${l})` : undefined;
  if (operator !== "+" && operator !== "-") return undefined;
  const isWhole = (t: DataType): boolean => t.kind === "int" || t.kind === "short" || t.kind === "byte";
  const isDays = (t: DataType): boolean => t.kind === "interval_dt" && t.from === "day" && t.to === "day";
  const isMoment = (t: DataType): boolean => t.kind === "date" || t.kind === "timestamp" || t.kind === "timestamp_ntz" || t.kind === "time" || isStringLike(t);
  if (left.kind === "time" && right.kind === "time") return (l, r) => `${l} ${operator} ${r}`;
  if (operator === "+" && (isInterval(left) || isWhole(left)) && (right.kind === "date" || (isInterval(left) && isMoment(right)))) {
    const swapped = temporalForm(operator, right, left);
    return swapped && ((l, r) => swapped(r, l));
  }
  if (left.kind === "date" && isWhole(right)) return (l, r) => `date_${operator === "+" ? "add" : "sub"}(${l}, ${r})`;
  if (left.kind === "date" && isDays(right)) return (l, r) => (operator === "+" ? `date_add(${l}, extractansiintervaldays(${r}))` : `date_add(${l}, (- extractansiintervaldays(${r})))`);
  return isMoment(left) && isInterval(right) ? (l, r) => `${l} ${operator} ${r}` : undefined;
}

function resolveIsBoolean(ast: AstExpr & { kind: "isBoolean" }, env: ExprEnvironment): Expr {
  const name = ast.value === null ? (ast.negated ? "isnotnull" : "isnull") : ast.value ? "istrue" : "isfalse";
  const operand = resolveExpr(ast.operand, env);
  const test = applyFunction(name, [operand], env, callSite(name, ast, [ast.operand], env));
  return ast.negated && ast.value !== null ? not(test, ast, env) : test;
}

function resolveBetween(ast: AstExpr & { kind: "between" }, env: ExprEnvironment): Expr {
  const operand = resolveExpr(ast.operand, env);
  const low = resolveExpr(ast.low, env);
  const high = resolveExpr(ast.high, env);
  const compare = (operator: string, bound: Expr, boundAst: AstExpr): Expr => {
    const sql = (): { readonly call: string; readonly args: readonly string[] } => {
      const args = [prettySql(ast.operand, env.query.pretty), prettySql(boundAst, env.query.pretty)];
      return { call: `(${args[0]} ${operator} ${args[1]})`, args };
    };
    return applyFunction(operator, [operand, bound], env, { name: operator, span: ast.span, sql });
  };
  const within = (lowest: Expr, lowAst: AstExpr, highest: Expr, highAst: AstExpr): Expr => applyResolved("and", [compare(">=", lowest, lowAst), compare("<=", highest, highAst)], ast, env);
  const inside = within(low, ast.low, high, ast.high);
  const result = ast.symmetric ? applyResolved("or", [inside, within(high, ast.high, low, ast.low)], ast, env) : inside;
  return ast.negated ? not(result, ast, env) : result;
}

function resolveIn(ast: AstExpr & { kind: "in" }, env: ExprEnvironment): Expr {
  const exprs = [ast.operand, ...ast.list].map((e) => resolveExpr(e, env));
  const common = toCommonType(exprs, env.query.context.settings.ansi);
  if (common === undefined) throw differentTypes("in", prettySql({ ...ast, negated: false }, env.query.pretty), exprs.map(typeOf), ast.span);
  if (containsMap(common.type)) {
    throw dataTypeMismatch("INVALID_ORDERING_TYPE", prettySql(ast, env.query.pretty), `The \`in\` does not support ordering on type ${quoteType(common.type)}.`, { functionName: "`in`", dataType: quoteType(common.type) }, ast.span);
  }
  const [input, ...list] = common.exprs;
  const result: Expr = { kind: "in", input, list, nullable: exprs.some(isNullable) };
  return ast.negated ? not(result, ast, env) : result;
}

function containsMap(type: DataType): boolean {
  switch (type.kind) {
    case "map":
      return true;
    case "array":
      return containsMap(type.element);
    case "struct":
      return type.fields.some((f) => containsMap(f.type));
    default:
      return false;
  }
}

function resolveLikeQuantified(ast: AstExpr & { kind: "likeQuantified" }, env: ExprEnvironment): Expr {
  if (ast.patterns.length === 0) throw analysisError("_LEGACY_ERROR_TEMP_0064", "42000", "Expected something between '(' and ')'.", { msg: "Expected something between '(' and ')'." }, ast.span);
  const operand = resolveExpr(ast.operand, env);
  const tests = ast.patterns.map((p) => {
    const like = applyFunction(ast.operator, [operand, resolveExpr(p, env)], env, callSite(ast.operator, ast, [ast.operand, p], env));
    return ast.negated ? not(like, ast, env) : like;
  });
  return tests.reduce((a, b) => applyResolved(ast.quantifier === "any" ? "or" : "and", [a, b], ast, env));
}

function resolveCase(ast: AstExpr & { kind: "case" }, env: ExprEnvironment): Expr {
  const operand = ast.operand === undefined ? undefined : resolveExpr(ast.operand, env);
  const branches = ast.branches.map((b, i) => {
    const when = resolveExpr(b.when, env);
    const condition = operand === undefined ? when : applyFunction("=", [operand, when], env, callSite("=", b.when, [ast.operand ?? b.when, b.when], env));
    const type = typeOf(condition);
    if (type.kind !== "boolean" && type.kind !== "null") {
      const shown = prettySql(b.when, env.query.pretty);
      const paramIndex = ["first", "second", "third", "fourth", "fifth"][i] ?? `${i + 1}th`;
      throw dataTypeMismatch(
        "UNEXPECTED_INPUT_TYPE",
        prettySql(ast, env.query.pretty),
        `The ${paramIndex} parameter requires the "BOOLEAN" type, however "${shown}" has the type ${quoteType(type)}.`,
        { paramIndex, requiredType: `"BOOLEAN"`, inputSql: `"${shown}"`, inputType: quoteType(type) },
        ast.span,
      );
    }
    return { when: condition, then: resolveExpr(b.then, env) };
  });
  const otherwise = ast.otherwise === undefined ? undefined : resolveExpr(ast.otherwise, env);
  const result = caseOf(branches, otherwise, env.query.context.settings.ansi);
  if (result === undefined) throw differentTypes("casewhen", prettySql(ast, env.query.pretty), [...branches.map((b) => b.then), ...(otherwise === undefined ? [] : [otherwise])].map(typeOf), ast.span);
  return result;
}

function resolveCast(ast: AstExpr & { kind: "cast" }, env: ExprEnvironment): Expr {
  const input = resolveExpr(ast.operand, env);
  const type: DataType = ast.type.kind === "char" || ast.type.kind === "varchar" ? STRING : ast.type;
  const from = typeOf(input);
  if (!canCast(from, type, ast.try || env.query.context.settings.ansi)) throw impossibleCast(ast, from, env);
  const mode = ast.try ? "try" : evalMode(env);
  // What is written as a cast is no literal to the rules that look at the digits of literals.
  if (input.kind === "literal") return { kind: "cast", input, type, nullable: isNullable(input) || castAddsNull(from, type, mode), mode, span: ast.span };
  return castTo(input, type, mode, ast.span);
}

/** Source: Spark's `Cast.typeCheckFailureInCast`. */
function impossibleCast(ast: AstExpr & { kind: "cast" }, from: DataType, env: ExprEnvironment): Error {
  const types = { srcType: quoteType(from), targetType: quoteType(ast.type) };
  const sql = prettySql(ast, env.query.pretty);
  const sentence = `cannot cast ${types.srcType} to ${types.targetType}`;
  const instead = from.kind === "date" && isNumeric(ast.type) ? "`UNIX_DATE`" : isNumeric(from) && ast.type.kind === "date" ? "`DATE_FROM_UNIX_DATE`" : undefined;
  if (!ast.try && env.query.context.settings.ansi) {
    if (instead !== undefined) return dataTypeMismatch("CAST_WITH_FUNC_SUGGESTION", sql, `${sentence}.\nTo convert values from ${types.srcType} to ${types.targetType}, you can use the functions ${instead} instead.`, { ...types, functionNames: instead }, ast.span);
    if (canCast(from, ast.type, false)) {
      const setting = { config: `"spark.sql.ansi.enabled"`, configVal: "'false'" };
      return dataTypeMismatch("CAST_WITH_CONF_SUGGESTION", sql, `${sentence} with ANSI mode on.\nIf you have to cast ${types.srcType} to ${types.targetType}, you can set ${setting.config} as ${setting.configVal}.`, { ...types, ...setting }, ast.span);
    }
  }
  return dataTypeMismatch("CAST_WITHOUT_SUGGESTION", sql, `${sentence}.`, types, ast.span);
}

/** `(a, b)` and `struct(a, b)`: fields are named after columns and aliases, else col1, col2, ... */
function resolveRow(ast: AstExpr & { kind: "row" }, env: ExprEnvironment): Expr {
  const args = ast.items.flatMap((item, i) => [literal(fieldName(item, env.query.pretty, i), STRING), resolveExpr(item, env)]);
  return applyResolved("named_struct", args, ast, env);
}

function resolveParameter(ast: AstExpr & { kind: "parameter" }, env: ExprEnvironment): Expr {
  const { parameters } = env.query.context;
  const value = ast.name === undefined ? parameters?.positional[ast.ordinal ?? 0] : parameters?.named.get(ast.name);
  if (value === undefined) {
    const name = ast.name ?? String(ast.span.start);
    throw analysisError("UNBOUND_SQL_PARAMETER", "42P02", `Found the unbound parameter: ${name}. Please, fix \`args\` and provide a mapping of the parameter to either a SQL literal or collection constructor functions such as \`map()\`, \`array()\`, \`struct()\`.`, { name }, ast.span);
  }
  return literal(value.value, value.type);
}

export function freshColumn(name: string, expr: { readonly type: DataType; readonly nullable: boolean }, env: ExprEnvironment): Column {
  return { id: env.query.context.nextId(), name, type: expr.type, nullable: expr.nullable };
}

/** A column for a value that some operator computes. */
export function columnFor(name: string, type: DataType, nullable: boolean, env: ExprEnvironment): { readonly column: Column; readonly expr: Expr } {
  const column = freshColumn(name, { type, nullable }, env);
  return { column, expr: columnExpr(column) };
}
