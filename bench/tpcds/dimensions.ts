import type { RandomStream } from "../generate/random.ts";
import {
  BUY_POTENTIALS,
  CARRIERS,
  CATEGORIES,
  CITIES,
  COLORS,
  COUNTRIES,
  CREDIT_RATINGS,
  DAY_NAMES,
  EDUCATIONS,
  FIRST_NAMES,
  LAST_NAMES,
  MANUFACTURERS,
  MARITAL_STATUSES,
  PLACES,
  SALUTATIONS,
  SHIFTS,
  SHIP_CODES,
  SHIP_TYPES,
  SIZES,
  STORE_NAMES,
  UNITS,
  WEB_COMPANIES,
  ZIPS,
} from "./domains.ts";
import type { Row } from "./rows.ts";

/** Rows per dimension; facts draw their keys from 1 to these. */
export const SIZE = {
  call_center: 4,
  catalog_page: 40,
  customer: 300,
  customer_address: 250,
  customer_demographics: 280,
  household_demographics: 420,
  income_band: 20,
  item: 360,
  promotion: 40,
  reason: 35,
  ship_mode: 20,
  store: 8,
  warehouse: 4,
  web_page: 30,
  web_site: 6,
} as const;

/** Julian day number of 1970-01-01: date keys are Julian days. */
const JULIAN_EPOCH = 2_440_588;
const FIRST_DAY = 10_227; // 1998-01-01
const LAST_DAY = 12_417; // 2003-12-31
const MILLISECONDS_PER_DAY = 86_400_000;

export function dateKey(day: number): number {
  return day + JULIAN_EPOCH;
}

/** Six years, 1998 to 2003; sequence numbers count from 1900. */
export function* dateDim(): Generator<Row> {
  for (let day = FIRST_DAY; day <= LAST_DAY; day++) {
    const date = new Date(day * MILLISECONDS_PER_DAY);
    const [year, month, dayOfMonth] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    const quarter = Math.ceil(month / 3);
    const weekday = date.getUTCDay();
    const key = dateKey(day);
    const week = Math.floor((day + 25_567 + 1) / 7) + 1; // 25,567 days from 1900-01-01, a Monday; weeks begin on Sunday.
    const quarterSequence = (year - 1900) * 4 + quarter;
    yield {
      d_date_sk: key,
      d_date_id: id(key),
      d_date: day,
      d_month_seq: (year - 1900) * 12 + month - 1,
      d_week_seq: week,
      d_quarter_seq: quarterSequence,
      d_year: year,
      d_dow: weekday,
      d_moy: month,
      d_dom: dayOfMonth,
      d_qoy: quarter,
      d_fy_year: year,
      d_fy_quarter_seq: quarterSequence,
      d_fy_week_seq: week,
      d_day_name: DAY_NAMES[weekday],
      d_quarter_name: `${year}Q${quarter}`,
      d_holiday: month === 12 && dayOfMonth === 25 ? "Y" : "N",
      d_weekend: weekday === 0 || weekday === 6 ? "Y" : "N",
      d_same_day_ly: key - 365,
      d_same_day_lq: key - 91,
    };
  }
}

/** One row a minute; the key is the second of the day. */
export function* timeDim(): Generator<Row> {
  for (let minute = 0; minute < 1440; minute++) {
    const hour = Math.floor(minute / 60);
    yield {
      t_time_sk: minute * 60,
      t_time_id: id(minute + 1),
      t_time: minute * 60,
      t_hour: hour,
      t_minute: minute % 60,
      t_second: 0,
      t_am_pm: hour < 12 ? "AM" : "PM",
      t_shift: SHIFTS[Math.floor(hour / 8)],
      t_meal_time: hour >= 6 && hour < 9 ? "breakfast" : hour >= 17 && hour < 21 ? "dinner" : hour >= 11 && hour < 14 ? "lunch" : null,
    };
  }
}

