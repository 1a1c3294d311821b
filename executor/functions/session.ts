import { randomUUID } from "node:crypto";
import { typeName } from "../../catalog/types.ts";
import type { MapValue } from "../../catalog/values.ts";
import { dataError } from "./data-errors.ts";
import { randomSequence } from "./math.ts";
import type { ScalarCall, ScalarFunction } from "./scalar-function.ts";
import { defineWithNulls, siteState } from "./scalar-function.ts";

const counters = new WeakMap<object, { from: bigint; next: bigint }>();

/** Ids of the rows at hand, one after the other. */
function nextId(call: ScalarCall): bigint {
  const counter = siteState(counters, call, () => ({ from: 0n, next: 0n }));
  const from = call.place?.firstId ?? 0n;
  if (counter.from !== from) counter.from = counter.next = from;
  return counter.next++;
}

/** A version 4 UUID from a seeded sequence. */
function seededUuid(next: () => number): string {
  const hex = (digits: number): string => Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join("");
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${"89ab"[Math.floor(next() * 4)]}${hex(3)}-${hex(12)}`;
}

/** What statements ask of the session, and functions that speak of types and raise errors. */
export const sessionFunctions: readonly ScalarFunction[] = [
  defineWithNulls("current_user", (_args, call) => call.user),
  defineWithNulls("current_database", (_args, call) => call.database),
  defineWithNulls("current_catalog", (_args, call) => call.catalog),
  defineWithNulls("version", () => "4.0.0 (Sparrow)"),
  defineWithNulls("monotonically_increasing_id", (_args, call) => nextId(call)),
  defineWithNulls("spark_partition_id", (_args, call) => call.place?.partition ?? 0),
  defineWithNulls("uuid", ([seed], call) => {
    if (typeof seed !== "bigint") return randomUUID();
    const sequence = randomSequence(call, seed);
    return seededUuid(() => sequence.next());
  }),
  defineWithNulls("typeof", (_args, call) => typeName(call.argTypes[0])),
  defineWithNulls("assert_true", ([condition, message], call) => {
    if (condition === true) return null;
    const errorMessage = message === undefined ? "'false' is not true!" : String(message);
    throw dataError("USER_RAISED_EXCEPTION", "P0001", errorMessage, { errorMessage }, call);
  }),
  defineWithNulls("raise_error", ([message, parameters], call) => {
    if (parameters === undefined) throw dataError("USER_RAISED_EXCEPTION", "P0001", message === null ? "null" : (message as string), { errorMessage: message === null ? "null" : (message as string) }, call);
    const { keys, values } = parameters as MapValue;
    throw dataError(String(message).toUpperCase(), "P0001", String(message), Object.fromEntries(keys.map((key, i) => [key as string, String(values[i])])), call);
  }),
];
