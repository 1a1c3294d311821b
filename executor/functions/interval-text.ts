import type { DataType, DayTimeField } from "../../catalog/types.ts";
import type { CalendarInterval } from "../../catalog/values.ts";
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND } from "./calendar.ts";

/** Intervals as text. Source of the forms: Spark's `IntervalUtils`. */

type YearMonth = DataType & { kind: "interval_ym" };
type DayTime = DataType & { kind: "interval_dt" };

const FIELD_MICROS: Readonly<Record<DayTimeField, bigint>> = { day: MICROS_PER_DAY, hour: MICROS_PER_HOUR, minute: MICROS_PER_MINUTE, second: MICROS_PER_SECOND };
const DAY_TIME_FIELDS: readonly DayTimeField[] = ["day", "hour", "minute", "second"];

/** `1-2`, `3`: the value between the quotes. */
export function yearMonthText(months: number, type: YearMonth): string {
  const sign = months < 0 ? "-" : "";
  const total = Math.abs(months);
  if (type.from === "month") return `${sign}${total}`;
  if (type.to === "year") return `${sign}${Math.floor(total / 12)}`;
  return `${sign}${Math.floor(total / 12)}-${total % 12}`;
}

/** `INTERVAL '1-2' YEAR TO MONTH`: what a cast to string gives. */
export function yearMonthToString(months: number, type: YearMonth): string {
  return `INTERVAL '${yearMonthText(months, type)}' ${unitsText(type.from, type.to)}`;
}

function unitsText(from: string, to: string): string {
  return from === to ? from.toUpperCase() : `${from.toUpperCase()} TO ${to.toUpperCase()}`;
}

/** `INTERVAL '1 02:03:04.5' DAY TO SECOND`. */
export function dayTimeToString(micros: bigint, type: DayTime): string {
  return `INTERVAL '${dayTimeText(micros, type)}' ${unitsText(type.from, type.to)}`;
}

export function dayTimeText(micros: bigint, type: DayTime): string {
  const first = DAY_TIME_FIELDS.indexOf(type.from);
  const last = DAY_TIME_FIELDS.indexOf(type.to);
  let rest = micros < 0n ? -micros : micros;
  let text = micros < 0n ? "-" : "";
  for (let i = first; i <= last; i++) {
    const field = DAY_TIME_FIELDS[i];
    const size = FIELD_MICROS[field];
    const amount = rest / size;
    rest %= size;
    const digits = i === first ? amount.toString() : amount.toString().padStart(2, "0");
    text += i === first ? (field === "second" || first === 0 ? digits.padStart(field === "day" ? 1 : 2, "0") : digits.padStart(2, "0")) : (DAY_TIME_FIELDS[i - 1] === "day" ? " " : ":") + digits;
    if (field === "second" && rest !== 0n) text += `.${rest.toString().padStart(6, "0").replace(/0+$/, "")}`;
  }
  return text;
}

/** `1 02:03:04.500000000`: as Hive prints it, all fields. */
export function dayTimeHiveText(micros: bigint): string {
  const size = micros < 0n ? -micros : micros;
  const two = (n: bigint): string => n.toString().padStart(2, "0");
  const clock = `${two((size / MICROS_PER_HOUR) % 24n)}:${two((size / MICROS_PER_MINUTE) % 60n)}:${two((size / MICROS_PER_SECOND) % 60n)}`;
  return `${micros < 0n ? "-" : ""}${size / MICROS_PER_DAY} ${clock}.${(size % MICROS_PER_SECOND).toString().padStart(6, "0")}000`;
}

/** `1 years 2 months 3 days 4 hours`. Source: Spark's `CalendarInterval.toString`. */
export function calendarIntervalToString(interval: CalendarInterval): string {
  const parts: string[] = [];
  const add = (amount: number | bigint, unit: string): void => {
    if (amount !== 0 && amount !== 0n) parts.push(`${amount} ${unit}`);
  };
  add(Math.trunc(interval.months / 12), "years");
  add(interval.months % 12, "months");
  add(interval.days, "days");
  let rest = interval.micros;
  add(rest / MICROS_PER_HOUR, "hours");
  rest %= MICROS_PER_HOUR;
  add(rest / MICROS_PER_MINUTE, "minutes");
  rest %= MICROS_PER_MINUTE;
  if (rest !== 0n) {
    const size = rest < 0n ? -rest : rest;
    const fraction = (size % MICROS_PER_SECOND).toString().padStart(6, "0").replace(/0+$/, "");
    parts.push(`${rest < 0n ? "-" : ""}${size / MICROS_PER_SECOND}${fraction === "" ? "" : `.${fraction}`} seconds`);
  }
  return parts.length === 0 ? "0 seconds" : parts.join(" ");
}

