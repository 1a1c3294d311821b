import path from "node:path";
import { TPCDS_TABLES } from "../../test/schemas/tpcds.ts";
import { ensureDataset } from "../generate/dataset.ts";
import { RandomStream } from "../generate/random.ts";
import {
  customer,
  customerAddress,
  customerDemographics,
  dateDim,
  householdDemographics,
  incomeBand,
  item,
  smallDimension,
  store,
  timeDim,
} from "./dimensions.ts";
import { makeFacts } from "./facts.ts";
import { writeRows } from "./rows.ts";
import type { Row } from "./rows.ts";

const VERSION = 1;
const SEED = 19_980_101;

/**
 * Makes small, consistent TPC-DS tables (about 60,000 rows together) as `<folder>/<table>.parquet`, unless they are there: keys join, sales,
 * returns and later purchases hang together, and values come from the domains that the benchmark's queries filter by.
 */
export async function ensureTpcds(folder: string): Promise<string> {
  return await ensureDataset(folder, { suite: "tpcds", version: VERSION, seed: SEED, size: 0 }, writeTables);
}

export function tpcdsFile(folder: string, table: string): string {
  return path.join(folder, `${table}.parquet`);
}

async function writeTables(folder: string): Promise<void> {
  const facts = makeFacts(new RandomStream(SEED, "facts"));
  for (const [table, fields] of Object.entries(TPCDS_TABLES)) {
    const rows = tableRows(table, facts, new RandomStream(SEED, table));
    await writeRows(folder, table, fields, rows, new RandomStream(SEED, `filled ${table}`));
  }
}

function tableRows(table: string, facts: ReturnType<typeof makeFacts>, random: RandomStream): Iterable<Row> {
  switch (table) {
    case "date_dim":
      return dateDim();
    case "time_dim":
      return timeDim();
    case "item":
      return item(random);
    case "customer":
      return customer(random);
    case "customer_address":
      return customerAddress(random);
    case "customer_demographics":
      return customerDemographics(random);
    case "household_demographics":
      return householdDemographics(random);
    case "income_band":
      return incomeBand();
    case "store":
      return store(random);
    case "call_center":
    case "catalog_page":
    case "promotion":
    case "reason":
    case "ship_mode":
    case "warehouse":
    case "web_page":
    case "web_site":
      return smallDimension(table, random);
    case "store_sales":
      return facts.storeSales;
    case "store_returns":
      return facts.storeReturns;
    case "catalog_sales":
      return facts.catalogSales;
    case "catalog_returns":
      return facts.catalogReturns;
    case "web_sales":
      return facts.webSales;
    case "web_returns":
      return facts.webReturns;
    case "inventory":
      return facts.inventory;
    default:
      throw new RangeError(`no rows for the table ${table}`);
  }
}
