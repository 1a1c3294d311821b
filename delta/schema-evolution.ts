import type { DataType, StructField } from "../catalog/types.ts";
import type { Action, Metadata } from "./actions.ts";
import { mapColumns, rejectCharacters } from "./column-mapping.ts";
import { schemaText } from "./schema-json.ts";
import { type DeltaSnapshot, snapshotOf } from "./snapshot.ts";
import { upgradedProtocol } from "./table-features.ts";
import { canWiden, widenedField } from "./type-widening.ts";

/** Metadata of a table with other columns: new ones get their ids and physical names where columns are mapped. Raises DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES. */
export function withColumns(metadata: Metadata, columns: readonly StructField[]): { readonly fields: readonly StructField[]; readonly metadata: Metadata } {
  const { fields, configuration } = mapColumns({ fields: columns, configuration: metadata.configuration }, "new");
  rejectCharacters(fields, configuration);
  return { fields, metadata: { ...metadata, schemaString: schemaText(fields), configuration } };
}

/** A table as a commit will leave it that brings rows of other columns along, and the actions of the commit that say so. */
export interface Evolution {
  readonly snapshot: DeltaSnapshot;
  readonly actions: readonly Action[];
}

/**
 * The table with the columns of `source` that it lacks, at the end of the struct that they belong to, and with wider types where it allows them
 * (`delta.enableTypeWidening`). Columns are found by name. Source: Delta Spark's `SchemaMergingUtils.mergeSchemas`.
 */
export function evolved(snapshot: DeltaSnapshot, source: readonly StructField[]): Evolution {
  const widens = snapshot.metadata.configuration["delta.enableTypeWidening"]?.toLowerCase() === "true";
  const merged = mergedFields(snapshot.fields, source, widens);
  if (merged === snapshot.fields) return { snapshot, actions: [] };
  const { fields, metadata } = withColumns(snapshot.metadata, merged);
  const protocol = upgradedProtocol(snapshot.protocol, { fields, configuration: metadata.configuration });
  const actions: Action[] = [...(protocol === snapshot.protocol ? [] : [{ kind: "protocol", protocol } as const]), { kind: "metaData", metaData: metadata }];
  return { snapshot: snapshotOf(snapshot.location, snapshot.version, { ...snapshot, protocol, metadata }), actions };
}

/** Actions of one commit, which may say only once what the table's metadata is: the last one has what those before it say. */
export function withoutOlderMetadata(actions: readonly Action[]): Action[] {
  const last = actions.findLast((action) => action.kind === "metaData");
  return actions.filter((action) => action.kind !== "metaData" || action === last);
}

/** The very same array where nothing is new. */
function mergedFields(fields: readonly StructField[], source: readonly StructField[], widens: boolean): readonly StructField[] {
  let merged = fields;
  for (const other of source) {
    const at = merged.findIndex(({ name }) => name.toLowerCase() === other.name.toLowerCase());
    if (at < 0) {
      merged = [...merged, { name: other.name, type: other.type, nullable: true }];
      continue;
    }
    const field = mergedField(merged[at], other.type, widens);
    if (field !== merged[at]) merged = merged.with(at, field);
  }
  return merged;
}

function mergedField(field: StructField, other: DataType, widens: boolean): StructField {
  let changed = field;
  // What is within an element, key or value is noted at the field that it belongs to.
  const merge = (type: DataType, from: DataType, within: readonly string[]): DataType => {
    if (type.kind === "struct" && from.kind === "struct") {
      const fields = mergedFields(type.fields, from.fields, widens);
      return fields === type.fields ? type : { kind: "struct", fields };
    }
    if (type.kind === "array" && from.kind === "array") return withPart(type, "element", merge(type.element, from.element, [...within, "element"]));
    if (type.kind === "map" && from.kind === "map") return withPart(withPart(type, "key", merge(type.key, from.key, [...within, "key"])), "value", merge(type.value, from.value, [...within, "value"]));
    if (!widens || !canWiden(type, from)) return type;
    changed = widenedField(changed, within, from);
    return from;
  };
  const type = merge(field.type, other, []);
  return type === field.type ? field : { ...changed, type };
}

function withPart<T extends Extract<DataType, { kind: "array" | "map" }>>(type: T, part: keyof T, value: DataType): T {
  return type[part] === value ? type : { ...type, [part]: value };
}

/** Whether two types have the same fields in the same order at every level. */
export function sameShape(a: DataType, b: DataType): boolean {
  if (a.kind === "struct" && b.kind === "struct") return a.fields.length === b.fields.length && a.fields.every((field, i) => field.name.toLowerCase() === b.fields[i].name.toLowerCase() && sameShape(field.type, b.fields[i].type));
  if (a.kind === "array" && b.kind === "array") return sameShape(a.element, b.element);
  if (a.kind === "map" && b.kind === "map") return sameShape(a.key, b.key) && sameShape(a.value, b.value);
  return true;
}

/** A type of the same structure with the names of another one's fields, position by position; what that has not keeps its own. */
export function renamedLike(type: DataType, like: DataType): DataType {
  if (type.kind === "struct" && like.kind === "struct") {
    return { kind: "struct", fields: type.fields.map((field, i) => (i < like.fields.length ? { ...field, name: like.fields[i].name, type: renamedLike(field.type, like.fields[i].type) } : field)) };
  }
  if (type.kind === "array" && like.kind === "array") return { ...type, element: renamedLike(type.element, like.element) };
  if (type.kind === "map" && like.kind === "map") return { ...type, key: renamedLike(type.key, like.key), value: renamedLike(type.value, like.value) };
  return type;
}
