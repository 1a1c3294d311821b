import { isVariantCastable } from "../castable.ts";
import type { DataType } from "../types.ts";
import { BOOLEAN, INT, sqlTypeName, STRING, VARIANT } from "../types.ts";
import { typeMismatch } from "./argument-errors.ts";
import { aggregate, checkCount, coerceArguments, generator, scalar, scalarBy } from "./define.ts";
import { ONLY_STRING, STRING_TYPE, VARIANT_TYPE } from "./expected-types.ts";
import type { FunctionSignature, GeneratorSignature, ResolveContext, ScalarSignature } from "./signature.ts";
import { typeArgument } from "./type-argument.ts";

function checkCastable(type: DataType, from: DataType, to: DataType, allowObjects: boolean, context: ResolveContext): void {
  if (isVariantCastable(type, allowObjects)) return;
  const parameters = { srcType: `"${sqlTypeName(from)}"`, targetType: `"${sqlTypeName(to)}"` };
  throw typeMismatch(context, "CAST_WITHOUT_SUGGESTION", `${parameters.srcType} cannot be cast to ${parameters.targetType}.`, parameters);
}

/** `variant_get(v, path[, type])`: without a type the result is a variant. */
function extraction(name: string, options: Pick<ScalarSignature, "mode"> = {}): ScalarSignature {
  return scalarBy(
    name,
    (given, context) => {
      checkCount(context, given.length, 2, 3);
      const [variant, path] = coerceArguments(given.slice(0, 2), [VARIANT_TYPE, STRING_TYPE], context);
      const result = given.length < 3 ? VARIANT : typeArgument(given, 2, context);
      checkCastable(result, VARIANT, result, true, context);
      return { args: [variant, path, ...given.slice(2)], result, nullable: "always" };
    },
    options,
  );
}

const toObject = scalarBy("to_variant_object", (given, context) => {
  checkCount(context, given.length, 1, 1);
  const [type] = given;
  checkCastable(type.kind === "struct" || type.kind === "array" || type.kind === "map" ? type : { kind: "null" }, type, VARIANT, true, context);
  return { args: given, result: VARIANT, nullable: "any" };
});

/** Rows of an array's elements or an object's fields. */
const explosion: GeneratorSignature = { parameters: [{ name: "input" }], ...generator("variant_explode", (args, context) => {
  checkCount(context, args.length, 1, 1);
  const columns = [{ name: "pos", type: INT, nullable: false }, { name: "key", type: STRING, nullable: true }, { name: "value", type: VARIANT, nullable: false }];
  return { args: coerceArguments(args, [VARIANT_TYPE], context), columns };
}) };

/** Functions over variants. */
export const variantSignatures: readonly FunctionSignature[] = [
  scalar("parse_json", [ONLY_STRING], VARIANT),
  scalar("try_parse_json", [ONLY_STRING], VARIANT, { mode: "try", nullable: "always" }),
  extraction("variant_get"),
  extraction("try_variant_get", { mode: "try" }),
  scalar("schema_of_variant", [VARIANT_TYPE], STRING),
  scalar("is_variant_null", [VARIANT_TYPE], BOOLEAN, { nullable: "never" }),
  toObject,
  aggregate("schema_of_variant_agg", [VARIANT_TYPE], STRING, { nullable: "never" }),
  explosion,
];
