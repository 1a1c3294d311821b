import { arithmeticFunctions } from "./arithmetic.ts";
import { collectionFunctions } from "./collections.ts";
import { comparisonFunctions } from "./comparison.ts";
import { csvFunctions } from "./csv.ts";
import { curveFunctions } from "./curves.ts";
import { datetimeUnitFunctions } from "./datetime-units.ts";
import { datetimeFunctions } from "./datetime.ts";
import { encodingFunctions } from "./encodings.ts";
import { encryptionFunctions } from "./encryption.ts";
import { hashFunctions } from "./hash.ts";
import { higherOrderFunctions } from "./higher-order.ts";
import { jsonFunctions } from "./json.ts";
import { mathFunctions } from "./math.ts";
import { numberPatternFunctions } from "./number-patterns.ts";
import { numberTextFunctions } from "./number-text.ts";
import { patternFunctions } from "./patterns.ts";
import type { ScalarFunction } from "./scalar-function.ts";
import { sessionFunctions } from "./session.ts";
import { stringFunctions } from "./strings.ts";
import { variantFunctions } from "./variant.ts";

const ALL: readonly ScalarFunction[] = [
  ...arithmeticFunctions,
  ...comparisonFunctions,
  ...mathFunctions,
  ...stringFunctions,
  ...patternFunctions,
  ...numberPatternFunctions,
  ...numberTextFunctions,
  ...encodingFunctions,
  ...encryptionFunctions,
  ...hashFunctions,
  ...datetimeFunctions,
  ...datetimeUnitFunctions,
  ...collectionFunctions,
  ...higherOrderFunctions,
  ...jsonFunctions,
  ...csvFunctions,
  ...variantFunctions,
  ...sessionFunctions,
  ...curveFunctions,
];

const BY_NAME = new Map(ALL.map((fn) => [fn.name, fn]));

/** The implementation of a scalar function, by the registry's name (lower case, no alias). */
export function scalarFunction(name: string): ScalarFunction | undefined {
  return BY_NAME.get(name);
}

/** Names of all implemented scalar functions. */
export function implementedScalars(): readonly string[] {
  return ALL.map((fn) => fn.name);
}
