import {
  Bool,
  DateDay,
  Decimal,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  TimestampMicrosecond,
  Utf8,
  makeData,
} from "apache-arrow";
import type { Data, DataType as ArrowType } from "apache-arrow";
import { InternalError } from "../../catalog/errors.ts";
import type { DataType } from "../../catalog/types.ts";
import { typeName } from "../../catalog/types.ts";

/** A column of a table being generated: values are pushed row by row, taken as one Arrow vector, and the buffers used again. */
export interface ColumnBuilder {
  readonly arrowType: ArrowType;
  readonly rows: number;
  /** The rows so far, in buffers that the next rows overwrite. */
  readonly take: () => Data;
}

/** Validity by row, one bit each, made only when a NULL comes. */
class Validity {
  readonly #capacity: number;
  #bits: Uint8Array | undefined;
  #nulls = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  setNull(row: number): void {
    this.#bits ??= new Uint8Array((this.#capacity + 7) >> 3).fill(0xff);
    this.#bits[row >> 3] &= ~(1 << (row & 7));
    this.#nulls++;
  }

  take(): { nullCount: number; nullBitmap?: Uint8Array } {
    const taken = this.#nulls === 0 ? { nullCount: 0 } : { nullCount: this.#nulls, nullBitmap: this.#bits!.slice() };
    this.#bits?.fill(0xff);
    this.#nulls = 0;
    return taken;
  }
}

type NumberArray = Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** byte, short, int, date (days), float, double. */
export class NumberColumn implements ColumnBuilder {
  readonly arrowType: ArrowType;
  readonly #values: NumberArray;
  readonly #validity: Validity;
  rows = 0;

  constructor(arrowType: ArrowType, values: NumberArray) {
    this.arrowType = arrowType;
    this.#values = values;
    this.#validity = new Validity(values.length);
  }

  push(value: number): void {
    this.#values[this.rows++] = value;
  }

  pushNull(): void {
    this.#validity.setNull(this.rows);
    this.#values[this.rows++] = 0;
  }

