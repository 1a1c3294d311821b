import { typeName } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import type { LeafColumn } from "../../delta/indexed-columns.ts";
import { compareValues } from "../../executor/functions/compare.ts";
import { valueReader } from "../../executor/result-values.ts";
import { parseQuery } from "../../parser/parse.ts";
import { quoted } from "../object-names.ts";
import { cellText } from "../results/cell-text.ts";
import type { RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { liveRows } from "./delta-provider.ts";
import { fromTarget, queryTarget, type TargetFiles, targetTable } from "./row-changes.ts";

export type Curve = "hilbert" | "zOrder";

/** Ranges that the values of a column are divided into. Source: `spark.databricks.io.skipping.mdc.rangeId.max`. */
const RANGES = 1000;
const RANGE_BITS = 10;
/** Rows that the ranges are found from. */
const SAMPLED_ROWS = 200_000;
const ALIAS = "target";

/**
 * ORDER BY expressions that lay the rows of some files along a space-filling curve: each column's values are numbered by ranges of about as many rows, and the
 * curve goes through the numbers. Rows at the same place are in the order of the columns.
 */
export async function curveOrder(session: Session, target: TargetFiles, chosen: ReadonlySet<number>, columns: readonly LeafColumn[], curve: Curve, options: RunOptions): Promise<string> {
  const names = columns.map(({ path }) => quoted(ALIAS, ...path));
  const ends = await rangeEnds(session, target, chosen, columns, options);
  const ids = columns.map((column, i) => rangeNumber(session, names[i], column, ends[i]));
  // A curve through one dimension is the dimension.
  const place = columns.length === 1 ? [] : [curve === "hilbert" ? `hilbert_index(${RANGE_BITS}, ${ids.join(", ")})` : `interleave_bits(${ids.join(", ")})`];
  return [...place, ...names].join(", ");
}

/** By column: the upper ends of ranges that hold about as many rows each, sorted, all different, but for the last. */
async function rangeEnds(session: Session, target: TargetFiles, chosen: ReadonlySet<number>, columns: readonly LeafColumn[], options: RunOptions): Promise<readonly (readonly Value[])[]> {
  const rows = [...chosen].reduce((sum, index) => sum + liveRows(target.files[index]), 0);
  const sample = rows <= SAMPLED_ROWS ? "" : ` WHERE rand(0) < ${SAMPLED_ROWS / rows}D`;
  const query = parseQuery(`SELECT ${columns.map(({ path }) => quoted(ALIAS, ...path)).join(", ")} ${fromTarget(ALIAS)}${sample}`);
  const values = columns.map((): Value[] => []);
  for await (const batch of queryTarget(session, targetTable(target, chosen), query, options)) {
    for (const [i, read] of batch.columns.map(valueReader).entries()) {
      for (let row = 0; row < batch.rows; row++) {
        const value = read(row);
        if (value !== null) values[i].push(value);
      }
    }
  }
  return columns.map(({ type }, i) => {
    const sorted = values[i].sort((a, b) => compareValues(type, a, b));
    const ends: Value[] = [];
    for (let range = 1; range < RANGES && sorted.length > 0; range++) {
      const end = sorted[Math.floor((range * sorted.length) / RANGES)];
      if (ends.length === 0 || compareValues(type, ends[ends.length - 1], end) < 0) ends.push(end);
    }
    return ends;
  });
}

/** Numbers spread over all bits, so that a column with few values counts as much as one with many. */
function rangeNumber(session: Session, name: string, { type }: LeafColumn, ends: readonly Value[]): string {
  if (ends.length === 0) return "0";
  const texts = ends.map((end) => `'${cellText(end, type, session.timeZone).replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`);
  const stored = type.kind === "char" || type.kind === "varchar" ? "string" : typeName(type);
  return `range_partition_id(${name}, CAST(array(${texts.join(", ")}) AS ARRAY<${stored}>)) * ${Math.floor(2 ** RANGE_BITS / (ends.length + 1))}`;
}
