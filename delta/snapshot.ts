import { SparrowError } from "../catalog/errors.ts";
import type { StructField } from "../catalog/types.ts";
import type { Metadata, Protocol } from "./actions.ts";
import { type ColumnMappingMode, columnMappingMode, unmappedFields } from "./column-mapping.ts";
import { invalidSchema, stateRecoverError, unsupportedDelta } from "./errors.ts";
import { checkReadable } from "./protocol.ts";
import { parseSchema } from "./schema-json.ts";
import type { TableState } from "./table-state.ts";

/** A table at one version. */
export interface DeltaSnapshot extends TableState {
  /** Absolute folder of the table. */
  readonly location: string;
  readonly version: bigint;
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  /** Columns in the table's order, under their logical names; metadata as the log has it. */
  readonly fields: readonly StructField[];
  /** The same as queries see them: what maps them to files is no part of their types. */
  readonly columns: readonly StructField[];
  readonly mapping: ColumnMappingMode;
}

/** Checks that a state is a table, and one that can be read. Raises DELTA_STATE_RECOVER_ERROR, DELTA_UNSUPPORTED_FEATURES_FOR_READ, DELTA_SCHEMA_UNREADABLE. */
export function snapshotOf(location: string, version: bigint, state: TableState): DeltaSnapshot {
  const { protocol, metadata } = state;
  if (protocol === undefined) throw stateRecoverError(location, "protocol", version);
  checkReadable(location, protocol);
  if (metadata === undefined) throw stateRecoverError(location, "metadata", version);
  if (metadata.format.provider.toLowerCase() !== "parquet") throw unsupportedDelta(`the data format ${metadata.format.provider}`);
  const fields = fieldsOf(location, metadata);
  const mapping = columnMappingMode(metadata);
  return { ...state, location, version, protocol, metadata, fields, columns: mapping === "none" ? fields : unmappedFields(fields), mapping };
}

function fieldsOf(location: string, { schemaString }: Metadata): readonly StructField[] {
  if (schemaString === undefined || schemaString === "") return [];
  try {
    return parseSchema(schemaString);
  } catch (error) {
    if (error instanceof SparrowError || !(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    throw invalidSchema(location, error.message);
  }
}