  take(): Data {
    const length = this.rows;
    this.rows = 0;
    return makeData({ type: this.arrowType as Int32, length, ...this.#validity.take(), data: this.#values.subarray(0, length) as Int32Array });
  }
}

/** long, decimal(p <= 18) as its unscaled value, timestamps in microseconds: 64 bits a row. */
export class LongColumn implements ColumnBuilder {
  readonly arrowType: ArrowType;
  readonly #values: BigInt64Array;
  readonly #halves: Int32Array;
  readonly #validity: Validity;
  rows = 0;

  constructor(arrowType: ArrowType, capacity: number) {
    this.arrowType = arrowType;
    this.#values = new BigInt64Array(capacity);
    this.#halves = new Int32Array(this.#values.buffer);
    this.#validity = new Validity(capacity);
  }

  /** An integer of at most 53 bits; no BigInt is made, which is what makes it fast. */
  push(value: number): void {
    const at = this.rows++ << 1;
    this.#halves[at] = value;
    this.#halves[at + 1] = Math.floor(value / 2 ** 32);
  }

  pushBigInt(value: bigint): void {
    this.#values[this.rows++] = value;
  }

  pushNull(): void {
    this.#validity.setNull(this.rows);
    this.#values[this.rows++] = 0n;
  }

  take(): Data {
    const length = this.rows;
    this.rows = 0;
    return makeData({ type: this.arrowType as Int64, length, ...this.#validity.take(), data: this.#values.subarray(0, length) });
  }
}

export class BooleanColumn implements ColumnBuilder {
  readonly arrowType = new Bool();
  readonly #bits: Uint8Array;
  readonly #validity: Validity;
  rows = 0;

  constructor(capacity: number) {
    this.#bits = new Uint8Array((capacity + 7) >> 3);
    this.#validity = new Validity(capacity);
  }

  push(value: boolean): void {
    if (value) this.#bits[this.rows >> 3] |= 1 << (this.rows & 7);
    this.rows++;
  }

  pushNull(): void {
    this.#validity.setNull(this.rows++);
  }

  take(): Data {
    const length = this.rows;
    this.rows = 0;
    const data = this.#bits.slice();
    this.#bits.fill(0);
    return makeData({ type: this.arrowType, length, ...this.#validity.take(), data });
  }
}

const ENCODER = new TextEncoder();

/** A string column; a value is made of appended pieces and ended by `end`. */
export class TextColumn implements ColumnBuilder {
  readonly arrowType = new Utf8();
  readonly #offsets: Int32Array;
  readonly #validity: Validity;
  #bytes = new Uint8Array(1 << 16);
  #used = 0;
  rows = 0;

  constructor(capacity: number) {
    this.#offsets = new Int32Array(capacity + 1);
    this.#validity = new Validity(capacity);
  }

  append(piece: Uint8Array): void {
    this.appendRange(piece, 0, piece.length);
  }

  appendRange(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    const bytes = this.#bytes;
    let to = this.#used;
    for (let i = start; i < end; i++) bytes[to++] = source[i];
    this.#used = to;
  }

  appendByte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#used++] = byte;
  }

  /** A non-negative integer in at least `width` digits, zero-padded. */
  appendDigits(value: number, width: number): void {
    this.#reserve(16);
    const bytes = this.#bytes;
    let digits = width;
    while (10 ** digits <= value) digits++;
    let rest = value;
    for (let at = this.#used + digits - 1; at >= this.#used; at--) {
      const tenth = Math.floor(rest / 10);
      bytes[at] = 48 + (rest - tenth * 10);
      rest = tenth;
    }
    this.#used += digits;
  }

  end(): void {
    this.#offsets[++this.rows] = this.#used;
  }

  /** A whole value. */
  push(text: string | Uint8Array): void {
    this.append(typeof text === "string" ? ENCODER.encode(text) : text);
    this.end();
  }

  pushNull(): void {
    this.#validity.setNull(this.rows);
    this.end();
  }

  take(): Data {
    const length = this.rows;
    const data = this.#bytes.subarray(0, this.#used);
    this.rows = 0;
    this.#used = 0;
    const valueOffsets = this.#offsets.subarray(0, length + 1);
    return makeData({ type: this.arrowType, length, ...this.#validity.take(), valueOffsets, data });
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#used + bytes));
    grown.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = grown;
  }
}

export type AnyColumn = NumberColumn | LongColumn | BooleanColumn | TextColumn;

/** A builder for up to `capacity` rows. Decimals of more than 18 digits, binary and nested types have none. */
export function columnBuilder(type: DataType, capacity: number): AnyColumn {
  switch (type.kind) {
    case "boolean":
      return new BooleanColumn(capacity);
    case "byte":
      return new NumberColumn(new Int8(), new Int8Array(capacity));
    case "short":
      return new NumberColumn(new Int16(), new Int16Array(capacity));
    case "int":
      return new NumberColumn(new Int32(), new Int32Array(capacity));
    case "date":
      return new NumberColumn(new DateDay(), new Int32Array(capacity));
    case "float":
      return new NumberColumn(new Float32(), new Float32Array(capacity));
    case "double":
      return new NumberColumn(new Float64(), new Float64Array(capacity));
    case "long":
      return new LongColumn(new Int64(), capacity);
    case "timestamp":
      return new LongColumn(new TimestampMicrosecond("UTC"), capacity);
    case "timestamp_ntz":
      return new LongColumn(new TimestampMicrosecond(), capacity);
    case "decimal":
      if (type.precision <= 18) return new LongColumn(new Decimal(type.scale, type.precision, 64), capacity);
      break;
    case "string":
    case "char":
    case "varchar":
      return new TextColumn(capacity);
    case "null":
    case "binary":
    case "time":
    case "interval_ym":
    case "interval_dt":
    case "calendar_interval":
    case "array":
    case "map":
    case "struct":
    case "variant":
      break;
  }
  throw new InternalError(`no column builder for ${typeName(type)}`);
}
