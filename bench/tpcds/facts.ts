import type { RandomStream } from "../generate/random.ts";
import { zipfRank } from "../generate/random.ts";
import { SIZE, dateKey } from "./dimensions.ts";
import type { Row } from "./rows.ts";

const STORE_TICKETS = 2200;
const CATALOG_ORDERS = 1100;
const WEB_ORDERS = 1100;
const RETURNED = 0.25;
/** Share of store returns after which the customer orders the same item from the catalog. */
const ORDERED_AGAIN = 0.4;

const FIRST_SALE = 10_227; // 1998-01-01
const LAST_SALE = 12_053; // 2002-12-31
/** Mondays whose weeks the queries over returns ask for, and days of great sales. */
const BUSY_DAYS = [10_545, 10_563, 10_601, 10_644, 10_959, 10_983, 11_017, 11_138, 11_192, 11_227, 11_263, 11_278, 11_354, 11_662, 11_719];
const INVENTORY_ITEMS = 90;

export interface Facts {
  readonly storeSales: Row[];
  readonly storeReturns: Row[];
  readonly catalogSales: Row[];
  readonly catalogReturns: Row[];
  readonly webSales: Row[];
  readonly webReturns: Row[];
  readonly inventory: Row[];
}

/** Sales in tickets and orders, returns of some of their lines, and inventories of every week. */
export function makeFacts(random: RandomStream): Facts {
  const maker = new FactMaker(random);
  maker.store();
  maker.catalog();
  maker.web();
  maker.inventory();
  return maker.facts;
}

class FactMaker {
  readonly #random: RandomStream;
  readonly facts: Facts = { storeSales: [], storeReturns: [], catalogSales: [], catalogReturns: [], webSales: [], webReturns: [], inventory: [] };
  /** Customer, item and day of purchases from the catalog that follow a return to a store. */
  readonly #again: { readonly customer: number; readonly item: number; readonly day: number }[] = [];

  constructor(random: RandomStream) {
    this.#random = random;
  }

