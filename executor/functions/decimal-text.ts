import { decimalText } from "../../catalog/number-text.ts";

/** Significant digits without leading or trailing zeros, and the power of ten of the first. */
export function digitsOf(text: string): { readonly negative: boolean; readonly digits: string; readonly exponent: number } {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text);
  if (match === null) throw new RangeError(`not a number: ${text}`);
  const [, sign, whole, fraction = "", power = "0"] = match;
  const all = whole + fraction;
  const first = all.search(/[1-9]/);
  if (first < 0) return { negative: sign === "-", digits: "0", exponent: 0 };
  return { negative: sign === "-", digits: all.slice(first).replace(/0+$/, ""), exponent: whole.length - 1 - first + Number(power) };
}

/** Java's `BigDecimal.toString`: with an exponent for very small values. What a cast to string gives outside of ANSI mode. */
export function decimalToScientificString(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
  const exponent = digits.length - 1 - scale;
  if (exponent >= -6) return decimalText(unscaled, scale);
  const fraction = digits.slice(1);
  return `${unscaled < 0n ? "-" : ""}${digits[0]}${fraction === "" ? "" : `.${fraction}`}E${exponent}`;
}
