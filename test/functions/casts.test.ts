import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SparrowError } from "../../catalog/errors.ts";
import type { EvalMode } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { BOOLEAN, BYTE, DATE, decimal, DOUBLE, FLOAT, INT, LONG, SHORT, STRING, TIMESTAMP, TIMESTAMP_NTZ } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { castValue } from "../../executor/functions/cast.ts";

const ZONE = "America/Los_Angeles";

function cast(value: Value, from: DataType, to: DataType, mode: EvalMode = "ansi"): Value {
  return castValue(value, from, to, mode, ZONE);
}

/** The condition that a cast raises. */
function raised(value: Value, from: DataType, to: DataType): string {
  try {
    return `no error, but ${String(cast(value, from, to))}`;
  } catch (error) {
    if (error instanceof SparrowError) return error.condition;
    throw error;
  }
}

describe("a value cast to text and back is the same value", () => {
  const cases: readonly (readonly [string, DataType, fc.Arbitrary<Value>])[] = [
    ["bigint", LONG, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
    ["double", DOUBLE, fc.double({ noNaN: true })],
    ["float", FLOAT, fc.float({ noNaN: true })],
    ["decimal(38,10)", decimal(38, 10), fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n })],
    ["date", DATE, fc.integer({ min: -700_000, max: 2_900_000 })],
    ["timestamp_ntz", TIMESTAMP_NTZ, fc.bigInt({ min: -60_000_000_000_000_000n, max: 250_000_000_000_000_000n })],
    ["interval day to second", { kind: "interval_dt", from: "day", to: "second" }, fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n })],
    ["interval year to month", { kind: "interval_ym", from: "year", to: "month" }, fc.integer()],
  ];
  test.each(cases)("%s", (_name, type, values) => {
    fc.assert(
      fc.property(values, (value) => {
        expect(cast(cast(value, type, STRING), STRING, type)).toBe(value);
      }),
      { numRuns: 300, seed: 20_260 },
    );
  });

  test("timestamp, save where clocks go back", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -2_000_000_000_000_000n, max: 4_000_000_000_000_000n }), (micros) => {
        const back = cast(cast(micros, TIMESTAMP, STRING), STRING, TIMESTAMP) as bigint;
        expect([0n, 3_600_000_000n]).toContain(micros - back);
      }),
      { numRuns: 300, seed: 20_260 },
    );
  });
});

describe("numbers", () => {
  test("fractions are cut, decimals rounded half up", () => {
    expect(cast(1.9, DOUBLE, INT)).toBe(1);
    expect(cast(-1.9, DOUBLE, LONG)).toBe(-1n);
    expect(cast(195n, decimal(3, 2), INT)).toBe(1);
    expect(cast(125n, decimal(3, 2), decimal(2, 1))).toBe(13n);
    expect(cast(-125n, decimal(3, 2), decimal(2, 1))).toBe(-13n);
    expect(cast("1e3", STRING, decimal(10, 2))).toBe(100000n);
    expect(cast(0.1, DOUBLE, decimal(10, 3))).toBe(100n);
  });

  test.each([
    ["byte", 128, INT, BYTE, -128],
    ["short", 40_000, INT, SHORT, -25_536],
    ["int", 2n ** 31n, LONG, INT, -(2 ** 31)],
    ["int from double", 1e20, DOUBLE, INT, 2 ** 31 - 1],
  ] as const)("beyond the range of %s: an error in ANSI mode, NULL for try, wrapped in legacy", (_name, value, from, to, wrapped) => {
    expect(raised(value, from, to)).toBe("CAST_OVERFLOW");
    expect(cast(value, from, to, "try")).toBeNull();
    expect(cast(value, from, to, "legacy")).toBe(wrapped);
  });

  test("text", () => {
    expect(cast(" +12\t", STRING, INT)).toBe(12);
    expect(raised("1.5", STRING, INT)).toBe("CAST_INVALID_INPUT");
    expect(cast("1.5", STRING, INT, "legacy")).toBe(1);
    expect(raised("", STRING, LONG)).toBe("CAST_INVALID_INPUT");
    expect(cast("-Infinity", STRING, DOUBLE)).toBe(-Infinity);
    expect(cast("nan", STRING, DOUBLE)).toBeNaN();
    expect(raised("12345", STRING, decimal(4, 1))).toBe("NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION");
    expect(cast("Yes", STRING, BOOLEAN)).toBe(true);
    expect(raised("maybe", STRING, BOOLEAN)).toBe("CAST_INVALID_INPUT");
  });

  test.each([
    [1, "1.0"], [1e7, "1.0E7"], [123456.789, "123456.789"], [0.001, "0.001"], [0.0001, "1.0E-4"], [-0, "-0.0"], [1.7976931348623157e308, "1.7976931348623157E308"],
  ])("the double %d prints as %s", (value, text) => {
    expect(cast(value, DOUBLE, STRING)).toBe(text);
  });
});

describe("dates and timestamps", () => {
  test.each([
    ["2015-3-8", 16502], ["2015", 16436], ["2015-03", 16495], [" 2015-03-18T12:00 ", 16512], ["1582-10-04", -141438], ["+12345-01-01", 3789391],
  ])("%s is a date", (text, days) => {
    expect(cast(text, STRING, DATE)).toBe(days);
  });

  test.each(["2015-02-29", "2015-13-01", "20150318", "2015-03-18x", "", "abc"])("%s is no date", (text) => {
    expect(raised(text, STRING, DATE)).toBe("CAST_INVALID_INPUT");
    expect(cast(text, STRING, DATE, "try")).toBeNull();
  });

  test.each([
    ["2015-03-18 12:03:17.123456Z", 1426680197123456n],
    ["2015-03-18T12:03:17+01:00", 1426676597000000n],
    ["2015-03-18 12:03:17", 1426705397000000n],
    ["2015-03-08 02:30:00", 1425810600000000n],
    ["2015-11-01 01:30:00", 1446366600000000n],
    ["1883-11-18 12:00:00 America/New_York", -2717651038000000n],
  ])("%s is a timestamp, the zone's clock changes counted", (text, micros) => {
    expect(cast(text, STRING, TIMESTAMP)).toBe(micros);
  });

  test("a date starts at midnight of the zone", () => {
    expect(cast(16502, DATE, TIMESTAMP)).toBe(1425801600000000n);
    expect(cast(1425801599999999n, TIMESTAMP, DATE)).toBe(16501);
  });
});

describe("nested values", () => {
  test("as text", () => {
    const type: DataType = { kind: "struct", fields: [{ name: "a", type: { kind: "array", element: INT, containsNull: true }, nullable: true }, { name: "m", type: { kind: "map", key: STRING, value: DOUBLE, valueContainsNull: true }, nullable: true }] };
    expect(cast({ fields: [[1, null, 3], { keys: ["k"], values: [1.5] }] }, type, STRING)).toBe("{[1, null, 3], {k -> 1.5}}");
  });

  test("element by element", () => {
    expect(cast(["1", null, " 2"], { kind: "array", element: STRING, containsNull: true }, { kind: "array", element: INT, containsNull: true })).toEqual([1, null, 2]);
  });
});
