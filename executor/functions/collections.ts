import type { DataType } from "../../catalog/types.ts";
import { datetimeOverflow } from "../../catalog/runtime-errors.ts";
import type { CalendarInterval, MapValue, StructValue, Value } from "../../catalog/values.ts";
import { addMonths, dayOfMicros, MICROS_PER_DAY } from "./calendar.ts";
import { castToText } from "./cast-text.ts";
import { compareNullsFirst, compareValues, groupKey, sameValue } from "./compare.ts";
import { dataError } from "./data-errors.ts";
import { checkHeapRoom } from "./heap-room.ts";
import { randomSequence } from "./math.ts";
import type { ScalarCall, ScalarFunction } from "./scalar-function.ts";
import { define, defineWithNulls } from "./scalar-function.ts";
import { timeZone, toInstantMicros, toLocalMicros } from "./time-zone.ts";

type Items = readonly Value[];

const MAX_ELEMENTS = 2147483632;

function elementType(call: ScalarCall, index = 0): DataType {
  const type = call.argTypes[index];
  return type.kind === "array" ? type.element : { kind: "null" };
}

function mapTypes(call: ScalarCall): { readonly key: DataType; readonly value: DataType } {
  const type = call.argTypes[0];
  return type.kind === "map" ? type : { key: { kind: "null" }, value: { kind: "null" } };
}

/** A set of values of one type. */
class ValueSet {
  private readonly type: DataType;
  private readonly keys = new Set<unknown>();

  constructor(type: DataType, items: Items = []) {
    this.type = type;
    for (const item of items) this.keys.add(groupKey(type, item));
  }

  has(value: Value): boolean {
    return this.keys.has(groupKey(this.type, value));
  }

  /** False when the value was there already. */
  add(value: Value): boolean {
    const key = groupKey(this.type, value);
    if (this.keys.has(key)) return false;
    this.keys.add(key);
    return true;
  }
}

function distinct(type: DataType, items: Items): Items {
  const seen = new ValueSet(type);
  return items.filter((item) => seen.add(item));
}

/** A map from pairs; a NULL key or one that comes twice raises. Source: Spark's `ArrayBasedMapBuilder`. */
export function mapFromPairs(keyType: DataType, keys: Items, values: Items, call: ScalarCall): MapValue {
  const seen = new ValueSet(keyType);
  for (const key of keys) {
    if (key === null) throw dataError("NULL_MAP_KEY", "2200E", "A key of a map must not be NULL.", {}, call);
    if (!seen.add(key)) throw dataError("DUPLICATED_MAP_KEY", "23505", `The key ${castToText(key, keyType, call.mode, call.timeZone) ?? ""} stands twice.`, { key: castToText(key, keyType, call.mode, call.timeZone) ?? "", mapKeyDedupPolicy: '"spark.sql.mapKeyDedupPolicy"' }, call);
  }
  return { keys, values };
}

function outOfBounds(condition: string, index: Value, size: number, call: ScalarCall): null {
  if (call.mode === "legacy") return null;
  throw dataError(condition, "22003", `The index ${String(index)} is out of bounds: the array has ${size} elements.`, { indexValue: String(index), arraySize: String(size) }, call);
}

function valueOfKey(map: MapValue, keyType: DataType, key: Value): Value {
  for (let i = 0; i < map.keys.length; i++) if (compareValues(keyType, map.keys[i], key) === 0) return map.values[i];
  return null;
}

/** Positions count from 1, or from -1 at the end. */
function elementAt(name: string, raises: boolean): ScalarFunction {
  return define(name, ([collection, key], call) => {
    if (!Array.isArray(collection)) return valueOfKey(collection as MapValue, mapTypes(call).key, key);
    const index = key as number;
    if (index === 0) throw dataError("INVALID_INDEX_OF_ZERO", "22003", "The index 0 is invalid: positions count from 1, or from -1 at the end.", {}, call);
    const items = collection as Items;
    const at = index > 0 ? index - 1 : items.length + index;
    if (at >= 0 && at < items.length) return items[at];
    return raises ? outOfBounds("INVALID_ARRAY_INDEX_IN_ELEMENT_AT", index, items.length, call) : null;
  });
}

