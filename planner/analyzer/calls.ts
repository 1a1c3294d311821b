import type { Span } from "../../catalog/errors.ts";
import { assert, SparrowError } from "../../catalog/errors.ts";
import type { EvalMode, Expr } from "../../catalog/expression.ts";
import { isNullable, operands, typeOf } from "../../catalog/expression.ts";
import type { ExpressionBuilder, FunctionSignature, Resolution, ResolveContext, ScalarSignature } from "../../catalog/functions/signature.ts";
import type { DataType } from "../../catalog/types.ts";
import { DOUBLE, LONG } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { differentTypes, unresolvedRoutine } from "./analysis-errors.ts";
import { caseOf, castTo, literal } from "./casts.ts";
import { comparedAtOneLength } from "./char-padding.ts";
import type { ExprEnvironment } from "./environment.ts";

export function evalMode(env: ExprEnvironment): EvalMode {
  return env.query.context.settings.ansi ? "ansi" : "legacy";
}

/** What a message about a call needs. */
export interface CallSite {
  /** The name as written. */
  readonly name: string;
  /** The call and its arguments as messages quote them. */
  readonly sql: () => { readonly call: string; readonly args: readonly string[] };
  /** Field or alias name of each argument that has one. */
  readonly argumentNames?: readonly (string | undefined)[];
  readonly span: Span;
}

function signatureOf(name: string, env: ExprEnvironment, span: Span): FunctionSignature {
  const signature = env.query.context.lookupFunction(name.toLowerCase());
  if (signature === undefined) throw unresolvedRoutine([name], span);
  return signature;
}

/** A call of a scalar function or macro, its arguments under the types that it takes. */
export function applyFunction(name: string, args: readonly Expr[], env: ExprEnvironment, site: CallSite): Expr {
  const signature = signatureOf(name, env, site.span);
  if (signature.kind === "macro") {
    return signature.expand(args, resolveContext(args, env, site), expressionBuilder(env, site));
  }
  assert(signature.kind === "scalar", `${name} is no scalar function`);
  return applyScalar(signature, args, env, site);
}

export function applyScalar(signature: ScalarSignature, given: readonly Expr[], env: ExprEnvironment, site: CallSite): Expr {
  const args = signature.seed === given.length ? [...given, drawnSeed(env)] : given;
  const resolution = signature.resolve(args.map(typeOf), resolveContext(args, env, site));
  const mode = signature.mode ?? evalMode(env);
  const castArgs = castArguments(comparedAtOneLength(signature.name, args, env.query), resolution, env, site.span);
  return { kind: "call", name: signature.name, args: castArgs, type: resolution.result, nullable: mode === "try" || resultNullable(resolution, castArgs), mode, span: site.span };
}

/** Each call in a query has a seed of its own. */
function drawnSeed(env: ExprEnvironment): Expr {
  const drawn = env.query.context.evaluate({ kind: "call", name: "rand", args: [], type: DOUBLE, nullable: false, mode: "ansi" });
  return literal(BigInt(Math.floor(Number(drawn) * Number.MAX_SAFE_INTEGER)), LONG);
}

export function castArguments(args: readonly Expr[], resolution: { readonly args: readonly DataType[] }, env: ExprEnvironment, span: Span): readonly Expr[] {
  assert(args.length === resolution.args.length, `a signature answered ${resolution.args.length} types for ${args.length} arguments`);
  return args.map((arg, i) => (arg.kind === "lambda" ? arg : castTo(arg, resolution.args[i], evalMode(env), span)));
}

export function resultNullable(resolution: Resolution, args: readonly Expr[]): boolean {
  switch (resolution.nullable) {
    case "always":
      return true;
    case "never":
      return false;
    case "any":
      return args.some(isNullable);
    default:
      return resolution.nullable(args.map(isNullable));
  }
}

export function resolveContext(args: readonly Expr[], env: ExprEnvironment, site: CallSite): ResolveContext {
  const { settings } = env.query.context;
  return { name: site.name, ansi: settings.ansi, literals: lazyConstants(args, env, isOperator(site.name)), timeZone: settings.timeZone, span: site.span, sqlText: site.sql, argumentNames: site.argumentNames };
}

/**
 * Few signatures look at values: what has to be computed is computed when it is asked for. The types of operators follow what is written:
 * `d + 2` beside a decimal counts the digits of 2, `d + (1 + 1)` those of any int.
 */
function lazyConstants(args: readonly Expr[], env: ExprEnvironment, isOperator: boolean): readonly (Value | undefined)[] {
  const values: (Value | undefined)[] = Array.from({ length: args.length });
  args.forEach((arg, i) => {
    if (arg.kind === "literal") values[i] = arg.value;
    else if (!isOperator) Object.defineProperty(values, i, { enumerable: true, get: () => constantValue(arg, env) });
  });
  return values;
}

function isOperator(name: string): boolean {
  return name === "div" || name === "mod" || name === "pmod" || !/[a-z]/i.test(name);
}

/** The value of an argument that reads no column; undefined when it reads one, or raises (which is then the run's to say). */
function constantValue(expr: Expr, env: ExprEnvironment): Value | undefined {
  if (!isConstant(expr, env)) return undefined;
  try {
    return env.query.context.evaluate(expr);
  } catch (error) {
    if (error instanceof SparrowError) return undefined;
    throw error;
  }
}

/** No columns, and only functions that give the same value each time. */
export function isConstant(expr: Expr, env: ExprEnvironment): boolean {
  if (expr.kind === "column" || expr.kind === "lambda") return false;
  if (expr.kind === "call") {
    const signature = env.query.context.lookupFunction(expr.name);
    if (signature?.kind === "scalar" && signature.deterministic === false) return false;
  }
  return operands(expr).every((o) => isConstant(o, env));
}

/** What macros are written with. */
function expressionBuilder(env: ExprEnvironment, site: CallSite): ExpressionBuilder {
  const { ansi } = env.query.context.settings;
  return {
    call: (name, args, mode) => {
      const call = applyFunction(name, args, env, { ...site, name });
      // A failure under `try` is NULL, whatever the arguments.
      return mode === undefined || call.kind !== "call" ? call : { ...call, mode, nullable: call.nullable || mode === "try" };
    },
    cast: (input, type, mode) => castTo(input, type, mode ?? evalMode(env), site.span),
    literal: (value, type) => literal(value, type),
    cases: (branches, otherwise) => {
      const result = caseOf(branches, otherwise, ansi);
      if (result === undefined) {
        throw differentTypes(site.name, site.sql().call, [...branches.map((b) => b.then), ...(otherwise === undefined ? [] : [otherwise])].map(typeOf), site.span);
      }
      return result;
    },
  };
}
