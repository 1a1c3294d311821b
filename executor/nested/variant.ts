import { decimalText, doubleText, floatText } from "../../catalog/number-text.ts";
import { SparrowError } from "../../catalog/errors.ts";
import { dateToString, localTimestampToString, timeToString } from "../functions/datetime-text.ts";
import { timeZone, toLocalMicros } from "../functions/time-zone.ts";

/**
 * Variants: semi-structured values. The engine carries one as the length of its metadata (uint32), the metadata (a dictionary of field names) and the value, which
 * are as Parquet has them. Source: parquet-format's VariantEncoding.md.
 */
export function variantBytes(metadata: Uint8Array, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + metadata.length + value.length);
  new DataView(bytes.buffer).setUint32(0, metadata.length, true);
  bytes.set(metadata, 4);
  bytes.set(value, 4 + metadata.length);
  return bytes;
}

/** A variant as Spark's cast to STRING gives it: JSON, or the string itself. Timestamps are shown in the zone. Raises MALFORMED_VARIANT. */
export function variantText(bytes: Uint8Array, zone: string): string {
  return new VariantReader(bytes, zone).text();
}

/** A variant as JSON. Raises MALFORMED_VARIANT. */
export function variantJson(bytes: Uint8Array, zone: string): string {
  return new VariantReader(bytes, zone).json();
}

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });
const BasicType = { primitive: 0, shortString: 1, object: 2, array: 3 } as const;
/** Numbers of primitive types. */
const Primitive = { null: 0, true: 1, false: 2, int8: 3, int16: 4, int32: 5, int64: 6, double: 7, decimal4: 8, decimal8: 9, decimal16: 10, date: 11, timestamp: 12, timestampNtz: 13, float: 14, binary: 15, string: 16, time: 17, timestampNanos: 18, timestampNtzNanos: 19, uuid: 20 } as const;

class VariantReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #zone: string;
  readonly #value: number;

  constructor(bytes: Uint8Array, zone: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#zone = zone;
    this.#value = 4 + this.#checked(() => this.#view.getUint32(0, true));
  }

  text(): string {
    return this.#checked(() => this.#string(this.#value) ?? this.#json(this.#value));
  }

  json(): string {
    return this.#checked(() => this.#json(this.#value));
  }

  #checked<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new SparrowError("MALFORMED_VARIANT", "22023", "Variant binary is malformed. Please check the data source is valid.", {}, { origin: "data", cause: error });
    }
  }

  #json(at: number): string {
    const header = this.#view.getUint8(at) >> 2;
    switch (this.#view.getUint8(at) & 3) {
      case BasicType.object:
        return this.#object(at + 1, (header & 3) + 1, ((header >> 2) & 3) + 1, (header & 16) !== 0);
      case BasicType.array:
        return this.#array(at + 1, (header & 3) + 1, (header & 4) !== 0);
      default:
        return this.#scalar(at);
    }
  }

  #object(start: number, offsetBytes: number, idBytes: number, isLarge: boolean): string {
    const count = this.#unsigned(start, isLarge ? 4 : 1);
    const ids = start + (isLarge ? 4 : 1);
    const offsets = ids + count * idBytes;
    const values = offsets + (count + 1) * offsetBytes;
    const members = Array.from({ length: count }, (_, i) => `${JSON.stringify(this.#name(this.#unsigned(ids + i * idBytes, idBytes)))}:${this.#json(values + this.#unsigned(offsets + i * offsetBytes, offsetBytes))}`);
    return `{${members.join(",")}}`;
  }

  #array(start: number, offsetBytes: number, isLarge: boolean): string {
    const count = this.#unsigned(start, isLarge ? 4 : 1);
    const offsets = start + (isLarge ? 4 : 1);
    const values = offsets + (count + 1) * offsetBytes;
    return `[${Array.from({ length: count }, (_, i) => this.#json(values + this.#unsigned(offsets + i * offsetBytes, offsetBytes))).join(",")}]`;
  }

  /** A field's name from the metadata's dictionary. */
  #name(id: number): string {
    const offsetBytes = (this.#view.getUint8(4) >> 6) + 1;
    const offsets = 5 + offsetBytes;
    const names = offsets + (this.#unsigned(5, offsetBytes) + 1) * offsetBytes;
    return this.#utf8(names + this.#unsigned(offsets + id * offsetBytes, offsetBytes), names + this.#unsigned(offsets + (id + 1) * offsetBytes, offsetBytes));
  }

  /** The string that begins at `at`; undefined for a value of another type. */
  #string(at: number): string | undefined {
    const byte = this.#view.getUint8(at);
    if ((byte & 3) === BasicType.shortString) return this.#utf8(at + 1, at + 1 + (byte >> 2));
    if (byte !== Primitive.string << 2) return undefined;
    return this.#utf8(at + 5, at + 5 + this.#view.getUint32(at + 1, true));
  }

  #scalar(at: number): string {
    const text = this.#string(at);
    if (text !== undefined) return JSON.stringify(text);
    const view = this.#view;
    const from = at + 1;
    switch (view.getUint8(at) >> 2) {
      case Primitive.null:
        return "null";
      case Primitive.true:
        return "true";
      case Primitive.false:
        return "false";
      case Primitive.int8:
        return String(view.getInt8(from));
      case Primitive.int16:
        return String(view.getInt16(from, true));
      case Primitive.int32:
        return String(view.getInt32(from, true));
      case Primitive.int64:
        return String(view.getBigInt64(from, true));
      case Primitive.double:
        return finiteOrQuoted(view.getFloat64(from, true), doubleText);
      case Primitive.float:
        return finiteOrQuoted(view.getFloat32(from, true), floatText);
      case Primitive.decimal4:
        return this.#decimal(BigInt(view.getInt32(from + 1, true)), from);
      case Primitive.decimal8:
        return this.#decimal(view.getBigInt64(from + 1, true), from);
      case Primitive.decimal16:
        return this.#decimal((view.getBigInt64(from + 9, true) << 64n) | view.getBigUint64(from + 1, true), from);
      case Primitive.date:
        return `"${dateToString(view.getInt32(from, true))}"`;
      case Primitive.timestamp:
        return this.#timestamp(view.getBigInt64(from, true));
      case Primitive.timestampNanos:
        return this.#timestamp(view.getBigInt64(from, true) / 1000n);
      case Primitive.timestampNtz:
        return `"${localTimestampToString(view.getBigInt64(from, true))}"`;
      case Primitive.timestampNtzNanos:
        return `"${localTimestampToString(view.getBigInt64(from, true) / 1000n)}"`;
      case Primitive.time:
        return `"${timeToString(view.getBigInt64(from, true) * 1000n)}"`;
      case Primitive.binary:
        return `"${Buffer.from(this.#slice(from + 4, from + 4 + view.getUint32(from, true))).toString("base64")}"`;
      case Primitive.uuid:
        return `"${Buffer.from(this.#slice(from, from + 16)).toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")}"`;
      default:
        throw new RangeError("a primitive type that is not known");
    }
  }

  #decimal(unscaled: bigint, scaleAt: number): string {
    return decimalText(unscaled, this.#view.getUint8(scaleAt));
  }

  /** With the zone's offset: `2024-01-31 12:00:00+01:00`. */
  #timestamp(micros: bigint): string {
    const local = toLocalMicros(micros, timeZone(this.#zone));
    const minutes = Number((local - micros) / 60_000_000n);
    const size = Math.abs(minutes);
    const offset = `${minutes < 0 ? "-" : "+"}${String(Math.floor(size / 60)).padStart(2, "0")}:${String(size % 60).padStart(2, "0")}`;
    return `"${localTimestampToString(local)}${offset}"`;
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
    if (to < from || to > this.#bytes.length) throw new RangeError("a part of it ends outside of it");
    return this.#bytes.subarray(from, to);
  }
}

/** JSON has no NaN and no infinities. */
function finiteOrQuoted(value: number, text: (value: number) => string): string {
  return Number.isFinite(value) ? text(value) : `"${text(value)}"`;
}