const QUOTED_FORM = /^INTERVAL\s+([+-])?\s*'([^']*)'\s+(\w+)(?:\s+TO\s+(\w+))?$/i;

/** Takes `INTERVAL '...' UNIT TO UNIT` apart; the text inside when the units are the type's. */
function innerText(text: string, from: string, to: string): { readonly text: string; readonly negative: boolean } | undefined {
  const trimmed = text.trim();
  const match = QUOTED_FORM.exec(trimmed);
  if (match === null) return { text: trimmed, negative: false };
  if (match[3].toLowerCase() !== from || (match[4] ?? match[3]).toLowerCase() !== to) return undefined;
  return { text: match[2].trim(), negative: match[1] === "-" };
}

/** Months, or undefined when the text is not an interval of the type. */
export function parseYearMonth(text: string, type: YearMonth): number | undefined {
  const inner = innerText(text, type.from, type.to);
  if (inner === undefined) return undefined;
  const match = (type.from === type.to ? /^([+-])?(\d+)$/ : /^([+-])?(\d+)-(\d+)$/).exec(inner.text);
  if (match === null) return undefined;
  const [, sign, first, second = "0"] = match;
  if (Number(second) > 11) return undefined;
  const months = type.from === "month" ? Number(first) : Number(first) * 12 + Number(second);
  const signed = (sign === "-") !== inner.negative ? -months : months;
  return signed > 2147483647 || signed < -2147483648 ? undefined : signed;
}

/** Microseconds, or undefined when the text is not an interval of the type. */
export function parseDayTime(text: string, type: DayTime): bigint | undefined {
  const inner = innerText(text, type.from, type.to);
  if (inner === undefined) return undefined;
  const fields = DAY_TIME_FIELDS.slice(DAY_TIME_FIELDS.indexOf(type.from), DAY_TIME_FIELDS.indexOf(type.to) + 1);
  const pattern = fields.map((field, i) => (i === 0 ? "" : fields[i - 1] === "day" ? "\\s+" : ":") + (field === "second" ? "(\\d+(?:\\.\\d{1,9})?)" : i === 0 ? "(\\d+)" : "(\\d{1,2})")).join("");
  const match = new RegExp(`^([+-])?${pattern}$`).exec(inner.text);
  if (match === null) return undefined;
  let micros = 0n;
  for (let i = 0; i < fields.length; i++) {
    const [whole, fraction = ""] = match[i + 2].split(".");
    if (i > 0 && Number(whole) > (fields[i] === "hour" ? 23 : 59)) return undefined;
    micros += BigInt(whole) * FIELD_MICROS[fields[i]] + (fields[i] === "second" ? BigInt(fraction.slice(0, 6).padEnd(6, "0")) : 0n);
  }
  const signed = (match[1] === "-") !== inner.negative ? -micros : micros;
  return signed >= 2n ** 63n || signed < -(2n ** 63n) ? undefined : signed;
}

const UNIT_FORM = /^([+-]?)\s*(\d*)(?:\.(\d{0,9}))?\s+([a-z]+)\s*/i;

/** `1 year 2 days -3.5 seconds`, with or without `interval` before it. */
export function parseCalendarInterval(text: string): CalendarInterval | undefined {
  let rest = text.trim().toLowerCase();
  if (rest.startsWith("interval")) rest = rest.slice(8).trim();
  if (rest === "") return undefined;
  let months = 0n;
  let days = 0n;
  let micros = 0n;
  while (rest !== "") {
    const match = UNIT_FORM.exec(`${rest} `);
    if (match === null || (match[2] === "" && (match[3] ?? "") === "")) return undefined;
    const [matched, sign, whole, fraction, unitText] = match;
    const unit = unitText.replace(/s$/, "");
    const amount = BigInt(whole === "" ? 0 : whole) * (sign === "-" ? -1n : 1n);
    if (fraction !== undefined && unit !== "second") return undefined;
    switch (unit) {
      case "year": months += amount * 12n; break;
      case "month": months += amount; break;
      case "week": days += amount * 7n; break;
      case "day": days += amount; break;
      case "hour": micros += amount * MICROS_PER_HOUR; break;
      case "minute": micros += amount * MICROS_PER_MINUTE; break;
      case "second": {
        const part = BigInt((fraction ?? "").slice(0, 6).padEnd(6, "0"));
        micros += amount * MICROS_PER_SECOND + (sign === "-" ? -part : part);
        break;
      }
      case "millisecond": micros += amount * 1000n; break;
      case "microsecond": micros += amount; break;
      default: return undefined;
    }
    rest = rest.slice(matched.length);
  }
  const small = (n: bigint): boolean => n >= -(2n ** 31n) && n < 2n ** 31n;
  if (!small(months) || !small(days) || micros >= 2n ** 63n || micros < -(2n ** 63n)) return undefined;
  return { months: Number(months), days: Number(days), micros };
}
