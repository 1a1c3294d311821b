import type { ColumnStatistics, TableSnapshot } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { TPCH_TABLES } from "../../bench/tpch/schema.ts";
import { TPCDS_TABLES } from "../schemas/tpcds.ts";
import type { Expr } from "../../catalog/expression.ts";
import { parseQuery } from "../../parser/parse.ts";
import type { TableLookup } from "../../planner/analyzer/context.ts";
import { analyzeQuery } from "../../planner/analyzer/queries.ts";
import { evaluate } from "../../executor/interpret.ts";
import type { EvalContext } from "../../executor/functions/scalar-function.ts";
import type { LogicalPlan } from "../../planner/logical.ts";
import { optimize } from "../../planner/optimizer/optimize.ts";
import type { OptimizerContext } from "../../planner/optimizer/rule.ts";
import { contextOf } from "../analyzer/table-shapes.ts";

/** 1992-01-01 and 1998-12-31 in days since 1970. */
const FIRST_DAY = 8035;
const LAST_DAY = 10591;

/** Rows of TPC-H at scale factor 1. */
const TPCH_ROWS = { region: 5, nation: 25, supplier: 10_000, customer: 150_000, part: 200_000, partsupp: 800_000, orders: 1_500_000, lineitem: 6_001_215 };

/** Bounds as Parquet footers give them at scale factor 1: no distinct counts. */
const TPCH_BOUNDS: Readonly<Record<string, readonly [Value, Value]>> = {
  r_regionkey: [0, 4], n_nationkey: [0, 24], n_regionkey: [0, 4], s_suppkey: [1n, 10_000n], s_nationkey: [0, 24], s_acctbal: [-99_966n, 999_932n],
  c_custkey: [1n, 150_000n], c_nationkey: [0, 24], c_acctbal: [-99_999n, 999_999n], p_partkey: [1n, 200_000n], p_size: [1, 50], ps_partkey: [1n, 200_000n],
  ps_suppkey: [1n, 10_000n], ps_availqty: [1, 9999], ps_supplycost: [100n, 100_000n], o_orderkey: [1n, 6_000_000n], o_custkey: [1n, 149_999n], o_orderdate: [FIRST_DAY, LAST_DAY - 151],
  l_orderkey: [1n, 6_000_000n], l_partkey: [1n, 200_000n], l_suppkey: [1n, 10_000n], l_linenumber: [1, 7], l_quantity: [100n, 5000n], l_extendedprice: [90_100n, 10_494_950n],
  l_discount: [0n, 10n], l_tax: [0n, 8n], l_shipdate: [FIRST_DAY + 1, LAST_DAY - 30], l_commitdate: [FIRST_DAY + 30, LAST_DAY - 61], l_receiptdate: [FIRST_DAY + 3, LAST_DAY],
};

/** Rows of TPC-DS at scale factor 1. */
const TPCDS_ROWS: Readonly<Record<string, number>> = {
  call_center: 6, catalog_page: 11_718, catalog_returns: 144_067, catalog_sales: 1_441_548, customer: 100_000, customer_address: 50_000, customer_demographics: 1_920_800, date_dim: 73_049,
  household_demographics: 7200, income_band: 20, inventory: 11_745_000, item: 18_000, promotion: 300, reason: 35, ship_mode: 20, store: 12, store_returns: 287_514, store_sales: 2_880_404,
  time_dim: 86_400, warehouse: 5, web_page: 60, web_returns: 71_763, web_sales: 719_384, web_site: 30,
};

function snapshot(name: string, columns: readonly StructField[], rows: number, bounds: (column: StructField) => readonly [Value, Value] | undefined): TableSnapshot {
  const statistics = new Map<number, ColumnStatistics>();
  columns.forEach((column, i) => {
    const known = bounds(column);
    if (known !== undefined) statistics.set(i, { min: known[0], max: known[1], nulls: column.nullable ? undefined : 0, distinct: undefined });
  });
  return { name, version: "1", columns, splits: [], statistics: { rows, bytes: undefined, columns: statistics } };
}

export const TPCH: ReadonlyMap<string, TableLookup> = new Map(
  Object.entries(TPCH_TABLES).map(([name, columns]) => [name, { kind: "table", snapshot: snapshot(name, columns, TPCH_ROWS[name as keyof typeof TPCH_ROWS], (c) => TPCH_BOUNDS[c.name]) }]),
);

/** Surrogate keys of dimensions run from 1 to the table's rows. */
export const TPCDS: ReadonlyMap<string, TableLookup> = new Map(
  Object.entries(TPCDS_TABLES).map(([name, columns]) => {
    const rows = TPCDS_ROWS[name] ?? 1000;
    const isDimension = !/(_sales|_returns|inventory)$/.test(name);
    return [name, { kind: "table", snapshot: snapshot(name, columns, rows, (c) => (isDimension && c === columns[0] ? [1, rows] : undefined)) }];
  }),
);

const EVALUATION: EvalContext = { timeZone: "UTC", queryTime: 0n, user: "tester", database: "default", catalog: "spark_catalog" };

/** The value of an expression that reads no columns. */
export function evaluateConstant(expr: Expr): Value {
  const noColumn = (): never => {
    throw new Error("a constant reads no columns");
  };
  return evaluate(expr, noColumn, EVALUATION);
}

export interface Planned {
  readonly analyzed: LogicalPlan;
  readonly optimized: LogicalPlan;
}

export function planned(sql: string, tables: ReadonlyMap<string, TableLookup>, options: Partial<OptimizerContext> = {}): Planned {
  const context = contextOf(tables, { evaluate: evaluateConstant });
  const { plan } = analyzeQuery(parseQuery(sql), context);
  return { analyzed: plan, optimized: optimize(plan, { enabled: true, excludedRules: new Set(), evaluate: evaluateConstant, nextColumnId: context.nextId, ...options }) };
}
