import type { StructField } from "../catalog/types.ts";
import type { Metadata } from "./actions.ts";
import { schemaText } from "./schema-json.ts";

export interface NewTable {
  readonly fields: readonly StructField[];
  readonly partitionColumns: readonly string[];
  /** TBLPROPERTIES; `delta.` ones have a meaning. */
  readonly configuration: Readonly<Record<string, string>>;
  readonly description?: string;
  /** Kept when a table is replaced. */
  readonly id?: string;
}

export function newMetadata({ fields, partitionColumns, configuration, description, id }: NewTable): Metadata {
  return {
    id: id ?? crypto.randomUUID(),
    ...(description !== undefined && { description }),
    format: { provider: "parquet", options: {} },
    schemaString: schemaText(fields),
    partitionColumns,
    configuration,
    createdTime: Date.now(),
  };
}
