import { SparrowError } from "../../../catalog/errors.ts";
import type { LiteralExpr } from "../../../catalog/expression.ts";
import type { DataType } from "../../../catalog/types.ts";
import { typeName } from "../../../catalog/types.ts";
import type { Value } from "../../../catalog/values.ts";
import { addMonths, MICROS_PER_DAY } from "../../functions/calendar.ts";
import { shiftLocal } from "../../functions/temporal-arithmetic.ts";
import { timeZone, toInstantMicros, toLocalMicros } from "../../functions/time-zone.ts";

/** How far the offset of a RANGE frame moves an order key, in units of the key; undefined where that depends on the key: months. */
export function offsetDistance(type: DataType, { type: offsetType, value }: LiteralExpr): bigint | number | undefined {
  if ((typeof value !== "number" && typeof value !== "bigint") || (offsetType.kind === "interval_ym" && type.kind !== "interval_ym")) return undefined;
  switch (type.kind) {
    case "float":
    case "double":
      return Number(value);
    case "date":
      return offsetType.kind === "interval_dt" ? BigInt(value) / MICROS_PER_DAY : BigInt(value);
    case "byte":
    case "short":
    case "int":
    case "long":
    case "decimal":
    case "interval_ym":
    case "interval_dt":
    case "timestamp":
    case "timestamp_ntz":
      return BigInt(value);
    default:
      return undefined;
  }
}

/** The order key moved by the offset of a RANGE frame. The analyzer has brought the offset to a type that fits the key's. */
export function addToOrderKey(key: Exclude<Value, null>, type: DataType, offset: LiteralExpr, direction: 1 | -1, zone: string): Exclude<Value, null> {
  const distance = offsetDistance(type, offset);
  if (typeof key === "bigint" && distance !== undefined) return key + BigInt(direction) * BigInt(distance);
  if (typeof key === "number" && distance !== undefined) return key + direction * Number(distance);
  if (offset.type.kind === "interval_ym" && typeof offset.value === "number") {
    const by = { months: direction * offset.value, days: 0, micros: 0n };
    if (type.kind === "date") return addMonths(key as number, by.months);
    if (type.kind === "timestamp_ntz") return shiftLocal(key as bigint, by);
    if (type.kind === "timestamp") return toInstantMicros(shiftLocal(toLocalMicros(key as bigint, timeZone(zone)), by), timeZone(zone));
  }
  throw new SparrowError("UNSUPPORTED_FEATURE.RANGE_FRAME", "0A000", `RANGE frames with an offset of ${typeName(offset.type)} over ${typeName(type)} are not supported yet.`, { type: typeName(type) });
}
