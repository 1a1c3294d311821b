import type { SparrowError } from "../../catalog/errors.ts";
import type { Value } from "../../catalog/values.ts";
import { readVariant } from "../nested/variant-reader.ts";
import { writeVariant } from "../nested/variant-writer.ts";
import { defineAggregate, present } from "./aggregate-function.ts";
import type { AggregateFunction } from "./aggregate-function.ts";
import { castValue } from "./cast.ts";
import { dataError } from "./data-errors.ts";
import type { GeneratorFunction } from "./generators.ts";
import { parseJson } from "./json-text.ts";
import type { ScalarCall, ScalarFunction } from "./scalar-function.ts";
import { define, defineWithNulls } from "./scalar-function.ts";
import { castNode, nodeOf } from "./variant-cast.ts";
import { DuplicateKey, jsonVariant } from "./variant-from-json.ts";
import { atPath, variantPath } from "./variant-path.ts";
import { mergedSchema, NO_SCHEMA, schemaText, variantSchema } from "./variant-schema.ts";

/** Source: Spark's `VariantBuilder.parseJson`; what follows the first value is passed over. */
function parsed(text: string, call: ScalarCall): Value {
  const node = parseJson(text, { allowRest: true, strict: true });
  if (node === undefined) throw malformedRecord(text, call);
  try {
    return writeVariant(jsonVariant(node));
  } catch (error) {
    if (error instanceof DuplicateKey) throw malformedRecord(text, call, error);
    throw error;
  }
}

function malformedRecord(text: string, call: ScalarCall, cause?: DuplicateKey): SparrowError {
  const why = cause === undefined ? "it is not JSON" : `its key ${cause.key} comes twice`;
  return dataError("MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION", "22023", `The record ${text} is malformed: ${why}.`, { badRecord: text, failFastMode: "FAILFAST" }, call);
}

/** The value at a path, as the call's type; NULL where the path leads nowhere. */
function got([bytes, path]: readonly Value[], call: ScalarCall): Value {
  const node = atPath(readVariant(bytes as Uint8Array), variantPath(path as string, call.name));
  return node === undefined ? null : castNode(node, call.type, call.mode, call.timeZone, castValue);
}

export const variantFunctions: readonly ScalarFunction[] = [
  define("parse_json", ([text], call) => parsed(text as string, call)),
  define("try_parse_json", ([text], call) => parsed(text as string, call)),
  define("variant_get", got),
  define("try_variant_get", got),
  define("schema_of_variant", ([bytes]) => schemaText(variantSchema(readVariant(bytes as Uint8Array)))),
  defineWithNulls("is_variant_null", ([bytes]) => {
    const node = bytes === null ? undefined : readVariant(bytes as Uint8Array);
    return node?.kind === "scalar" && node.type.kind === "null";
  }),
  define("to_variant_object", ([value], call) => writeVariant(nodeOf(value, call.argTypes[0]))),
];

export const variantAggregates: readonly AggregateFunction[] = [
  defineAggregate("schema_of_variant_agg", (rows) => schemaText(present(rows).reduce((schema, bytes) => mergedSchema(schema, variantSchema(readVariant(bytes as Uint8Array))), NO_SCHEMA))),
];

/** A row per element or field; none for scalars. */
function exploded(bytes: Value): Value[][] {
  if (bytes === null) return [];
  const node = readVariant(bytes as Uint8Array);
  switch (node.kind) {
    case "scalar":
      return [];
    case "array":
      return Array.from({ length: node.count }, (_, i) => [i, null, writeVariant(node.item(i))]);
    case "object":
      return node.names.map((name, i) => [i, name, writeVariant(node.field(i))]);
  }
}

export const variantGenerators: readonly GeneratorFunction[] = [{ name: "variant_explode", rows: ([bytes]) => exploded(bytes) }];
