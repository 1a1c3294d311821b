import { SparrowError } from "../../../catalog/errors.ts";
import type { DataType } from "../../../catalog/types.ts";
import { typeName } from "../../../catalog/types.ts";
import type { Value } from "../../../catalog/values.ts";

const MICROS_PER_DAY = 86_400_000_000n;

/** The order key moved by the offset of a RANGE frame. The analyzer has brought the offset to a type that fits the key's. */
export function addToOrderKey(key: Exclude<Value, null>, type: DataType, offset: Exclude<Value, null>, direction: 1 | -1): Exclude<Value, null> {
  switch (type.kind) {
    case "byte":
    case "short":
    case "int":
    case "float":
    case "double":
    case "interval_ym":
      return (key as number) + direction * Number(offset);
    case "date":
      if (typeof offset === "number" || typeof offset === "bigint") return (key as number) + direction * (typeof offset === "bigint" && offset >= MICROS_PER_DAY ? Number(offset / MICROS_PER_DAY) : Number(offset));
      break;
    case "long":
    case "decimal":
    case "timestamp":
    case "timestamp_ntz":
    case "interval_dt":
    case "time":
      if (typeof offset === "number" || typeof offset === "bigint") return (key as bigint) + BigInt(direction) * BigInt(offset);
      break;
    default:
      break;
  }
  throw new SparrowError("UNSUPPORTED_FEATURE.RANGE_FRAME", "0A000", `RANGE frames with this offset over ${typeName(type)} are not supported yet.`, { type: typeName(type) });
}