function checkSize(size: number, call: ScalarCall): void {
  if (size > MAX_ELEMENTS) throw dataError("COLLECTION_SIZE_LIMIT_EXCEEDED.FUNCTION", "54000", `The array would have ${size} elements.`, { numberOfElements: String(size), maxRoundedArrayLength: String(MAX_ELEMENTS), functionName: `\`${call.name}\`` }, call);
  checkHeapRoom(size);
}

/** Source: Spark's `ArrayInsert`: beyond either end the gap is filled with NULLs. */
function arrayInsert(items: Items, position: number, value: Value, call: ScalarCall): Value {
  if (position === 0) throw dataError("INVALID_INDEX_OF_ZERO", "22003", "The index 0 is invalid: positions count from 1, or from -1 at the end.", {}, call);
  checkSize(Math.max(items.length, Math.abs(position)) + 1, call);
  if (position > 0) {
    const at = position - 1;
    if (at <= items.length) return items.toSpliced(at, 0, value);
    return [...items, ...Array.from({ length: at - items.length }, () => null), value];
  }
  const at = items.length + position + 1;
  if (at >= 0) return items.toSpliced(at, 0, value);
  return [value, ...Array.from({ length: -at }, () => null), ...items];
}

function sorted(items: Items, type: DataType, ascending: boolean): Value {
  const sign = ascending ? 1 : -1;
  return [...items].sort((a, b) => sign * compareNullsFirst(type, a, b));
}

function extremum(name: string, sign: 1 | -1): ScalarFunction {
  return define(name, ([items], call) => {
    const type = elementType(call);
    let best: Value = null;
    for (const item of items as Items) if (item !== null && (best === null || sign * compareValues(type, item, best) > 0)) best = item;
    return best;
  });
}

function overlap(a: Items, b: Items, type: DataType): Value {
  const set = new ValueSet(type, a.filter((x) => x !== null));
  if (b.some((x) => x !== null && set.has(x))) return true;
  return a.length > 0 && b.length > 0 && (a.includes(null) || b.includes(null)) ? null : false;
}

function slice(items: Items, start: number, length: number, call: ScalarCall): Value {
  if (start === 0) throw dataError("INVALID_PARAMETER_VALUE.START", "22023", "slice: positions count from 1, or from -1 at the end.", { functionName: "`slice`", parameter: "`start`" }, call);
  if (length < 0) throw dataError("INVALID_PARAMETER_VALUE.LENGTH", "22023", "slice: the length must not be negative.", { functionName: "`slice`", parameter: "`length`", length: String(length) }, call);
  const from = start > 0 ? start - 1 : items.length + start;
  return from < 0 || from >= items.length ? [] : items.slice(from, from + length);
}

function joinText(items: Items, separator: string, replacement: Value | undefined): string {
  const texts: string[] = [];
  for (const item of items) {
    if (item !== null) texts.push(item as string);
    else if (replacement !== undefined) texts.push(replacement as string);
  }
  return texts.join(separator);
}

function wrongSequence(call: ScalarCall): never {
  throw dataError("INVALID_PARAMETER_VALUE.SEQUENCE", "22023", "sequence: start, stop and step do not lead from one to the other.", { functionName: "`sequence`", parameter: "`step`" }, call);
}

function integerSequence(start: bigint, stop: bigint, step: bigint, call: ScalarCall): bigint[] {
  if (step === 0n ? start !== stop : step > 0n ? start > stop : start < stop) wrongSequence(call);
  if (step === 0n) return [start];
  checkSize(Number((stop - start) / step) + 1, call);
  const result: bigint[] = [];
  for (let x = start; step > 0n ? x <= stop : x >= stop; x += step) result.push(x);
  return result;
}

