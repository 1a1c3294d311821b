import { SparrowError } from "../../catalog/errors.ts";
import type { DataType } from "../../catalog/types.ts";
import { sqlTypeName } from "../../catalog/types.ts";
import type { ArrowColumn } from "./arrow-column.ts";

/** A file's column holds values that cannot be read as the type that the table gives it. */
export function columnTypeMismatch(column: ArrowColumn, type: DataType): SparrowError {
  return new SparrowError(
    "FAILED_READ_FILE.PARQUET_COLUMN_DATA_TYPE_MISMATCH",
    "KD001",
    `Column ${column.name} is expected to be ${sqlTypeName(type)}, but the file holds values of another type (Arrow format ${column.format}).`,
    { column: column.name, expectedType: sqlTypeName(type), actualType: column.format },
    { origin: "data" },
  );
}
