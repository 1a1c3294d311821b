import { InternalError, SparrowError } from "../../catalog/errors.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { compareText } from "../functions/compare.ts";
import { BasicType, MAX_SHORT_STRING, Primitive, variantBytes } from "./variant-format.ts";
import type { VariantNode } from "./variant-node.ts";

/** A variant that holds the value. Raises VARIANT_SIZE_LIMIT. */
export function writeVariant(node: VariantNode): Uint8Array {
  const names = new Map<string, number>();
  const value = nodeBytes(node, names);
  const metadata = metadataBytes([...names.keys()]);
  if (value.length > SIZE_LIMIT || metadata.length > SIZE_LIMIT) throw new SparrowError("VARIANT_SIZE_LIMIT", "22023", `A variant may not be larger than ${SIZE_LIMIT} bytes.`, { sizeLimit: String(SIZE_LIMIT), functionName: "`parse_json`" }, { origin: "data" });
  return variantBytes(metadata, value);
}

const SIZE_LIMIT = 128 * 1024 * 1024;
const UTF8 = new TextEncoder();
const METADATA_VERSION = 1;

/** `names`: the dictionary, which grows. */
function nodeBytes(node: VariantNode, names: Map<string, number>): Uint8Array {
  switch (node.kind) {
    case "scalar":
      return scalarBytes(node.type, node.value);
    case "array": {
      const items = Array.from({ length: node.count }, (_, i) => nodeBytes(node.item(i), names));
      const { offsets, total } = endOffsets(items);
      const isLarge = node.count > 255;
      const offsetBytes = bytesFor(total);
      return Buffer.concat([
        Uint8Array.of(BasicType.array | ((offsetBytes - 1) << 2) | (isLarge ? 1 << 4 : 0)),
        unsigned([node.count], isLarge ? 4 : 1),
        unsigned(offsets, offsetBytes),
        ...items,
      ]);
    }
    case "object": {
      const fields = node.names.map((name, i) => ({ name, id: idOf(name, names), bytes: nodeBytes(node.field(i), names) })).sort((a, b) => compareText(a.name, b.name));
      const { offsets, total } = endOffsets(fields.map(({ bytes }) => bytes));
      const isLarge = fields.length > 255;
      const offsetBytes = bytesFor(total);
      const idBytes = bytesFor(fields.reduce((largest, { id }) => Math.max(largest, id), 0));
      return Buffer.concat([
        Uint8Array.of(BasicType.object | ((offsetBytes - 1) << 2) | ((idBytes - 1) << 4) | (isLarge ? 1 << 6 : 0)),
        unsigned([fields.length], isLarge ? 4 : 1),
        unsigned(fields.map(({ id }) => id), idBytes),
        unsigned(offsets, offsetBytes),
        ...fields.map(({ bytes }) => bytes),
      ]);
    }
  }
}

function idOf(name: string, names: Map<string, number>): number {
  const known = names.get(name);
  if (known !== undefined) return known;
  names.set(name, names.size);
  return names.size - 1;
}

function metadataBytes(names: readonly string[]): Uint8Array {
  const texts = names.map((name) => UTF8.encode(name));
  const { offsets, total } = endOffsets(texts);
  const offsetBytes = bytesFor(Math.max(total, names.length));
  return Buffer.concat([Uint8Array.of(METADATA_VERSION | ((offsetBytes - 1) << 6)), unsigned([names.length], offsetBytes), unsigned(offsets, offsetBytes), ...texts]);
}

function scalarBytes(type: DataType, value: Value): Uint8Array {
  switch (type.kind) {
    case "null":
      return primitive(Primitive.null, 0);
    case "boolean":
      return primitive(value === true ? Primitive.true : Primitive.false, 0);
    case "byte":
    case "short":
    case "int":
    case "long":
      return integerBytes(BigInt(value as number | bigint));
    case "double":
      return primitive(Primitive.double, 8, (view) => view.setFloat64(1, value as number, true));
    case "float":
      return primitive(Primitive.float, 4, (view) => view.setFloat32(1, value as number, true));
    case "decimal":
      return decimalBytes(value as bigint, type.scale);
    case "date":
      return primitive(Primitive.date, 4, (view) => view.setInt32(1, value as number, true));
    case "timestamp":
      return primitive(Primitive.timestamp, 8, (view) => view.setBigInt64(1, value as bigint, true));
    case "timestamp_ntz":
      return primitive(Primitive.timestampNtz, 8, (view) => view.setBigInt64(1, value as bigint, true));
    case "time":
      return primitive(Primitive.time, 8, (view) => view.setBigInt64(1, (value as bigint) / 1000n, true));
    case "binary":
      return longBytes(Primitive.binary, value as Uint8Array);
    case "string":
    case "char":
    case "varchar": {
      const text = UTF8.encode(value as string);
      return text.length > MAX_SHORT_STRING ? longBytes(Primitive.string, text) : Buffer.concat([Uint8Array.of(BasicType.shortString | (text.length << 2)), text]);
    }
    default:
      throw new InternalError(`A variant holds no ${type.kind}`);
  }
}

/** In the fewest bytes that hold it. */
function integerBytes(value: bigint): Uint8Array {
  if (BigInt.asIntN(8, value) === value) return primitive(Primitive.int8, 1, (view) => view.setInt8(1, Number(value)));
  if (BigInt.asIntN(16, value) === value) return primitive(Primitive.int16, 2, (view) => view.setInt16(1, Number(value), true));
  if (BigInt.asIntN(32, value) === value) return primitive(Primitive.int32, 4, (view) => view.setInt32(1, Number(value), true));
  return primitive(Primitive.int64, 8, (view) => view.setBigInt64(1, value, true));
}

function decimalBytes(unscaled: bigint, scale: number): Uint8Array {
  const digits = Math.max(String(unscaled < 0n ? -unscaled : unscaled).length, scale);
  const [type, width] = digits <= 9 ? [Primitive.decimal4, 4] : digits <= 18 ? [Primitive.decimal8, 8] : [Primitive.decimal16, 16];
  return primitive(type, 1 + width, (view) => {
    view.setUint8(1, scale);
    for (let i = 0; i < width; i++) view.setUint8(2 + i, Number((unscaled >> BigInt(8 * i)) & 255n));
  });
}

function primitive(type: number, width: number, write?: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(1 + width);
  bytes[0] = BasicType.primitive | (type << 2);
  write?.(new DataView(bytes.buffer));
  return bytes;
}

/** A value with its length before it. */
function longBytes(type: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(BasicType.primitive | (type << 2)), unsigned([content.length], 4), content]);
}

/** Where parts begin that follow each other, and where the last ends. */
function endOffsets(parts: readonly Uint8Array[]): { readonly offsets: readonly number[]; readonly total: number } {
  const offsets = [0];
  let total = 0;
  for (const part of parts) offsets.push((total += part.length));
  return { offsets, total };
}

function bytesFor(value: number): number {
  return value < 2 ** 8 ? 1 : value < 2 ** 16 ? 2 : value < 2 ** 24 ? 3 : 4;
}

function unsigned(values: readonly number[], width: number): Uint8Array {
  const bytes = new Uint8Array(values.length * width);
  values.forEach((value, i) => {
    for (let k = 0, rest = value; k < width; k++, rest = Math.floor(rest / 256)) bytes[i * width + k] = rest % 256;
  });
  return bytes;
}
