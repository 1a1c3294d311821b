import { commonTypeWithoutStrings } from "../coercion.ts";
import type { DataType } from "../types.ts";
import { BOOLEAN, INT, NULL } from "../types.ts";
import { quoteType, typeMismatch, unexpectedInputType } from "./argument-errors.ts";
import { checkCount } from "./define.ts";
import type { FunctionSignature, Resolution, ResolveContext, ScalarSignature } from "./signature.ts";

type ArgumentTypes = readonly (DataType | undefined)[];
type LambdaTypes = readonly (readonly DataType[] | undefined)[];

interface HigherOrder {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly counts: readonly [number, number];
  /** Which kind each argument that is not a lambda must be of; undefined: any, or a lambda. */
  readonly kinds: readonly (DataType["kind"] | undefined)[];
  readonly lambdas: (args: ArgumentTypes) => LambdaTypes;
  /** By the other arguments' types and the lambdas' body types. */
  readonly result: (args: readonly DataType[], context: ResolveContext) => Pick<Resolution, "result" | "args">;
  readonly nullable?: Resolution["nullable"];
}

function higherOrder(definition: HigherOrder): ScalarSignature {
  return {
    kind: "scalar",
    name: definition.name,
    aliases: definition.aliases,
    lambdas: definition.lambdas,
    resolve: (args, context) => {
      checkCount(context, args.length, ...definition.counts);
      definition.kinds.forEach((kind, i) => {
        if (kind !== undefined && args[i] !== undefined && args[i].kind !== kind && args[i].kind !== "null") throw unexpectedInputType(context, i, args[i], `"${kind.toUpperCase()}"`);
      });
      return { nullable: definition.nullable ?? ((nullable) => nullable[0]), ...definition.result(args, context) };
    },
  };
}

function elementOf(type: DataType | undefined): DataType {
  return type?.kind === "array" ? type.element : NULL;
}

function keyOf(type: DataType | undefined): DataType {
  return type?.kind === "map" ? type.key : NULL;
}

function valueOf(type: DataType | undefined): DataType {
  return type?.kind === "map" ? type.value : NULL;
}

/** (array, predicate) */
function overArray(name: string, body: "boolean" | "any", result: (args: readonly DataType[]) => DataType, indexed: boolean, nullable?: Resolution["nullable"]): ScalarSignature {
  return higherOrder({
    name,
    counts: [2, 2],
    kinds: ["array"],
    lambdas: ([array]) => [undefined, indexed ? [elementOf(array), INT] : [elementOf(array)]],
    result: (args, context) => {
      if (body === "boolean" && args[1].kind !== "boolean" && args[1].kind !== "null") throw unexpectedInputType(context, 1, args[1], '"BOOLEAN"');
      return { args: [args[0], body === "boolean" ? BOOLEAN : args[1]], result: result(args) };
    },
    nullable,
  });
}

function overMap(name: string, result: (args: readonly DataType[], context: ResolveContext) => Pick<Resolution, "result" | "args">): ScalarSignature {
  return higherOrder({ name, counts: [2, 2], kinds: ["map"], lambdas: ([map]) => [undefined, [keyOf(map), valueOf(map)]], result });
}

export const higherOrderSignatures: readonly FunctionSignature[] = [
  overArray("transform", "any", (args) => ({ kind: "array", element: args[1], containsNull: true }), true),
  overArray("filter", "boolean", (args) => args[0], true),
  overArray("exists", "boolean", () => BOOLEAN, false, "always"),
  overArray("forall", "boolean", () => BOOLEAN, false, "always"),
  higherOrder({
    name: "array_sort",
    counts: [1, 2],
    kinds: ["array"],
    lambdas: ([array]) => [undefined, [elementOf(array), elementOf(array)]],
    result: (args, context) => {
      if (args.length === 2 && args[1].kind !== "int" && args[1].kind !== "null") throw unexpectedInputType(context, 1, args[1], '"INT"');
      return { args: args.length === 2 ? [args[0], INT] : args, result: args[0] };
    },
  }),
  higherOrder({
    name: "aggregate",
    aliases: ["reduce"],
    counts: [3, 4],
    kinds: ["array"],
    lambdas: ([array, start, merged]) => [undefined, undefined, [start ?? NULL, elementOf(array)], [merged ?? start ?? NULL]],
    result: (args, context) => {
      const accumulator = args[1].kind === "null" ? args[2] : args[1];
      if (args[2].kind !== accumulator.kind && args[2].kind !== "null") throw unexpectedInputType(context, 2, args[2], `"${accumulator.kind.toUpperCase()}"`);
      return { args: [args[0], accumulator, accumulator, ...args.slice(3)], result: args[3] ?? accumulator };
    },
    nullable: "always",
  }),
  higherOrder({
    name: "zip_with",
    counts: [3, 3],
    kinds: ["array", "array"],
    lambdas: ([left, right]) => [undefined, undefined, [elementOf(left), elementOf(right)]],
    result: (args) => ({ args, result: { kind: "array", element: args[2], containsNull: true } }),
    nullable: "any",
  }),
  overMap("transform_keys", (args) => ({ args, result: { kind: "map", key: args[1], value: valueOf(args[0]), valueContainsNull: true } })),
  overMap("transform_values", (args) => ({ args, result: { kind: "map", key: keyOf(args[0]), value: args[1], valueContainsNull: true } })),
  overMap("map_filter", (args, context) => {
    if (args[1].kind !== "boolean" && args[1].kind !== "null") throw unexpectedInputType(context, 1, args[1], '"BOOLEAN"');
    return { args: [args[0], BOOLEAN], result: args[0] };
  }),
  higherOrder({
    name: "map_zip_with",
    counts: [3, 3],
    kinds: ["map", "map"],
    lambdas: ([left, right]) => [undefined, undefined, [commonTypeWithoutStrings(keyOf(left), keyOf(right), true) ?? NULL, valueOf(left), valueOf(right)]],
    result: (args, context) => {
      const key = commonTypeWithoutStrings(keyOf(args[0]), keyOf(args[1]), context.ansi);
      if (key === undefined) {
        throw typeMismatch(context, "MAP_ZIP_WITH_DIFF_TYPES", "the maps have keys of different types.", { functionName: "`map_zip_with`", leftType: quoteType(keyOf(args[0])), rightType: quoteType(keyOf(args[1])) });
      }
      const withKey = (type: DataType): DataType => (type.kind === "map" ? { ...type, key } : type);
      return { args: [withKey(args[0]), withKey(args[1]), args[2]], result: { kind: "map", key, value: args[2], valueContainsNull: true } };
    },
    nullable: "any",
  }),
];
