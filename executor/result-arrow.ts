import type * as Arrow from "apache-arrow";
import { assert } from "../catalog/errors.ts";
import type { DataType, StructField } from "../catalog/types.ts";
import type { MapValue, StructValue, Value } from "../catalog/values.ts";
import { EXTENSION_NAME, partsOfVariant, VARIANT_EXTENSION, VARIANT_PARTS } from "./arrow-variant.ts";
import type { ResultBatch, ResultColumn } from "./result-batch.ts";
import { encodeValue, fixedWidth } from "./nested/encoding.ts";
import { valueReader } from "./result-values.ts";
import { typedView } from "./typed-view.ts";

type ArrowLibrary = typeof Arrow;

/** Spark's types in Arrow and batches of results as Arrow record batches. Loads apache-arrow when made, which takes as long as a small query. */
export class ArrowConversion {
  readonly library: ArrowLibrary;

  private constructor(library: ArrowLibrary) {
    this.library = library;
  }

  static async load(): Promise<ArrowConversion> {
    return new ArrowConversion(await import("apache-arrow"));
  }

  /**
   * Timestamps are in microseconds, `UTC` or without a zone; decimals 128-bit; intervals in Arrow's year-month, duration and month-day-nano. A field's
   * `parquet.field.id` goes along as `PARQUET:field_id`. `mapEntries` is the name of the group that holds a map's keys and values: Parquet has its own.
   */
  schema(fields: readonly StructField[], mapEntries: "entries" | "key_value" = "entries"): Arrow.Schema {
    return new this.library.Schema(fields.map((field) => this.#field(field, mapEntries)));
  }

  /** Shares the batch's buffers where the layouts are the same. */
  recordBatch(batch: ResultBatch, fields: readonly StructField[], schema: Arrow.Schema = this.schema(fields)): Arrow.RecordBatch {
    assert(batch.columns.length === fields.length, `a batch of ${batch.columns.length} columns has a schema of ${fields.length}`);
    const { library } = this;
    const children = batch.columns.map((column, i) => this.#data(column, batch.rows, schema.fields[i].type));
    const data = library.makeData({ type: new library.Struct(schema.fields), length: batch.rows, nullCount: 0, children });
    return new library.RecordBatch(schema, data);
  }

  #field(field: StructField, mapEntries: string): Arrow.Field {
    const id = field.metadata?.["parquet.field.id"];
    const metadata = new Map<string, string>();
    if (id !== undefined) metadata.set("PARQUET:field_id", String(id));
    if (field.type.kind === "variant") metadata.set(EXTENSION_NAME, VARIANT_EXTENSION);
    return new this.library.Field(field.name, this.#type(field.type, mapEntries), field.nullable, metadata);
  }

  #type(type: DataType, mapEntries: string): Arrow.DataType {
    const a = this.library;
    switch (type.kind) {
      case "null":
        return new a.Null();
      case "boolean":
        return new a.Bool();
      case "byte":
        return new a.Int8();
      case "short":
        return new a.Int16();
      case "int":
        return new a.Int32();
      case "long":
        return new a.Int64();
      case "float":
        return new a.Float32();
      case "double":
        return new a.Float64();
      case "decimal":
        return new a.Decimal(type.scale, type.precision, 128);
      case "string":
      case "char":
      case "varchar":
        return new a.Utf8();
      case "binary":
        return new a.Binary();
      case "date":
        return new a.DateDay();
      case "time":
        return new a.TimeMicrosecond();
      case "timestamp":
        return new a.TimestampMicrosecond("UTC");
      case "timestamp_ntz":
        return new a.TimestampMicrosecond();
      case "interval_ym":
        return new a.IntervalYearMonth();
      case "interval_dt":
        return new a.DurationMicrosecond();
      case "calendar_interval":
        return new a.IntervalMonthDayNano();
      case "array":
        return new a.List(this.#field({ name: "element", type: type.element, nullable: type.containsNull }, mapEntries));
      case "struct":
        return new a.Struct(type.fields.map((field) => this.#field(field, mapEntries)));
      case "map": {
        const key = this.#field({ name: "key", type: type.key, nullable: false }, mapEntries);
        const value = this.#field({ name: "value", type: type.value, nullable: type.valueContainsNull }, mapEntries);
        // oxlint-disable-next-line no-underscore-dangle -- apache-arrow's name, for Map is taken
        const map = new a.Map_(new a.Field("entries", new a.Struct<{ key: Arrow.DataType; value: Arrow.DataType }>([key, value] as never), false), false);
        // The constructor names them itself.
        (map.children[0] as { name: string }).name = mapEntries;
        return map;
      }
      case "variant":
        return new a.Struct(VARIANT_PARTS.fields.map((field) => this.#field(field, mapEntries)));
    }
  }

  #data(column: ResultColumn, rows: number, arrowType: Arrow.DataType): Arrow.Data {
    const { type } = column;
    const nullBitmap = column.validity;
    const base = { length: rows, nullBitmap, nullCount: nullBitmap === undefined ? 0 : -1 };
    const data = (values: unknown): Arrow.Data => this.library.makeData({ ...base, type: arrowType, data: values } as never);
    switch (type.kind) {
      case "null":
        return this.library.makeData({ type: arrowType as Arrow.Null, length: rows });
      case "boolean":
        return data(column.data);
      case "byte":
        return data(typedView(column.data, Int8Array));
      case "short":
        return data(typedView(column.data, Int16Array));
      case "int":
      case "date":
      case "interval_ym":
        return data(typedView(column.data, Int32Array));
      case "float":
        return data(typedView(column.data, Float32Array));
      case "double":
        return data(typedView(column.data, Float64Array));
      case "long":
      case "timestamp":
      case "timestamp_ntz":
      case "interval_dt":
        return data(typedView(column.data, BigInt64Array));
      case "time":
        return data(BigInt64Array.from(typedView(column.data, BigInt64Array), (nanos) => nanos / 1000n));
      case "decimal":
        return data(type.precision <= 18 ? widened(typedView(column.data, Int32Array)) : typedView(column.data, Uint32Array));
      case "calendar_interval":
        return data(microsToNanos(typedView(column.data, BigInt64Array)));
      case "string":
      case "char":
      case "varchar":
      case "binary":
        assert(column.offsets !== undefined && column.bytes !== undefined, `a column of type ${type.kind} has offsets and bytes`);
        return this.library.makeData({ ...base, type: arrowType, valueOffsets: column.offsets, data: column.bytes } as never);
      case "array":
      case "map":
      case "struct":
      case "variant": {
        const read = valueReader(column);
        return this.#nested(Array.from({ length: rows }, (_, row) => read(row)), type, arrowType);
      }
    }
  }

  /** A column of values inside of nested ones. */
  #nested(values: readonly Value[], type: DataType, arrowType: Arrow.DataType): Arrow.Data {
    const nullBitmap = validityOf(values);
    const base = { type: arrowType, length: values.length, nullBitmap, nullCount: nullBitmap === undefined ? 0 : -1 };
    switch (type.kind) {
      case "array": {
        const lists = values as readonly (readonly Value[] | null)[];
        const child = this.#nested(lists.flatMap((list) => list ?? []), type.element, arrowType.children[0].type);
        return this.library.makeData({ ...base, valueOffsets: offsetsOf(lists.map((list) => list?.length ?? 0)), child } as never);
      }
      case "map": {
        const maps = values as readonly (MapValue | null)[];
        const entriesType = arrowType.children[0].type as Arrow.DataType;
        const keys = this.#nested(maps.flatMap((map) => map?.keys ?? []), type.key, entriesType.children[0].type);
        const items = this.#nested(maps.flatMap((map) => map?.values ?? []), type.value, entriesType.children[1].type);
        const child = this.library.makeData({ type: entriesType, length: keys.length, nullCount: 0, children: [keys, items] } as never);
        return this.library.makeData({ ...base, valueOffsets: offsetsOf(maps.map((map) => map?.keys.length ?? 0)), child } as never);
      }
      case "struct": {
        const structs = values as readonly (StructValue | null)[];
        const children = type.fields.map((field, i) => this.#nested(structs.map((struct) => struct?.fields[i] ?? null), field.type, arrowType.children[i].type));
        return this.library.makeData({ ...base, children } as never);
      }
      case "variant":
        return this.#nested(values.map((value) => (value === null ? null : partsOfVariant(value as Uint8Array))), VARIANT_PARTS, arrowType);
      default:
        return this.#data(columnOfValues(values, type, nullBitmap), values.length, arrowType);
    }
  }
}

function validityOf(values: readonly Value[]): Uint8Array | undefined {
  if (!values.includes(null)) return undefined;
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, row) => {
    if (value !== null) bits[row >> 3] |= 1 << (row & 7);
  });
  return bits;
}

function offsetsOf(lengths: readonly number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1);
  lengths.forEach((length, i) => {
    offsets[i + 1] = offsets[i] + length;
  });
  return offsets;
}

/** Values of a type without parts as a result column. */
function columnOfValues(values: readonly Value[], type: DataType, validity: Uint8Array | undefined): ResultColumn {
  if (type.kind === "boolean") {
    const data = new Uint8Array(Math.ceil(values.length / 8));
    values.forEach((value, row) => {
      if (value === true) data[row >> 3] |= 1 << (row & 7);
    });
    return { type, data, validity };
  }
  const encoded = values.map((value) => (value === null ? new Uint8Array(0) : encodeValue(type, value)));
  const width = fixedWidth(type);
  if (width === undefined) return { type, data: new Uint8Array(0), validity, offsets: offsetsOf(encoded.map((bytes) => bytes.length)), bytes: new Uint8Array(Buffer.concat(encoded)) };
  const data = new Uint8Array(values.length * width);
  encoded.forEach((bytes, row) => data.set(bytes, row * width));
  return { type, data, validity };
}

/** 64-bit values to 128 bits, in 32-bit words. */
function widened(words: Int32Array): Uint32Array {
  const wide = new Uint32Array(words.length * 2);
  for (let i = 0; i < words.length; i += 2) {
    const sign = words[i + 1] >> 31;
    wide[2 * i] = words[i];
    wide[2 * i + 1] = words[i + 1];
    wide[2 * i + 2] = sign;
    wide[2 * i + 3] = sign;
  }
  return wide;
}

/** Months and days in the first half of each pair stay; the time part is finer in Arrow. */
function microsToNanos(pairs: BigInt64Array): Int32Array {
  const result = BigInt64Array.from(pairs, (value, i) => (i % 2 === 1 ? value * 1000n : value));
  return new Int32Array(result.buffer);
}
