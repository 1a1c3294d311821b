import path from "node:path";
import type { TextColumn } from "../generate/columns.ts";
import { ensureDataset } from "../generate/dataset.ts";
import { RandomStream } from "../generate/random.ts";
import { TableFile } from "../generate/table-file.ts";
import { ALPHANUMERICS, COLORS, CONTAINERS, INSTRUCTIONS, NATIONS, PRIORITIES, REGIONS, SEGMENTS, SHIP_MODES, TYPES } from "./domains.ts";
import { TPCH_TABLES } from "./schema.ts";
import type { TpchTable } from "./schema.ts";
import { textPool } from "./text-pool.ts";

const VERSION = 1;
const SEED = 19_920_101;

/** Days since 1970-01-01. */
const FIRST_ORDER_DAY = 8035; // 1992-01-01
const LAST_ORDER_DAY = 10_440; // 1998-12-31 less 151 days
const CURRENT_DAY = 9298; // 1995-06-17

/**
 * Makes TPC-H's tables as Parquet files `<folder>/<table>.parquet`, unless they are there: keys, domains, distributions and derived
 * columns as clause 4.2.3 of the specification says, in dbgen's order of rows, but from other random streams than dbgen's.
 *
 * @param scaleFactor from 0.001; 1 is about 8.7 million rows.
 */
export async function ensureTpch(folder: string, scaleFactor: number): Promise<string> {
  const key = { suite: "tpch", version: VERSION, seed: SEED, size: scaleFactor };
  return await ensureDataset(folder, key, (target) => new TpchGenerator(target, scaleFactor).run());
}

export function tpchFile(folder: string, table: TpchTable): string {
  return path.join(folder, `${table}.parquet`);
}

class TpchGenerator {
  readonly #folder: string;
  readonly #suppliers: number;
  readonly #customers: number;
  readonly #parts: number;
  readonly #orders: number;
  readonly #clerks: number;
  readonly #complaints: number;
  readonly #text: Uint8Array;

  constructor(folder: string, scaleFactor: number) {
    const scaled = (rows: number) => Math.max(1, Math.round(rows * scaleFactor));
    this.#folder = folder;
    this.#suppliers = scaled(10_000);
    this.#customers = scaled(150_000);
    this.#parts = scaled(200_000);
    this.#orders = scaled(1_500_000);
    this.#clerks = scaled(1000);
    this.#complaints = scaled(5);
    this.#text = textPool(scaleFactor < 0.5 ? 1 << 20 : 1 << 25, SEED);
  }

  async run(): Promise<void> {
    await this.#region();
    await this.#nation();
    await this.#supplier();
    await this.#customer();
    await this.#part();
    await this.#partsupp();
    await this.#ordersAndLineitem();
  }

