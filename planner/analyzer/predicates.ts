import type { Expr } from "../../catalog/expression.ts";
import { isNullable, typeOf } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import type { AstExpr } from "../../parser/ast.ts";
import { analysisError, dataTypeMismatch, differentTypes, quoteType } from "./analysis-errors.ts";
import { applyFunction } from "./calls.ts";
import { caseOf, toCommonType } from "./casts.ts";
import { atOneLength } from "./char-padding.ts";
import { prettySql } from "./column-names.ts";
import type { ExprEnvironment } from "./environment.ts";
import { applyResolved, callSite, not, resolveExpr } from "./expressions.ts";

/** IS TRUE, IS FALSE, IS UNKNOWN. */
export function resolveIsBoolean(ast: AstExpr & { kind: "isBoolean" }, env: ExprEnvironment): Expr {
  const name = ast.value === null ? (ast.negated ? "isnotnull" : "isnull") : ast.value ? "istrue" : "isfalse";
  const operand = resolveExpr(ast.operand, env);
  const test = applyFunction(name, [operand], env, callSite(name, ast, [ast.operand], env));
  return ast.negated && ast.value !== null ? not(test, ast, env) : test;
}

/** BETWEEN is two comparisons. */
export function resolveBetween(ast: AstExpr & { kind: "between" }, env: ExprEnvironment): Expr {
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

/** IN over a list, all brought to one type. */
export function resolveIn(ast: AstExpr & { kind: "in" }, env: ExprEnvironment): Expr {
  const exprs = atOneLength([ast.operand, ...ast.list].map((e) => resolveExpr(e, env)), env.query);
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

/** LIKE ANY and LIKE ALL: one LIKE for each pattern. */
export function resolveLikeQuantified(ast: AstExpr & { kind: "likeQuantified" }, env: ExprEnvironment): Expr {
  if (ast.patterns.length === 0) throw analysisError("_LEGACY_ERROR_TEMP_0064", "42000", "Expected something between '(' and ')'.", { msg: "Expected something between '(' and ')'." }, ast.span);
  const operand = resolveExpr(ast.operand, env);
  const tests = ast.patterns.map((p) => {
    const like = applyFunction(ast.operator, [operand, resolveExpr(p, env)], env, callSite(ast.operator, ast, [ast.operand, p], env));
    return ast.negated ? not(like, ast, env) : like;
  });
  return tests.reduce((a, b) => applyResolved(ast.quantifier === "any" ? "or" : "and", [a, b], ast, env));
}

/** CASE; with an operand each WHEN is a comparison with it. */
export function resolveCase(ast: AstExpr & { kind: "case" }, env: ExprEnvironment): Expr {
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
