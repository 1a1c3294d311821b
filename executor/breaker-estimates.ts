import { isStringLike, type DataType } from "../catalog/types.ts";
import type { Breaker } from "../planner/stages.ts";

/** Of a record: its header, and a value of fixed width. */
const HEADER_BYTES = 24;
const VALUE_BYTES = 8;
/** Of a value that lies beside its record, with its address and length. */
const TEXT_BYTES = 40;

/** Rows that were thought to come into a breaker, of groupings out of it. */
export function estimatedRows(breaker: Breaker): number {
  return breaker.kind === "build" || breaker.kind === "loopBuild" ? breaker.node.build.rows : breaker.node.rows;
}

/** Memory that these rows would take. */
export function estimatedBytes(breaker: Breaker): number {
  return estimatedRows(breaker) * breaker.columns.reduce((sum, { type }) => sum + valueBytes(type), HEADER_BYTES);
}

function valueBytes(type: DataType): number {
  return isStringLike(type) || type.kind === "array" || type.kind === "map" || type.kind === "struct" ? TEXT_BYTES : VALUE_BYTES;
}
