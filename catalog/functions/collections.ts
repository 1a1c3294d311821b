import { commonType, commonTypeOf, commonTypeWithoutStrings } from "../coercion.ts";
import { SparrowError } from "../errors.ts";
import type { DataType, StructField } from "../types.ts";
import { BOOLEAN, containsKind, INT, INTERVAL_DT, INTERVAL_YM, isIntegral, LONG, NULL, STRING } from "../types.ts";
import { differentTypes, notOrderable, quoteType, typeMismatch, unexpectedInputType, unexpectedNull, wrongNumberOfArguments } from "./argument-errors.ts";
import { checkCount, coerceArguments, scalar, scalarBy } from "./define.ts";
import { ANY, ARRAY, arrayOf, BOOLEAN_TYPE, INT_TYPE, INTEGRAL, isOrderable, LONG_TYPE, MAP, oneOf, STRING_TYPE } from "./expected-types.ts";
import { allOfOneType } from "./operators.ts";
import type { FunctionSignature, ResolveContext, ScalarSignature } from "./signature.ts";

type ArrayType = DataType & { kind: "array" };
type MapType = DataType & { kind: "map" };

function asArray(args: readonly DataType[], context: ResolveContext, index = 0): ArrayType {
  return coerceArguments(args, args.map((_, i) => (i === index ? ARRAY : ANY)), context)[index] as ArrayType;
}

function asMap(args: readonly DataType[], context: ResolveContext, index = 0): MapType {
  return coerceArguments(args, args.map((_, i) => (i === index ? MAP : ANY)), context)[index] as MapType;
}

function functionDiffers(context: ResolveContext, subCondition: string, left: DataType, right: DataType, dataType: string): SparrowError {
  return typeMismatch(context, subCondition, `the arguments have the types ${quoteType(left)} and ${quoteType(right)}.`, { functionName: `\`${context.name}\``, dataType, leftType: quoteType(left), rightType: quoteType(right) });
}

/** (array, element) with both brought to one element type. */
function arrayAndElement(name: string, result: (array: ArrayType) => DataType, options: { readonly nullable?: "any" | "always"; readonly keepsNulls?: boolean } = {}): ScalarSignature {
  return scalarBy(name, (given, context) => {
    checkCount(context, given.length, 2, 2);
    if (given[1].kind === "null" && !options.keepsNulls) throw typeMismatch(context, "NULL_TYPE", "the arguments must not be of the type VOID.", { functionName: `\`${context.name}\`` });
    const array = asArray(given, context);
    const element = commonTypeWithoutStrings(array.element, given[1], context.ansi);
    if (element === undefined) throw functionDiffers(context, "ARRAY_FUNCTION_DIFF_TYPES", array, given[1], '"ARRAY"');
    const widened: ArrayType = { ...array, element };
    return { args: [widened, element], result: result(widened), nullable: options.nullable ?? (options.keepsNulls ? (n) => n[0] : "any") };
  });
}

/** Two arrays of one type. */
function twoArrays(name: string, result: (array: ArrayType) => DataType, nullable: "any" | "always" = "any"): ScalarSignature {
  return scalarBy(name, (given, context) => {
    checkCount(context, given.length, 2, 2);
    const left = asArray(given, context, 0);
    const right = asArray(given, context, 1);
    const common = commonTypeWithoutStrings(left, right, context.ansi);
    if (common === undefined) {
      throw typeMismatch(context, "BINARY_ARRAY_DIFF_TYPES", "the arrays have elements of different types.", { functionName: `\`${context.name}\``, arrayType: '"ARRAY"', leftType: quoteType(left), rightType: quoteType(right) });
    }
    return { args: [common, common], result: result(common as ArrayType), nullable };
  });
}

function extremumOf(name: string): ScalarSignature {
  return scalarBy(name, (given, context) => {
    checkCount(context, given.length, 1, 1);
    const array = asArray(given, context);
    if (!isOrderable(array.element)) throw notOrderable(context, array);
    return { args: [array], result: array.element, nullable: "always" };
  });
}

function fieldName(context: ResolveContext, index: number, fallback: number): string {
  return context.argumentNames?.[index] ?? `col${fallback}`;
}

