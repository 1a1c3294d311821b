import { describe, expect, test } from "vitest";
import { collation } from "../../executor/functions/collation.ts";
import { groupKey } from "../../executor/functions/compare.ts";

describe("collations", () => {
  test.each([
    ["UTF8_LCASE", "aBc", "AbC", true],
    ["UTF8_LCASE", "a", "å", false],
    ["UTF8_BINARY_RTRIM", "a", "a  ", true],
    ["UNICODE", "a", "A", false],
    ["unicode_ci", "a", "A", true],
    ["UNICODE_AI", "a", "å", true],
    ["UNICODE_AI", "a", "Å", false],
    ["system.builtin.UNICODE_CI_AI", "a", "Å", true],
    ["en_CI_RTRIM", "x", "X ", true],
  ])("under %s, %j and %j are equal: %s", (name, a, b, equal) => {
    const { compare, key } = collation(name);
    expect(compare(a, b) === 0).toBe(equal);
    expect(key(a) === key(b)).toBe(equal);
  });

  test("order: lower case before upper in Unicode, by code point in bytes", () => {
    expect(collation("UNICODE").compare("a", "A")).toBeLessThan(0);
    expect(collation("UTF8_BINARY_RTRIM").compare("a", "A")).toBeGreaterThan(0);
    expect(collation("DE").compare("Kypper", "Köpfe")).toBeGreaterThan(0);
  });

  test("groups", () => {
    const type = { kind: "string", collation: "UTF8_LCASE" } as const;
    expect(groupKey(type, "AA")).toBe(groupKey(type, "aa"));
  });

  test.each(["UTF8_BS", "UNICODE_CI_CS", "UTF8_BINARY_CI", "builtin.UTF8_LCASE", "xx1"])("%s is no collation", (name) => {
    expect(() => collation(name)).toThrow(/is not the name of a collation/);
  });
});
