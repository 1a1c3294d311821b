import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";

/**
 * One value within a variant. Scalars are values of the engine's types: NULL's type for a variant's null (which is not SQL's NULL), integers of the four widths,
 * float, double, decimals, boolean, string, binary, date, time, timestamp and timestamp_ntz. Parts are looked up when they are asked for.
 */
export type VariantNode =
  | { readonly kind: "scalar"; readonly type: DataType; readonly value: Value }
  | { readonly kind: "array"; readonly count: number; readonly item: (index: number) => VariantNode }
  | { readonly kind: "object"; readonly names: readonly string[]; readonly field: (index: number) => VariantNode };

export const VARIANT_NULL: VariantNode = { kind: "scalar", type: { kind: "null" }, value: null };

/** The decimal without zeros at the end of its fraction, with the smallest precision that holds it: how Spark reads decimals of variants. */
export function decimalNode(unscaled: bigint, scale: number): VariantNode {
  while (scale > 0 && unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale--;
  }
  const digits = String(unscaled < 0n ? -unscaled : unscaled).length;
  return { kind: "scalar", type: { kind: "decimal", precision: Math.max(digits, scale), scale }, value: unscaled };
}
