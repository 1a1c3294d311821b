import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";

export interface ResultColumn {
  readonly name: string;
  readonly type: DataType;
}

/** A whole query result in the representation of `catalog/values.ts`; rows in the order in which the engine gave them. */
export interface ResultSet {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly Value[])[];
}
