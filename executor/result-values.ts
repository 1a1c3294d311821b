import { assert } from "../catalog/errors.ts";
import type { Value } from "../catalog/values.ts";
import { decodeValue } from "./nested/encoding.ts";
import type { ResultColumn } from "./result-batch.ts";

/** Gives a result column's value at a row. */
export function valueReader(column: ResultColumn): (row: number) => Value {
  const read = presentReader(column);
  const { validity } = column;
  if (validity === undefined) return read;
  return (row) => ((validity[row >> 3] & (1 << (row & 7))) === 0 ? null : read(row));
}

function presentReader(column: ResultColumn): (row: number) => Value {
  const { type, data } = column;
  switch (type.kind) {
    case "null":
      return () => null;
    case "boolean":
      return (row) => (data[row >> 3] & (1 << (row & 7))) !== 0;
    case "byte":
      return (row) => decodeValue(type, data, row);
    case "short":
      return (row) => decodeValue(type, data, row * 2);
    case "int":
    case "date":
    case "interval_ym":
    case "float":
      return (row) => decodeValue(type, data, row * 4);
    case "long":
    case "double":
    case "time":
    case "timestamp":
    case "timestamp_ntz":
    case "interval_dt":
      return (row) => decodeValue(type, data, row * 8);
    case "decimal": {
      const width = type.precision <= 18 ? 8 : 16;
      return (row) => decodeValue(type, data, row * width);
    }
    case "calendar_interval":
      return (row) => decodeValue(type, data, row * 16);
    case "string":
    case "char":
    case "varchar":
    case "binary":
    case "variant":
    case "array":
    case "map":
    case "struct": {
      const { offsets, bytes } = column;
      assert(offsets !== undefined && bytes !== undefined, `a column of type ${type.kind} has offsets and bytes`);
      return (row) => decodeValue(type, bytes, offsets[row], offsets[row + 1]);
    }
  }
}
