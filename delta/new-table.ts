import type { DataType, StructField } from "../catalog/types.ts";
import type { Metadata, Protocol } from "./actions.ts";
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

/** The lowest protocol that has what the table uses, so that older readers can read it. */
export function protocolFor({ fields, configuration }: Pick<NewTable, "fields" | "configuration">): Protocol {
  const checks = Object.keys(configuration).some((key) => key.startsWith("delta.constraints."));
  const defaults = fields.some((field) => field.metadata?.CURRENT_DEFAULT !== undefined);
  const ntz = fields.some((field) => usesNtz(field.type));
  if (!ntz && !defaults) return { minReaderVersion: 1, minWriterVersion: checks ? 3 : 2 };
  const writerFeatures = ["appendOnly", "invariants", ...(checks ? ["checkConstraints"] : []), ...(defaults ? ["allowColumnDefaults"] : []), ...(ntz ? ["timestampNtz"] : [])];
  return ntz ? { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["timestampNtz"], writerFeatures } : { minReaderVersion: 1, minWriterVersion: 7, writerFeatures };
}

function usesNtz(type: DataType): boolean {
  switch (type.kind) {
    case "timestamp_ntz":
      return true;
    case "array":
      return usesNtz(type.element);
    case "map":
      return usesNtz(type.key) || usesNtz(type.value);
    case "struct":
      return type.fields.some((field) => usesNtz(field.type));
    default:
      return false;
  }
}
