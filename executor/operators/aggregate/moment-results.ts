import type { Column, Expr } from "../../../catalog/expression.ts";
import { columnExpr } from "../../../catalog/expression.ts";
import { BOOLEAN, DOUBLE, LONG } from "../../../catalog/types.ts";

/** Values of statistics, as expressions over the columns of their states. NULL where there are too few rows, or nothing to divide by. */

export interface MomentColumns {
  readonly count: Column;
  /** Sums of the second (and third and fourth) powers of the differences from the mean. */
  readonly powers: readonly Column[];
}

export interface ComomentColumns {
  readonly count: Column;
  readonly xMean: Column;
  readonly yMean: Column;
  /** Sums of products of the differences from the means. */
  readonly xy: Column;
  readonly xx: Column;
  readonly yy: Column;
}

function number(value: number): Expr {
  return { kind: "literal", type: DOUBLE, value };
}

function calculation(name: "+" | "-" | "*" | "/", ...args: readonly [Expr, Expr]): Expr {
  return { kind: "call", name, args, type: DOUBLE, nullable: true, mode: "legacy" };
}

function root(value: Expr): Expr {
  return { kind: "call", name: "sqrt", args: [value], type: DOUBLE, nullable: true, mode: "legacy" };
}

function holds(name: "<" | "=", a: Expr, b: Expr): Expr {
  return { kind: "call", name, args: [a, b], type: BOOLEAN, nullable: false, mode: "legacy" };
}

function nullWhere(conditions: readonly Expr[], otherwise: Expr): Expr {
  const then: Expr = { kind: "literal", type: DOUBLE, value: null };
  return { kind: "case", branches: conditions.map((when) => ({ when, then })), otherwise, type: DOUBLE, nullable: true };
}

/** Spark: NULL for no rows, and for one row of a sample. */
function perRow(total: Column, count: Column, sample: boolean): Expr {
  const divisor = sample ? calculation("-", columnExpr(count), number(1)) : columnExpr(count);
  return nullWhere([holds("<", columnExpr(count), number(sample ? 2 : 1))], calculation("/", columnExpr(total), divisor));
}

/** Statistics of one argument by name; undefined for others. */
export const MOMENT_RESULTS: Readonly<Record<string, { readonly order: 2 | 4; readonly value: (columns: MomentColumns) => Expr }>> = {
  ...Object.fromEntries(
    [
      ["stddev", true, true],
      ["std", true, true],
      ["stddev_samp", true, true],
      ["stddev_pop", false, true],
      ["variance", true, false],
      ["var_samp", true, false],
      ["var_pop", false, false],
    ].map(([name, sample, rooted]) => [
      name as string,
      {
        order: 2 as const,
        value: ({ count, powers: [m2] }: MomentColumns) => {
          const variance = perRow(m2, count, sample === true);
          return rooted === true ? root(variance) : variance;
        },
      },
    ]),
  ),
  skewness: {
    order: 4,
    value: ({ count, powers: [m2, m3] }) => {
      const [n, square, cube] = [count, m2, m3].map(columnExpr);
      const spread = root(calculation("*", calculation("*", square, square), square));
      return nullWhere([holds("=", square, number(0))], calculation("/", calculation("*", root(n), cube), spread));
    },
  },
  kurtosis: {
    order: 4,
    value: ({ count, powers: [m2, , m4] }) => {
      const [n, square, fourth] = [count, m2, m4].map(columnExpr);
      const ratio = calculation("/", calculation("*", n, fourth), calculation("*", square, square));
      return nullWhere([holds("=", square, number(0))], calculation("-", ratio, number(3)));
    },
  },
};

/** Where there are rows. */
function present(columns: ComomentColumns, value: Expr): Expr {
  return nullWhere([holds("=", columnExpr(columns.count), number(0))], value);
}

/** value, where `divisor` is not 0. */
function unlessZero(divisor: Column, value: Expr): Expr {
  return nullWhere([holds("=", columnExpr(divisor), number(0))], value);
}

/** Statistics of pairs by name. The regression functions take (y, x): here `xx` belongs to y. */
export const COMOMENT_RESULTS: Readonly<Record<string, (columns: ComomentColumns) => Expr>> = {
  corr: (c) => {
    const zero = [c.xx, c.yy].map((column) => holds("=", columnExpr(column), number(0)));
    return nullWhere([holds("<", columnExpr(c.count), number(2)), ...zero], calculation("/", columnExpr(c.xy), root(calculation("*", columnExpr(c.xx), columnExpr(c.yy)))));
  },
  covar_pop: (c) => perRow(c.xy, c.count, false),
  covar_samp: (c) => perRow(c.xy, c.count, true),
  regr_count: (c) => ({ kind: "cast", input: columnExpr(c.count), type: LONG, nullable: false, mode: "legacy" }),
  regr_avgx: (c) => present(c, columnExpr(c.yMean)),
  regr_avgy: (c) => present(c, columnExpr(c.xMean)),
  regr_sxx: (c) => present(c, columnExpr(c.yy)),
  regr_syy: (c) => present(c, columnExpr(c.xx)),
  regr_sxy: (c) => present(c, columnExpr(c.xy)),
  regr_slope: (c) => unlessZero(c.yy, calculation("/", columnExpr(c.xy), columnExpr(c.yy))),
  regr_intercept: (c) => unlessZero(c.yy, calculation("-", columnExpr(c.xMean), calculation("*", calculation("/", columnExpr(c.xy), columnExpr(c.yy)), columnExpr(c.yMean)))),
  regr_r2: (c) => {
    const quotient = calculation("/", calculation("*", columnExpr(c.xy), columnExpr(c.xy)), calculation("*", columnExpr(c.xx), columnExpr(c.yy)));
    const flat: Expr = { kind: "case", branches: [{ when: holds("=", columnExpr(c.xx), number(0)), then: number(1) }], otherwise: quotient, type: DOUBLE, nullable: true };
    return unlessZero(c.yy, flat);
  },
};
