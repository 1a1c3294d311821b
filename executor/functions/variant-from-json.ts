import { BOOLEAN, DOUBLE, LONG, STRING } from "../../catalog/types.ts";
import { decimalNode, VARIANT_NULL, type VariantNode } from "../nested/variant-node.ts";
import { fits, parseDecimal } from "./decimal-arithmetic.ts";
import type { JsonNode } from "./json-text.ts";

/** An object has a key twice. */
export class DuplicateKey extends Error {
  readonly key: string;

  constructor(key: string) {
    super(`The key ${key} comes twice`);
    this.key = key;
  }
}

/**
 * A JSON value as a variant's: integers are BIGINT, numbers without an exponent decimals of up to 38 digits, others DOUBLE. Raises DuplicateKey.
 * Source: Spark's `VariantBuilder.buildJson`.
 */
export function jsonVariant(node: JsonNode): VariantNode {
  switch (node.kind) {
    case "null":
      return VARIANT_NULL;
    case "boolean":
      return { kind: "scalar", type: BOOLEAN, value: node.value };
    case "string":
      return { kind: "scalar", type: STRING, value: node.value };
    case "number":
      return numberVariant(node.text);
    case "array":
      return { kind: "array", count: node.items.length, item: (i) => jsonVariant(node.items[i]) };
    case "object": {
      const names = node.fields.map(({ name }) => name);
      const seen = new Set<string>();
      for (const name of names) {
        if (seen.has(name)) throw new DuplicateKey(name);
        seen.add(name);
      }
      return { kind: "object", names, field: (i) => jsonVariant(node.fields[i].value) };
    }
  }
}

function numberVariant(text: string): VariantNode {
  if (/^-?\d+$/.test(text)) {
    const value = BigInt(text);
    if (BigInt.asIntN(64, value) === value) return { kind: "scalar", type: LONG, value };
  }
  const decimal = /[eE]/.test(text) ? undefined : parseDecimal(text);
  if (decimal !== undefined && decimal.scale <= 38 && fits(decimal.unscaled, 38)) return decimalNode(decimal.unscaled, decimal.scale);
  return { kind: "scalar", type: DOUBLE, value: Number(text) };
}
