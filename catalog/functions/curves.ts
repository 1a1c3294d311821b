import type { DataType } from "../types.ts";
import { BINARY, INT, LONG } from "../types.ts";
import { checkCount, coerceArguments, scalar, scalarBy } from "./define.ts";
import { ANY, arrayOf, INT_TYPE } from "./expected-types.ts";
import type { FunctionSignature } from "./signature.ts";

/** What rows are laid out along space-filling curves with: OPTIMIZE ... ZORDER BY and clustering. Source: Delta Spark's `MultiDimClusteringFunctions`. */
export const curveSignatures: readonly FunctionSignature[] = [
  // The number of the range that a value is in, where the array has the upper ends of the ranges but the last, sorted; 0 for NULL.
  scalarBy("range_partition_id", (given, context) => {
    checkCount(context, given.length, 2, 2);
    const args: DataType[] = coerceArguments(given, [ANY, arrayOf(ANY)], context);
    return { args, result: INT, nullable: "never" };
  }),
  // The place on a Hilbert curve of the point with these coordinates, of so many bits each.
  scalar("hilbert_index", [INT_TYPE, INT_TYPE], LONG, { variadic: true }),
  // The place on a Z-order curve: the coordinates' bits in turn, highest first.
  scalar("interleave_bits", [INT_TYPE], BINARY, { variadic: true }),
];
