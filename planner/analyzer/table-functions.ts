import type { Expr } from "../../catalog/expression.ts";
import { isNullable, typeOf } from "../../catalog/expression.ts";
import { INT, isNumeric, LONG } from "../../catalog/types.ts";
import type { AstExpr, Relation } from "../../parser/ast.ts";
import type { LogicalPlan } from "../logical.ts";
import { analysisError, quoteSql, quoteType, unsupported } from "./analysis-errors.ts";
import { isConstant } from "./calls.ts";
import { castTo } from "./casts.ts";
import { prettySql } from "./column-names.ts";
import type { ExprEnvironment } from "./environment.ts";
import { freshColumn, resolveExpr } from "./expressions.ts";
import type { CallAst } from "./function-calls.ts";
import { callName } from "./function-calls.ts";
import { resolveGenerator } from "./generators.ts";
import type { ScopedPlan } from "./relations.ts";
import { aliased, lookedUp, qualifierOf } from "./relations.ts";
import type { QueryEnvironment } from "./scope.ts";
import { EMPTY_SCOPE } from "./scope.ts";
import { isFileFunction } from "./table-names.ts";

type FunctionRelation = Extract<Relation, { kind: "function" }>;

/** A function in FROM: range(), a function that reads files, or a generator over one row (LATERAL: over each row to its left). */
export function analyzeTableFunction(relation: FunctionRelation, env: QueryEnvironment): ScopedPlan {
  const { call, alias } = relation;
  const name = callName(call);
  const qualifier = qualifierOf(alias);
  if (isFileFunction(name)) return aliased(lookedUp({ name: [call.name.parts[0].name], call: call.args, span: relation.span }, env), alias, qualifier.length > 0 ? qualifier : [name]);
  const exprEnv: ExprEnvironment = { query: env, scope: EMPTY_SCOPE, clause: "FROM" };
  if (name === "range") return aliased(rangeOf(call, exprEnv), alias, qualifier);
  const signature = env.context.lookupFunction(name) ?? (name.endsWith("_outer") ? env.context.lookupFunction(name.slice(0, -"_outer".length)) : undefined);
  if (signature?.kind !== "generator") {
    throw analysisError("UNRESOLVABLE_TABLE_VALUED_FUNCTION", "42883", `Could not resolve \`${name}\` to a table-valued function. Please make sure that \`${name}\` is defined as a table-valued function and that all required parameters are provided correctly. If \`${name}\` is not defined, please create the table-valued function before using it. For more information about defining table-valued functions, please refer to the Apache Spark documentation.`, { name: `\`${name}\`` }, call.span);
  }
  const generator = resolveGenerator(call, [], false, exprEnv);
  const names = alias?.columns ?? [];
  if (names.length > 0 && names.length !== generator.columns.length) {
    const parameters = { funcName: `\`${name}\``, aliasesNum: String(names.length), outColsNum: String(generator.columns.length) };
    throw analysisError("NUM_TABLE_VALUE_ALIASES_MISMATCH", "42826", `Number of given aliases does not match number of output columns. Function name: ${parameters.funcName}; number of aliases: ${parameters.aliasesNum}; number of output columns: ${parameters.outColsNum}.`, parameters, relation.span);
  }
  const row: LogicalPlan = { kind: "values", columns: [], rows: [[]] };
  const plan: LogicalPlan = { kind: "generate", input: row, generator: generator.name, args: generator.args, outer: generator.outer, columns: generator.columns };
  return aliased({ plan, columns: generator.columns }, alias, qualifier);
}

/** range(end), range(start, end), range(start, end, step[, partitions]) */
function rangeOf(call: CallAst, env: ExprEnvironment): { readonly plan: LogicalPlan; readonly columns: readonly [ReturnType<typeof freshColumn>] } {
  const args = call.args.map((a) => a.value);
  if (args.length < 1 || args.length > 4) {
    throw analysisError("WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "42605", `The \`range\` requires [1, 2, 3, 4] parameters but the actual number is ${args.length}.`, { functionName: "`range`", expectedNum: "[1, 2, 3, 4]", actualNum: String(args.length), docroot: "https://spark.apache.org/docs/latest" }, call.span);
  }
  const numbers = args.map((a, i) => rangeArgument(a, i, i === 3, env));
  const [start, end] = args.length === 1 ? [0n, numbers[0]] : numbers;
  const step = args.length > 2 ? numbers[2] : 1n;
  if (step === 0n) throw unsupported("range() with a step of 0", call.span);
  const column = freshColumn("id", { type: LONG, nullable: false }, env);
  return { plan: { kind: "range", column, start, end, step }, columns: [column] };
}

function rangeArgument(ast: AstExpr, index: number, isCount: boolean, env: ExprEnvironment): bigint {
  const expr: Expr = resolveExpr(ast, env);
  const type = typeOf(expr);
  const wanted = isCount ? INT : LONG;
  if (!isConstant(expr, env)) throw unsupported(`an argument of range() that is no constant`, ast.span);
  const value = isNullable(expr) && expr.kind === "literal" ? null : env.query.context.evaluate(castTo(expr, wanted, "ansi", ast.span));
  if (value === null || !(isNumeric(type) || type.kind === "string")) {
    throw analysisError("UNEXPECTED_INPUT_TYPE", "42K09", `Parameter ${index + 1} of function \`range\` requires the "${isCount ? "INT" : "BIGINT"}" type.`, { functionName: "`range`", paramIndex: ["first", "second", "third", "fourth"][index], inputType: quoteType(type), inputSql: quoteSql(prettySql(ast, env.query.pretty)), requiredType: `"BIGINT"` }, ast.span);
  }
  return BigInt(value as number | bigint);
}
