import path from "node:path";
import type { StructField } from "../../catalog/types.ts";
import { TIMESTAMP_NTZ } from "../../catalog/types.ts";
import { HITS } from "../../test/schemas/clickbench.ts";
import type { AnyColumn } from "../generate/columns.ts";
import { BooleanColumn, LongColumn, NumberColumn, TextColumn } from "../generate/columns.ts";
import { ensureDataset } from "../generate/dataset.ts";
import { RandomStream, zipfRank } from "../generate/random.ts";
import { TableFile } from "../generate/table-file.ts";

const VERSION = 1;
const SEED = 20_130_701;
const FIRST_DAY = 15_887; // 2013-07-01
const DAYS = 31;
const MICROS_PER_DAY = 86_400_000_000;

/** What the queries look for by name; a share of the rows has it. */
const SOUGHT_COUNTER = 62;
const SOUGHT_USER = 435_090_932_899_640_449n;
const SOUGHT_REFERER_HASH = 3_594_120_000_172_545_465n;
const SOUGHT_URL_HASH = 2_868_770_270_353_813_622n;

/** Timestamps without zone, as the benchmark's own table for DuckDB has them. */
const FIELDS: readonly StructField[] = HITS.map((field) => (field.type.kind === "timestamp" ? { ...field, type: TIMESTAMP_NTZ } : field));

export function hitsFile(folder: string): string {
  return path.join(folder, "hits.parquet");
}

/**
 * Makes a table of the shape of ClickBench's `hits`: its 105 columns, with distinct counts, shares of empty texts, skew and lengths near
 * those of the real one (which is web traffic of July 2013), unless it is there.
 */
export async function ensureHits(folder: string, rows: number): Promise<string> {
  return await ensureDataset(folder, { suite: "clickbench", version: VERSION, seed: SEED, size: rows }, (target) => writeHits(target, rows));
}

async function writeHits(folder: string, rows: number): Promise<void> {
  const file = new TableFile(hitsFile(folder), FIELDS);
  const visit = new Visits(rows);
  const pushes = FIELDS.map((field) => visit.column(file, field));
  for (let row = 0; row < rows; row++) {
    visit.next();
    for (const push of pushes) push();
    if (file.endRow()) await file.flush();
  }
  await file.close();
}

/** Makes hits; columns that hang together (a page and its hash, the times of one hit, a search and its engine) are drawn together. */
class Visits {
  readonly #rows: number;
  readonly #random = new RandomStream(SEED, "hit");
  #user = 0n;
  #counter = 0;
  #micros = 0;
  #page = 0;
  #referer = 0;
  #searches = false;
  #mobile = false;

  constructor(rows: number) {
    this.#rows = rows;
  }

