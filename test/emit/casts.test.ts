import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { doubleText } from "../../catalog/number-text.ts";
import type { DataType } from "../../catalog/types.ts";
import { BOOLEAN, BYTE, DATE, decimal, DOUBLE, FLOAT, INT, LONG, SHORT, STRING, TIMESTAMP, TIMESTAMP_NTZ, typeName } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { canEmit } from "../../executor/emit/expression.ts";
import { cast, column, ref } from "./expressions.ts";
import { expectInterpreted } from "./interpreted.ts";

const SEED = 5;

function sample<T>(arbitrary: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(arbitrary, { numRuns: count, seed: SEED });
}

function integers(bits: number): bigint[] {
  const top = 2n ** BigInt(bits - 1);
  return [-top, -top + 1n, -129n, -128n, -1n, 0n, 1n, 5n, 99n, 127n, 128n, 32767n, 32768n, 2n ** 31n - 1n, 2n ** 31n, 10n ** 17n, top - 1n].filter((x) => x >= -top && x < top);
}

function decimals(precision: number): bigint[] {
  const top = 10n ** BigInt(precision) - 1n;
  const some = [0n, 1n, 4n, 5n, 6n, 15n, 25n, 44n, 45n, 49n, 50n, 99n, 127n, 1275n, 12750n, 2n ** 31n, 2n ** 53n + 1n, 2n ** 63n, 10n ** 18n, top, top - 1n, top / 2n].filter((x) => x <= top);
  return [...some, ...some.map((x) => -x), ...sample(fc.bigInt({ min: -top, max: top }), 30)];
}

const doubles = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, 127.9, -128.9, 128, 32767.5, 2147483647, 2147483648, -2147483648, -2147483649, 1e10, 9.2e18, -9.3e18, 1e19, 1e-5, 1e-10, 0.1, 1.005, 123456.789, 9999999, 1e7, 12345678, 1.7e308, 5e-324, Infinity, -Infinity, NaN];

const VALUES: [DataType, readonly Value[]][] = [
  [BOOLEAN, [true, false]],
  [BYTE, integers(8).map(Number)],
  [SHORT, integers(16).map(Number)],
  [INT, integers(32).map(Number)],
  [LONG, integers(64)],
  [FLOAT, [...doubles, ...sample(fc.float(), 40)].map(Math.fround)],
  [DOUBLE, [...doubles, ...sample(fc.double(), 60)]],
  [decimal(5, 2), decimals(5)],
  [decimal(18, 0), decimals(18)],
  [decimal(18, 18), decimals(18)],
  [decimal(25, 5), decimals(25)],
  [decimal(38, 0), decimals(38)],
  [decimal(38, 38), decimals(38)],
];
const NUMERIC: readonly DataType[] = VALUES.map(([type]) => type);

describe.each(VALUES)("from %o", (from, values) => {
  test.each(NUMERIC.map((to) => [typeName(to), to] as const))("to %s", async (_name, to) => {
    const x = column(from);
    for (const mode of ["ansi", "try", "legacy"] as const) {
      const expr = cast(ref(x), to, mode);
      if (!canEmit(expr)) {
        // Left to the interpreter, on purpose.
        expect((from.kind === "decimal" && mode === "legacy") || (from.kind === "boolean" && to.kind === "decimal")).toBe(true);
        continue;
      }
      // 2^63 as a double is the largest long in Spark, too large for the interpreter.
      const rows = [...values, null].filter((v) => !(to.kind === "long" && v === 2 ** 63)).map((v) => [v]);
      const raised = await expectInterpreted(expr, [x], rows);
      expect(mode === "ansi" || raised === 0).toBe(true);
    }
  });

  test("to text and back", async () => {
    const x = column(from);
    expect(await expectInterpreted(cast(ref(x), STRING), [x], [...values, null].map((v) => [v]))).toBe(0);
    const back = cast(cast(ref(x), STRING), from);
    await expectInterpreted(back, [x], [...values, null].map((v) => [v]));
  });
});

