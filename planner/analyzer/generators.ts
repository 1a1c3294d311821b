import type { Column, Expr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { GeneratorSignature } from "../../catalog/functions/signature.ts";
import type { AstExpr, Identifier, LateralView } from "../../parser/ast.ts";
import type { LogicalPlan } from "../logical.ts";
import { analysisError } from "./analysis-errors.ts";
import { castArguments, resolveContext } from "./calls.ts";
import type { ExprEnvironment } from "./environment.ts";
import { callSite, resolveExpr } from "./expressions.ts";
import type { CallAst } from "./function-calls.ts";
import { argumentsOf, callName, lookUpCall } from "./function-calls.ts";
import type { ScopedPlan } from "./relations.ts";
import type { QueryEnvironment } from "./scope.ts";
import { scopeOf } from "./scope.ts";
import { attachSubqueries, subqueryCollector } from "./subqueries.ts";

export interface GeneratorCall {
  readonly name: string;
  readonly args: readonly Expr[];
  readonly columns: readonly Column[];
  readonly outer: boolean;
}

/** A generator's call under its arguments' types; `names` replace its columns' own. `explode_outer` is `explode` that keeps empty rows. */
export function resolveGenerator(ast: CallAst, names: readonly Identifier[], outer: boolean, env: ExprEnvironment): GeneratorCall {
  const written = callName(ast);
  const isOuter = outer || written.endsWith("_outer");
  const signature = generatorSignature(ast, env);
  if (signature === undefined) throw analysisError("UNSUPPORTED_GENERATOR.NOT_GENERATOR", "42K0E", `The generator is not supported: \`${written}\` is expected to be a generator. However, its class is not a generator.`, { functionName: `\`${written}\``, classCanonicalName: written }, ast.span);
  const args = argumentsOf(ast, env, signature.parameters);
  const resolved = args.map((a) => resolveExpr(a, env));
  const resolution = signature.resolve(resolved.map(typeOf), resolveContext(resolved, env, callSite(written, ast, args, env)));
  if (names.length > 0 && names.length !== resolution.columns.length) {
    throw analysisError("UDTF_ALIAS_NUMBER_MISMATCH", "42802", `The number of aliases supplied in the AS clause does not match the number of columns output by the UDTF. Expected ${resolution.columns.length} aliases, but got ${names.map((n) => n.name).join(",")}. Please ensure that the number of aliases provided matches the number of columns output by the UDTF.`, { aliasesSize: String(resolution.columns.length), aliasesNames: names.map((n) => n.name).join(",") }, ast.span);
  }
  const columns = resolution.columns.map((c, i): Column => ({ id: env.query.context.nextId(), name: names[i]?.name ?? c.name, type: c.type, nullable: c.nullable || isOuter }));
  return { name: signature.name, args: castArguments(resolved, resolution, env, ast.span), columns, outer: isOuter };
}

function generatorSignature(ast: CallAst, env: ExprEnvironment): GeneratorSignature | undefined {
  const name = callName(ast);
  const base = name.endsWith("_outer") && env.query.context.lookupFunction(name) === undefined ? { ...ast, name: { ...ast.name, parts: [{ ...ast.name.parts[ast.name.parts.length - 1], name: name.slice(0, -"_outer".length) }] } } : ast;
  const signature = lookUpCall(base, env);
  return signature.kind === "generator" ? signature : undefined;
}

/** LATERAL VIEW: the rows so far, each with what the generator makes of it. */
export function applyLateralView(view: LateralView, input: ScopedPlan, env: QueryEnvironment): ScopedPlan {
  const subqueries = subqueryCollector();
  const call = resolveGenerator(view.call, view.columns, view.outer, { query: env, scope: input.scope, clause: "LATERAL VIEW", subqueries });
  const plan: LogicalPlan = { kind: "generate", input: attachSubqueries(input.plan, subqueries.pending), generator: call.name, args: call.args, outer: call.outer, columns: call.columns };
  return { plan, scope: [...input.scope, ...scopeOf(call.columns, view.table === undefined ? [] : [view.table.name])] };
}

/** A generator as an item of the select list; undefined for any other item. */
export function generatorItem(item: AstExpr, env: ExprEnvironment): GeneratorCall | undefined {
  const call = generatorCallOf(item, env);
  return call === undefined ? undefined : resolveGenerator(call, item.kind === "alias" ? item.names : [], false, { ...env, windows: undefined });
}

/** The plan's rows, each with what the generators make of it; several multiply. */
export function attachGenerators(plan: LogicalPlan, calls: readonly GeneratorCall[], settle: (expr: Expr) => Expr): LogicalPlan {
  return calls.reduce<LogicalPlan>((input, call) => ({ kind: "generate", input, generator: call.name, args: call.args.map(settle), outer: call.outer, columns: call.columns }), plan);
}

function generatorCallOf(item: AstExpr, env: ExprEnvironment): CallAst | undefined {
  const ast = item.kind === "alias" ? item.operand : item;
  if (ast.kind !== "call" || ast.over !== undefined) return undefined;
  const name = callName(ast);
  const { lookupFunction } = env.query.context;
  const signature = lookupFunction(name) ?? (name.endsWith("_outer") ? lookupFunction(name.slice(0, -"_outer".length)) : undefined);
  return signature?.kind === "generator" ? ast : undefined;
}
