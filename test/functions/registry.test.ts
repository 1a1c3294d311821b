import { describe, expect, test } from "vitest";
import { allFunctions } from "../../catalog/functions/registry.ts";
import { implementedAggregates } from "../../executor/functions/aggregate-implementations.ts";
import { implementedGenerators } from "../../executor/functions/generators.ts";
import { implementedScalars } from "../../executor/functions/implementations.ts";
import { implementedWindowFunctions } from "../../executor/functions/window.ts";

function registered(kind: string): string[] {
  return allFunctions()
    .filter((signature) => signature.kind === kind)
    .map((signature) => signature.name)
    .sort();
}

describe("every registered function is implemented, and the other way round", () => {
  test.each([
    ["scalar", implementedScalars],
    ["aggregate", implementedAggregates],
    ["window", implementedWindowFunctions],
    ["generator", implementedGenerators],
  ] as const)("%s", (kind, implemented) => {
    expect(registered(kind)).toEqual([...implemented()].sort());
    expect(registered(kind).length).toBeGreaterThan(4);
  });

  test("names are lower case and unique", () => {
    const names = allFunctions().flatMap((signature) => [signature.name, ...(signature.aliases ?? [])]);
    expect(names.filter((name) => name !== name.toLowerCase())).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
});
