import * as fc from "fast-check";
import { expect, test } from "vitest";
import { INT, LONG, STRING } from "../../catalog/types.ts";
import { ListedValues } from "../../planner/wanted-values.ts";

test("a value within two bounds is found exactly where there is one, however many values there are", () => {
  const bound = fc.option(fc.integer({ min: -20, max: 220 }), { nil: null });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 200 }), fc.array(fc.tuple(bound, bound), { minLength: 1, maxLength: 20 }), (values, bounds) => {
      const listed = new ListedValues(values, INT);
      for (const [min, max] of bounds) expect(listed.someWithin(min, max)).toBe(values.some((value) => (min === null || value >= min) && (max === null || value <= max)));
    }),
  );
});

test("values are given in order, each once", () => {
  expect(new ListedValues([3n, -1n, 3n, 2n ** 62n, -1n], LONG).sorted).toEqual([-1n, 3n, 2n ** 62n]);
  expect(new ListedValues(["\u{10000}", "\uffff", "a", "a"], STRING).sorted).toEqual(["a", "\uffff", "\u{10000}"]);
});
