import type { DataType } from "../../catalog/types.ts";
import type { MapValue, Value } from "../../catalog/values.ts";
import { compareNullsFirst, groupKey } from "./compare.ts";
import { mapFromPairs } from "./collections.ts";
import { dataError } from "./data-errors.ts";
import type { LambdaValue, ScalarCall, ScalarFunction } from "./scalar-function.ts";
import { define, defineWithNulls } from "./scalar-function.ts";

type Items = readonly Value[];

/** A function over an array and a lambda of (element [, position]). */
function overArray(name: string, of: (items: Items, f: LambdaValue) => Value): ScalarFunction {
  return define(name, ([items], _call, lambdas) => of(items as Items, lambdas[1] as LambdaValue));
}

/** Three-valued EXISTS and FORALL: `decisive` settles it. */
function quantified(name: string, decisive: boolean): ScalarFunction {
  return overArray(name, (items, f) => {
    let unknown = false;
    for (const item of items) {
      const value = f(item);
      if (value === decisive) return decisive;
      if (value === null) unknown = true;
    }
    return unknown ? null : !decisive;
  });
}

function keyType(type: DataType): DataType {
  return type.kind === "map" ? type.key : { kind: "null" };
}

/** By the lambda's sign, or ascending with NULLs last. */
function arraySort(items: Items, f: LambdaValue | undefined, call: ScalarCall): Value {
  const type: DataType = call.argTypes[0].kind === "array" ? call.argTypes[0].element : { kind: "null" };
  if (f === undefined) {
    return [...items].sort((a, b) => (a === null || b === null ? Number(a === null) - Number(b === null) : compareNullsFirst(type, a, b)));
  }
  return [...items].sort((a, b) => {
    const order = f(a, b);
    if (order === null) throw dataError("COMPARATOR_RETURNS_NULL", "22004", "The comparator of array_sort gave NULL.", { firstValue: String(a), secondValue: String(b) }, call);
    return order as number;
  });
}

/** Every key of either map once, in order of appearance. */
function zipMaps(left: MapValue, right: MapValue, f: LambdaValue, call: ScalarCall): Value {
  const type = keyType(call.argTypes[0]);
  const positions = new Map<unknown, { key: Value; left: Value; right: Value }>();
  left.keys.forEach((key, i) => positions.set(groupKey(type, key), { key, left: left.values[i], right: null }));
  right.keys.forEach((key, i) => {
    const entry = positions.get(groupKey(type, key));
    if (entry === undefined) positions.set(groupKey(type, key), { key, left: null, right: right.values[i] });
    else entry.right = right.values[i];
  });
  const entries = [...positions.values()];
  return { keys: entries.map((entry) => entry.key), values: entries.map((entry) => f(entry.key, entry.left, entry.right)) };
}

export const higherOrderFunctions: readonly ScalarFunction[] = [
  overArray("transform", (items, f) => items.map((item, i) => f(item, i))),
  overArray("filter", (items, f) => items.filter((item, i) => f(item, i) === true)),
  quantified("exists", true),
  quantified("forall", false),
  define("array_sort", ([items], call, lambdas) => arraySort(items as Items, lambdas[1], call)),
  defineWithNulls("aggregate", ([items, start], _call, lambdas) => {
    if (items === null) return null;
    const merge = lambdas[2] as LambdaValue;
    let result = start;
    for (const item of items as Items) result = merge(result, item);
    return lambdas[3] === undefined ? result : lambdas[3](result);
  }),
  define("zip_with", ([left, right], _call, lambdas) => {
    const length = Math.max((left as Items).length, (right as Items).length);
    const f = lambdas[2] as LambdaValue;
    return Array.from({ length }, (_, i) => f((left as Items)[i] ?? null, (right as Items)[i] ?? null));
  }),
  define("transform_keys", ([map], call, lambdas) => {
    const { keys, values } = map as MapValue;
    const f = lambdas[1] as LambdaValue;
    return mapFromPairs(keyType(call.type), keys.map((key, i) => f(key, values[i])), values, call);
  }),
  define("transform_values", ([map], _call, lambdas) => {
    const { keys, values } = map as MapValue;
    const f = lambdas[1] as LambdaValue;
    return { keys, values: keys.map((key, i) => f(key, values[i])) };
  }),
  define("map_filter", ([map], _call, lambdas) => {
    const { keys, values } = map as MapValue;
    const f = lambdas[1] as LambdaValue;
    const kept = keys.map((key, i) => f(key, values[i]) === true);
    return { keys: keys.filter((_, i) => kept[i]), values: values.filter((_, i) => kept[i]) };
  }),
  define("map_zip_with", ([left, right], call, lambdas) => zipMaps(left as MapValue, right as MapValue, lambdas[2] as LambdaValue, call)),
];
