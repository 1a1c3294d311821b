/**
 * A single value outside of the data path: literals, folded constants, statistics, arguments of scalar functions.
 *
 * | type | value |
 * |---|---|
 * | any | `null` for NULL |
 * | boolean | `boolean` |
 * | byte, short, int, float, double | `number` |
 * | long | `bigint` |
 * | decimal(p, s) | `bigint`, unscaled: 1.50 as decimal(3,2) is `150n` |
 * | string, char, varchar | `string` |
 * | binary, variant | `Uint8Array` |
 * | date | `number`, days since 1970-01-01 (proleptic Gregorian) |
 * | time | `bigint`, nanoseconds since midnight |
 * | timestamp, timestamp_ntz | `bigint`, microseconds since 1970-01-01T00:00 (UTC, or of the local calendar) |
 * | interval_ym | `number`, months |
 * | interval_dt | `bigint`, microseconds |
 * | calendar_interval | `{months, days, micros}` |
 * | array | `Value[]` |
 * | map | `MapValue`: two arrays of equal length, in insertion order |
 * | struct | `Value[]`, by field position, wrapped in `StructValue` |
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | MapValue
  | StructValue
  | CalendarInterval;

export interface MapValue {
  readonly keys: readonly Value[];
  readonly values: readonly Value[];
}

export interface StructValue {
  readonly fields: readonly Value[];
}

export interface CalendarInterval {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;
}
