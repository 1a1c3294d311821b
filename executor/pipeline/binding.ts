import type { Expr } from "../../catalog/expression.ts";
import type { ColumnLayout } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import type { EmittedValue } from "../emit/emitted-value.ts";
import type { Local } from "../wasm/instructions.ts";
import type { DictionaryColumn, RowField } from "./row-layout.ts";

/**
 * How long the bytes behind a `bytes` lane stay where they are: until the next row, the end of the morsel, or the end of the query. What keeps rows
 * longer than that copies the bytes.
 */
export type Lifetime = "row" | "morsel" | "query";

/** Where a column's value comes from in the row at hand. */
export type Binding =
  | {
      readonly kind: "buffer";
      readonly type: DataType;
      readonly layout: ColumnLayout;
      readonly nulls: NullEncoding;
      /** Offset in the state block of the column's slot: uint32 data, validity, offsets, bytes. */
      readonly slot: number;
      readonly index: Local;
      readonly lifetime: Lifetime;
      /** A dictionary layout whose dictionary serves the whole query. */
      readonly dictionary?: DictionaryColumn;
    }
  | {
      readonly kind: "row";
      readonly field: RowField;
      readonly pointer: Local;
      /** The row may be missing (pointer 0: outer joins); all its fields are NULL then. */
      readonly optional: boolean;
      readonly lifetime: Lifetime;
    }
  | { readonly kind: "expr"; readonly expr: Expr }
  | { readonly kind: "computed"; readonly compute: () => EmittedValue }
  | { readonly kind: "value"; readonly value: EmittedValue };

/** `bits`: Arrow's bitmap, 1 = not null, none when the address is 0. `bytes`: one byte a row, 1 = NULL. */
export type NullEncoding = "none" | "bits" | "bytes";
