import { SparrowError } from "../catalog/errors.ts";
import type { StructField } from "../catalog/types.ts";
import { asInteger, type ExactJson } from "./exact-json.ts";

/** `GENERATED ... AS IDENTITY` of a column, as its field's metadata has it. Source: the protocol's section "Identity Columns". */
export interface Identity {
  readonly start: bigint;
  /** Not zero. */
  readonly step: bigint;
  /** The value furthest in the direction of `step` that was given out; undefined before the first. */
  readonly highWaterMark: bigint | undefined;
  /** BY DEFAULT: statements may give values of their own. */
  readonly allowsExplicit: boolean;
}

const START = "delta.identity.start";
const STEP = "delta.identity.step";
const HIGH_WATER_MARK = "delta.identity.highWaterMark";
const ALLOW_EXPLICIT_INSERT = "delta.identity.allowExplicitInsert";

const MIN_LONG = -(2n ** 63n);
const MAX_LONG = 2n ** 63n - 1n;

/** Undefined for a column that is none. */
export function identityOf({ metadata }: StructField): Identity | undefined {
  const start = asInteger(metadata?.[START] as ExactJson | undefined);
  if (metadata === undefined || start === undefined) return undefined;
  return {
    start,
    step: asInteger(metadata[STEP] as ExactJson | undefined) ?? 1n,
    highWaterMark: asInteger(metadata[HIGH_WATER_MARK] as ExactJson | undefined),
    allowsExplicit: metadata[ALLOW_EXPLICIT_INSERT] === true,
  };
}

/** The metadata that makes a column an identity column. */
export function identityMetadata(start: bigint, step: bigint, always: boolean): Readonly<Record<string, unknown>> {
  return { [START]: start, [STEP]: step, [ALLOW_EXPLICIT_INSERT]: !always };
}

export function withHighWaterMark(field: StructField, highWaterMark: bigint): StructField {
  return { ...field, metadata: { ...field.metadata, [HIGH_WATER_MARK]: highWaterMark } };
}

/** Whether two states of a table's columns differ in high-water marks alone. */
export function differInMarksOnly(before: readonly StructField[], after: readonly StructField[]): boolean {
  const plain = (fields: readonly StructField[]): string => JSON.stringify(fields, (key, value: unknown) => (key === HIGH_WATER_MARK ? undefined : typeof value === "bigint" ? String(value) : value));
  return plain(before) === plain(after);
}

/** Gives out the values of one identity column, each once. */
export class IdentityValues {
  readonly #identity: Identity;
  #last: bigint | undefined;

  constructor(identity: Identity) {
    this.#identity = identity;
    this.#last = identity.highWaterMark;
  }

  /** The value given out last, before or now. */
  get highWaterMark(): bigint | undefined {
    return this.#last;
  }

  /** Raises ARITHMETIC_OVERFLOW when BIGINT has no more values. */
  next(): bigint {
    const { start, step } = this.#identity;
    const value = this.#last === undefined ? start : this.#last + step;
    if (value < MIN_LONG || value > MAX_LONG) throw new SparrowError("ARITHMETIC_OVERFLOW", "22003", "long overflow: an identity column has no values left.", { message: "long overflow" }, { origin: "data" });
    this.#last = value;
    return value;
  }
}

/**
 * The mark with which no value up to `extreme` (the largest in the table, the smallest for a negative step) will be given out; undefined where nothing has to
 * change: a mark is never taken back. It is always one of the column's own values, start + k * step.
 */
export function syncedHighWaterMark({ start, step, highWaterMark }: Identity, extreme: bigint | null): bigint | undefined {
  if (extreme === null) return undefined;
  const isBeyond = (a: bigint, b: bigint): boolean => (step > 0n ? a > b : a < b);
  if (isBeyond(start, extreme)) return undefined;
  const behind = (extreme - start) / step;
  const reached = start + behind * step;
  const mark = reached === extreme ? reached : reached + step;
  return highWaterMark !== undefined && !isBeyond(mark, highWaterMark) ? undefined : mark;
}