  next(): void {
    const random = this.#random;
    const users = Math.max(10, Math.floor(this.#rows / 6));
    this.#user = random.chance(0.0005) ? SOUGHT_USER : 1_000_000_007n * BigInt(1 + zipfRank(random, users, 0.6)) * 97n;
    this.#counter = random.chance(0.08) ? SOUGHT_COUNTER : 1 + zipfRank(random, 6000, 1.1);
    this.#micros = (FIRST_DAY + random.int(0, DAYS - 1)) * MICROS_PER_DAY + random.int(0, 86_399) * 1_000_000;
    this.#page = zipfRank(random, Math.max(10, Math.floor(this.#rows / 4)), 0.75);
    this.#referer = random.chance(0.2) ? -1 : zipfRank(random, Math.max(10, Math.floor(this.#rows / 5)), 0.8);
    this.#searches = random.chance(0.13);
    this.#mobile = random.chance(0.08);
  }

  /** What puts this hit's value into a column. */
  column(file: TableFile, field: StructField): () => void {
    const column = columnOf(file, field);
    if (column instanceof TextColumn) return this.#text(field.name, column);
    if (column instanceof LongColumn) return this.#long(field.name, column);
    if (column instanceof NumberColumn) return this.#number(field.name, column);
    throw new RangeError(`hits has no column of the type of ${field.name}`);
  }

  #text(name: string, column: TextColumn): () => void {
    const random = new RandomStream(SEED, name);
    switch (name) {
      case "URL":
      case "OriginalURL":
        return () => column.push(name === "OriginalURL" && random.chance(0.9) ? "" : pageAddress(this.#page));
      case "Referer":
        return () => column.push(this.#referer < 0 ? "" : pageAddress(this.#referer));
      case "Title":
        return () => column.push(this.#page % 10 === 0 ? "" : `${this.#page % 997 === 3 ? "Google " : ""}${words(this.#page, 6)} - page ${this.#page % 4000}`);
      case "SearchPhrase":
        return () => column.push(this.#searches ? words(zipfRank(random, Math.max(10, Math.floor(this.#rows / 16)), 0.7), 3) : "");
      case "MobilePhoneModel":
        return () => column.push(this.#mobile ? `Model ${zipfRank(random, 150, 1.2)}` : "");
      case "PageCharset":
        return () => column.push(random.pick(["utf-8", "windows-1251", "windows-1251"]));
      case "BrowserLanguage":
      case "BrowserCountry":
        return () => column.push(random.pick(["ru", "ru", "ru", "en", "uk"]));
      case "HitColor":
        return () => column.push(random.pick(["F", "5", "E", "g"]));
      case "UserAgentMinor":
      case "FlashMinor2":
        return () => column.push(String(random.int(0, 99)));
      default: // Texts that are empty but for a few hits.
        return () => column.push(random.chance(0.03) ? words(random.int(0, 500), 2) : "");
    }
  }

  #long(name: string, column: LongColumn): () => void {
    const random = new RandomStream(SEED, name);
    switch (name) {
      case "WatchID":
        return () => column.pushBigInt(BigInt.asIntN(63, random.long() | 1n));
      case "UserID":
        return () => column.pushBigInt(this.#user);
      case "EventTime":
        return () => column.push(this.#micros);
      case "ClientEventTime":
      case "LocalEventTime":
        return () => column.push(this.#micros + random.int(-3600, 3600) * 1_000_000);
      case "URLHash":
        return () => column.pushBigInt(this.#page < 3 ? SOUGHT_URL_HASH : hash(this.#page));
      case "RefererHash":
        return () => column.pushBigInt(this.#referer >= 0 && this.#referer < 20 ? SOUGHT_REFERER_HASH : hash(this.#referer));
      default: // FUniqID, ParamPrice.
        return () => column.pushBigInt(random.chance(0.5) ? 0n : BigInt(random.int(1, 1e9)));
    }
  }

  #number(name: string, column: NumberColumn): () => void {
    const random = new RandomStream(SEED, name);
    switch (name) {
      case "EventDate":
        return () => column.push(Math.floor(this.#micros / MICROS_PER_DAY));
      case "CounterID":
        return () => column.push(this.#counter);
      case "ClientIP":
      case "RemoteIP":
      case "IPNetworkID":
        return () => column.push(Number(BigInt.asIntN(32, this.#user * 2_654_435_761n)) + (name === "ClientIP" ? random.int(0, 1) : 0));
      case "RegionID":
      case "RefererRegionID":
      case "URLRegionID":
        return () => column.push(zipfRank(random, 9000, 1.3));
      case "AdvEngineID":
        return () => column.push(random.chance(0.006) ? random.pick([2, 2, 2, 27, 13, 45]) : 0);
      case "SearchEngineID":
        return () => column.push(this.#searches ? random.pick([2, 2, 2, 3, 13]) : 0);
      case "TraficSourceID":
        return () => column.push(random.pick([-1, 0, 1, 2, 3, 6]));
      case "MobilePhone":
        return () => column.push(this.#mobile ? random.int(1, 60) : 0);
      case "IsMobile":
        return () => column.push(this.#mobile ? 1 : 0);
      case "ResolutionWidth":
        return () => column.push(random.pick([1920, 1680, 1366, 1280, 1024, 800, 0]));
      case "ResolutionHeight":
        return () => column.push(random.pick([1080, 1050, 768, 1024, 600, 0]));
      case "WindowClientWidth":
      case "WindowClientHeight":
        return () => column.push(random.int(200, 1900));
      case "UserAgent":
      case "OS":
        return () => column.push(zipfRank(random, 80, 1.2));
      case "IsRefresh":
        return () => column.push(random.chance(0.12) ? 1 : 0);
      case "DontCountHits":
      case "IsLink":
        return () => column.push(random.chance(0.05) ? 1 : 0);
      case "IsDownload":
        return () => column.push(random.chance(0.01) ? 1 : 0);
      default: // Flags, versions, timings: small numbers, mostly zero.
        return () => column.push(random.chance(0.6) ? 0 : random.int(0, 100));
    }
  }
}

function columnOf(file: TableFile, { name, type }: StructField): Exclude<AnyColumn, BooleanColumn> {
  switch (type.kind) {
    case "string":
      return file.text(name);
    case "long":
    case "timestamp_ntz":
      return file.long(name);
    default:
      return file.number(name);
  }
}

const HOSTS = ["example.com", "www.shop.example.org", "news.example.net", "auto.example.ru", "www.google.com", "video.example.com"];
const WORDS = "smart phone buy cheap news video online game car photo music free city house work summer weather map film recipe".split(" ");

function pageAddress(page: number): string {
  const host = page % 499 === 7 ? HOSTS[4] : `${page % 300}.${HOSTS[page % 4]}`;
  return `http${page % 3 === 0 ? "s" : ""}://${host}/${WORDS[page % 20]}/${WORDS[(page * 7) % 20]}-${page}.html?from=${page % 89}`;
}

function words(seed: number, count: number): string {
  return Array.from({ length: count }, (_, i) => WORDS[Math.floor(seed / 20 ** i) % 20]).join(" ");
}

/** A 63-bit hash of a small number (the finalizer of SplitMix64). */
function hash(value: number): bigint {
  let h = BigInt.asUintN(64, BigInt(value) * 0x9e3779b97f4a7c15n);
  h = BigInt.asUintN(64, (h ^ (h >> 30n)) * 0xbf58476d1ce4e5b9n);
  return BigInt.asIntN(63, h ^ (h >> 27n));
}
