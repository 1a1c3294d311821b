import type { DataType } from "../../catalog/types.ts";
import { BINARY, BOOLEAN, BYTE, DATE, DOUBLE, FLOAT, INT, LONG, SHORT, STRING, TIMESTAMP, TIMESTAMP_NTZ } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { BasicType, malformedVariant, METADATA_START, Primitive } from "./variant-format.ts";
import { decimalNode, VARIANT_NULL, type VariantNode } from "./variant-node.ts";

/** What a variant holds. Raises MALFORMED_VARIANT, here or when a part is asked for. */
export function readVariant(bytes: Uint8Array): VariantNode {
  const reader = new VariantReader(bytes);
  return reader.root();
}

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });
const TIME: DataType = { kind: "time", precision: 6 };

class VariantReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  root(): VariantNode {
    return checked(() => this.#node(METADATA_START + this.#view.getUint32(0, true)));
  }

  #node(at: number): VariantNode {
    const byte = this.#view.getUint8(at);
    const header = byte >> 2;
    switch (byte & 3) {
      case BasicType.object:
        return this.#object(at + 1, (header & 3) + 1, ((header >> 2) & 3) + 1, (header & 16) !== 0 ? 4 : 1);
      case BasicType.array:
        return this.#array(at + 1, (header & 3) + 1, (header & 4) !== 0 ? 4 : 1);
      case BasicType.shortString:
        return scalar(STRING, this.#utf8(at + 1, at + 1 + header));
      default:
        return this.#primitive(header, at + 1);
    }
  }

  #object(start: number, offsetBytes: number, idBytes: number, countBytes: number): VariantNode {
    const count = this.#unsigned(start, countBytes);
    const ids = start + countBytes;
    const offsets = ids + count * idBytes;
    const values = offsets + (count + 1) * offsetBytes;
    this.#checkInside(values);
    const names = Array.from({ length: count }, (_, i) => this.#name(this.#unsigned(ids + i * idBytes, idBytes)));
    return { kind: "object", names, field: (i) => checked(() => this.#node(values + this.#unsigned(offsets + i * offsetBytes, offsetBytes))) };
  }

  #array(start: number, offsetBytes: number, countBytes: number): VariantNode {
    const count = this.#unsigned(start, countBytes);
    const offsets = start + countBytes;
    const values = offsets + (count + 1) * offsetBytes;
    this.#checkInside(values);
    return { kind: "array", count, item: (i) => checked(() => this.#node(values + this.#unsigned(offsets + i * offsetBytes, offsetBytes))) };
  }

  /** A field's name from the metadata's dictionary. */
  #name(id: number): string {
    const offsetBytes = (this.#view.getUint8(METADATA_START) >> 6) + 1;
    const count = this.#unsigned(METADATA_START + 1, offsetBytes);
    if (id >= count) throw new RangeError("a field's name is not in the metadata");
    const offsets = METADATA_START + 1 + offsetBytes;
    const names = offsets + (count + 1) * offsetBytes;
    return this.#utf8(names + this.#unsigned(offsets + id * offsetBytes, offsetBytes), names + this.#unsigned(offsets + (id + 1) * offsetBytes, offsetBytes));
  }

  #primitive(type: number, at: number): VariantNode {
    const view = this.#view;
    switch (type) {
      case Primitive.null:
        return VARIANT_NULL;
      case Primitive.true:
        return scalar(BOOLEAN, true);
      case Primitive.false:
        return scalar(BOOLEAN, false);
      case Primitive.int8:
        return scalar(BYTE, view.getInt8(at));
      case Primitive.int16:
        return scalar(SHORT, view.getInt16(at, true));
      case Primitive.int32:
        return scalar(INT, view.getInt32(at, true));
      case Primitive.int64:
        return scalar(LONG, view.getBigInt64(at, true));
      case Primitive.double:
        return scalar(DOUBLE, view.getFloat64(at, true));
      case Primitive.float:
        return scalar(FLOAT, view.getFloat32(at, true));
      case Primitive.decimal4:
        return decimalNode(BigInt(view.getInt32(at + 1, true)), view.getUint8(at));
      case Primitive.decimal8:
        return decimalNode(view.getBigInt64(at + 1, true), view.getUint8(at));
      case Primitive.decimal16:
        return decimalNode((view.getBigInt64(at + 9, true) << 64n) | view.getBigUint64(at + 1, true), view.getUint8(at));
      case Primitive.date:
        return scalar(DATE, view.getInt32(at, true));
      case Primitive.timestamp:
        return scalar(TIMESTAMP, view.getBigInt64(at, true));
      case Primitive.timestampNanos:
        return scalar(TIMESTAMP, floorMicros(view.getBigInt64(at, true)));
      case Primitive.timestampNtz:
        return scalar(TIMESTAMP_NTZ, view.getBigInt64(at, true));
      case Primitive.timestampNtzNanos:
        return scalar(TIMESTAMP_NTZ, floorMicros(view.getBigInt64(at, true)));
      case Primitive.time:
        return scalar(TIME, view.getBigInt64(at, true) * 1000n);
      case Primitive.binary:
        return scalar(BINARY, this.#slice(at + 4, at + 4 + view.getUint32(at, true)));
      case Primitive.string:
        return scalar(STRING, this.#utf8(at + 4, at + 4 + view.getUint32(at, true)));
      case Primitive.uuid:
        return scalar(STRING, uuidText(this.#slice(at, at + 16)));
      default:
        throw new RangeError("a primitive type that is not known");
    }
  }

  #unsigned(at: number, bytes: number): number {
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + this.#view.getUint8(at + i);
    return value;
  }

  #utf8(from: number, to: number): string {
    return UTF8.decode(this.#slice(from, to));
  }

  #slice(from: number, to: number): Uint8Array {
    this.#checkInside(to);
    if (to < from) throw new RangeError("a part of it ends before it begins");
    return this.#bytes.subarray(from, to);
  }

  #checkInside(end: number): void {
    if (end > this.#bytes.length) throw new RangeError("a part of it ends outside of it");
  }
}

function scalar(type: DataType, value: Value): VariantNode {
  return { kind: "scalar", type, value };
}

function floorMicros(nanos: bigint): bigint {
  return (nanos - (((nanos % 1000n) + 1000n) % 1000n)) / 1000n;
}

/** 16 bytes as a UUID's text. */
function uuidText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function checked<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw malformedVariant(error);
  }
}
