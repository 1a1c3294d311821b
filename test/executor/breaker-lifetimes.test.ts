import { expect, test } from "vitest";
import { liveBreakers } from "../../executor/breaker-lifetimes.ts";
import type { Pipeline, Sink } from "../../planner/stages.ts";

const NONE: ReadonlySet<number> = new Set();

function pipeline(id: number, reads: readonly number[], sink: Sink): Pipeline {
  const [first, ...probed] = reads;
  const steps = probed.map((breaker) => ({ kind: "probe", breaker }));
  return { id, source: first === undefined ? { kind: "values" } : { kind: "breaker", breaker: first }, steps, sink } as unknown as Pipeline;
}

const into = (breaker: number): Sink => ({ kind: "breaker", breaker });

test("breakers live as long as a pipeline to come feeds or reads them", () => {
  const toCome = [pipeline(3, [1, 2], into(4)), pipeline(4, [4], { kind: "result" })];
  expect(liveBreakers(toCome, NONE, new Map())).toEqual(new Set([1, 2, 4]));
  expect(liveBreakers(toCome.slice(1), NONE, new Map())).toEqual(new Set([4]));
  expect(liveBreakers([], NONE, new Map())).toEqual(new Set());
});

test("a breaker lives as long as strings of a live one are in it, through any number of them", () => {
  const pointsInto = new Map([
    [4, new Set([3])],
    [3, new Set([1])],
    [2, new Set([0])],
  ]);
  expect(liveBreakers([pipeline(9, [4], { kind: "result" })], NONE, pointsInto)).toEqual(new Set([4, 3, 1]));
});
