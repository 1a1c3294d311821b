import { adjustedDecimal } from "../../catalog/coercion.ts";
import type { DecimalType } from "../../catalog/types.ts";

/** Result types of decimal operators. Source: Spark's `DecimalType` arithmetic rules. */
export function decimalResult(operator: "+" | "-" | "*" | "/" | "%", a: DecimalType, b: DecimalType): DecimalType {
  const scale = Math.max(a.scale, b.scale);
  const [precision, resultScale] = {
    "+": [Math.max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale],
    "-": [Math.max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale],
    "*": [a.precision + b.precision + 1, a.scale + b.scale],
    "/": [a.precision - a.scale + b.scale + Math.max(6, a.scale + b.precision + 1), Math.max(6, a.scale + b.precision + 1)],
    "%": [Math.min(a.precision - a.scale, b.precision - b.scale) + scale, scale],
  }[operator];
  return adjustedDecimal(precision, resultScale) as DecimalType;
}
