import { beforeAll, describe, expect, test } from "vitest";
import type { Column } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { BOOLEAN, DATE, decimal, DOUBLE, FLOAT, INT, LONG, SHORT, STRING } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { emitEquals, emitHash, emitNormalizedKey, emitSortOrder } from "../../executor/emit/row-keys.ts";
import { call, column, pairs, ref } from "./expressions.ts";
import { expectInterpreted } from "./interpreted.ts";
import { kernelExports, runRows } from "./row-runner.ts";

/** In ascending order, equal ones side by side in one array. */
const ORDERED: [DataType, Value[][]][] = [
  [BOOLEAN, [[false], [true]]],
  [SHORT, [[-32768], [-1], [0], [300]]],
  [INT, [[-(2 ** 31)], [-1], [0], [1], [2 ** 31 - 1]]],
  [DATE, [[-719162], [0], [19000]]],
  [LONG, [[-(2n ** 63n)], [-(2n ** 32n)], [-1n], [0n], [1n], [2n ** 63n - 2n], [2n ** 63n - 1n]]],
  [decimal(10, 2), [[-9999999999n], [-5n], [0n], [9999999999n]]],
  [decimal(38, 2), [[-(10n ** 38n) + 1n], [-(2n ** 64n)], [-(2n ** 63n)], [-1n], [0n], [1n], [2n ** 64n], [2n ** 64n + 1n], [10n ** 38n - 1n]]],
  [FLOAT, [[-Infinity], [-1.5], [-0, 0], [1.5], [Infinity], [NaN]]],
  [DOUBLE, [[-Infinity], [-1e300], [-0, 0], [5e-324], [1.5], [Infinity], [NaN]]],
  [{ kind: "array", element: INT, containsNull: true }, [[[]], [[null]], [[-1]], [[1]], [[1, null]], [[1, 2]], [[300]]]],
  [STRING, [[""], ["\u0000"], ["a"], ["a\u0000"], ["aaaaaaaa"], ["aaaaaaaaa"], ["aaaaaaaab"], ["aaaaaaab"], ["ab"], ["abcdefghijklmnopqrstuvwxyz"], ["abcdefghijklmnopqrstuvwxyz0"], ["b"], ["é"], ["日本語"], ["😀"]]],
];

describe.each(ORDERED)("%o", (type, groups) => {
  const a = column(type);
  const b = column(type);
  const cells: { value: Value; rank: number }[] = [{ value: null, rank: -1 }, ...groups.flatMap((group, rank) => group.map((value) => ({ value, rank })))];
  const both = pairs(cells, cells);
  const rows = both.map(([x, y]) => [x.value, y.value]);

  test("equality with and without equal NULLs", async () => {
    for (const nullsEqual of [true, false]) {
      const { values } = await runRows((ctx) => ({ type: BOOLEAN, lanes: [emitEquals(ctx.column(a.id), ctx.column(b.id), ctx, nullsEqual)], isNull: undefined }), BOOLEAN, [a, b], rows);
      expect(values).toEqual(both.map(([x, y]) => x.rank === y.rank && (nullsEqual || x.rank >= 0)));
    }
  });

  test("equal keys have equal hashes, others differ", async () => {
    const { values } = await runRows((ctx) => ({ type: LONG, lanes: [emitHash([ctx.column(a.id)], ctx)], isNull: undefined }), LONG, [a], cells.map((c) => [c.value]));
    for (const [i, j] of pairs([...cells.keys()], [...cells.keys()])) expect(values[i] === values[j]).toBe(cells[i].rank === cells[j].rank);
  });

  test.each([[true, true], [true, false], [false, true], [false, false]])("order: ascending %s, nulls first %s", async (ascending, nullsFirst) => {
    const place = (rank: number): number => (rank < 0 ? (nullsFirst ? -100 : 100) : ascending ? rank : -rank);
    const wanted = both.map(([x, y]) => Math.sign(place(x.rank) - place(y.rank)));
    const order = await runRows((ctx) => ({ type: INT, lanes: [emitSortOrder(ctx.column(a.id), ctx.column(b.id), ascending, nullsFirst, ctx)], isNull: undefined }), INT, [a, b], rows);
    expect(order.values).toEqual(wanted);
    for (const nullable of [true, false]) {
      const key = { ...a, nullable };
      const inputs = nullable ? cells : cells.slice(1);
      let exact = false;
      const emit = (ctx: Parameters<Parameters<typeof runRows>[0]>[0]) => {
        const normalized = emitNormalizedKey(ctx.column(key.id), ascending, nullsFirst, ctx);
        exact = normalized.exact;
        return { type: LONG, lanes: [normalized.key], isNull: undefined };
      };
      const { values } = await runRows(emit, LONG, [key], inputs.map((c) => [c.value]));
      const keys = values.map((v) => BigInt.asUintN(64, v as bigint));
      for (const [i, j] of pairs([...inputs.keys()], [...inputs.keys()])) {
        const difference = Math.sign(place(inputs[i].rank) - place(inputs[j].rank));
        const byKey = keys[i] < keys[j] ? -1 : keys[i] > keys[j] ? 1 : 0;
        expect(byKey === 0 && !exact ? difference : byKey).toBe(difference);
      }
    }
  });
});

