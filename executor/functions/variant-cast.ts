import { InternalError } from "../../catalog/errors.ts";
import type { SparrowError } from "../../catalog/errors.ts";
import type { EvalMode } from "../../catalog/expression.ts";
import { canCast } from "../../catalog/castable.ts";
import type { DataType } from "../../catalog/types.ts";
import { isStringLike, sqlTypeName } from "../../catalog/types.ts";
import type { MapValue, StructValue, Value } from "../../catalog/values.ts";
import { nodeJson } from "../nested/variant-json.ts";
import { VARIANT_NULL, type VariantNode } from "../nested/variant-node.ts";
import { readVariant } from "../nested/variant-reader.ts";
import { writeVariant } from "../nested/variant-writer.ts";
import { dataError } from "./data-errors.ts";
import { MAX_LONG, MIN_LONG } from "./datetime-text.ts";
import { MICROS_PER_SECOND } from "./calendar.ts";
import { pow10 } from "./decimal-arithmetic.ts";

/** `castValue`, which knows the types other than variants. */
type CastScalar = (value: Value, from: DataType, to: DataType, mode: EvalMode, zone: string) => Value;

/** A value as a variant's: nested NULLs become the variant's null. */
export function nodeOf(value: Value, type: DataType): VariantNode {
  if (value === null) return VARIANT_NULL;
  switch (type.kind) {
    case "array": {
      const items = value as readonly Value[];
      return { kind: "array", count: items.length, item: (i) => nodeOf(items[i], type.element) };
    }
    case "struct": {
      const { fields } = value as StructValue;
      return { kind: "object", names: type.fields.map(({ name }) => name), field: (i) => nodeOf(fields[i], type.fields[i].type) };
    }
    case "map": {
      const { keys, values } = value as MapValue;
      return { kind: "object", names: keys as readonly string[], field: (i) => nodeOf(values[i], type.value) };
    }
    case "variant":
      return readVariant(value as Uint8Array);
    default:
      return { kind: "scalar", type, value };
  }
}

/**
 * A variant's value as another type. In the mode `try` what cannot be cast gives NULL, at the place where it stands; else it raises INVALID_VARIANT_CAST.
 * Source: Spark's `VariantGet.cast`.
 */
export function castNode(node: VariantNode, to: DataType, mode: EvalMode, zone: string, castScalar: CastScalar): Value {
  const invalid = (): null => {
    if (mode === "try") return null;
    throw invalidVariantCast(node, to, zone);
  };
  if (to.kind === "variant") return writeVariant(node);
  if (node.kind === "scalar" && node.type.kind === "null") return null;
  switch (to.kind) {
    case "array":
      return node.kind === "array" ? Array.from({ length: node.count }, (_, i) => castNode(node.item(i), to.element, mode, zone, castScalar)) : invalid();
    case "map":
      return node.kind === "object" ? { keys: node.names, values: node.names.map((_, i) => castNode(node.field(i), to.value, mode, zone, castScalar)) } : invalid();
    case "struct": {
      if (node.kind !== "object") return invalid();
      const fields = to.fields.map((field) => {
        const at = node.names.indexOf(field.name);
        return at < 0 ? null : castNode(node.field(at), field.type, mode, zone, castScalar);
      });
      return { fields };
    }
    default: {
      if (node.kind !== "scalar") return isStringLike(to) ? nodeJson(node, zone) : invalid();
      if (to.kind === "timestamp" && (node.type.kind === "long" || node.type.kind === "int" || node.type.kind === "short" || node.type.kind === "byte" || node.type.kind === "decimal")) {
        const scaled = BigInt(node.value as number | bigint) * MICROS_PER_SECOND;
        const micros = node.type.kind === "decimal" ? scaled / pow10(node.type.scale) : scaled;
        return micros < MIN_LONG || micros > MAX_LONG ? invalid() : micros;
      }
      if (!canCast(node.type, to, true)) return invalid();
      return castScalar(node.value, node.type, to, "try", zone) ?? invalid();
    }
  }
}

/** CAST to VARIANT and from it. */
export function castVariant(value: Value, from: DataType, to: DataType, mode: EvalMode, zone: string, castScalar: CastScalar): Value {
  if (from.kind === "variant") return castNode(readVariant(value as Uint8Array), to, mode, zone, castScalar);
  if (to.kind === "variant") return writeVariant(nodeOf(value, from));
  throw new InternalError("a cast without a variant");
}

function invalidVariantCast(node: VariantNode, to: DataType, zone: string): SparrowError {
  const parameters = { value: nodeJson(node, zone), dataType: `"${sqlTypeName(to)}"` };
  return dataError("INVALID_VARIANT_CAST", "22023", `The variant's value ${parameters.value} cannot be cast to ${parameters.dataType}; try_variant_get gives NULL instead.`, parameters);
}
