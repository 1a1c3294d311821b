import type { Value } from "../../catalog/values.ts";
import { compareValues, sameValue } from "./compare.ts";
import type { ScalarFunction } from "./scalar-function.ts";
import { define, defineWithNulls } from "./scalar-function.ts";

function comparison(name: string, holds: (order: number) => boolean): ScalarFunction {
  return define(name, ([a, b], call) => holds(compareValues(call.argTypes[0], a, b)));
}

/** Three-valued AND and OR over values already there; the interpreter evaluates their arguments only as far as it must. */
function logical(name: string, decisive: boolean): ScalarFunction {
  return defineWithNulls(name, (args) => {
    if (args.includes(decisive)) return decisive;
    return args.includes(null) ? null : !decisive;
  });
}

function extremum(name: string, better: (order: number) => boolean): ScalarFunction {
  return defineWithNulls(name, (args, call) => {
    let best: Value = null;
    for (const value of args) {
      if (value !== null && (best === null || better(compareValues(call.type, value, best)))) best = value;
    }
    return best;
  });
}

export const comparisonFunctions: readonly ScalarFunction[] = [
  comparison("=", (order) => order === 0),
  comparison("<>", (order) => order !== 0),
  comparison("<", (order) => order < 0),
  comparison("<=", (order) => order <= 0),
  comparison(">", (order) => order > 0),
  comparison(">=", (order) => order >= 0),
  defineWithNulls("<=>", ([a, b], call) => sameValue(call.argTypes[0], a, b)),
  logical("and", false),
  logical("or", true),
  define("not", ([value]) => value !== true),
  defineWithNulls("isnull", ([value]) => value === null),
  defineWithNulls("isnotnull", ([value]) => value !== null),
  defineWithNulls("istrue", ([value]) => value === true),
  defineWithNulls("isfalse", ([value]) => value === false),
  defineWithNulls("coalesce", (args) => args.find((value) => value !== null) ?? null),
  extremum("greatest", (order) => order > 0),
  extremum("least", (order) => order < 0),
];
