import type { ColumnStatistics, Split, TableStatistics } from "../../catalog/table.ts";
import type { Value } from "../../catalog/values.ts";

/** What statistics need of a split. */
export type SplitStatistics = Pick<Split, "rows" | "bytes" | "columns">;

/** A table's statistics from those of its splits. A column has bounds when every split has them. */
export function combineStatistics(splits: readonly SplitStatistics[], columns: number): TableStatistics {
  let rows: number | undefined = 0;
  let bytes = 0;
  for (const split of splits) {
    rows = rows === undefined || split.rows === undefined ? undefined : rows + split.rows;
    bytes += split.bytes;
  }
  const combined = new Map<number, ColumnStatistics>();
  for (let column = 0; column < columns; column++) {
    const statistics = combineColumn(splits, column);
    if (statistics !== undefined) combined.set(column, statistics);
  }
  return { rows, bytes, columns: combined };
}

function combineColumn(splits: readonly SplitStatistics[], column: number): ColumnStatistics | undefined {
  let min: Value = null;
  let max: Value = null;
  let bounded = true;
  let nulls: number | undefined = 0;
  let distinct: number | undefined = 0;
  for (const split of splits) {
    const own = split.columns?.get(column);
    if (own === undefined) return undefined;
    nulls = nulls === undefined || own.nulls === undefined ? undefined : nulls + own.nulls;
    const allNull = own.nulls !== undefined && own.nulls === split.rows;
    if (allNull) continue;
    if (own.min === null || own.max === null) bounded = false;
    else if (min === null || max === null) {
      ({ min, max } = own);
      distinct = own.distinct;
    } else {
      distinct = combineDistinct(distinct, own, min, max);
      if (compareValues(own.min, min) < 0) ({ min } = own);
      if (compareValues(own.max, max) > 0) ({ max } = own);
    }
  }
  const fields = combineFields(splits, column);
  return { min: bounded ? min : null, max: bounded ? max : null, nulls, distinct: bounded ? distinct : undefined, ...(fields !== undefined && { fields }) };
}

/** Of a struct. */
function combineFields(splits: readonly SplitStatistics[], column: number): TableStatistics["columns"] | undefined {
  const within = splits.map(({ rows, bytes, columns }) => ({ rows, bytes, columns: columns?.get(column)?.fields }));
  const last = Math.max(-1, ...(within[0]?.columns?.keys() ?? []));
  return last < 0 ? undefined : combineStatistics(within, last + 1).columns;
}

/** Ranges that overlap are taken to hold the same values, ranges that do not to hold different ones. */
function combineDistinct(distinct: number | undefined, own: ColumnStatistics, min: Value, max: Value): number | undefined {
  if (distinct === undefined || own.distinct === undefined) return undefined;
  const apart = compareValues(own.min, max) > 0 || compareValues(own.max, min) < 0;
  return apart ? distinct + own.distinct : Math.max(distinct, own.distinct);
}

const SURROGATE = /[\uD800-\uDFFF]/;

/** By UTF-8 bytes: UTF-16 units have the same order where no text has surrogates. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

/** Order of two non-null values of one type: strings and binaries by their (UTF-8) bytes. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}
