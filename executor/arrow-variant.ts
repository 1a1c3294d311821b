import type { StructType } from "../catalog/types.ts";
import { BINARY } from "../catalog/types.ts";
import type { StructValue } from "../catalog/values.ts";
import { variantParts } from "./nested/variant-format.ts";

/** A field's metadata of this name says what its type stands for. Source: Arrow's extension types. */
export const EXTENSION_NAME = "ARROW:extension:name";
/** Source: Arrow's canonical extension types. */
export const VARIANT_EXTENSION = "arrow.parquet.variant";

/** Variants are structs in Arrow and in Parquet files. */
export const VARIANT_PARTS: StructType = { kind: "struct", fields: [{ name: "value", type: BINARY, nullable: false }, { name: "metadata", type: BINARY, nullable: false }] };

/** A value of `VARIANT_PARTS`. */
export function partsOfVariant(variant: Uint8Array): StructValue {
  const { metadata, value } = variantParts(variant);
  return { fields: [value, metadata] };
}
