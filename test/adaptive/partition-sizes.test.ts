import { expect, test } from "vitest";
import { groupNeighbours } from "../../planner/adaptive/partition-sizes.ts";

/** Sizes, those that stay by themselves negative. */
function groups(sizes: readonly number[], target: number, minBytes: number): readonly (readonly number[])[] {
  return groupNeighbours(sizes.map((size, partition) => ({ partition, bytes: Math.abs(size), isAlone: size < 0 })), target, minBytes);
}

test.each<[string, readonly number[], number, number, readonly (readonly number[])[]]>([
  ["up to the target", [10, 20, 70, 50, 50, 60], 100, 1, [[0, 1, 2], [3, 4], [5]]],
  ["more than the target by itself", [10, 300, 10], 100, 1, [[0], [1], [2]]],
  ["a small one with what comes, beyond the target", [6, 6, 6, 6], 10, 10, [[0, 1], [2, 3]]],
  ["a small one with the group before, where that is smaller than what comes", [12, 5, 40], 15, 10, [[0, 1], [2]]],
  ["a small rest with the group before", [60, 40, 5], 100, 10, [[0, 1, 2]]],
  ["not across one that stays by itself", [10, -500, 10, 10], 100, 20, [[0], [1], [2, 3]]],
  ["a small one alone where no neighbour may be read with it", [-500, 10, -500], 100, 20, [[0], [1], [2]]],
  ["nothing", [], 100, 20, []],
])("partitions are read together: %s", (_, sizes, target, minBytes, expected) => {
  expect(groups(sizes, target, minBytes)).toEqual(expected);
});
