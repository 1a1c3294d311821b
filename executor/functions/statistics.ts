import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import type { AggregateFunction, AggregateRows, AggregateSite } from "./aggregate-function.ts";
import { defineAggregate, present } from "./aggregate-function.ts";
import { asDouble } from "./arithmetic.ts";
import { compareValues } from "./compare.ts";
import { dataError } from "./data-errors.ts";

/** Moments, correlations, regressions, percentiles and histograms. */

interface Moments {
  count: number;
  mean: number;
  m2: number;
  m3: number;
  m4: number;
}

/** Central moments in one pass. Source: Spark's `CentralMomentAgg` (Meng, "Simpler Online Updates for Arbitrary-Order Central Moments"). */
function moments(rows: AggregateRows): Moments {
  const m: Moments = { count: 0, mean: 0, m2: 0, m3: 0, m4: 0 };
  for (const value of present(rows)) {
    const x = value as number;
    m.count++;
    const delta = x - m.mean;
    const deltaN = delta / m.count;
    m.mean += deltaN;
    m.m2 += delta * (delta - deltaN);
    const delta2 = delta * delta;
    const deltaN2 = deltaN * deltaN;
    m.m3 += -3 * deltaN * m.m2 + delta * (delta2 - deltaN2);
    m.m4 += -4 * deltaN * m.m3 - 6 * deltaN2 * m.m2 + delta * (delta * delta2 - deltaN * deltaN2);
  }
  return m;
}

function moment(name: string, of: (m: Moments) => number | null): AggregateFunction {
  return defineAggregate(name, (rows) => {
    const m = moments(rows);
    return m.count === 0 ? null : of(m);
  });
}

interface PairMoments {
  count: number;
  xMean: number;
  yMean: number;
  /** Sum of (x - mean x)(y - mean y), of squares of x, of squares of y. */
  xy: number;
  xx: number;
  yy: number;
}

/** Over rows where neither is NULL; `x` is the first argument. Source: Spark's `PearsonCorrelation`. */
function pairMoments(rows: AggregateRows): PairMoments {
  const m: PairMoments = { count: 0, xMean: 0, yMean: 0, xy: 0, xx: 0, yy: 0 };
  for (const [x, y] of rows) {
    if (x === null || y === null) continue;
    m.count++;
    const dx = (x as number) - m.xMean;
    const dy = (y as number) - m.yMean;
    m.xMean += dx / m.count;
    m.yMean += dy / m.count;
    m.xy += dx * ((y as number) - m.yMean);
    m.xx += dx * ((x as number) - m.xMean);
    m.yy += dy * ((y as number) - m.yMean);
  }
  return m;
}

function pair(name: string, of: (m: PairMoments) => number | null): AggregateFunction {
  return defineAggregate(name, (rows) => {
    const m = pairMoments(rows);
    return m.count === 0 ? null : of(m);
  });
}

/** As `pair`; the regression functions take (y, x), so that here `yy` belongs to x. */
const regression = pair;

function percentageOf(value: Value, site: AggregateSite): number {
  const percentage = value as number;
  if (percentage < 0 || percentage > 1 || Number.isNaN(percentage)) {
    throw dataError("DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE", "42K09", `The percentage ${percentage} is not within 0 and 1.`, { exprName: "percentage", valueRange: "[0.0, 1.0]", currentValue: String(percentage), sqlExpr: `"${site.name}"` }, site);
  }
  return percentage;
}

/** One result, or an array for an array of percentages. */
function forPercentages(percentages: Value, site: AggregateSite, of: (percentage: number) => Value): Value {
  if (percentages === null) return null;
  return Array.isArray(percentages) ? (percentages as readonly Value[]).map((p) => of(percentageOf(p, site))) : of(percentageOf(percentages, site));
}

function resultElement(site: AggregateSite): DataType {
  return site.type.kind === "array" ? site.type.element : site.type;
}

/** A number between two values, as the result's element type. */
function interpolated(lower: Value, upper: Value, fraction: number, site: AggregateSite): Value {
  const type = site.argTypes[0];
  const a = asDouble(lower, type);
  const x = fraction === 0 ? a : (1 - fraction) * a + fraction * asDouble(upper, type);
  switch (resultElement(site).kind) {
    case "interval_ym":
      return Math.trunc(x);
    case "interval_dt":
      return BigInt(Math.trunc(x));
    default:
      return x;
  }
}

/** Values with the frequencies of a third argument repeated. */
function withFrequencies(rows: AggregateRows, site: AggregateSite): AggregateRows {
  if (site.argTypes.length < 3) return rows;
  return rows.flatMap((row) => {
    const count = Number(row[2] ?? 0);
    if (count < 0) throw dataError("INVALID_PARAMETER_VALUE.FREQUENCY", "22023", `percentile: the frequency ${count} is negative.`, { functionName: "`percentile`", parameter: "`frequency`" }, site);
    return Array.from({ length: count }, () => row);
  });
}

/** Values without NULLs, known by their place in ascending order. */
export interface OrderedValues {
  readonly length: number;
  readonly at: (index: number) => Value;
}

function inOrder(rows: AggregateRows, type: DataType): OrderedValues {
  const values = present(rows).sort((a, b) => compareValues(type, a, b));
  return { length: values.length, at: (index) => values[index] };
}

/** The value at a place from the end that the order begins with. */
function atPlace(values: OrderedValues, place: number, site: AggregateSite): Value {
  return values.at(site.descending === true ? values.length - 1 - place : place);
}

