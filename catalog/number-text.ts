/**
 * Text of a double as Spark prints it: shortest digits that read back the same, plain from 10^-3 up to 10^7, else scientific (`1.0E10`).
 * Source: Java's `Double.toString` (JDK 19 and later).
 */
export function doubleText(value: number): string {
  return floatingText(value, value.toExponential());
}

/** The same for a float; `value` is the float widened. Source: Java's `Float.toString`. */
export function floatText(value: number): string {
  return floatingText(value, shortestFloatExponential(value));
}

function shortestFloatExponential(value: number): string {
  for (let digits = 0; digits < 9; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return text;
  }
  return value.toExponential();
}

function floatingText(value: number, exponential: string): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const sign = value < 0 ? "-" : "";
  const [mantissa, exponentText] = exponential.replace("-", value < 0 ? "" : "-").split("e");
  const digits = mantissa.replace(".", "");
  const exponent = Number(exponentText);
  if (exponent < -3 || exponent >= 7) return `${sign}${digits[0]}.${digits.slice(1) || "0"}E${exponent}`;
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${digits.slice(exponent + 1) || "0"}`;
}

/** Text of an unscaled decimal: 150n with scale 2 is `1.50`. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  return `${unscaled < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