export function* item(random: RandomStream): Generator<Row> {
  for (let k = 1; k <= SIZE.item; k++) {
    // Colors, sizes and units that queries ask for together fall together now and then: they have the same residues.
    const c = random.int(0, CATEGORIES.length - 1);
    const category = CATEGORIES[k % 3 === 0 ? k % 2 : c];
    const classIndex = k % 6 === 0 ? 2 : random.int(0, category.classes.length - 1);
    const brandIndex = random.int(0, category.brands.length - 1);
    const manufacturer = random.pick(MANUFACTURERS);
    const price = k % 5 === 0 ? random.int(6500, 7400) : k % 7 === 0 ? random.int(99, 149) : random.int(9, 9999);
    yield {
      i_item_sk: k,
      i_item_id: id(Math.ceil(k / 2)), // Two revisions share an identifier.
      i_rec_start_date: 10_161,
      i_rec_end_date: k % 2 === 0 ? null : 11_000,
      i_item_desc: `Description of item ${Math.ceil(k / 2)}, good and useful for many things`,
      i_current_price: price / 100,
      i_wholesale_cost: (price * 0.6) / 100,
      i_brand_id: 1_001_001 + CATEGORIES.indexOf(category) * 1000 + brandIndex,
      i_brand: category.brands[brandIndex],
      i_class_id: classIndex + 1,
      i_class: category.classes[classIndex],
      i_category_id: CATEGORIES.indexOf(category) + 1,
      i_category: category.name,
      i_manufact_id: manufacturer,
      i_manufact: `manufact ${k % 3 === 0 ? manufacturer % 4 : manufacturer}`,
      i_size: random.pick(SIZES),
      i_color: k % 3 === 0 ? COLORS[9 + ((k / 3) % 16)] : random.pick(COLORS),
      i_units: k % 3 === 0 ? UNITS[(k / 3) % 16] : random.pick(UNITS),
      i_container: "Unknown",
      i_manager_id: random.pick([1, 1, 8, 28, random.int(1, 100)]),
      i_product_name: `product ${k}`,
    };
  }
}

function address(random: RandomStream): { county: string; state: string; zip: string; city: string } {
  const [county, state] = random.pick(PLACES);
  return { county, state, zip: random.pick(ZIPS), city: random.pick(CITIES) };
}

export function* customerAddress(random: RandomStream): Generator<Row> {
  for (let k = 1; k <= SIZE.customer_address; k++) {
    const { county, state, zip, city } = address(random);
    yield {
      ca_address_sk: k,
      ca_address_id: id(k),
      ca_street_number: String(random.int(1, 999)),
      ca_street_type: random.pick(["Street", "Ave", "Lane"]),
      ca_city: city,
      ca_county: county,
      ca_state: state,
      ca_zip: zip,
      ca_country: "United States",
      ca_gmt_offset: random.pick([-5, -5, -6, -7]),
      ca_location_type: random.pick(["single family", "condo", "apartment"]),
    };
  }
}

export function* customer(random: RandomStream): Generator<Row> {
  for (let k = 1; k <= SIZE.customer; k++) {
    yield {
      c_customer_sk: k,
      c_customer_id: id(k),
      c_current_cdemo_sk: random.int(1, SIZE.customer_demographics),
      c_current_hdemo_sk: random.int(1, SIZE.household_demographics),
      c_current_addr_sk: random.int(1, SIZE.customer_address),
      c_first_shipto_date_sk: dateKey(random.int(FIRST_DAY, LAST_DAY)),
      c_first_sales_date_sk: dateKey(random.int(FIRST_DAY, LAST_DAY)),
      c_salutation: random.pick(SALUTATIONS),
      c_first_name: random.pick(FIRST_NAMES),
      c_last_name: random.pick(LAST_NAMES),
      c_preferred_cust_flag: random.pick(["Y", "Y", "N"]),
      c_birth_day: random.int(1, 28),
      c_birth_month: random.chance(0.5) ? random.int(1, 12) : random.pick([1, 2, 6, 8, 9, 12]),
      c_birth_year: random.int(1930, 1990),
      c_birth_country: random.pick(COUNTRIES),
      c_login: "",
      c_email_address: `customer${k}@example.com`,
      c_last_review_date: dateKey(random.int(FIRST_DAY, LAST_DAY)),
    };
  }
}

export function* customerDemographics(random: RandomStream): Generator<Row> {
  for (let k = 0; k < SIZE.customer_demographics; k++) {
    yield {
      cd_demo_sk: k + 1,
      cd_gender: k % 2 === 0 ? "M" : "F",
      cd_marital_status: MARITAL_STATUSES[(k >> 1) % MARITAL_STATUSES.length],
      cd_education_status: EDUCATIONS[(k >> 3) % EDUCATIONS.length],
      cd_purchase_estimate: 500 * random.int(1, 4),
      cd_credit_rating: random.pick(CREDIT_RATINGS),
      cd_dep_count: random.int(0, 3),
      cd_dep_employed_count: random.int(0, 3),
      cd_dep_college_count: random.int(0, 3),
    };
  }
}

