import type { AggregateFunction } from "./aggregate-function.ts";
import { basicAggregates } from "./aggregates.ts";
import { statisticalAggregates } from "./statistics.ts";
import { variantAggregates } from "./variant.ts";

const ALL: readonly AggregateFunction[] = [...basicAggregates, ...statisticalAggregates, ...variantAggregates];

const BY_NAME = new Map(ALL.map((fn) => [fn.name, fn]));

/** The implementation of an aggregate, by the registry's name (lower case, no alias). */
export function aggregateFunction(name: string): AggregateFunction | undefined {
  return BY_NAME.get(name);
}

/** Names of all implemented aggregates. */
export function implementedAggregates(): readonly string[] {
  return ALL.map((fn) => fn.name);
}
