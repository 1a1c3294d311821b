import { InternalError } from "../../catalog/errors.ts";
import { decimalText, doubleText, floatText } from "../../catalog/number-text.ts";
import { dateToString, localTimestampToString, timeToString } from "../functions/datetime-text.ts";
import { timeZone, toLocalMicros } from "../functions/time-zone.ts";
import type { VariantNode } from "./variant-node.ts";
import { readVariant } from "./variant-reader.ts";

/** A variant as JSON. Raises MALFORMED_VARIANT. */
export function variantJson(bytes: Uint8Array, zone: string): string {
  return nodeJson(readVariant(bytes), zone);
}

export function nodeJson(node: VariantNode, zone: string): string {
  switch (node.kind) {
    case "scalar":
      return scalarJson(node, zone);
    case "array":
      return `[${Array.from({ length: node.count }, (_, i) => nodeJson(node.item(i), zone)).join(",")}]`;
    case "object":
      return `{${node.names.map((name, i) => `${JSON.stringify(name)}:${nodeJson(node.field(i), zone)}`).join(",")}}`;
  }
}

function scalarJson({ type, value }: Extract<VariantNode, { kind: "scalar" }>, zone: string): string {
  switch (type.kind) {
    case "null":
    case "boolean":
    case "byte":
    case "short":
    case "int":
    case "long":
      return String(value);
    case "double":
      return finiteOrQuoted(value as number, doubleText);
    case "float":
      return finiteOrQuoted(value as number, floatText);
    case "decimal":
      return decimalText(value as bigint, type.scale);
    case "date":
      return `"${dateToString(value as number)}"`;
    case "timestamp":
      return `"${timestampWithOffset(value as bigint, zone)}"`;
    case "timestamp_ntz":
      return `"${localTimestampToString(value as bigint)}"`;
    case "time":
      return `"${timeToString(value as bigint)}"`;
    case "string":
      return JSON.stringify(value as string);
    case "binary":
      return `"${Buffer.from(value as Uint8Array).toString("base64")}"`;
    default:
      throw new InternalError(`A variant holds no ${type.kind}`);
  }
}

/** With the zone's offset: `2024-01-31 12:00:00+01:00`. */
function timestampWithOffset(micros: bigint, zone: string): string {
  const local = toLocalMicros(micros, timeZone(zone));
  const minutes = Number((local - micros) / 60_000_000n);
  const size = Math.abs(minutes);
  return `${localTimestampToString(local)}${minutes < 0 ? "-" : "+"}${String(Math.floor(size / 60)).padStart(2, "0")}:${String(size % 60).padStart(2, "0")}`;
}

/** JSON has no NaN and no infinities. */
function finiteOrQuoted(value: number, text: (value: number) => string): string {
  return Number.isFinite(value) ? text(value) : `"${text(value)}"`;
}