export function* householdDemographics(random: RandomStream): Generator<Row> {
  for (let k = 0; k < SIZE.household_demographics; k++) {
    yield {
      hd_demo_sk: k + 1,
      hd_income_band_sk: (k % 20) + 1,
      hd_buy_potential: BUY_POTENTIALS[k % BUY_POTENTIALS.length],
      hd_dep_count: random.int(0, 9),
      hd_vehicle_count: random.int(-1, 4),
    };
  }
}

export function* incomeBand(): Generator<Row> {
  for (let k = 1; k <= SIZE.income_band; k++) {
    yield { ib_income_band_sk: k, ib_lower_bound: (k - 1) * 10_000 + (k === 1 ? 0 : 1), ib_upper_bound: k * 10_000 };
  }
}

export function* store(random: RandomStream): Generator<Row> {
  for (let k = 1; k <= SIZE.store; k++) {
    yield {
      s_store_sk: k,
      s_store_id: id(k),
      s_rec_start_date: 9933,
      s_rec_end_date: null,
      s_closed_date_sk: null,
      s_store_name: STORE_NAMES[k - 1],
      s_number_employees: random.int(200, 300),
      s_market_id: k <= 4 ? 8 : k,
      s_company_id: 1,
      s_city: CITIES[k % 2],
      s_county: k === 8 ? "Bronx County" : k === 7 ? "Orange County" : "Williamson County",
      s_state: "TN",
      s_zip: ZIPS[k % ZIPS.length],
      s_country: "United States",
      s_gmt_offset: -5,
      s_tax_percentage: 0.05,
    };
  }
}

/** The dimensions whose columns matter little: what the queries filter by is given, the rest filled. */
export function* smallDimension(table: keyof typeof SIZE, random: RandomStream): Generator<Row> {
  for (let k = 1; k <= SIZE[table]; k++) yield smallDimensionRow(table, k, random);
}

function smallDimensionRow(table: keyof typeof SIZE, k: number, random: RandomStream): Row {
  switch (table) {
    case "call_center":
      return { cc_call_center_sk: k, cc_call_center_id: id(k), cc_name: `call center ${k}`, cc_county: "Williamson County", cc_manager: `manager ${k}` };
    case "catalog_page":
      return { cp_catalog_page_sk: k, cp_catalog_page_id: id(k), cp_department: "DEPARTMENT", cp_catalog_number: k };
    case "promotion": {
      const flags = ["dmail", "email", "catalog", "tv", "radio", "press", "event", "demo"].map((c) => [`p_channel_${c}`, random.pick(["Y", "N"])]);
      return { p_promo_sk: k, p_promo_id: id(k), p_item_sk: random.int(1, SIZE.item), p_promo_name: `promotion ${k % 10}`, ...Object.fromEntries(flags) };
    }
    case "reason":
      return { r_reason_sk: k, r_reason_id: id(k), r_reason_desc: `reason ${k}` };
    case "ship_mode":
      return { sm_ship_mode_sk: k, sm_ship_mode_id: id(k), sm_type: SHIP_TYPES[k % 6], sm_code: SHIP_CODES[k % 3], sm_carrier: CARRIERS[k % 7] };
    case "warehouse":
      return { w_warehouse_sk: k, w_warehouse_id: id(k), w_warehouse_name: `warehouse ${k}`, w_state: "TN", w_county: "Williamson County", w_country: "United States" };
    case "web_page":
      return { wp_web_page_sk: k, wp_web_page_id: id(k), wp_char_count: random.int(4900, 5300) };
    case "web_site":
      return { web_site_sk: k, web_site_id: id(k), web_name: `site_${k % 3}`, web_company_name: WEB_COMPANIES[k - 1] };
    case "customer":
    case "customer_address":
    case "customer_demographics":
    case "household_demographics":
    case "income_band":
    case "item":
    case "store":
      throw new RangeError(`${table} has a generator of its own`);
  }
}

/** TPC-DS's identifiers: sixteen letters. */
function id(key: number): string {
  let letters = "";
  for (let rest = key; letters.length < 8; rest = Math.floor(rest / 16)) letters += String.fromCharCode(65 + (rest % 16));
  return letters.padStart(16, "A");
}
