import { aggregateSignatures } from "./aggregates.ts";
import { collectionSignatures } from "./collections.ts";
import { conditionalSignatures } from "./conditional.ts";
import { curveSignatures } from "./curves.ts";
import { datetimeSignatures } from "./datetime.ts";
import { documentSignatures } from "./documents.ts";
import { generatorSignatures } from "./generators.ts";
import { higherOrderSignatures } from "./higher-order.ts";
import { mathSignatures } from "./math.ts";
import { numberTextSignatures } from "./number-text.ts";
import { operatorSignatures } from "./operators.ts";
import { sessionSignatures } from "./session.ts";
import type { FunctionSignature } from "./signature.ts";
import { stringSignatures } from "./strings.ts";
import { variantSignatures } from "./variants.ts";
import { windowSignatures } from "./window.ts";

const ALL: readonly FunctionSignature[] = [
  ...operatorSignatures,
  ...mathSignatures,
  ...stringSignatures,
  ...conditionalSignatures,
  ...datetimeSignatures,
  ...collectionSignatures,
  ...higherOrderSignatures,
  ...aggregateSignatures,
  ...windowSignatures,
  ...generatorSignatures,
  ...numberTextSignatures,
  ...documentSignatures,
  ...variantSignatures,
  ...sessionSignatures,
  ...curveSignatures,
];

const BY_NAME = new Map<string, FunctionSignature>();
for (const signature of ALL) {
  for (const name of [signature.name, ...(signature.aliases ?? [])]) {
    if (BY_NAME.has(name)) throw new Error(`two functions are called ${name}`);
    BY_NAME.set(name, signature);
  }
}

/** The built-in function or operator of this name or alias, whatever its letter case. */
export function lookupFunction(name: string): FunctionSignature | undefined {
  return BY_NAME.get(name) ?? BY_NAME.get(name.toLowerCase());
}

/** Every name and alias, sorted: for SHOW FUNCTIONS and for suggestions. */
export function functionNames(): readonly string[] {
  return [...BY_NAME.keys()].sort();
}

/** Every function once, under its own name. */
export function allFunctions(): readonly FunctionSignature[] {
  return ALL;
}
