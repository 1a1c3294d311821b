import { SparrowError } from "../errors.ts";
import type { DataType } from "../types.ts";
import { INT, isStringLike, sqlTypeName, STRING } from "../types.ts";
import { notFoldable, unexpectedInputType, unexpectedNull } from "./argument-errors.ts";
import { checkCount, coerceArguments, scalar, scalarBy } from "./define.ts";
import { ONLY_STRING, STRING_TYPE } from "./expected-types.ts";
import type { FunctionSignature, ResolveContext, ScalarSignature } from "./signature.ts";
import { typeArgument } from "./type-argument.ts";

/** Functions over JSON and CSV text. */

/** Options are a map of strings. */
function checkOptions(given: readonly DataType[], index: number, context: ResolveContext): void {
  const type = given[index];
  if (type === undefined) return;
  if (type.kind !== "map") throw new SparrowError("INVALID_OPTIONS.NON_MAP_FUNCTION", "42K06", "Options must be given by the function map().", {}, { span: context.span });
  if (!isStringLike(type.key) || !isStringLike(type.value)) {
    throw new SparrowError("INVALID_OPTIONS.NON_STRING_TYPE", "42K06", `Options must be a map of strings, not ${sqlTypeName(type)}.`, { mapType: `"${sqlTypeName(type)}"` }, { span: context.span });
  }
}

function reading(name: string, accepts: (schema: DataType) => boolean): ScalarSignature {
  return scalarBy(name, (given, context) => {
    checkCount(context, given.length, 2, 3);
    checkOptions(given, 2, context);
    const schema = typeArgument(given, 1, context);
    if (!accepts(schema)) throw unexpectedInputType(context, 1, schema, '"STRUCT"');
    const [text] = coerceArguments(given.slice(0, 1), [STRING_TYPE], context);
    return { args: [text, STRING, ...given.slice(2)], result: schema, nullable: "always" };
  });
}

function writing(name: string, accepts: (type: DataType) => boolean, required: string): ScalarSignature {
  return scalarBy(name, (given, context) => {
    checkCount(context, given.length, 1, 2);
    checkOptions(given, 1, context);
    if (!accepts(given[0])) throw unexpectedInputType(context, 0, given[0], required);
    return { args: given, result: STRING, nullable: "always" };
  });
}

function schemaOf(name: string, inputName: string): ScalarSignature {
  return scalarBy(name, (given, context) => {
    checkCount(context, given.length, 1, 2);
    checkOptions(given, 1, context);
    const [text] = coerceArguments(given.slice(0, 1), [ONLY_STRING], context);
    if (context.literals[0] === undefined) throw notFoldable(context, 0, inputName, STRING);
    if (context.literals[0] === null) throw unexpectedNull(context, inputName);
    return { args: [text, ...given.slice(1)], result: STRING, nullable: "any" };
  });
}

function isContainer(type: DataType): boolean {
  return type.kind === "struct" || type.kind === "array" || type.kind === "map" || type.kind === "variant";
}

export const documentSignatures: readonly FunctionSignature[] = [
  scalar("get_json_object", [STRING_TYPE, STRING_TYPE], STRING, { nullable: "always" }),
  scalar("json_array_length", [ONLY_STRING], INT, { nullable: "always" }),
  scalar("json_object_keys", [ONLY_STRING], { kind: "array", element: STRING, containsNull: true }, { nullable: "always" }),
  reading("from_json", () => true),
  writing("to_json", isContainer, '"STRUCT" or "ARRAY" or "MAP" or "VARIANT"'),
  schemaOf("schema_of_json", "json"),
  reading("from_csv", (schema) => schema.kind === "struct"),
  writing("to_csv", (type) => type.kind === "struct", '"STRUCT"'),
  schemaOf("schema_of_csv", "csv"),
];
