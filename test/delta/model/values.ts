import type { RandomStream } from "../../../bench/generate/random.ts";

/** Types of the columns of random tables. */
export type ModelType = "INT" | "BIGINT" | "DOUBLE" | "DECIMAL(10,2)" | "STRING" | "BOOLEAN" | "DATE" | "TIMESTAMP";

/** As the engine gives them: days for DATE, microseconds for TIMESTAMP, hundredths for DECIMAL(10,2). */
export type ModelValue = null | number | bigint | string | boolean;

export const MODEL_TYPES: readonly ModelType[] = ["INT", "BIGINT", "DOUBLE", "DECIMAL(10,2)", "STRING", "BOOLEAN", "DATE", "TIMESTAMP"];

const MS_PER_DAY = 86_400_000;

/** Few values, so that conditions and keys often meet some, and the awkward ones among them. */
const VALUES: Readonly<Record<ModelType, readonly ModelValue[]>> = {
  INT: [0, 1, 2, 3, 7, -1, 100, 2_000_000_000],
  BIGINT: [0n, 1n, 2n, -5n, 9_007_199_254_740_993n, -9_007_199_254_740_993n, 4_611_686_018_427_387_904n],
  DOUBLE: [0, -0, 0.5, -1.25, 1e300, 1e-300, NaN, Infinity, -Infinity],
  "DECIMAL(10,2)": [0n, 1n, -1n, 150n, 9_999_999_999n, -9_999_999_999n],
  STRING: ["", "a", "b", "A b", "it's", "50%", "x/y=z", "ä€😀", "a\\b", `long ${"z".repeat(40)}`, `long ${"z".repeat(41)}`],
  BOOLEAN: [true, false],
  DATE: [0, 1, 19_753, 19_754, -25_567],
  TIMESTAMP: [0n, 1n, 1_704_067_200_000_000n, 1_704_067_200_123_456n, 1_704_067_200_123_999n, -1_000_001n],
};

export function randomValue(random: RandomStream, type: ModelType, nulls = 0.15): ModelValue {
  return random.chance(nulls) ? null : random.pick(VALUES[type]);
}

/** A value as SQL, with its type. */
export function literal(value: ModelValue, type: ModelType): string {
  if (value === null) return `CAST(NULL AS ${type})`;
  switch (type) {
    case "INT":
    case "BOOLEAN":
      return String(value);
    case "BIGINT":
      return `${value}L`;
    case "DOUBLE":
      return Number.isFinite(value) ? `${String(value).replace("e+", "e")}D` : `CAST('${String(value)}' AS DOUBLE)`;
    case "DECIMAL(10,2)": {
      const cents = value as bigint;
      const digits = String(cents < 0n ? -cents : cents).padStart(3, "0");
      return `CAST('${cents < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}' AS DECIMAL(10,2))`;
    }
    case "STRING":
      return `'${(value as string).replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
    case "DATE":
      return `DATE'${new Date((value as number) * MS_PER_DAY).toISOString().slice(0, 10)}'`;
    case "TIMESTAMP":
      return `TIMESTAMP'${timestampText(value as bigint)}'`;
  }
}

function timestampText(micros: bigint): string {
  const below = ((micros % 1000n) + 1000n) % 1000n;
  return `${new Date(Number((micros - below) / 1000n)).toISOString().slice(0, -1).replace("T", " ")}${String(below).padStart(3, "0")}`;
}

/** SQL's order of two values of one type, neither of them NULL: NaN is the greatest DOUBLE and equal to itself, texts go by their bytes. */
export function compareValues(a: ModelValue, b: ModelValue): number {
  if (typeof a === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
  if (typeof a === "number" && typeof b === "number" && (Number.isNaN(a) || Number.isNaN(b))) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}