/** The struct made by `named_struct` from alternating literal names and values. */
function namedStruct(given: readonly DataType[], context: ResolveContext): ReturnType<ScalarSignature["resolve"]> {
  if (given.length % 2 !== 0) throw new SparrowError("WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "42605", "named_struct takes pairs of a name and a value.", { functionName: "`named_struct`", expectedNum: "2n (n > 0)", actualNum: String(given.length), docroot: "https://spark.apache.org/docs/latest" }, { span: context.span });
  const fields: StructField[] = [];
  for (let i = 0; i < given.length; i += 2) {
    const name = context.literals[i];
    if (name === null) throw unexpectedNull(context, `\`name${i}\``);
    if (typeof name !== "string") throw typeMismatch(context, "CREATE_NAMED_STRUCT_WITHOUT_FOLDABLE_STRING", "field names must be constant strings.", { inputExprs: `["${context.sqlText?.().args[i] ?? ""}"]` });
    fields.push({ name, type: given[i + 1], nullable: true });
  }
  return { args: given, result: { kind: "struct", fields }, nullable: "never" };
}

function mapOfPairs(given: readonly DataType[], context: ResolveContext): ReturnType<ScalarSignature["resolve"]> {
  if (given.length % 2 !== 0) throw wrongNumberOfArguments(context, given.length, "2n (n > 0)");
  const keys = given.filter((_, i) => i % 2 === 0);
  const values = given.filter((_, i) => i % 2 === 1);
  const key = commonTypeOf(keys, context.ansi);
  if (key === undefined) throw typeMismatch(context, "CREATE_MAP_KEY_DIFF_TYPES", "the keys have different types.", { functionName: "`map`", dataType: `[${keys.map(quoteType).join(", ")}]` });
  const value = commonTypeOf(values, context.ansi);
  if (value === undefined) throw typeMismatch(context, "CREATE_MAP_VALUE_DIFF_TYPES", "the values have different types.", { functionName: "`map`", dataType: `[${values.map(quoteType).join(", ")}]` });
  checkKey(key, context);
  return { args: given.map((_, i) => (i % 2 === 0 ? key : value)), result: { kind: "map", key, value, valueContainsNull: true }, nullable: "never" };
}

function checkKey(key: DataType, context: ResolveContext): void {
  if (containsKind(key, "map") || containsKind(key, "variant")) throw typeMismatch(context, "INVALID_MAP_KEY_TYPE", "a key of a map cannot be or hold a map.", { keyType: quoteType(key) });
}

/** Element of an array by ordinal, or value of a map by key; the key is brought to the map's key type. */
function elementAccess(name: string): ScalarSignature {
  return scalarBy(name, (given, context) => {
    checkCount(context, given.length, 2, 2);
    const [collection, key] = given;
    if (collection.kind === "array") {
      const index = key.kind === "null" ? INT : isIntegral(key) ? (key.kind === "long" ? coerceArguments(given, [ARRAY, INT_TYPE], context)[1] : INT) : coerceArguments(given, [ARRAY, name === "getitem" ? INTEGRAL : INT_TYPE], context)[1];
      return { args: [collection, index], result: collection.element, nullable: "always" };
    }
    if (collection.kind === "map") {
      const common = key.kind === "null" ? collection.key : (name === "getitem" ? commonType : commonTypeWithoutStrings)(collection.key, key, context.ansi);
      if (common === undefined) throw name === "getitem" ? unexpectedInputType(context, 1, key, quoteType(collection.key)) : functionDiffers(context, "MAP_FUNCTION_DIFF_TYPES", collection, key, '"MAP"');
      return { args: [{ ...collection, key: common }, common], result: collection.value, nullable: "always" };
    }
    if (collection.kind === "null") return { args: [NULL, key], result: NULL, nullable: "always" };
    if (name === "getitem") throw new SparrowError("INVALID_EXTRACT_BASE_FIELD_TYPE", "42000", `Cannot take an element of ${context.sqlText?.().args[0] ?? "a value"}: it is neither array, map nor struct.`, { base: `"${context.sqlText?.().args[0] ?? "base"}"`, other: quoteType(collection) }, { span: context.span });
    throw unexpectedInputType(context, 0, collection, '("ARRAY" or "MAP")');
  });
}

/** A field by position (a literal int); over an array of structs: the array of that field. */
const getfield = scalarBy("getfield", (given, context) => {
  checkCount(context, given.length, 2, 2);
  const base = given[0].kind === "array" ? given[0].element : given[0];
  const literal = context.literals[1];
  if (base.kind !== "struct" || literal === undefined || literal === null) throw new SparrowError("INVALID_EXTRACT_BASE_FIELD_TYPE", "42000", "Fields are taken from structs.", { base: `"${context.sqlText?.().args[0] ?? "base"}"`, other: quoteType(given[0]) }, { span: context.span });
  const position = typeof literal === "string" ? base.fields.findIndex((f) => f.name.toLowerCase() === literal.toLowerCase()) : Number(literal);
  const field = base.fields[position];
  if (field === undefined) throw new SparrowError("FIELD_NOT_FOUND", "42704", `There is no field ${String(literal)} in ${quoteType(base)}.`, { fieldName: `\`${String(literal)}\``, fields: base.fields.map((f) => `\`${f.name}\``).join(", ") }, { span: context.span });
  const result: DataType = given[0].kind === "array" ? { kind: "array", element: field.type, containsNull: given[0].containsNull || field.nullable } : field.type;
  return { args: given, result, nullable: (nullable) => nullable[0] || field.nullable };
});

/** Source: Spark's `Sequence.checkInputDataTypes`. */
function sequence(given: readonly DataType[], context: ResolveContext): ReturnType<ScalarSignature["resolve"]> {
  checkCount(context, given.length, 2, 3);
  const common = commonType(given[0], given[1], context.ansi);
  if (common === undefined || !(isIntegral(common) || common.kind === "date" || common.kind === "timestamp" || common.kind === "timestamp_ntz")) {
    throw typeMismatch(context, "SEQUENCE_WRONG_INPUT_TYPES", "sequence takes integers, dates or timestamps.", { functionName: "`sequence`", startType: '("TIMESTAMP" or "TIMESTAMP_NTZ" or "DATE")', stepType: '("INTERVAL" or "INTERVAL YEAR TO MONTH" or "INTERVAL DAY TO SECOND")', otherStartType: '"INTEGRAL"' });
  }
  const wide = given.length === 3 && isIntegral(common) && isIntegral(given[2]) ? (commonType(common, given[2], context.ansi) ?? common) : common;
  const step = given.length < 3 ? [] : isIntegral(wide) ? [wide] : [given[2].kind === "interval_ym" ? INTERVAL_YM : given[2].kind === "interval_dt" ? INTERVAL_DT : ({ kind: "calendar_interval" } as const)];
  return { args: [wide, wide, ...step], result: { kind: "array", element: wide, containsNull: false }, nullable: "any" };
}

const nullableArray = (element: DataType): DataType => ({ kind: "array", element, containsNull: true });

export const collectionSignatures: readonly FunctionSignature[] = [
  scalarBy("array", (given, context) => {
    const element = given.length === 0 ? NULL : allOfOneType(given, context);
    return { args: given.map(() => element), result: { kind: "array", element, containsNull: true }, nullable: "never" };
  }),
  scalarBy("named_struct", namedStruct),
  scalarBy("struct", (given, context) => ({ args: given, result: { kind: "struct", fields: given.map((type, i) => ({ name: fieldName(context, i, i + 1), type, nullable: true })) }, nullable: "never" })),
  scalarBy("map", mapOfPairs),
  getfield,
  elementAccess("getitem"),
  elementAccess("element_at"),
  elementAccess("try_element_at"),
  scalar("get", [{ ...ARRAY, implicit: () => undefined }, INT_TYPE], (args) => (args[0] as ArrayType).element, { nullable: "always" }),
  scalar("size", [oneOf(ARRAY, MAP)], INT, { nullable: "any", aliases: ["cardinality"] }),
  scalar("array_size", [ARRAY], INT),
  arrayAndElement("array_contains", () => BOOLEAN, { nullable: "always" }),
  arrayAndElement("array_position", () => LONG),
  arrayAndElement("array_remove", (array) => array),
  arrayAndElement("array_append", (array) => nullableArray(array.element), { keepsNulls: true }),
  arrayAndElement("array_prepend", (array) => nullableArray(array.element), { keepsNulls: true }),
  scalarBy("array_insert", (given, context) => {
    checkCount(context, given.length, 3, 3);
    const array = asArray(given, context);
    const element = commonTypeWithoutStrings(array.element, given[2], context.ansi);
    if (element === undefined) throw functionDiffers(context, "ARRAY_FUNCTION_DIFF_TYPES", array, given[2], '"ARRAY"');
    const [, position] = coerceArguments(given.slice(0, 2), [ARRAY, INT_TYPE], context);
    return { args: [{ ...array, element }, position, element], result: nullableArray(element), nullable: (n) => n[0] || n[1] };
  }),
  scalar("array_distinct", [ARRAY], (args) => args[0]),
  scalar("array_compact", [ARRAY], (args) => ({ ...(args[0] as ArrayType), containsNull: false })),
  twoArrays("array_union", (array) => array),
  twoArrays("array_intersect", (array) => array),
  twoArrays("array_except", (array) => array),
  twoArrays("arrays_overlap", () => BOOLEAN, "always"),
  scalarBy("arrays_zip", (given, context) => {
    const args = given.map((_, i) => asArray(given, context, i));
    const fields = args.map((array, i) => ({ name: context.argumentNames?.[i] ?? String(i), type: array.element, nullable: true }));
    return { args, result: { kind: "array", element: { kind: "struct", fields }, containsNull: false }, nullable: "any" };
  }),
  scalarBy("array_join", (given, context) => {
    checkCount(context, given.length, 2, 3);
    return { args: coerceArguments(given, [arrayOf(STRING_TYPE), STRING_TYPE, STRING_TYPE], context), result: STRING, nullable: "any" };
  }),
  extremumOf("array_max"),
  extremumOf("array_min"),
  scalar("array_repeat", [ANY, INT_TYPE], (args) => nullableArray(args[0]), { nullable: (n) => n[1] }),
  scalar("sort_array", [ARRAY, { ...BOOLEAN_TYPE, implicit: () => undefined }], (args) => args[0], {
    optional: 1,
    check: (args, context) => {
      if (!isOrderable((args[0] as ArrayType).element)) throw notOrderable(context, args[0]);
    },
  }),
  scalarBy("flatten", (given, context) => {
    checkCount(context, given.length, 1, 1);
    if (given[0].kind === "null") return { args: given, result: NULL, nullable: "always" };
    if (given[0].kind !== "array" || (given[0].element.kind !== "array" && given[0].element.kind !== "null")) throw unexpectedInputType(context, 0, given[0], '"ARRAY" of "ARRAY"');
    const inner = given[0].element;
    return { args: given, result: inner.kind === "array" ? { ...inner, containsNull: true } : nullableArray(NULL), nullable: given[0].containsNull ? "always" : "any" };
  }),
  scalarBy("sequence", sequence),
  scalar("slice", [ARRAY, INT_TYPE, INT_TYPE], (args) => args[0]),
  scalar("shuffle", [ARRAY, LONG_TYPE], (args) => args[0], { optional: 1, deterministic: false, seed: 1 }),
  scalar("map_keys", [MAP], (args) => ({ kind: "array", element: (args[0] as MapType).key, containsNull: false })),
  scalar("map_values", [MAP], (args) => ({ kind: "array", element: (args[0] as MapType).value, containsNull: (args[0] as MapType).valueContainsNull })),
  scalar("map_entries", [MAP], (args) => {
    const map = args[0] as MapType;
    return { kind: "array", containsNull: false, element: { kind: "struct", fields: [{ name: "key", type: map.key, nullable: false }, { name: "value", type: map.value, nullable: map.valueContainsNull }] } };
  }),
  scalar("map_from_arrays", [ARRAY, ARRAY], (args, context) => {
    checkKey((args[0] as ArrayType).element, context);
    return { kind: "map", key: (args[0] as ArrayType).element, value: (args[1] as ArrayType).element, valueContainsNull: true };
  }),
  scalarBy("map_from_entries", (given, context) => {
    checkCount(context, given.length, 1, 1);
    const array = asArray(given, context);
    if (array.element.kind !== "struct" || array.element.fields.length !== 2) throw unexpectedInputType(context, 0, given[0], '"ARRAY" of pair "STRUCT"');
    const [key, value] = array.element.fields;
    checkKey(key.type, context);
    return { args: [array], result: { kind: "map", key: key.type, value: value.type, valueContainsNull: true }, nullable: "always" };
  }),
  scalarBy("map_concat", (given, context) => {
    if (given.length === 0) return { args: [], result: { kind: "map", key: STRING, value: STRING, valueContainsNull: true }, nullable: "never" };
    if (given.some((type) => type.kind !== "map" && type.kind !== "null")) throw typeMismatch(context, "MAP_CONCAT_DIFF_TYPES", "map_concat takes maps of one type.", { functionName: "`map_concat`", dataType: `[${given.map(quoteType).join(", ")}]` });
    const common = given.reduce((a: DataType | undefined, b) => a && commonTypeWithoutStrings(a, b, context.ansi), NULL);
    if (common === undefined) throw differentTypes(context, given);
    return { args: given.map(() => common), result: common, nullable: "any" };
  }),
  scalarBy("map_contains_key", (given, context) => {
    checkCount(context, given.length, 2, 2);
    if (given[1].kind === "null") throw typeMismatch(context, "NULL_TYPE", "the key must not be of the type VOID.", { functionName: "`map_contains_key`" });
    const map = asMap(given, context);
    const key = commonTypeWithoutStrings(map.key, given[1], context.ansi);
    if (key === undefined) throw functionDiffers(context, "MAP_FUNCTION_DIFF_TYPES", map, given[1], '"MAP"');
    return { args: [{ ...map, key }, key], result: BOOLEAN, nullable: "any" };
  }),
];
