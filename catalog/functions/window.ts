import { commonType } from "../coercion.ts";
import type { DataType } from "../types.ts";
import { DOUBLE, INT, TIMESTAMP } from "../types.ts";
import { operandsDiffer } from "./argument-errors.ts";
import { checkCount, coerceArguments, windowFunction } from "./define.ts";
import { ANY, ANY_TIMESTAMP, BOOLEAN_TYPE, INT_TYPE, NUMERIC } from "./expected-types.ts";
import type { FunctionSignature, WindowSignature } from "./signature.ts";

/** No implicit casts, save of NULL. */
const COUNTER = { ...NUMERIC, implicit: (type: DataType): DataType | undefined => (type.kind === "null" ? DOUBLE : undefined) };
const START_TIME = { ...ANY_TIMESTAMP, name: '("TIMESTAMP" or "TIMESTAMP_NTZ")', implicit: (type: DataType): DataType | undefined => (type.kind === "null" ? TIMESTAMP : undefined) };
const FIXED = { nullable: "never" } as const;

/** `lag(x [, offset [, default]])`. */
function neighbour(name: string): WindowSignature {
  return {
    kind: "window",
    name,
    resolve: (given, context) => {
      checkCount(context, given.length, 1, 3);
      const args = [given[0], ...coerceArguments(given.slice(1, 2), [INT_TYPE], context), ...given.slice(2)];
      const common = args.length === 3 ? commonType(args[0], args[2], context.ansi) : args[0];
      if (common === undefined) throw operandsDiffer(context, args[0], args[2]);
      return { args: args.map((type, i) => (i === 1 ? type : common)), result: common, nullable: "always" };
    },
  };
}

export const windowSignatures: readonly FunctionSignature[] = [
  windowFunction("row_number", [], INT, FIXED),
  windowFunction("rank", [], INT, FIXED),
  windowFunction("dense_rank", [], INT, FIXED),
  windowFunction("percent_rank", [], DOUBLE, FIXED),
  windowFunction("cume_dist", [], DOUBLE, FIXED),
  windowFunction("ntile", [INT_TYPE], INT, { ...FIXED, optional: 1 }),
  neighbour("lag"),
  neighbour("lead"),
  windowFunction("counter_diff", [COUNTER, START_TIME], (args) => args[0], { optional: 1 }),
  windowFunction("nth_value", [ANY, INT_TYPE, BOOLEAN_TYPE], (args) => args[0], { optional: 1 }),
];

