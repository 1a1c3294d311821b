import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DataType } from "../../catalog/types.ts";
import { decimal, DOUBLE, INT, LONG } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { aggregateFunction } from "../../executor/functions/aggregate-implementations.ts";
import type { WindowPartition, WindowSite } from "../../executor/functions/window.ts";
import { windowFunction } from "../../executor/functions/window.ts";

function partitionOf(values: readonly Value[], frame: WindowPartition["frame"], peers: readonly number[] = [...values.keys(), values.length]): WindowPartition {
  return { rows: values.length, arg: (_, row) => values[row], peers: Int32Array.from(peers), frame };
}

function run(name: string, partition: WindowPartition, argTypes: readonly DataType[], type: DataType, more: Partial<WindowSite> = {}): Value[] {
  const fn = windowFunction(name);
  if (fn === undefined) throw new Error(`no window function ${name}`);
  return fn.evaluate(partition, { name, argTypes, type, mode: "ansi", timeZone: "UTC", ...more });
}

const WHOLE = (values: readonly Value[]): WindowPartition["frame"] => () => [0, values.length];

describe("ranking", () => {
  const values = [10, 10, 20, 20, 20, 30];
  const partition = partitionOf(values, WHOLE(values), [0, 2, 5, 6]);
  test.each([
    ["row_number", [1, 2, 3, 4, 5, 6]],
    ["rank", [1, 1, 3, 3, 3, 6]],
    ["dense_rank", [1, 1, 2, 2, 2, 3]],
    ["percent_rank", [0, 0, 0.4, 0.4, 0.4, 1]],
    ["cume_dist", [2 / 6, 2 / 6, 5 / 6, 5 / 6, 5 / 6, 1]],
  ])("%s", (name, expected) => {
    expect(run(name, partition, [], INT)).toEqual(expected);
  });

  test("ntile: the first buckets are the larger ones", () => {
    expect(run("ntile", { ...partition, arg: () => 4 }, [INT], INT)).toEqual([1, 1, 2, 2, 3, 4]);
  });
});

describe("neighbours", () => {
  const values = [1, null, 3, null, 5];
  const partition = partitionOf(values, WHOLE(values));
  test("lag and lead", () => {
    expect(run("lag", partition, [INT], INT)).toEqual([null, 1, null, 3, null]);
    expect(run("lead", partition, [INT], INT)).toEqual([null, 3, null, 5, null]);
  });

  test("IGNORE NULLS counts only values", () => {
    expect(run("lag", partition, [INT], INT, { ignoreNulls: true })).toEqual([null, 1, 1, 3, 3]);
    expect(run("first", partition, [INT], INT, { ignoreNulls: true })).toEqual([1, 1, 1, 1, 1]);
    expect(run("last", partition, [INT], INT)).toEqual([5, 5, 5, 5, 5]);
  });
});

describe("aggregates over frames agree with the aggregate of each frame's rows", () => {
  const cases: readonly (readonly [string, DataType, DataType, fc.Arbitrary<Value>])[] = [
    ["sum", INT, LONG, fc.integer({ min: -1000, max: 1000 })],
    ["sum", DOUBLE, DOUBLE, fc.integer({ min: -1000, max: 1000 })],
    ["sum", decimal(10, 2), decimal(20, 2), fc.bigInt({ min: -9_999_999_999n, max: 9_999_999_999n })],
    ["avg", INT, DOUBLE, fc.integer({ min: -1000, max: 1000 })],
    ["avg", decimal(10, 2), decimal(14, 6), fc.bigInt({ min: -9_999_999_999n, max: 9_999_999_999n })],
    ["min", INT, INT, fc.integer({ min: 0, max: 9 })],
    ["max", INT, INT, fc.integer({ min: 0, max: 9 })],
    ["count", INT, LONG, fc.integer()],
    ["collect_list", INT, { kind: "array", element: INT, containsNull: false }, fc.integer()],
    ["stddev_pop", DOUBLE, DOUBLE, fc.integer({ min: 0, max: 9 })],
  ];
  test.each(cases)("%s over %j", (name, input, type, values) => {
    const aggregate = aggregateFunction(name);
    if (aggregate === undefined) throw new Error(`no aggregate ${name}`);
    fc.assert(
      fc.property(fc.array(fc.option(values, { nil: null }), { maxLength: 30 }), fc.integer({ min: -3, max: 5 }), fc.integer({ min: -3, max: 5 }), fc.boolean(), (column, before, after, filtered) => {
        const clamp = (row: number): number => Math.max(0, Math.min(column.length, row));
        const frame = (row: number): readonly [number, number] => [clamp(row - before), clamp(row + after + 1)];
        const included = filtered ? (row: number): boolean => row % 3 !== 0 : undefined;
        const partition = { ...partitionOf(column, frame), ...(included === undefined ? {} : { included }) };
        const site: WindowSite = { name, argTypes: [input], type, mode: "ansi", timeZone: "UTC" };
        const expected = column.map((_, row) => {
          const [start, end] = frame(row);
          const rows = [];
          for (let i = start; i < end; i++) if (included?.(i) !== false) rows.push([column[i]]);
          return aggregate.finish(rows, site);
        });
        expect(run(name, partition, [input], type)).toEqual(expected);
      }),
      { numRuns: 100, seed: 20_260 },
    );
  });
});
