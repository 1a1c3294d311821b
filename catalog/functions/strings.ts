import type { DataType } from "../types.ts";
import { BINARY, BOOLEAN, containsKind, INT, isStringLike, LONG, STRING } from "../types.ts";
import { notFoldable, quoteName, typeMismatch, unexpectedInputType } from "./argument-errors.ts";
import { checkCount, coerceArguments, macro, scalar, scalarBy } from "./define.ts";
import { ANY, ARRAY, arrayOf, BINARY_TYPE, BOOLEAN_TYPE, implicitCast, INT_TYPE, INTEGRAL, LONG_TYPE, NUMERIC, oneOf, STRING_TYPE } from "./expected-types.ts";
import type { FunctionSignature, ResolveContext, ScalarSignature } from "./signature.ts";

const TEXT_OR_BINARY = oneOf(STRING_TYPE, BINARY_TYPE);
const ARRAY_OF_STRINGS: DataType = { kind: "array", element: STRING, containsNull: false };

function refuseVariants(args: readonly DataType[], context: ResolveContext): void {
  if (!args.some((type) => containsKind(type, "variant"))) return;
  throw typeMismatch(context, "HASH_VARIANT_TYPE", `values of the type VARIANT have no hash.`, { functionName: quoteName(context.name) });
}

function text(name: string, aliases?: readonly string[]): ScalarSignature {
  return scalar(name, [STRING_TYPE], STRING, { aliases });
}

/** `trim(text)` and `trim(characters, text)`; `TRIM(BOTH characters FROM text)` is the latter. */
function trimming(name: string): ScalarSignature {
  return scalarBy(name, (given, context) => {
    checkCount(context, given.length, 1, 2);
    const binary = given.length > 0 && given.every((type) => type.kind === "binary");
    return { args: binary ? given : coerceArguments(given, [STRING_TYPE], context), result: binary ? BINARY : STRING, nullable: "any" };
  });
}

function padding(name: string): ScalarSignature {
  return scalarBy(name, (given, context) => {
    checkCount(context, given.length, 2, 3);
    const binary = given[0].kind === "binary" && (given.length < 3 || given[2].kind === "binary");
    const args = coerceArguments(given, binary ? [BINARY_TYPE, INT_TYPE, BINARY_TYPE] : [STRING_TYPE, INT_TYPE, STRING_TYPE], context);
    return { args, result: binary ? BINARY : STRING, nullable: "any" };
  });
}

