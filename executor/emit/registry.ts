import { arithmeticEmitters } from "./arithmetic.ts";
import { comparisonEmitters } from "./comparison.ts";
import { dateFunctionEmitters } from "./date-functions.ts";
import type { FunctionEmitter, FunctionEmitters } from "./function-emitter.ts";
import { hashFunctionEmitters } from "./hash-functions.ts";
import { mathFunctionEmitters } from "./math-functions.ts";
import { nestedFunctionEmitters } from "./nested-functions.ts";
import { nullFunctionEmitters } from "./null-functions.ts";
import { textFunctionEmitters } from "./text-functions.ts";
import { textPredicateEmitters } from "./text-predicates.ts";
import { timestampFunctionEmitters } from "./timestamp-functions.ts";

const emitters: FunctionEmitters = { ...arithmeticEmitters, ...comparisonEmitters, ...dateFunctionEmitters, ...hashFunctionEmitters, ...mathFunctionEmitters, ...nestedFunctionEmitters, ...nullFunctionEmitters, ...textFunctionEmitters, ...timestampFunctionEmitters, ...textPredicateEmitters };

/** By the registry's name; undefined for functions that have no code and run in TypeScript. */
export function functionEmitter(name: string): FunctionEmitter | undefined {
  return Object.hasOwn(emitters, name) ? emitters[name] : undefined;
}

export function emittedFunctionNames(): readonly string[] {
  return Object.keys(emitters);
}