  store(): void {
    const random = this.#random;
    for (let ticket = 1; ticket <= STORE_TICKETS; ticket++) {
      const day = this.#day();
      const customer = this.#customer();
      const common = {
        ss_sold_date_sk: this.#sometimesNull(dateKey(day)),
        ss_sold_time_sk: this.#minute(),
        ss_customer_sk: this.#sometimesNull(customer),
        ss_cdemo_sk: this.#key("customer_demographics"),
        ss_hdemo_sk: this.#key("household_demographics"),
        ss_addr_sk: this.#key("customer_address"),
        ss_store_sk: this.#key("store"),
        ss_ticket_number: ticket,
      };
      for (const item of this.#items(random.chance(0.15) ? random.int(15, 20) : random.int(1, 10))) {
        const price = this.#price();
        this.facts.storeSales.push({ ...common, ss_item_sk: item, ss_promo_sk: this.#key("promotion"), ...prefixed("ss", price) });
        if (!random.chance(RETURNED)) continue;
        const returned = this.#returnDay(day);
        this.facts.storeReturns.push({
          sr_returned_date_sk: dateKey(returned),
          sr_return_time_sk: this.#minute(),
          sr_item_sk: item,
          sr_customer_sk: common.ss_customer_sk,
          sr_cdemo_sk: this.#key("customer_demographics"),
          sr_hdemo_sk: common.ss_hdemo_sk,
          sr_addr_sk: common.ss_addr_sk,
          sr_store_sk: common.ss_store_sk,
          sr_reason_sk: this.#reason(),
          sr_ticket_number: ticket,
          ...this.#refund("sr", "store_credit", price),
        });
        if (random.chance(ORDERED_AGAIN)) this.#again.push({ customer, item, day: Math.min(LAST_SALE, returned + random.int(1, 60)) });
      }
    }
  }

  catalog(): void {
    const random = this.#random;
    for (let order = 1; order <= CATALOG_ORDERS; order++) {
      const repeated = random.chance(0.7) ? this.#again.pop() : undefined;
      const day = repeated?.day ?? this.#day();
      const customer = repeated?.customer ?? this.#customer();
      const buyer = this.#buyer("cs", customer);
      const common = { ...buyer, cs_sold_date_sk: dateKey(day), cs_sold_time_sk: this.#minute(), cs_call_center_sk: this.#key("call_center"), cs_order_number: order };
      const items = new Set([...(repeated === undefined ? [] : [repeated.item]), ...this.#items(random.int(1, 12))]);
      for (const item of items) {
        const price = this.#price();
        const shipping = this.#shipping("cs", day);
        const page = this.#key("catalog_page");
        const line = { ...common, ...shipping, cs_item_sk: item, cs_catalog_page_sk: page, cs_promo_sk: this.#key("promotion"), ...prefixed("cs", price) };
        this.facts.catalogSales.push({ ...line, ...this.#shippingPrices("cs", price) });
        if (!random.chance(RETURNED)) continue;
        this.facts.catalogReturns.push({
          cr_returned_date_sk: dateKey(this.#returnDay(day)),
          cr_returned_time_sk: this.#minute(),
          cr_item_sk: item,
          ...this.#returner("cr", customer),
          cr_call_center_sk: common.cs_call_center_sk,
          cr_catalog_page_sk: page,
          cr_ship_mode_sk: shipping["cs_ship_mode_sk"],
          cr_warehouse_sk: shipping["cs_warehouse_sk"],
          cr_reason_sk: this.#reason(),
          cr_order_number: order,
          ...this.#refund("cr", "store_credit", price),
        });
      }
    }
  }

  web(): void {
    const random = this.#random;
    for (let order = 1; order <= WEB_ORDERS; order++) {
      const day = this.#day();
      const customer = this.#customer();
      const common = {
        ...this.#buyer("ws", customer),
        ws_sold_date_sk: dateKey(day),
        ws_sold_time_sk: this.#minute(),
        ws_web_page_sk: this.#key("web_page"),
        ws_web_site_sk: this.#key("web_site"),
        ws_order_number: order,
      };
      for (const item of this.#items(random.int(1, 12))) {
        const price = this.#price();
        const shipping = this.#shipping("ws", day);
        const line = { ...common, ...shipping, ws_item_sk: item, ws_promo_sk: this.#key("promotion"), ...prefixed("ws", price) };
        this.facts.webSales.push({ ...line, ...this.#shippingPrices("ws", price) });
        if (!random.chance(RETURNED)) continue;
        this.facts.webReturns.push({
          wr_returned_date_sk: dateKey(this.#returnDay(day)),
          wr_returned_time_sk: this.#minute(),
          wr_item_sk: item,
          ...this.#returner("wr", customer),
          wr_web_page_sk: common.ws_web_page_sk,
          wr_reason_sk: this.#reason(),
          wr_order_number: order,
          ...this.#refund("wr", "account_credit", price),
        });
      }
    }
  }

  inventory(): void {
    const random = this.#random;
    for (let day = FIRST_SALE; day <= LAST_SALE; day += 7) {
      for (let item = 1; item <= INVENTORY_ITEMS; item++) {
        const warehouse = random.chance(0.7) ? (item % SIZE.warehouse) + 1 : random.int(1, SIZE.warehouse);
        const low = random.chance(item % 5 === 0 ? 0.75 : 0.3); // Some items swing between almost none and many.
        const quantity = low ? random.int(0, 20) : random.int(item % 5 === 0 ? 900 : 0, 1000);
        this.facts.inventory.push({ inv_date_sk: dateKey(day), inv_item_sk: item, inv_warehouse_sk: warehouse, inv_quantity_on_hand: quantity });
      }
    }
  }

  /** A fifth of all sales falls on the busy days. */
  #day(): number {
    return this.#random.chance(0.2) ? this.#random.pick(BUSY_DAYS) + this.#random.int(-2, 3) : this.#random.int(FIRST_SALE, LAST_SALE);
  }

  #returnDay(sold: number): number {
    const busy = BUSY_DAYS.find((day) => day > sold && day - sold < 90);
    return busy !== undefined && this.#random.chance(0.5) ? busy + this.#random.int(0, 4) : sold + this.#random.int(1, 110);
  }

  /** Different items; low keys sell most. */
  #items(count: number): Set<number> {
    const items = new Set<number>();
    while (items.size < count) items.add(1 + zipfRank(this.#random, SIZE.item, 0.8));
    return items;
  }

  #customer(): number {
    return 1 + zipfRank(this.#random, SIZE.customer, 0.5);
  }

  #key(table: keyof typeof SIZE): number | null {
    return this.#sometimesNull(this.#random.int(1, SIZE[table]));
  }

  #reason(): number {
    return this.#random.chance(0.3) ? 28 : this.#random.int(1, SIZE.reason);
  }

  #minute(): number {
    return this.#random.int(6 * 60, 22 * 60) * 60;
  }

  #sometimesNull(value: number): number | null {
    return this.#random.chance(0.03) ? null : value;
  }

  #buyer(prefix: string, customer: number): Row {
    return {
      [`${prefix}_bill_customer_sk`]: customer,
      [`${prefix}_bill_cdemo_sk`]: this.#key("customer_demographics"),
      [`${prefix}_bill_hdemo_sk`]: this.#key("household_demographics"),
      [`${prefix}_bill_addr_sk`]: this.#key("customer_address"),
      [`${prefix}_ship_customer_sk`]: this.#sometimesNull(customer),
      [`${prefix}_ship_cdemo_sk`]: this.#key("customer_demographics"),
      [`${prefix}_ship_hdemo_sk`]: this.#key("household_demographics"),
      [`${prefix}_ship_addr_sk`]: this.#key("customer_address"),
    };
  }

  #shipping(prefix: string, day: number): Record<string, number | null> {
    return {
      [`${prefix}_ship_date_sk`]: dateKey(day + this.#random.int(2, 130)),
      [`${prefix}_ship_mode_sk`]: this.#key("ship_mode"),
      [`${prefix}_warehouse_sk`]: this.#key("warehouse"),
    };
  }

  #returner(prefix: string, customer: number): Row {
    const row: Record<string, number | null> = {};
    const demographics = this.#key("customer_demographics");
    for (const who of ["refunded", "returning"]) {
      row[`${prefix}_${who}_customer_sk`] = customer;
      row[`${prefix}_${who}_cdemo_sk`] = demographics;
      row[`${prefix}_${who}_hdemo_sk`] = this.#key("household_demographics");
      row[`${prefix}_${who}_addr_sk`] = this.#key("customer_address");
    }
    return row;
  }

  /** Amounts of one line, in cents; columns as in store_sales. Some lines are great, some earn next to nothing. */
  #price(): Price {
    const random = this.#random;
    const great = random.chance(0.05);
    const even = random.chance(0.15);
    const quantity = great ? random.int(90, 100) : random.int(1, 100);
    const wholesale = great ? random.int(8000, 10_000) : random.int(100, 10_000);
    const list = Math.round(wholesale * (1.2 + 0.8 * random.unit()));
    const sales = great ? list : even ? wholesale + Math.ceil(random.int(5000, 30_000) / quantity) : Math.round(list * random.unit());
    const paidBeforeCoupon = sales * quantity;
    const coupon = random.chance(0.2) ? Math.round(paidBeforeCoupon * random.unit()) : 0;
    const paid = paidBeforeCoupon - coupon;
    const tax = Math.round((paid * random.int(0, 9)) / 100);
    return {
      quantity,
      wholesale_cost: wholesale / 100,
      list_price: list / 100,
      sales_price: sales / 100,
      ext_discount_amt: (Math.max(0, list - sales) * quantity) / 100,
      ext_sales_price: paidBeforeCoupon / 100,
      ext_wholesale_cost: (wholesale * quantity) / 100,
      ext_list_price: (list * quantity) / 100,
      ext_tax: tax / 100,
      coupon_amt: coupon / 100,
      net_paid: paid / 100,
      net_paid_inc_tax: (paid + tax) / 100,
      net_profit: (paid - wholesale * quantity) / 100,
    };
  }

  #shippingPrices(prefix: string, price: Price): Row {
    const ship = Math.round(price["ext_list_price"] * 10 * this.#random.unit()) / 20;
    return {
      [`${prefix}_ext_ship_cost`]: ship,
      [`${prefix}_net_paid_inc_ship`]: price["net_paid"] + ship,
      [`${prefix}_net_paid_inc_ship_tax`]: price["net_paid_inc_tax"] + ship,
    };
  }

  #refund(prefix: string, creditName: string, price: Price): Row {
    const random = this.#random;
    const quantity = random.chance(0.3) ? price["quantity"] : random.int(1, price["quantity"]);
    const amount = price["sales_price"] * quantity;
    const tax = amount * 0.05;
    const cash = amount * random.unit();
    const fee = random.int(50, 10_000) / 100;
    const charge = (amount - cash) * random.unit();
    const amountName = prefix === "cr" ? "return_amount" : "return_amt";
    return {
      [`${prefix}_return_quantity`]: quantity,
      [`${prefix}_${amountName}`]: amount,
      [`${prefix}_return_tax`]: tax,
      [`${prefix}_return_amt_inc_tax`]: amount + tax,
      [`${prefix}_fee`]: fee,
      [`${prefix}_return_ship_cost`]: amount * 0.1,
      [`${prefix}_refunded_cash`]: cash,
      [`${prefix}_reversed_charge`]: charge,
      [`${prefix}_${creditName}`]: amount - cash - charge,
      [`${prefix}_net_loss`]: amount * 0.1 + fee + tax,
    };
  }
}

type Price = Readonly<Record<string, number>>;

function prefixed(prefix: string, price: Price): Row {
  return Object.fromEntries(Object.entries(price).map(([name, value]) => [`${prefix}_${name}`, value]));
}
