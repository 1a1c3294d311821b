import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { castToText } from "../functions/cast-text.ts";
import { formatLocalTimestamp, formatTimestamp } from "../functions/datetime-format.ts";
import type { ValueOptions } from "../scan/text-options.ts";

/**
 * The text of a value in CSV files and, for what JSON has no form of its own for, in JSON files. Timestamps are ISO 8601 with their zone, milliseconds or
 * as many more digits as they have: Spark's default cuts them off, here a file holds what was written.
 */
export function valueText(value: Value, type: DataType, options: ValueOptions): string | null {
  if (value === null) return null;
  switch (type.kind) {
    case "date":
      if (options.dateFormat !== undefined) return formatLocalTimestamp(BigInt(value as number) * MICROS_PER_DAY, options.dateFormat, options.timeZone);
      break;
    case "timestamp":
      return formatTimestamp(value as bigint, options.timestampFormat ?? `${LOCAL_FORM}${fraction(value as bigint)}XXX`, options.timeZone);
    case "timestamp_ntz":
      return formatLocalTimestamp(value as bigint, options.timestampFormat ?? `${LOCAL_FORM}${fraction(value as bigint)}`, options.timeZone);
    default:
      break;
  }
  return castToText(value, type, "ansi", options.timeZone);
}

const MICROS_PER_DAY = 86_400_000_000n;
const LOCAL_FORM = "yyyy-MM-dd'T'HH:mm:ss";

function fraction(micros: bigint): string {
  return micros % 1000n === 0n ? ".SSS" : ".SSSSSS";
}
