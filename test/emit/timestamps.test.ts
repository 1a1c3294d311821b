import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DataType } from "../../catalog/types.ts";
import { DATE, decimal, DOUBLE, INT, INTERVAL_DT, INTERVAL_YM, LONG, SHORT, STRING, TIMESTAMP, TIMESTAMP_NTZ } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { timeZone, toInstantMicros, toLocalMicros } from "../../executor/functions/time-zone.ts";
import { call, cast, column, literal, ref } from "./expressions.ts";
import { expectInterpreted } from "./interpreted.ts";

const SEED = 11;
const MICROS = 1_000_000n;
const at = (text: string): bigint => BigInt(Date.parse(text)) * 1000n;
/** Around changes of clocks in New York, Berlin and Casablanca, before 1900, after 2100. */
const CHANGES = ["2024-03-10T07:00:00Z", "2024-03-10T02:30:00Z", "2024-11-03T06:00:00Z", "2024-11-03T01:30:00Z", "2024-03-31T01:00:00Z", "2024-10-27T01:00:00Z", "2023-03-19T02:00:00Z", "2023-04-23T02:00:00Z", "1883-11-18T17:00:00Z", "1899-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "2150-07-01T12:00:00Z", "1970-01-01T00:00:00Z"].map(at);
const instants: Value[] = [
  ...CHANGES.flatMap((x) => [x, x - 1n, x + 1n, x + 3600n * MICROS, x - 3600n * MICROS - 1n]),
  ...fc.sample(fc.bigInt({ min: at("1860-01-01T00:00:00Z"), max: at("2140-01-01T00:00:00Z") }), { numRuns: 120, seed: SEED }),
  null,
];
/** Instants that their local time leads back to: where clocks go back, the interpreter moves the later one an hour. */
function unambiguous(values: readonly Value[], zone: string): Value[] {
  return values.filter((x) => x === null || toInstantMicros(toLocalMicros(x as bigint, timeZone(zone)), timeZone(zone)) === x);
}

const ZONES = ["UTC", "+05:30", "America/New_York", "Europe/Berlin", "Africa/Casablanca"];

describe.each(ZONES)("in zone %s", (zone) => {
  test.each([
    ["hour", INT],
    ["minute", INT],
    ["second", INT],
    ["second_with_fraction", decimal(8, 6)],
  ] as const)("%s", async (name, result) => {
    for (const type of [TIMESTAMP, TIMESTAMP_NTZ]) {
      const t = column(type);
      expect(await expectInterpreted(call(name, [ref(t)], result), [t], instants.map((x) => [x]), zone)).toBe(0);
    }
  });

  test.each(["microsecond", "MILLISECOND", "second", "minute", "hour", "day", "week", "month", "quarter", "year"])("date_trunc to %s", async (unit) => {
    for (const type of [TIMESTAMP, TIMESTAMP_NTZ]) {
      const t = column(type);
      expect(await expectInterpreted(call("date_trunc", [literal(unit, STRING), ref(t)], type), [t], unambiguous(instants, zone).map((x) => [x]), zone)).toBe(0);
    }
  });

  test("casts between dates and timestamps", async () => {
    const pairs: [DataType, DataType][] = [[TIMESTAMP, DATE], [TIMESTAMP_NTZ, DATE], [TIMESTAMP, TIMESTAMP_NTZ], [TIMESTAMP_NTZ, TIMESTAMP], [DATE, TIMESTAMP], [DATE, TIMESTAMP_NTZ], [TIMESTAMP, LONG], [TIMESTAMP, DOUBLE], [LONG, TIMESTAMP], [SHORT, TIMESTAMP]];
    for (const [from, to] of pairs) {
      const t = column(from);
      const values = from.kind === "date" ? instants.map((x) => (x === null ? null : Number((x as bigint) / 86_400_000_000n))) : from.kind === "short" ? [1, -5, null] : [...instants, ...(from.kind === "long" ? [2n ** 63n - 1n, -(2n ** 63n)] : [])];
      expect(await expectInterpreted(cast(ref(t), to), [t], values.map((x) => [x]), zone)).toBe(0);
    }
  });

  test("timestamps and intervals", async () => {
    for (const type of [TIMESTAMP, TIMESTAMP_NTZ]) {
      const t = column(type);
      const u = column(type);
      const d = column(INTERVAL_DT);
      const m = column(INTERVAL_YM);
      const others = instants.map((_, i) => instants[(i * 13 + 5) % instants.length]);
      expect(await expectInterpreted(call("-", [ref(t), ref(u)], INTERVAL_DT), [t, u], instants.map((x, i) => [x, others[i]]), zone)).toBe(0);
      const spans: Value[] = [0n, 86_400_000_000n, -1n, 3_600_000_000n, 2n ** 62n, null];
      for (const operator of ["+", "-"]) {
        await expectInterpreted(call(operator, [ref(t), ref(d)], type), [t, d], [...instants.map((x, i) => [x, spans[i % spans.length]] as Value[]), [2n ** 63n - 1n, 1n], [-(2n ** 63n), 1n], [-(2n ** 63n), -1n]], zone);
        expect(await expectInterpreted(call(operator, [ref(t), ref(m)], type), [t, m], unambiguous(instants, zone).map((x, i) => [x, [0, 1, -1, 12, 5, -13, null][i % 7]]), zone)).toBe(0);
      }
    }
  });
});

test("dates, days and intervals", async () => {
  const d = column(DATE);
  const e = column(DATE);
  const n = column(INT);
  const m = column(INTERVAL_YM);
  const dt = column(INTERVAL_DT);
  const days = [0, -1, 59, 11016, 19782, -719162, null];
  const rows = days.flatMap((x, i) => [1, -30, 0, null].map((y) => [x, y, days[(i + 2) % days.length], y === null ? null : BigInt(y) * 86_400_000_000n + 5n]));
  const columns = [d, n, e, dt];
  for (const expr of [call("+", [ref(d), ref(n)], DATE), call("-", [ref(d), ref(n)], DATE), call("+", [ref(n), ref(d)], DATE), call("-", [ref(d), ref(e)], INTERVAL_DT), call("+", [ref(d), ref(dt)], DATE), call("-", [ref(d), ref(dt)], DATE), call("+", [ref(dt), ref(d)], DATE)]) {
    expect(await expectInterpreted(expr, columns, rows)).toBe(0);
  }
  expect(await expectInterpreted(call("+", [ref(d), ref(m)], DATE), [d, m], rows.map(([x, y]) => [x, y]))).toBe(0);
});

test("sums of intervals raise when they leave their type", async () => {
  const a = column(INTERVAL_DT);
  const b = column(INTERVAL_DT);
  const c = column(INTERVAL_YM);
  const big = [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), null];
  const months = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), null];
  for (const operator of ["+", "-"]) {
    expect(await expectInterpreted(call(operator, [ref(a), ref(b)], INTERVAL_DT), [a, b], big.flatMap((x) => big.map((y) => [x, y])))).toBeGreaterThan(2);
    expect(await expectInterpreted(call(operator, [ref(c), literal(1, INTERVAL_YM)], INTERVAL_YM), [c], months.map((x) => [x]))).toBe(1);
  }
});

test("timestamps from numbers and back", async () => {
  const n = column(LONG);
  const t = column(TIMESTAMP);
  const numbers = [0n, 1n, -1n, 9_223_372_036_854n, 9_223_372_036_855n, -9_223_372_036_855n, 2n ** 62n, null].map((x) => [x]);
  for (const name of ["timestamp_seconds", "timestamp_millis"]) expect(await expectInterpreted(call(name, [ref(n)], TIMESTAMP), [n], numbers)).toBeGreaterThan(0);
  expect(await expectInterpreted(call("timestamp_micros", [ref(n)], TIMESTAMP), [n], numbers)).toBe(0);
  for (const name of ["unix_seconds", "unix_millis", "unix_micros"]) expect(await expectInterpreted(call(name, [ref(t)], LONG), [t], instants.map((x) => [x]))).toBe(0);
});
