import type { Storage } from "../catalog/ports.ts";
import type { DataType, StructField } from "../catalog/types.ts";
import type { Value } from "../catalog/values.ts";
import type { ParquetRowsReader, ParquetRowsWriter } from "./parquet-rows.ts";
import type { ParseLocalTimestamp } from "./partition-values.ts";
import type { ScanFile } from "./scan-files.ts";

/** A row by column position. */
export type Row = readonly Value[];

/** A condition over the columns of a table. */
export interface RowCondition {
  /** Positions of the columns that it reads. */
  readonly reads: ReadonlySet<number>;
  /** Whether it is TRUE for a row. */
  readonly isTrue: (row: Row) => boolean;
  /** Whether a file may have a row for which it is TRUE, by its partition values and statistics. */
  readonly mayHold: (file: ScanFile) => boolean;
}

/** What evaluates SQL texts: those in a table's log, and conditions of a caller. */
export interface SqlExpressions {
  /** Raises what is wrong with the text. */
  readonly condition: (sql: string, columns: readonly StructField[]) => RowCondition;
  /** The value of an expression over a row, as a type. */
  readonly value: (sql: string, type: DataType, columns: readonly StructField[]) => (row: Row) => Value;
  /** Spark's cast between types. */
  readonly cast: (value: Value, from: DataType, to: DataType) => Value;
  /** Spark's cast to STRING. */
  readonly castToText: (value: Value, type: DataType) => string;
  /** Timestamps without a zone, in partition values. */
  readonly parseTimestamp: ParseLocalTimestamp;
}

/** All that reading and writing tables needs from outside. */
export interface DeltaPorts {
  readonly storage: Storage;
  readonly parquet: ParquetRowsReader & ParquetRowsWriter;
  readonly sql: SqlExpressions;
}