  async #region(): Promise<void> {
    const file = this.#open("region");
    const comment = this.#comments("r_comment", 31, 115);
    for (const [key, name] of REGIONS.entries()) {
      file.number("r_regionkey").push(key);
      file.text("r_name").push(name);
      comment(file.text("r_comment"));
      file.endRow();
    }
    await file.close();
  }

  async #nation(): Promise<void> {
    const file = this.#open("nation");
    const comment = this.#comments("n_comment", 31, 114);
    for (const [key, [name, region]] of NATIONS.entries()) {
      file.number("n_nationkey").push(key);
      file.text("n_name").push(name);
      file.number("n_regionkey").push(region);
      comment(file.text("n_comment"));
      file.endRow();
    }
    await file.close();
  }

  async #supplier(): Promise<void> {
    const file = this.#open("supplier");
    const key = file.long("s_suppkey");
    const name = file.text("s_name");
    const address = file.text("s_address");
    const nation = file.number("s_nationkey");
    const phone = file.text("s_phone");
    const balance = file.long("s_acctbal");
    const comment = file.text("s_comment");
    const nextAddress = this.#addresses("s_address");
    const nextPhone = this.#phones("s_phone");
    const nextComment = this.#comments("s_comment", 25, 100);
    const nations = this.#stream("s_nationkey");
    const balances = this.#stream("s_acctbal");
    const remarks = this.#supplierRemarks();
    const prefix = ascii("Supplier#");
    for (let k = 1; k <= this.#suppliers; k++) {
      key.push(k);
      name.append(prefix);
      name.appendDigits(k, 9);
      name.end();
      nextAddress(address);
      const nationKey = nations.int(0, NATIONS.length - 1);
      nation.push(nationKey);
      nextPhone(phone, nationKey);
      balance.push(balances.int(-99_999, 999_999));
      const remark = remarks.get(k);
      if (remark === undefined) nextComment(comment);
      else comment.push(remark);
      if (file.endRow()) await file.flush();
    }
    await file.close();
  }

  /** Per 10,000 suppliers, five comments with "Customer ... Complaints" and five with "Customer ... Recommends". */
  #supplierRemarks(): ReadonlyMap<number, string> {
    const random = this.#stream("supplier remarks");
    const remarks = new Map<number, string>();
    const wanted = Math.min(2 * this.#complaints, this.#suppliers);
    while (remarks.size < wanted) {
      const supplier = random.int(1, this.#suppliers);
      if (remarks.has(supplier)) continue;
      const word = remarks.size % 2 === 0 ? "Complaints" : "Recommends";
      const length = random.int(60, 100);
      const start = random.int(0, this.#text.length - length);
      const text = Buffer.from(this.#text.subarray(start, start + length)).toString("latin1");
      const gap = random.int(1, 20);
      const at = random.int(0, length - 18 - gap);
      remarks.set(supplier, `${text.slice(0, at)}Customer${text.slice(at + 8, at + 8 + gap)}${word}${text.slice(at + 18 + gap)}`);
    }
    return remarks;
  }

  async #customer(): Promise<void> {
    const file = this.#open("customer");
    const key = file.long("c_custkey");
    const name = file.text("c_name");
    const address = file.text("c_address");
    const nation = file.number("c_nationkey");
    const phone = file.text("c_phone");
    const balance = file.long("c_acctbal");
    const segment = file.text("c_mktsegment");
    const comment = file.text("c_comment");
    const nextAddress = this.#addresses("c_address");
    const nextPhone = this.#phones("c_phone");
    const nextComment = this.#comments("c_comment", 29, 116);
    const nextSegment = this.#words("c_mktsegment", SEGMENTS);
    const nations = this.#stream("c_nationkey");
    const balances = this.#stream("c_acctbal");
    const prefix = ascii("Customer#");
    for (let k = 1; k <= this.#customers; k++) {
      key.push(k);
      name.append(prefix);
      name.appendDigits(k, 9);
      name.end();
      nextAddress(address);
      const nationKey = nations.int(0, NATIONS.length - 1);
      nation.push(nationKey);
      nextPhone(phone, nationKey);
      balance.push(balances.int(-99_999, 999_999));
      nextSegment(segment);
      nextComment(comment);
      if (file.endRow()) await file.flush();
    }
    await file.close();
  }

  async #part(): Promise<void> {
    const file = this.#open("part");
    const key = file.long("p_partkey");
    const name = file.text("p_name");
    const maker = file.text("p_mfgr");
    const brand = file.text("p_brand");
    const type = file.text("p_type");
    const size = file.number("p_size");
    const container = file.text("p_container");
    const price = file.long("p_retailprice");
    const comment = file.text("p_comment");
    const makers = this.#stream("p_mfgr");
    const brands = this.#stream("p_brand");
    const sizes = this.#stream("p_size");
    const colors = this.#stream("p_name");
    const nextType = this.#words("p_type", TYPES);
    const nextContainer = this.#words("p_container", CONTAINERS);
    const nextComment = this.#comments("p_comment", 5, 22);
    const words = COLORS.map(ascii);
    const makerPrefix = ascii("Manufacturer#");
    const brandPrefix = ascii("Brand#");
    for (let k = 1; k <= this.#parts; k++) {
      key.push(k);
      for (let i = 0; i < 5; i++) {
        // Five different words: the first places of a shuffle.
        const j = colors.int(i, words.length - 1);
        [words[i], words[j]] = [words[j], words[i]];
        if (i > 0) name.appendByte(32);
        name.append(words[i]);
      }
      name.end();
      const m = makers.int(1, 5);
      maker.append(makerPrefix);
      maker.appendDigits(m, 1);
      maker.end();
      brand.append(brandPrefix);
      brand.appendDigits(m * 10 + brands.int(1, 5), 2);
      brand.end();
      nextType(type);
      size.push(sizes.int(1, 50));
      nextContainer(container);
      price.push(retailPrice(k));
      nextComment(comment);
      if (file.endRow()) await file.flush();
    }
    await file.close();
  }

  async #partsupp(): Promise<void> {
    const file = this.#open("partsupp");
    const part = file.long("ps_partkey");
    const supplier = file.long("ps_suppkey");
    const quantity = file.number("ps_availqty");
    const cost = file.long("ps_supplycost");
    const comment = file.text("ps_comment");
    const quantities = this.#stream("ps_availqty");
    const costs = this.#stream("ps_supplycost");
    const nextComment = this.#comments("ps_comment", 49, 198);
    for (let k = 1; k <= this.#parts; k++) {
      for (let i = 0; i < 4; i++) {
        part.push(k);
        supplier.push(supplierOf(k, i, this.#suppliers));
        quantity.push(quantities.int(1, 9999));
        cost.push(costs.int(100, 100_000));
        nextComment(comment);
        if (file.endRow()) await file.flush();
      }
    }
    await file.close();
  }

  async #ordersAndLineitem(): Promise<void> {
    const orders = this.#open("orders");
    const lines = this.#open("lineitem");
    const o = {
      key: orders.long("o_orderkey"),
      customer: orders.long("o_custkey"),
      status: orders.text("o_orderstatus"),
      price: orders.long("o_totalprice"),
      date: orders.number("o_orderdate"),
      priority: orders.text("o_orderpriority"),
      clerk: orders.text("o_clerk"),
      shipPriority: orders.number("o_shippriority"),
      comment: orders.text("o_comment"),
    };
    const l = {
      order: lines.long("l_orderkey"),
      part: lines.long("l_partkey"),
      supplier: lines.long("l_suppkey"),
      number: lines.number("l_linenumber"),
      quantity: lines.long("l_quantity"),
      price: lines.long("l_extendedprice"),
      discount: lines.long("l_discount"),
      tax: lines.long("l_tax"),
      returnFlag: lines.text("l_returnflag"),
      status: lines.text("l_linestatus"),
      shipped: lines.number("l_shipdate"),
      committed: lines.number("l_commitdate"),
      received: lines.number("l_receiptdate"),
      comment: lines.text("l_comment"),
    };
    const instruct = lines.text("l_shipinstruct");
    const mode = lines.text("l_shipmode");
    const customers = this.#stream("o_custkey");
    const dates = this.#stream("o_orderdate");
    const clerks = this.#stream("o_clerk");
    const counts = this.#stream("lines of an order");
    const parts = this.#stream("l_partkey");
    const suppliers = this.#stream("l_suppkey");
    const quantities = this.#stream("l_quantity");
    const discounts = this.#stream("l_discount");
    const taxes = this.#stream("l_tax");
    const shipDelays = this.#stream("l_shipdate");
    const commitDelays = this.#stream("l_commitdate");
    const receiptDelays = this.#stream("l_receiptdate");
    const returns = this.#stream("l_returnflag");
    const nextPriority = this.#words("o_orderpriority", PRIORITIES);
    const nextInstruction = this.#words("l_shipinstruct", INSTRUCTIONS);
    const nextMode = this.#words("l_shipmode", SHIP_MODES);
    const nextOrderComment = this.#comments("o_comment", 19, 78);
    const nextLineComment = this.#comments("l_comment", 10, 43);
    const clerkPrefix = ascii("Clerk#");
    const ordering = this.#customers - Math.floor(this.#customers / 3); // Customers whose key is a multiple of 3 order nothing.

    for (let i = 1; i <= this.#orders; i++) {
      const orderKey = Math.floor(i / 8) * 32 + (i % 8); // Of every 32 keys the first 8 are used.
      const date = dates.int(FIRST_ORDER_DAY, LAST_ORDER_DAY);
      const lineCount = counts.int(1, 7);
      let total = 0;
      let open = 0;
      for (let n = 1; n <= lineCount; n++) {
        const partKey = parts.int(1, this.#parts);
        const quantity = quantities.int(1, 50);
        const price = quantity * retailPrice(partKey);
        const discount = discounts.int(0, 10);
        const tax = taxes.int(0, 8);
        const shipped = date + shipDelays.int(1, 121);
        const received = shipped + receiptDelays.int(1, 30);
        l.order.push(orderKey);
        l.part.push(partKey);
        l.supplier.push(supplierOf(partKey, suppliers.int(0, 3), this.#suppliers));
        l.number.push(n);
        l.quantity.push(quantity * 100);
        l.price.push(price);
        l.discount.push(discount);
        l.tax.push(tax);
        l.returnFlag.appendByte(received > CURRENT_DAY ? LETTER.N : returns.int(0, 1) === 0 ? LETTER.R : LETTER.A);
        l.returnFlag.end();
        l.status.appendByte(shipped > CURRENT_DAY ? LETTER.O : LETTER.F);
        l.status.end();
        l.shipped.push(shipped);
        l.committed.push(date + commitDelays.int(30, 90));
        l.received.push(received);
        nextInstruction(instruct);
        nextMode(mode);
        nextLineComment(l.comment);
        if (shipped > CURRENT_DAY) open++;
        total += Math.floor((Math.floor((price * (100 - discount)) / 100) * (100 + tax)) / 100);
        if (lines.endRow()) await lines.flush();
      }
      o.key.push(orderKey);
      const k = customers.int(0, ordering - 1);
      o.customer.push(3 * Math.floor(k / 2) + 1 + (k % 2));
      o.status.appendByte(open === 0 ? LETTER.F : open === lineCount ? LETTER.O : LETTER.P);
      o.status.end();
      o.price.push(total);
      o.date.push(date);
      nextPriority(o.priority);
      o.clerk.append(clerkPrefix);
      o.clerk.appendDigits(clerks.int(1, this.#clerks), 9);
      o.clerk.end();
      o.shipPriority.push(0);
      nextOrderComment(o.comment);
      if (orders.endRow()) await orders.flush();
    }
    await orders.close();
    await lines.close();
  }

  #open(table: TpchTable): TableFile {
    return new TableFile(tpchFile(this.#folder, table), TPCH_TABLES[table]);
  }

  #stream(name: string): RandomStream {
    return new RandomStream(SEED, name);
  }

  /** Substrings of the pool of min to max characters. */
  #comments(name: string, min: number, max: number): (column: TextColumn) => void {
    const random = this.#stream(name);
    const pool = this.#text;
    return (column) => {
      const length = random.int(min, max);
      const start = random.int(0, pool.length - length);
      column.appendRange(pool, start, start + length);
      column.end();
    };
  }

  #words(name: string, words: readonly string[]): (column: TextColumn) => void {
    const random = this.#stream(name);
    const encoded = words.map(ascii);
    return (column) => {
      column.append(random.pick(encoded));
      column.end();
    };
  }

  #addresses(name: string): (column: TextColumn) => void {
    const random = this.#stream(name);
    const characters = ascii(ALPHANUMERICS);
    return (column) => {
      const length = random.int(10, 40);
      for (let i = 0; i < length; i++) column.appendByte(random.pick(characters as unknown as readonly number[]));
      column.end();
    };
  }

  /** `country-ddd-ddd-dddd`, the country code being the nation key + 10. */
  #phones(name: string): (column: TextColumn, nation: number) => void {
    const random = this.#stream(name);
    return (column, nation) => {
      column.appendDigits(nation + 10, 2);
      column.appendByte(DASH);
      column.appendDigits(random.int(100, 999), 3);
      column.appendByte(DASH);
      column.appendDigits(random.int(100, 999), 3);
      column.appendByte(DASH);
      column.appendDigits(random.int(1000, 9999), 4);
      column.end();
    };
  }
}

const DASH = 45;
const LETTER = { A: 65, F: 70, N: 78, O: 79, P: 80, R: 82 };

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** In cents. */
function retailPrice(partKey: number): number {
  return 90_000 + (Math.floor(partKey / 10) % 20_001) + 100 * (partKey % 1000);
}

/**
 * The i-th (0 to 3) supplier of a part. The step is dbgen's, but never one that brings two of the four together, as it could with
 * fewer than about 100 suppliers.
 */
function supplierOf(partKey: number, i: number, suppliers: number): number {
  const step = Math.floor(suppliers / 4) + Math.floor((partKey - 1) / suppliers);
  const collides = step % suppliers === 0 || (2 * step) % suppliers === 0 || (3 * step) % suppliers === 0;
  return ((partKey + i * (collides ? step + 1 : step)) % suppliers) + 1;
}
