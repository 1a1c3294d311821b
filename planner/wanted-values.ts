import type { DataType } from "../catalog/types.ts";
import type { Value } from "../catalog/values.ts";
import { compareValues } from "./pruning.ts";

/** Values of a column that are looked for: exactly these, or those between two bounds, which are in it. */
export type WantedValues = ListedValues | { readonly min: Value; readonly max: Value };

/** Of values that lie anywhere some of the first are within the bounds of nearly every split, and nothing need be sorted. */
const SAMPLE = 64;

/** At least one value, some perhaps several times, none NULL or NaN, of a type whose values have an order here. */
export class ListedValues {
  readonly type: DataType;
  readonly #values: readonly Value[];
  #sorted: readonly Value[] | undefined;

  constructor(values: readonly Value[], type: DataType) {
    this.type = type;
    this.#values = values;
  }

  /** Each once. */
  get sorted(): readonly Value[] {
    return (this.#sorted ??= sortedValues(this.#values, this.type));
  }

  /** Whether one of them lies between two bounds, which are in it; null: there is none. */
  someWithin(min: Value, max: Value): boolean {
    for (let i = 0; i < SAMPLE && i < this.#values.length; i++) if (!this.#isBelow(this.#values[i], min) && !this.#isAbove(this.#values[i], max)) return true;
    const first = this.#firstFrom(min);
    return first !== undefined && !this.#isAbove(first, max);
  }

  /** The first in order that is not below the bound. */
  #firstFrom(bound: Value): Value | undefined {
    const { sorted } = this;
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isBelow(sorted[middle], bound)) low = middle + 1;
      else high = middle;
    }
    return sorted[low];
  }

  #isBelow(value: Value, bound: Value): boolean {
    return bound !== null && (compareValues(value, bound, this.type) ?? 0) < 0;
  }

  #isAbove(value: Value, bound: Value): boolean {
    return bound !== null && (compareValues(value, bound, this.type) ?? 0) > 0;
  }
}

function sortedValues(values: readonly Value[], type: DataType): readonly Value[] {
  return values.toSorted((a, b) => compareValues(a, b, type) ?? 0).filter((value, i, sorted) => i === 0 || compareValues(sorted[i - 1], value, type) !== 0);
}
