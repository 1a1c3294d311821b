import { daysFromCivil, floorDiv, MICROS_PER_DAY } from "../functions/calendar.ts";
import { timeZone, toInstantMicros, toLocalMicros } from "../functions/time-zone.ts";
import { typedView } from "../typed-view.ts";
import type { ArrowColumn } from "./arrow-column.ts";
import { bufferOf } from "./arrow-column.ts";
import type { ColumnChunk } from "./parquet-column-chunk.ts";
import type { SchemaNode } from "./parquet-schema.ts";

/**
 * Of a file whose writer counted days by the Julian calendar up to 4 October 1582: Spark before 3.0, and later ones with `spark.sql.parquet.datetimeRebaseModeInWrite`
 * LEGACY. Source: Spark's `RebaseDateTime` and `DataSourceUtils.datetimeRebaseSpec`.
 */
export interface JulianDates {
  /** Dates and timestamps of 64 bits are. */
  readonly datetimes: boolean;
  /** INT96 are. */
  readonly int96: boolean;
  /** In which the writer found the days of timestamps. */
  readonly zone: string;
}

/** By a footer's key-value pairs; undefined for files in the Gregorian calendar throughout. */
export function julianDates(keyValues: ReadonlyMap<string, string>): JulianDates | undefined {
  const version = /^(\d+)\.(\d+)/.exec(keyValues.get("org.apache.spark.version") ?? "");
  if (version === null) return undefined;
  const isBefore = (major: number, minor: number): boolean => Number(version[1]) < major || (Number(version[1]) === major && Number(version[2]) < minor);
  const datetimes = isBefore(3, 0) || keyValues.has("org.apache.spark.legacyDateTime");
  const int96 = isBefore(3, 1) || keyValues.has("org.apache.spark.legacyINT96");
  return datetimes || int96 ? { datetimes, int96, zone: keyValues.get("org.apache.spark.timeZone") ?? "UTC" } : undefined;
}

/** 15 October 1582 */
const FIRST_GREGORIAN_DAY = -141_427;
/** 1900-01-01 in UTC. Before it the writers' time zones know no local mean time, only the offset that came after it. */
const KNOWN_OFFSETS_FROM = -2_208_988_800_000_000n;

/** Whether values of a column, or within it, may be by another calendar. */
export function holdsJulianDates(node: SchemaNode, { datetimes, int96 }: JulianDates): boolean {
  if (node.children.length > 0) return node.children.some((child) => holdsJulianDates(child, { datetimes, int96, zone: "UTC" }));
  if (node.physical === "INT96") return int96;
  return datetimes && (node.annotation?.kind === "date" || (node.annotation?.kind === "timestamp" && node.annotation.utc));
}

/** A chunk without bounds that are of another calendar. */
export function withoutJulianBounds(chunk: ColumnChunk, node: SchemaNode, julian: JulianDates): ColumnChunk {
  const { statistics } = chunk;
  if (statistics?.min === undefined || !holdsJulianDates(node, julian) || !mayBeOld(statistics.min, node)) return chunk;
  return { ...chunk, statistics: { ...statistics, min: undefined, max: undefined } };
}

function mayBeOld(min: Uint8Array, { annotation }: SchemaNode): boolean {
  const view = new DataView(min.buffer, min.byteOffset, min.byteLength);
  if (annotation?.kind === "date" && min.length === 4) return view.getInt32(0, true) < FIRST_GREGORIAN_DAY;
  if (annotation?.kind === "timestamp" && min.length === 8) return view.getBigInt64(0, true) * (annotation.unit === "millis" ? 1000n : 1n) < KNOWN_OFFSETS_FROM;
  return true;
}

/** A column in which `holdsJulianDates`, its dates and timestamps in the Gregorian calendar. */
export function gregorian(column: ArrowColumn, zone: string): ArrowColumn {
  const { format } = column;
  if (column.children.length > 0) return { ...column, children: column.children.map((child) => gregorian(child, zone)) };
  if (format === "tdD") return withValues(column, Int32Array, (days) => (days < FIRST_GREGORIAN_DAY ? gregorianDay(days) : days));
  if (!format.startsWith("tsu:") && !format.startsWith("tsm:")) return column;
  const unit = format.startsWith("tsm:") ? 1000n : 1n;
  return withValues(column, BigInt64Array, (value) => (value * unit < KNOWN_OFFSETS_FROM ? gregorianMicros(value * unit, zone) / unit : value));
}

function withValues<T extends Int32Array | BigInt64Array>(column: ArrowColumn, array: { readonly BYTES_PER_ELEMENT: number; new (buffer: ArrayBufferLike, byteOffset: number, length: number): T }, change: (value: T[number]) => T[number]): ArrowColumn {
  const values = typedView(bufferOf(column, 1).slice(), array);
  for (let row = column.offset; row < column.offset + column.length; row++) values[row] = change(values[row]);
  return { ...column, buffers: column.buffers.map((buffer, i) => (i === 1 ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength) : buffer)) };
}

/** The day of the same name. One that the Gregorian calendar has not is that many days after the month's first. */
function gregorianDay(julian: number): number {
  // Counted from 1 March of year 0 of the Julian calendar, whose leap days come at the end of every fourth year.
  const day = julian + 719_470;
  const cycle = Math.floor(day / 1461);
  const dayOfCycle = day - cycle * 1461;
  const yearOfCycle = Math.min(3, Math.floor(dayOfCycle / 365));
  const dayOfYear = dayOfCycle - yearOfCycle * 365;
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * month + 2) / 5);
  const year = cycle * 4 + yearOfCycle + (month < 10 ? 0 : 1);
  return daysFromCivil(year, month < 10 ? month + 3 : month - 9, 1) + dayOfMonth;
}

function gregorianMicros(micros: bigint, zone: string): bigint {
  const found = timeZone(zone);
  const local = micros + toLocalMicros(KNOWN_OFFSETS_FROM, found) - KNOWN_OFFSETS_FROM;
  const day = floorDiv(local, MICROS_PER_DAY);
  const shifted = day < BigInt(FIRST_GREGORIAN_DAY) ? BigInt(gregorianDay(Number(day))) : day;
  return toInstantMicros(local + (shifted - day) * MICROS_PER_DAY, found);
}