test.each(ORDERED.filter(([type]) => type.kind !== "array" && !(type.kind === "decimal" && type.precision > 18)))("hash and xxhash64 of %o are Spark's", async (type, groups) => {
  const a = column(type);
  const b = column(STRING);
  const texts = ["", "a", "abcd", "abcdefghijk", "é日本語 and so on until there are more than thirty-two bytes of it", null];
  const rows = [null, ...groups.flat()].map((value, i) => [value, texts[i % texts.length]]);
  expect(await expectInterpreted(call("hash", [ref(a), ref(b)], INT), [a, b], rows)).toBe(0);
  expect(await expectInterpreted(call("xxhash64", [ref(b), ref(a)], LONG), [a, b], rows)).toBe(0);
});

test("hashes of several columns depend on their order, and fill high and low bits evenly", async () => {
  const a: Column = column(INT, false);
  const b: Column = column(INT, false);
  const rows = pairs([...Array(64).keys()], [...Array(64).keys()]);
  const { values } = await runRows((ctx) => ({ type: LONG, lanes: [emitHash([ctx.column(a.id), ctx.column(b.id)], ctx)], isNull: undefined }), LONG, [a, b], rows);
  expect(new Set(values).size).toBe(4096);
  for (const shift of [0n, 24n, 56n]) {
    const counts = new Map<bigint, number>();
    for (const hash of values) counts.set((hash as bigint) >> shift & 255n, (counts.get((hash as bigint) >> shift & 255n) ?? 0) + 1);
    expect(counts.size).toBe(256);
    expect(Math.max(...counts.values())).toBeLessThan(40);
  }
});

describe("kernels", () => {
  let kernels: Awaited<ReturnType<typeof kernelExports>>;
  beforeAll(async () => {
    kernels = await kernelExports();
  });

  test.each([0, 1, 2, 48, 49, 1000])("sort_pairs is a stable sort of %i entries", (count) => {
    const { view } = kernels;
    const base = 1 << 20;
    const entries = Array.from({ length: count }, (_, i) => ({ key: i % 3 === 0 ? BigInt(i % 7) : BigInt.asUintN(64, BigInt(i * 7919) * 0x9e3779b97f4a7c15n), payload: BigInt(i) }));
    entries.forEach(({ key, payload }, i) => {
      view.setBigUint64(base + 16 * i, key, true);
      view.setBigUint64(base + 16 * i + 8, payload, true);
    });
    (kernels.functions.sort_pairs as (base: number, count: number, scratch: number) => void)(base, count, base + 16 * count);
    const sorted = entries.map((_, i) => ({ key: view.getBigUint64(base + 16 * i, true), payload: view.getBigUint64(base + 16 * i + 8, true) }));
    expect(sorted).toEqual(entries.toSorted((x, y) => (x.key < y.key ? -1 : x.key > y.key ? 1 : Number(x.payload - y.payload))));
  });

  test("count_bits", () => {
    const base = 1 << 20;
    for (let i = 0; i < 32; i++) kernels.view.setUint8(base + i, 0b1010_0111);
    for (const bits of [0, 1, 3, 4, 64, 65, 131, 256]) {
      const wanted = Array.from({ length: bits }, (_, i) => (0b1010_0111 >> (i & 7)) & 1).filter(Boolean).length;
      expect((kernels.functions.count_bits as (at: number, bits: number) => number)(base, bits)).toBe(wanted);
    }
  });
});