export const stringSignatures: readonly FunctionSignature[] = [
  text("upper", ["ucase"]),
  text("lower", ["lcase"]),
  text("initcap"),
  text("soundex"),
  text("quote"),
  scalar("reverse", [oneOf(STRING_TYPE, ARRAY)], (args) => args[0]),
  scalar("length", [TEXT_OR_BINARY], INT, { aliases: ["char_length", "character_length", "len"] }),
  scalar("octet_length", [TEXT_OR_BINARY], INT),
  scalar("bit_length", [TEXT_OR_BINARY], INT),
  scalar("ascii", [STRING_TYPE], INT),
  scalar("chr", [LONG_TYPE], STRING, { aliases: ["char"] }),
  scalar("base64", [BINARY_TYPE], STRING),
  scalar("unbase64", [STRING_TYPE], BINARY, { nullable: "always" }),
  scalar("encode", [STRING_TYPE, STRING_TYPE], BINARY),
  trimming("trim"),
  trimming("ltrim"),
  trimming("rtrim"),
  scalar("btrim", [TEXT_OR_BINARY, TEXT_OR_BINARY], (args) => args[0], { optional: 1 }),
  scalarBy("concat_ws", (given, context) => {
    checkCount(context, given.length, 1, Number.POSITIVE_INFINITY);
    const args = given.map((type, i) => {
      if (i > 0 && type.kind === "array") return { kind: "array" as const, element: STRING, containsNull: type.containsNull };
      const to = implicitCast(type, i === 0 ? STRING_TYPE : oneOf(arrayOf(STRING_TYPE), STRING_TYPE), context.ansi);
      if (type.kind === "null") return STRING;
      if (to === undefined) throw unexpectedInputType(context, i, type, i === 0 ? STRING_TYPE.name : '("ARRAY<STRING>" or "STRING")');
      return to;
    });
    return { args, result: STRING, nullable: (nullable) => nullable[0] };
  }),
  scalarBy("elt", (given, context) => {
    checkCount(context, given.length, 2, Number.POSITIVE_INFINITY);
    const [index] = coerceArguments(given.slice(0, 1), [INT_TYPE], context);
    const binary = given.slice(1).every((t) => t.kind === "binary");
    const values = given.slice(1).map((type, i) => {
      const to = implicitCast(type, binary ? BINARY_TYPE : STRING_TYPE, context.ansi) ?? (type.kind === "binary" ? STRING : undefined);
      if (to === undefined) throw unexpectedInputType(context, i + 1, type, '"STRING" or "BINARY"');
      return to;
    });
    return { args: [index, ...values], result: binary ? BINARY : STRING, nullable: "always" };
  }),
  scalar("find_in_set", [STRING_TYPE, STRING_TYPE], INT),
  scalar("instr", [STRING_TYPE, STRING_TYPE], INT),
  scalar("locate", [STRING_TYPE, STRING_TYPE, INT_TYPE], INT, { optional: 1, aliases: ["position"] }),
  scalar("left", [TEXT_OR_BINARY, INT_TYPE], (args) => args[0]),
  scalar("right", [STRING_TYPE, INT_TYPE], STRING),
  padding("lpad"),
  padding("rpad"),
  scalar("levenshtein", [STRING_TYPE, STRING_TYPE, INT_TYPE], INT, { optional: 1 }),
  scalarBy("overlay", (given, context) => {
    checkCount(context, given.length, 3, 4);
    const binary = given[0].kind === "binary" && given[1].kind === "binary";
    const value = binary ? BINARY_TYPE : STRING_TYPE;
    return { args: coerceArguments(given, [value, value, INT_TYPE, INT_TYPE], context), result: binary ? BINARY : STRING, nullable: "any" };
  }),
  scalar("repeat", [STRING_TYPE, INT_TYPE], STRING),
  scalar("replace", [STRING_TYPE, STRING_TYPE, STRING_TYPE], STRING, { optional: 1 }),
  scalar("space", [INT_TYPE], STRING),
  scalar("split", [STRING_TYPE, STRING_TYPE, INT_TYPE], ARRAY_OF_STRINGS, { optional: 1 }),
  scalar("split_part", [STRING_TYPE, STRING_TYPE, INT_TYPE], STRING),
  scalar("substring", [TEXT_OR_BINARY, INT_TYPE, INT_TYPE], (args) => args[0], { optional: 1, aliases: ["substr"] }),
  scalar("substring_index", [STRING_TYPE, STRING_TYPE, INT_TYPE], STRING),
  scalar("translate", [STRING_TYPE, STRING_TYPE, STRING_TYPE], STRING),
  scalar("sentences", [STRING_TYPE, STRING_TYPE, STRING_TYPE], { kind: "array", element: ARRAY_OF_STRINGS, containsNull: false }, { optional: 2 }),
  scalar("luhn_check", [STRING_TYPE], BOOLEAN),
  { ...scalarBy("mask", (given, context) => {
    checkCount(context, given.length, 1, 5);
    ["upperChar", "lowerChar", "digitChar", "otherChar"].slice(0, given.length - 1).forEach((parameter, i) => {
      if (given[i + 1].kind !== "null" && !isStringLike(given[i + 1])) throw unexpectedInputType(context, i + 1, given[i + 1], STRING_TYPE.name);
      const character = context.literals[i + 1];
      if (character === undefined) throw notFoldable(context, i + 1, parameter, STRING);
      if (character !== null && Array.from(character as string).length !== 1) throw typeMismatch(context, "INPUT_SIZE_NOT_ONE", `${parameter} must be one character.`, { exprName: parameter });
    });
    return { args: coerceArguments(given, [STRING_TYPE], context), result: STRING, nullable: (nullable) => nullable[0] };
  }), parameters: [{ name: "str" }, { name: "upperChar", default: "X" }, { name: "lowerChar", default: "x" }, { name: "digitChar", default: "n" }, { name: "otherChar", default: null }] },
  scalar("format_number", [NUMERIC, oneOf(INT_TYPE, STRING_TYPE)], STRING, { nullable: "always" }),
  scalarBy(
    "format_string",
    (given, context) => {
      checkCount(context, given.length, 1, Number.POSITIVE_INFINITY);
      const [format] = coerceArguments(given.slice(0, 1), [STRING_TYPE], context);
      return { args: [format, ...given.slice(1).map((t) => (isStringLike(t) ? STRING : t))], result: STRING, nullable: (nullable) => nullable[0] };
    },
    { aliases: ["printf"] },
  ),
  scalar("regexp_replace", [STRING_TYPE, STRING_TYPE, STRING_TYPE, INT_TYPE], STRING, {
    optional: 1,
    check: (args, context) => {
      const position = context.literals[3];
      if (args.length === 4 && typeof position === "number" && position < 1) throw typeMismatch(context, "VALUE_OUT_OF_RANGE", "the position must be positive.", { exprName: "position", valueRange: "(0, 2147483647]", currentValue: String(position) });
    },
  }),
  scalar("regexp_extract", [STRING_TYPE, STRING_TYPE, INT_TYPE], STRING, { optional: 1 }),
  scalar("regexp_extract_all", [STRING_TYPE, STRING_TYPE, INT_TYPE], { kind: "array", element: STRING, containsNull: true }, { optional: 1 }),
  scalar("regexp_count", [STRING_TYPE, STRING_TYPE], INT),
  scalar("regexp_instr", [STRING_TYPE, STRING_TYPE, INT_TYPE], INT, { optional: 1 }),
  scalar("regexp_substr", [STRING_TYPE, STRING_TYPE], STRING, { nullable: "always" }),
  scalar("is_valid_utf8", [STRING_TYPE], BOOLEAN),
  scalar("make_valid_utf8", [STRING_TYPE], STRING),
  scalar("validate_utf8", [STRING_TYPE], STRING),
  scalar("try_validate_utf8", [STRING_TYPE], STRING, { nullable: "always" }),
  scalar("collation", [ANY], STRING, { nullable: "never" }),
  scalar("str_to_map", [STRING_TYPE, STRING_TYPE, STRING_TYPE], { kind: "map", key: STRING, value: STRING, valueContainsNull: true }, { optional: 2 }),
  scalar("randstr", [INTEGRAL, LONG_TYPE], STRING, { optional: 1, deterministic: false, seed: 1, nullable: "never" }),
  scalar("to_binary", [STRING_TYPE, STRING_TYPE], BINARY, { optional: 1, nullable: "always" }),
  scalar("try_to_binary", [STRING_TYPE, STRING_TYPE], BINARY, { optional: 1, nullable: "always" }),
  scalar("decode_charset", [BINARY_TYPE, STRING_TYPE], STRING),
  scalar("crc32", [BINARY_TYPE], LONG),
  scalar("md5", [BINARY_TYPE], STRING),
  scalar("sha1", [BINARY_TYPE], STRING, { aliases: ["sha"] }),
  scalar("sha2", [BINARY_TYPE, INT_TYPE], STRING, { nullable: "always" }),
  scalar("hash", [ANY], INT, { variadic: true, nullable: "never", check: refuseVariants }),
  scalar("xxhash64", [ANY], LONG, { variadic: true, nullable: "never", check: refuseVariants }),
  scalar("url_encode", [STRING_TYPE], STRING),
  scalar("url_decode", [STRING_TYPE], STRING),
  scalar("try_url_decode", [STRING_TYPE], STRING, { nullable: "always" }),
  scalar("parse_url", [STRING_TYPE, STRING_TYPE, STRING_TYPE], STRING, { optional: 1, nullable: "always" }),
  scalar("try_parse_url", [STRING_TYPE, STRING_TYPE, STRING_TYPE], STRING, { optional: 1, nullable: "always" }),
  scalar("aes_encrypt", [BINARY_TYPE, BINARY_TYPE, STRING_TYPE, STRING_TYPE, BINARY_TYPE, BINARY_TYPE], BINARY, { optional: 4 }),
  scalar("aes_decrypt", [BINARY_TYPE, BINARY_TYPE, STRING_TYPE, STRING_TYPE, BINARY_TYPE], BINARY, { optional: 3 }),
  macro("try_aes_decrypt", [2, 5], (args, _context, build) => build.call("aes_decrypt", args, "try")),
  scalar("bitmap_bit_position", [LONG_TYPE], LONG),
  scalar("bitmap_bucket_number", [LONG_TYPE], LONG),
  scalar("bitmap_count", [BINARY_TYPE], LONG),
  scalar("typeof", [ANY], STRING, { nullable: "never" }),
  scalar("assert_true", [BOOLEAN_TYPE, STRING_TYPE], { kind: "null" }, { optional: 1, nullable: "always" }),
  scalar("raise_error", [STRING_TYPE, { name: '"MAP<STRING, STRING>"', accepts: (t) => t.kind === "map", implicit: () => undefined }], { kind: "null" }, { optional: 1, nullable: "always" }),
  scalar("uuid", [LONG_TYPE], STRING, { optional: 1, deterministic: false, seed: 0, nullable: "never" }),
];