/** Steps from the start, not from the last element, so that months keep their day. Source: Spark's `Sequence.TemporalSequenceImpl`. */
function temporalSequence(start: Value, stop: Value, step: CalendarInterval, type: DataType, call: ScalarCall): Value {
  const zoned = type.kind === "timestamp";
  const zone = timeZone(call.timeZone);
  const toLocal = (value: Value): bigint => (type.kind === "date" ? BigInt(value as number) * MICROS_PER_DAY : zoned ? toLocalMicros(value as bigint, zone) : (value as bigint));
  const first = toLocal(start);
  const last = toLocal(stop);
  const size = step.months * 30 + step.days + Number(step.micros) / 86_400_000_000;
  if (size === 0) return first === last ? [start] : wrongSequence(call);
  if (size > 0 ? first > last : first < last) wrongSequence(call);
  const result: Value[] = [];
  for (let i = 0; ; i++) {
    const day = dayOfMicros(first);
    const local = first + BigInt(addMonths(day, step.months * i) + step.days * i - day) * MICROS_PER_DAY + step.micros * BigInt(i);
    if (size > 0 ? local > last : local < last) return result;
    if (BigInt.asIntN(64, local) !== local) throw datetimeOverflow("step a sequence", call.span);
    result.push(type.kind === "date" ? dayOfMicros(local) : zoned ? toInstantMicros(local, zone) : local);
    checkSize(result.length, call);
  }
}

function sequence(args: Items, call: ScalarCall): Value {
  const [start, stop, step] = args;
  const type = elementTypeOfResult(call);
  if (type.kind === "date" || type.kind === "timestamp" || type.kind === "timestamp_ntz") {
    const stepType = call.argTypes[2]?.kind;
    const by: CalendarInterval =
      step === undefined
        ? { months: 0, days: compareValues(type, start, stop) <= 0 ? 1 : -1, micros: 0n }
        : stepType === "interval_ym"
          ? { months: step as number, days: 0, micros: 0n }
          : stepType === "interval_dt"
            ? { months: 0, days: Number((step as bigint) / MICROS_PER_DAY), micros: (step as bigint) % MICROS_PER_DAY }
            : (step as CalendarInterval);
    return temporalSequence(start, stop, by, type, call);
  }
  const [from, to] = [BigInt(start as number | bigint), BigInt(stop as number | bigint)];
  const items = integerSequence(from, to, step === undefined ? (from <= to ? 1n : -1n) : BigInt(step as number | bigint), call);
  return type.kind === "long" ? items : items.map(Number);
}

function elementTypeOfResult(call: ScalarCall): DataType {
  return call.type.kind === "array" ? call.type.element : { kind: "null" };
}

