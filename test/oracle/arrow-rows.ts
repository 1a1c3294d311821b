import type { Data, RecordBatch, DataType as ArrowType } from "apache-arrow";
import { DataType as Arrow, TimeUnit, makeVector } from "apache-arrow";
import type { Value } from "../../catalog/values.ts";

/** The rows of an Arrow record batch in our representation of values. */
export function arrowRows(batch: RecordBatch): Value[][] {
  const columns = batch.data.children;
  return Array.from({ length: batch.numRows }, (_, row) => columns.map((column) => valueAt(column, row)));
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