describe("text", () => {
  const numbers = ["0", "-0", "+5", "5", " 7 ", "\t8\n", "", " ", "-", "+", ".", "1.", ".5", "-.5", "1.5", "1.50", "00012", "127", "128", "-129", "2147483648", "999999999999999999", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e5", "1E-3", "1e400", "NaN", "nan", "Infinity", "-inf", "0x10", "1_000", "12a", "1 2", "1.2.3", "１２", "1d", "2f", "123456789012345.67", "1234567890123456789012345678901234567890", "0.000000000000000000000000000000000000001", "4.35", "999.995", "-999.994999"];
  const words = ["true", "TRUE", "False", "t", "f", "yes", "NO", "y", "n", "1", "0", " true ", "tru", "2", ""];
  const dates = ["2024-02-29", "2023-02-29", "2024-2-9", "2024", "2024-12", "0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "-0001-01-01", " 2020-01-01 ", "2020-01-01T", "2020-01-01 12:00:00", "2020-13-01", "2020-04-31", "2020/01/01", "20200101", "abc", ""];
  const times = ["2024-02-29 12:34:56", "2024-02-29T12:34:56", "2024-02-29 12:34:56.7", "2024-02-29 12:34:56.123456", "2024-02-29 12:34:56.1234567", "2024-02-29 12:34:56Z", "2024-02-29 12:34:56+01:00", "2024-02-29 12:34:56 America/New_York", "2024-02-29", "2024-02-29 12:34", "2024-02-29 24:00:00", "2024-02-29 12:60:00", "2024-02-30 12:00:00", "1969-12-31 23:59:59.999999", "0001-01-01 00:00:00", "2024-03-31 02:30:00", "x", ""];
  const random = [...sample(fc.stringMatching(/^[+-]?\d{0,20}(\.\d{0,12})?(e-?\d{1,2})?$/), 200), ...sample(fc.double({ noNaN: true }), 100).map(doubleText)];
  const targets: [DataType, readonly string[]][] = [
    [BYTE, numbers], [SHORT, numbers], [INT, [...numbers, ...random]], [LONG, [...numbers, ...random]], [DOUBLE, [...numbers, ...random]], [FLOAT, [...numbers, ...random]],
    [decimal(5, 2), [...numbers, ...random]], [decimal(18, 6), [...numbers, ...random]], [decimal(38, 10), [...numbers, ...random]],
    [BOOLEAN, [...words, ...numbers]], [DATE, dates], [TIMESTAMP, times], [TIMESTAMP_NTZ, times],
  ];

  test.each(targets.map(([to, texts]) => [typeName(to), to, texts] as const))("to %s", async (_name, to, texts) => {
    const s = column(STRING);
    for (const mode of ["ansi", "try", "legacy"] as const) {
      const raised = await expectInterpreted(cast(ref(s), to, mode), [s], [...texts, null].map((t) => [t]), "Europe/Berlin");
      expect(raised > 0).toBe(mode === "ansi");
    }
  });

  test("of dates and timestamps", async () => {
    const days = [0, -1, 19782, -719162, -719528, -719529, 2932896, 2932897, -800_000, 4_000_000, null];
    const d = column(DATE);
    expect(await expectInterpreted(cast(ref(d), STRING), [d], days.map((x) => [x]))).toBe(0);
    const micros = [0n, -1n, 1n, 1_000_000n, 123_456_000n, 1_700_000_000_123_400n, -62_135_596_800_000_000n, -62_167_219_200_000_001n, 253_402_300_800_000_000n, null];
    for (const type of [TIMESTAMP, TIMESTAMP_NTZ]) {
      const t = column(type);
      for (const zone of ["UTC", "America/New_York"]) expect(await expectInterpreted(cast(ref(t), STRING), [t], micros.map((x) => [x]), zone)).toBe(0);
    }
  });
});