function interpolatedPercentile(values: OrderedValues, site: AggregateSite, percentages: Value): Value {
  if (values.length === 0) return null;
  return forPercentages(percentages, site, (p) => {
    const position = p * (values.length - 1);
    const low = Math.floor(position);
    const value = atPlace(values, low, site);
    return interpolated(value, low === position ? value : atPlace(values, low + 1, site), position - low, site);
  });
}

/** The first value whose share of the rows reaches the percentage. */
function discretePercentile(values: OrderedValues, site: AggregateSite, percentages: Value, convert: boolean): Value {
  if (values.length === 0) return null;
  return forPercentages(percentages, site, (p) => {
    const value = atPlace(values, Math.max(0, Math.ceil(p * values.length) - 1), site);
    return convert ? interpolated(value, value, 0, site) : value;
  });
}

/** Percentiles of values that someone else has in order, by name. */
export const ORDERED_PERCENTILES: Readonly<Record<string, (values: OrderedValues, site: AggregateSite, percentages: Value) => Value>> = {
  median: (values, site) => interpolatedPercentile(values, site, 0.5),
  percentile: interpolatedPercentile,
  percentile_cont: interpolatedPercentile,
  percentile_disc: (values, site, percentages) => discretePercentile(values, site, percentages, true),
  percentile_approx: (values, site, percentages) => discretePercentile(values, site, percentages, false),
};

/** Bins of a streaming histogram: the closest two merge when there are too many. Source: Hive's `NumericHistogram` (Ben-Haim and Tom-Tov, 2010). */
function histogram(rows: AggregateRows, site: AggregateSite): Value {
  const values = present(rows);
  if (values.length === 0) return null;
  const type = site.argTypes[0];
  const limit = Number(rows[0][1]);
  const bins: { x: number; y: number }[] = [];
  for (const value of values) {
    const x = asDouble(value, type);
    let at = bins.findIndex((bin) => bin.x >= x);
    if (at < 0) at = bins.length;
    if (at < bins.length && bins[at].x === x) {
      bins[at].y++;
      continue;
    }
    bins.splice(at, 0, { x, y: 1 });
    if (bins.length <= limit) continue;
    let closest = 0;
    for (let i = 1; i + 1 < bins.length; i++) if (bins[i + 1].x - bins[i].x < bins[closest + 1].x - bins[closest].x) closest = i;
    const [a, b] = [bins[closest], bins[closest + 1]];
    bins.splice(closest, 2, { x: (a.x * a.y + b.x * b.y) / (a.y + b.y), y: a.y + b.y });
  }
  return bins.map((bin) => ({ fields: [histogramValue(bin.x, type), bin.y] }));
}

function histogramValue(x: number, type: DataType): Value {
  switch (type.kind) {
    case "float":
      return Math.fround(x);
    case "double":
      return x;
    case "long":
    case "timestamp":
    case "timestamp_ntz":
    case "interval_dt":
      return BigInt(Math.trunc(x));
    case "decimal":
      return BigInt(Math.round(x * 10 ** type.scale));
    default:
      return Math.trunc(x);
  }
}

export const statisticalAggregates: readonly AggregateFunction[] = [
  moment("stddev_pop", (m) => Math.sqrt(m.m2 / m.count)),
  moment("stddev_samp", (m) => (m.count === 1 ? null : Math.sqrt(m.m2 / (m.count - 1)))),
  moment("var_pop", (m) => m.m2 / m.count),
  moment("var_samp", (m) => (m.count === 1 ? null : m.m2 / (m.count - 1))),
  moment("skewness", (m) => (m.m2 === 0 ? null : (Math.sqrt(m.count) * m.m3) / Math.sqrt(m.m2 * m.m2 * m.m2))),
  moment("kurtosis", (m) => (m.m2 === 0 ? null : (m.count * m.m4) / (m.m2 * m.m2) - 3)),
  pair("corr", (m) => (m.count === 1 || m.xx === 0 || m.yy === 0 ? null : m.xy / Math.sqrt(m.xx * m.yy))),
  pair("covar_pop", (m) => m.xy / m.count),
  pair("covar_samp", (m) => (m.count === 1 ? null : m.xy / (m.count - 1))),
  defineAggregate("regr_count", (rows) => BigInt(pairMoments(rows).count)),
  regression("regr_avgx", (m) => m.yMean),
  regression("regr_avgy", (m) => m.xMean),
  regression("regr_sxx", (m) => m.yy),
  regression("regr_syy", (m) => m.xx),
  regression("regr_sxy", (m) => m.xy),
  regression("regr_slope", (m) => (m.yy === 0 ? null : m.xy / m.yy)),
  regression("regr_intercept", (m) => (m.yy === 0 ? null : m.xMean - (m.xy / m.yy) * m.yMean)),
  regression("regr_r2", (m) => (m.yy === 0 ? null : m.xx === 0 ? 1 : (m.xy * m.xy) / (m.xx * m.yy))),
  ...Object.entries(ORDERED_PERCENTILES).map(([name, percentile]) =>
    defineAggregate(name, (rows, site) => percentile(inOrder(name === "percentile" ? withFrequencies(rows, site) : rows, site.argTypes[0]), site, rows[0]?.[1] ?? null)),
  ),
  defineAggregate("histogram_numeric", histogram),
];
