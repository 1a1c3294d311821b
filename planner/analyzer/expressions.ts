import { unreachable } from "../../catalog/errors.ts";
import type { Column, Expr, LiteralExpr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { BINARY, BOOLEAN, NULL, STRING } from "../../catalog/types.ts";
import type { AstExpr } from "../../parser/ast.ts";
import { analysisError, unsupported } from "./analysis-errors.ts";
import { applyFunction, evalMode } from "./calls.ts";
import type { CallSite } from "./calls.ts";
import { castTo, literal, nullOf } from "./casts.ts";
import { fieldName, prettySql } from "./column-names.ts";
import type { ExprEnvironment } from "./environment.ts";
import { resolveCast } from "./explicit-casts.ts";
import { extractField, getItem } from "./fields.ts";
import { resolveCall } from "./function-calls.ts";
import { intervalLiteral } from "./intervals.ts";
import { literalSql, numberLiteral, typedLiteral } from "./literals.ts";
import { resolveName } from "./name-resolution.ts";
import { resolveBinary } from "./operators.ts";
import { resolveBetween, resolveCase, resolveIn, resolveIsBoolean, resolveLikeQuantified } from "./predicates.ts";
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
