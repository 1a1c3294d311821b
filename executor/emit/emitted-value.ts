import { unreachable } from "../../catalog/errors.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Local, Val, ValType } from "../wasm/instructions.ts";

/**
 * How a value of a type is held in WebAssembly locals. `bytes` is an address and a length (strings, binary, encoded nested values); `i128` is the
 * low and the high half of a 128-bit integer. Booleans are 0 or 1 in an i32. byte, short, int, date and interval_ym are a sign-extended i32.
 */
export type LaneKind = "i32" | "i64" | "f32" | "f64" | "i128" | "bytes";

export function laneKind(type: DataType): LaneKind {
  switch (type.kind) {
    case "null":
    case "boolean":
    case "byte":
    case "short":
    case "int":
    case "date":
    case "interval_ym":
      return "i32";
    case "long":
    case "time":
    case "timestamp":
    case "timestamp_ntz":
    case "interval_dt":
      return "i64";
    case "float":
      return "f32";
    case "double":
      return "f64";
    case "decimal":
      return type.precision <= 18 ? "i64" : "i128";
    /** months and days in the low half, microseconds in the high half */
    case "calendar_interval":
      return "i128";
    case "string":
    case "char":
    case "varchar":
    case "binary":
    case "array":
    case "map":
    case "struct":
    case "variant":
      return "bytes";
  }
}

/** Types of the locals that hold a lane kind. */
export function laneTypes(kind: LaneKind): readonly ValType[] {
  switch (kind) {
    case "i32":
      return ["i32"];
    case "i64":
      return ["i64"];
    case "f32":
      return ["f32"];
    case "f64":
      return ["f64"];
    case "i128":
      return ["i64", "i64"];
    case "bytes":
      return ["i32", "i32"];
  }
  return unreachable(kind);
}

/**
 * A value in locals or constants: every lane and the null flag can be read any number of times. Where `isNull` is set and true at run time the
 * lanes hold anything (booleans still 0 or 1), but reading memory through a `bytes` lane is safe. Reading up to 16 bytes beyond the end of a `bytes`
 * value is safe too, what stands there means nothing.
 */
export interface EmittedValue {
  readonly type: DataType;
  readonly lanes: readonly Val[];
  /** i32, 1 = NULL; absent: never NULL. */
  readonly isNull: Val | undefined;
  /**
   * Bounds of the integer lanes (of decimals: unscaled) in every row that is not NULL, where more is known than the type says: from the column's
   * stored width, from statistics that hold without exception, from the operands. Lets arithmetic leave out overflow checks and high lanes.
   */
  readonly range?: ValueRange;
  /** Set for a dictionary-coded string that has not been looked up: code lane and where the dictionary is (see ColumnLayout). */
  readonly dictionary?: DictionaryCode;
}

/** Both ends belong to it. */
export interface ValueRange {
  readonly min: bigint;
  readonly max: bigint;
}

export interface DictionaryCode {
  /** i32 */
  readonly code: Val;
  /** Identity of the dictionary within the pipeline: two values with the same key have comparable codes. */
  readonly key: string;
  /** Entries, when the same dictionary serves the whole scan (cached tables); else it changes from morsel to morsel. */
  readonly entries: number | undefined;
  /** Addresses of the dictionary's int32 offsets and of its bytes. */
  readonly offsets: Local;
  readonly bytes: Local;
}
