import type { Data, RecordBatch, DataType as ArrowType } from "apache-arrow";
import { DataType as Arrow, Precision, TimeUnit, makeVector } from "apache-arrow";
import { InternalError } from "../../catalog/errors.ts";
import type { DataType } from "../../catalog/types.ts";
import {
  BINARY,
  BOOLEAN,
  BYTE,
  DATE,
  DOUBLE,
  FLOAT,
  INT,
  INTERVAL_DT,
  INTERVAL_YM,
  LONG,
  NULL,
  SHORT,
  STRING,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  decimal,
} from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import type { ResultColumn } from "./result-set.ts";

/** The columns of an Arrow record batch by the types that Sparrow's results have. */
export function arrowColumns(batch: RecordBatch): ResultColumn[] {
  return batch.schema.fields.map((field) => ({ name: field.name, type: sparkType(field.type) }));
}

/** The rows of an Arrow record batch in our representation of values. */
export function arrowRows(batch: RecordBatch): Value[][] {
  const columns = batch.data.children;
  return Array.from({ length: batch.numRows }, (_, row) => columns.map((column) => valueAt(column, row)));
}

function sparkType(type: ArrowType): DataType {
  if (Arrow.isDictionary(type)) return sparkType(type.dictionary as ArrowType);
  if (Arrow.isNull(type)) return NULL;
  if (Arrow.isBool(type)) return BOOLEAN;
  if (Arrow.isInt(type)) return type.bitWidth === 8 ? BYTE : type.bitWidth === 16 ? SHORT : type.bitWidth === 32 ? INT : LONG;
  if (Arrow.isFloat(type)) return type.precision === Precision.SINGLE ? FLOAT : DOUBLE;
  if (Arrow.isDecimal(type)) return decimal(type.precision, type.scale);
  if (Arrow.isUtf8(type) || Arrow.isLargeUtf8(type)) return STRING;
  if (Arrow.isBinary(type) || Arrow.isLargeBinary(type)) return BINARY;
  if (Arrow.isDate(type)) return DATE;
  if (Arrow.isTimestamp(type)) return type.timezone === null || type.timezone === undefined ? TIMESTAMP_NTZ : TIMESTAMP;
  if (Arrow.isDuration(type)) return INTERVAL_DT;
  if (Arrow.isInterval(type)) return INTERVAL_YM;
  if (Arrow.isList(type)) return { kind: "array", element: sparkType(type.valueType), containsNull: true };
  if (Arrow.isMap(type)) return { kind: "map", key: sparkType(type.keyType), value: sparkType(type.valueType), valueContainsNull: true };
  if (Arrow.isStruct(type)) {
    return { kind: "struct", fields: type.children.map((f) => ({ name: f.name, type: sparkType(f.type), nullable: f.nullable })) };
  }
  throw new InternalError(`a result has the Arrow type ${String(type)}`);
}

function valueAt(data: Data, row: number): Value {
  const type: ArrowType = data.type;
  if (Arrow.isNull(type) || !data.getValid(row)) return null;
  if (Arrow.isDecimal(type)) return wideInteger(data.values as Uint32Array | BigInt64Array, row, type.bitWidth / 32);
  if (Arrow.isDate(type)) return (data.values as Int32Array)[row];
  if (Arrow.isTimestamp(type)) return microseconds((data.values as BigInt64Array)[row], type.unit);
  if (Arrow.isDuration(type)) return microseconds((data.values as BigInt64Array)[row], type.unit);
  if (Arrow.isInterval(type)) return (data.values as Int32Array)[row];
  if (Arrow.isList(type)) return range(data, row).map((i) => valueAt(data.children[0], i));
  if (Arrow.isMap(type)) {
    const [keys, values] = data.children[0].children;
    const entries = range(data, row);
    return { keys: entries.map((i) => valueAt(keys, i)), values: entries.map((i) => valueAt(values, i)) };
  }
  if (Arrow.isStruct(type)) return { fields: data.children.map((child) => valueAt(child, row)) };
  return makeVector(data).get(row) as Value;
}

function range(data: Data, row: number): number[] {
  const offsets = data.valueOffsets as Int32Array;
  return Array.from({ length: offsets[row + 1] - offsets[row] }, (_, i) => offsets[row] + i);
}

/** A little-endian two's complement integer of `words` 32-bit words. */
function wideInteger(values: Uint32Array | BigInt64Array, row: number, words: number): bigint {
  if (values instanceof BigInt64Array) return values[row];
  let value = 0n;
  for (let word = words - 1; word >= 0; word--) value = (value << 32n) | BigInt(values[row * words + word]);
  return BigInt.asIntN(words * 32, value);
}

function microseconds(value: bigint, unit: TimeUnit): bigint {
  switch (unit) {
    case TimeUnit.SECOND:
      return value * 1_000_000n;
    case TimeUnit.MILLISECOND:
      return value * 1000n;
    case TimeUnit.MICROSECOND:
      return value;
    case TimeUnit.NANOSECOND:
      return value / 1000n;
  }
}
