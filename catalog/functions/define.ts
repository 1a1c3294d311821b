import type { EvalMode } from "../expression.ts";
import type { DataType } from "../types.ts";
import { unexpectedInputType, wrongNumberOfArguments } from "./argument-errors.ts";
import type { ExpectedType } from "./expected-types.ts";
import { implicitCast } from "./expected-types.ts";
import type { AggregateSignature, GeneratorSignature, MacroSignature, Resolution, ResolveContext, ScalarSignature, WindowSignature } from "./signature.ts";

export type ResultRule = DataType | ((args: readonly DataType[], context: ResolveContext) => DataType);

export interface ParameterOptions {
  readonly aliases?: readonly string[];
  /** How many of the last parameters may be left out. */
  readonly optional?: number;
  /** The last parameter may come any number of times, from `optional`'s count on. */
  readonly variadic?: boolean;
  readonly nullable?: Resolution["nullable"];
  /** Gives NULL instead of an error outside of ANSI mode, so the result can always be NULL there. */
  readonly fails?: boolean;
  /** Further rules on the arguments after implicit casts; may raise, may replace their types. */
  readonly check?: (args: readonly DataType[], context: ResolveContext) => readonly DataType[] | void;
}

/** Counts that fit, as WRONG_NUM_ARGS names them. */
export function checkCount(context: ResolveContext, actual: number, minimum: number, maximum: number): void {
  if (actual >= minimum && actual <= maximum) return;
  if (maximum === Number.POSITIVE_INFINITY) throw wrongNumberOfArguments(context, actual, `> ${minimum - 1}`);
  throw wrongNumberOfArguments(context, actual, Array.from({ length: maximum - minimum + 1 }, (_, i) => minimum + i));
}

/** Applies implicit casts; raises DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE for the first argument that does not fit. */
export function coerceArguments(args: readonly DataType[], parameters: readonly ExpectedType[], context: ResolveContext): DataType[] {
  return args.map((type, i) => {
    const expected = parameters[Math.min(i, parameters.length - 1)];
    const to = implicitCast(type, expected, context.ansi);
    if (to === undefined) throw unexpectedInputType(context, i, type, expected.name);
    return to;
  });
}

function resolver(parameters: readonly ExpectedType[], result: ResultRule, options: ParameterOptions): (args: readonly DataType[], context: ResolveContext) => Resolution {
  const minimum = parameters.length - (options.optional ?? 0);
  const maximum = options.variadic ? Number.POSITIVE_INFINITY : parameters.length;
  return (given, context) => {
    checkCount(context, given.length, minimum, maximum);
    const coerced = coerceArguments(given, parameters, context);
    const args = options.check?.(coerced, context) ?? coerced;
    const nullable = options.fails && !context.ansi ? "always" : (options.nullable ?? "any");
    return { args, result: typeof result === "function" ? result(args, context) : result, nullable };
  };
}

export function scalar(name: string, parameters: readonly ExpectedType[], result: ResultRule, options: ParameterOptions & { readonly deterministic?: boolean; readonly seed?: number; readonly mode?: EvalMode } = {}): ScalarSignature {
  return { kind: "scalar", name, aliases: options.aliases, deterministic: options.deterministic, seed: options.seed, mode: options.mode, resolve: resolver(parameters, result, options) };
}

/** A scalar function with rules of its own. */
export function scalarBy(name: string, resolve: ScalarSignature["resolve"], options: Omit<ScalarSignature, "kind" | "name" | "resolve"> = {}): ScalarSignature {
  return { kind: "scalar", name, resolve, ...options };
}

export function aggregate(name: string, parameters: readonly ExpectedType[], result: ResultRule, options: ParameterOptions & { readonly withinGroup?: boolean; readonly mode?: EvalMode } = {}): AggregateSignature {
  return { kind: "aggregate", name, aliases: options.aliases, withinGroup: options.withinGroup, mode: options.mode, resolve: resolver(parameters, result, { nullable: "always", ...options }) };
}

export function windowFunction(name: string, parameters: readonly ExpectedType[], result: ResultRule, options: ParameterOptions = {}): WindowSignature {
  return { kind: "window", name, aliases: options.aliases, resolve: resolver(parameters, result, { nullable: "always", ...options }) };
}

/** A macro of a fixed number of arguments. */
export function macro(name: string, count: number | readonly [number, number], expand: MacroSignature["expand"], aliases?: readonly string[]): MacroSignature {
  const [minimum, maximum] = typeof count === "number" ? [count, count] : count;
  return {
    kind: "macro",
    name,
    aliases,
    expand: (args, context, build) => {
      checkCount(context, args.length, minimum, maximum);
      return expand(args, context, build);
    },
  };
}

export function generator(name: string, resolve: GeneratorSignature["resolve"], aliases?: readonly string[]): GeneratorSignature {
  return { kind: "generator", name, aliases, resolve };
}
