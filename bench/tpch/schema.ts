import { DATE, INT, LONG, STRING, decimal } from "../../catalog/types.ts";
import type { DataType, StructField } from "../../catalog/types.ts";

const MONEY = decimal(15, 2);

function required(columns: Readonly<Record<string, DataType>>): readonly StructField[] {
  return Object.entries(columns).map(([name, type]) => ({ name, type, nullable: false }));
}

/**
 * The eight tables of TPC-H (specification 3.0, clause 1.4) in Spark's types: identifiers bigint, but int where the domain has 25 values
 * or 7; decimals decimal(15,2); fixed and variable text string. No column of TPC-H can be NULL.
 */
export const TPCH_TABLES = {
  region: required({ r_regionkey: INT, r_name: STRING, r_comment: STRING }),
  nation: required({ n_nationkey: INT, n_name: STRING, n_regionkey: INT, n_comment: STRING }),
  supplier: required({
    s_suppkey: LONG,
    s_name: STRING,
    s_address: STRING,
    s_nationkey: INT,
    s_phone: STRING,
    s_acctbal: MONEY,
    s_comment: STRING,
  }),
  customer: required({
    c_custkey: LONG,
    c_name: STRING,
    c_address: STRING,
    c_nationkey: INT,
    c_phone: STRING,
    c_acctbal: MONEY,
    c_mktsegment: STRING,
    c_comment: STRING,
  }),
  part: required({
    p_partkey: LONG,
    p_name: STRING,
    p_mfgr: STRING,
    p_brand: STRING,
    p_type: STRING,
    p_size: INT,
    p_container: STRING,
    p_retailprice: MONEY,
    p_comment: STRING,
  }),
  partsupp: required({
    ps_partkey: LONG,
    ps_suppkey: LONG,
    ps_availqty: INT,
    ps_supplycost: MONEY,
    ps_comment: STRING,
  }),
  orders: required({
    o_orderkey: LONG,
    o_custkey: LONG,
    o_orderstatus: STRING,
    o_totalprice: MONEY,
    o_orderdate: DATE,
    o_orderpriority: STRING,
    o_clerk: STRING,
    o_shippriority: INT,
    o_comment: STRING,
  }),
  lineitem: required({
    l_orderkey: LONG,
    l_partkey: LONG,
    l_suppkey: LONG,
    l_linenumber: INT,
    l_quantity: MONEY,
    l_extendedprice: MONEY,
    l_discount: MONEY,
    l_tax: MONEY,
    l_returnflag: STRING,
    l_linestatus: STRING,
    l_shipdate: DATE,
    l_commitdate: DATE,
    l_receiptdate: DATE,
    l_shipinstruct: STRING,
    l_shipmode: STRING,
    l_comment: STRING,
  }),
} as const;

export type TpchTable = keyof typeof TPCH_TABLES;

/** In the order in which the generator makes them. */
export const TPCH_TABLE_NAMES = Object.keys(TPCH_TABLES) as TpchTable[];