function shuffled(items: Items, call: ScalarCall, seed: Value | undefined): Value {
  const result = [...items];
  const random = randomSequence(call, seed);
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

function keyTypeOfResult(call: ScalarCall): DataType {
  return call.type.kind === "map" ? call.type.key : { kind: "null" };
}

export const collectionFunctions: readonly ScalarFunction[] = [
  defineWithNulls("array", (args) => args),
  defineWithNulls("named_struct", (args) => ({ fields: args.filter((_, i) => i % 2 === 1) })),
  defineWithNulls("struct", (args) => ({ fields: args })),
  defineWithNulls("map", (args, call) => mapFromPairs(keyTypeOfResult(call), args.filter((_, i) => i % 2 === 0), args.filter((_, i) => i % 2 === 1), call)),
  define("getfield", ([base, position], call) => {
    const type = call.argTypes[0];
    const struct = type.kind === "array" ? type.element : type;
    const at = typeof position === "string" && struct.kind === "struct" ? struct.fields.findIndex((f) => f.name.toLowerCase() === position.toLowerCase()) : Number(position);
    if (Array.isArray(base)) return (base as Items).map((item) => (item === null ? null : (item as StructValue).fields[at]));
    return (base as StructValue).fields[at];
  }),
  define("getitem", ([collection, key], call) => {
    if (!Array.isArray(collection)) return valueOfKey(collection as MapValue, mapTypes(call).key, key);
    const items = collection as Items;
    const index = Number(key);
    return index >= 0 && index < items.length ? items[index] : outOfBounds("INVALID_ARRAY_INDEX", index, items.length, call);
  }),
  elementAt("element_at", true),
  elementAt("try_element_at", false),
  define("get", ([items, index]) => (items as Items)[index as number] ?? null),
  defineWithNulls("size", ([collection], call) => {
    if (collection === null) return call.mode === "legacy" ? -1 : null;
    return Array.isArray(collection) ? (collection as Items).length : (collection as MapValue).keys.length;
  }),
  define("array_size", ([items]) => (items as Items).length),
  define("array_contains", ([items, value], call) => {
    const type = elementType(call);
    if ((items as Items).some((item) => item !== null && compareValues(type, item, value) === 0)) return true;
    return (items as Items).includes(null) ? null : false;
  }),
  define("array_position", ([items, value], call) => BigInt((items as Items).findIndex((item) => item !== null && compareValues(elementType(call), item, value) === 0) + 1)),
  define("array_remove", ([items, value], call) => (items as Items).filter((item) => item === null || compareValues(elementType(call), item, value) !== 0)),
  defineWithNulls("array_append", ([items, value]) => (items === null ? null : [...(items as Items), value])),
  defineWithNulls("array_prepend", ([items, value]) => (items === null ? null : [value, ...(items as Items)])),
  defineWithNulls("array_insert", ([items, position, value], call) => (items === null || position === null ? null : arrayInsert(items as Items, position as number, value, call))),
  define("array_distinct", ([items], call) => distinct(elementType(call), items as Items)),
  define("array_compact", ([items]) => (items as Items).filter((item) => item !== null)),
  define("array_union", ([a, b], call) => distinct(elementType(call), [...(a as Items), ...(b as Items)])),
  define("array_intersect", ([a, b], call) => {
    const other = new ValueSet(elementType(call), b as Items);
    return distinct(elementType(call), a as Items).filter((item) => other.has(item));
  }),
  define("array_except", ([a, b], call) => {
    const other = new ValueSet(elementType(call), b as Items);
    return distinct(elementType(call), a as Items).filter((item) => !other.has(item));
  }),
  define("arrays_overlap", ([a, b], call) => overlap(a as Items, b as Items, elementType(call))),
  define("arrays_zip", (args) => {
    const length = Math.max(0, ...args.map((items) => (items as Items).length));
    return Array.from({ length }, (_, i) => ({ fields: args.map((items) => (items as Items)[i] ?? null) }));
  }),
  define("array_join", ([items, separator, replacement]) => joinText(items as Items, separator as string, replacement)),
  extremum("array_max", 1),
  extremum("array_min", -1),
  defineWithNulls("array_repeat", ([value, count], call) => {
    if (count === null) return null;
    checkSize(count as number, call);
    return Array.from({ length: Math.max(0, count as number) }, () => value);
  }),
  define("sort_array", ([items, ascending = true], call) => sorted(items as Items, elementType(call), ascending as boolean)),
  define("flatten", ([items]) => ((items as Items).includes(null) ? null : (items as readonly Items[]).flat(1))),
  define("sequence", sequence),
  define("slice", ([items, start, length], call) => slice(items as Items, start as number, length as number, call)),
  define("shuffle", ([items, seed], call) => shuffled(items as Items, call, seed)),
  define("map_keys", ([map]) => (map as MapValue).keys),
  define("map_values", ([map]) => (map as MapValue).values),
  define("map_entries", ([map]) => (map as MapValue).keys.map((key, i) => ({ fields: [key, (map as MapValue).values[i]] }))),
  define("map_from_arrays", ([keys, values], call) => {
    if ((keys as Items).length !== (values as Items).length) throw dataError("INVALID_PARAMETER_VALUE.MAP_FROM_ARRAYS", "22023", "map_from_arrays: the arrays have different lengths.", { functionName: "`map_from_arrays`" }, call);
    return mapFromPairs(keyTypeOfResult(call), keys as Items, values as Items, call);
  }),
  define("map_from_entries", ([entries], call) => {
    if ((entries as Items).includes(null)) return null;
    const pairs = entries as readonly StructValue[];
    return mapFromPairs(keyTypeOfResult(call), pairs.map((pair) => pair.fields[0]), pairs.map((pair) => pair.fields[1]), call);
  }),
  define("map_concat", (args, call) => mapFromPairs(keyTypeOfResult(call), args.flatMap((map) => (map as MapValue).keys), args.flatMap((map) => (map as MapValue).values), call)),
  define("map_contains_key", ([map, key], call) => (map as MapValue).keys.some((k) => sameValue(mapTypes(call).key, k, key))),
];
