import { SparrowError } from "../../../catalog/errors.ts";
import type { DataType, StructField } from "../../../catalog/types.ts";
import { isStringLike, sameType, sqlTypeName } from "../../../catalog/types.ts";
import { clusteringColumns } from "../../../delta/clustering.ts";
import { READS_TABLE } from "../../../delta/conflicts.ts";
import { withStatisticsColumn } from "../../../delta/indexed-columns.ts";
import { identityOf } from "../../../delta/identity-columns.ts";
import { fieldText } from "../../../delta/schema-json.ts";
import { type ColumnPath, fieldAt, type FieldPosition, overlaps, pathText, withAddedField, withChangedField, withoutField, withRenamedField } from "../../../delta/schema-change.ts";
import { withColumns } from "../../../delta/schema-evolution.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { canWiden, typeWithin, widenedField, withTypeWithin } from "../../../delta/type-widening.ts";
import { isUpcast } from "../../../planner/analyzer/store-assignment.ts";
import type { AlterAction, ColumnPosition, QualifiedName } from "../../../parser/ast.ts";
import { rejectReferenced } from "../../delta/column-references.ts";
import { matchingRows, targetFiles } from "../../delta/row-changes.ts";
import { unsupportedOperation } from "../../object-names.ts";
import type { RunOptions } from "../../run-query.ts";
import type { Session } from "../../session.ts";
import { fieldsOf } from "../column-definitions.ts";
import { alterDefault, identityUnchangeable } from "./alter-column-values.ts";
import type { MetadataChange } from "./alter-table.ts";

type Action<Kind extends AlterAction["kind"]> = Extract<AlterAction, { kind: Kind }>;

/** ADD COLUMNS: also within structs, first or after another one. Files that are there lack them: they read as NULL. */
export function addColumns(snapshot: DeltaSnapshot, action: Action<"addColumns">): MetadataChange {
  const added = fieldsOf(action.columns);
  let fields = snapshot.fields;
  added.forEach((field, i) => {
    if (!field.nullable) throw new SparrowError("DELTA_OPERATION_NOT_ALLOWED", "0AKDC", `Operation not allowed: NOT NULL in ALTER TABLE ADD COLUMNS is not supported for Delta tables: the rows that are there have no value of ${pathText([field.name])}.`, { operation: "NOT NULL in ALTER TABLE ADD COLUMNS" });
    if (field.metadata?.CURRENT_DEFAULT !== undefined) throw new SparrowError("WRONG_COLUMN_DEFAULTS_FOR_DELTA_ALTER_TABLE_ADD_COLUMN_NOT_SUPPORTED", "0AKDC", "A column cannot be added with a DEFAULT in one step.", {});
    const { path, position } = action.columns[i];
    fields = withAddedField(fields, namesOf(path).slice(0, -1), field, position && positionOf(position));
  });
  const columns = added.map((field, i) => {
    const { path, position } = action.columns[i];
    return `{"column":${fieldText(field, namesOf(path).join("."))}${position === undefined ? "" : `,"position":${JSON.stringify(positionText(position))}`}}`;
  });
  return schemaChange(snapshot, fields, "ADD COLUMNS", { columns: `[${columns.join(",")}]` });
}

/** RENAME COLUMN: files keep the old name, to which the table maps the new one. Raises DELTA_UNSUPPORTED_RENAME_COLUMN. */
export function renameColumn(snapshot: DeltaSnapshot, { column, to }: Action<"renameColumn">): MetadataChange {
  requireMapping(snapshot, "RENAME");
  const path = namesOf(column);
  rejectReferenced(snapshot, path, "rename");
  const change = schemaChange(snapshot, withRenamedField(snapshot.fields, path, to.name), "RENAME COLUMN", { oldColumnPath: path.join("."), newColumnPath: [...path.slice(0, -1), to.name].join(".") });
  const partitionColumns = snapshot.metadata.partitionColumns.map((name) => (overlaps(path, [name]) && path.length === 1 ? to.name : name));
  const configuration = withStatisticsColumn(snapshot.metadata.configuration, path, to.name);
  return { ...change, metadata: { ...change.metadata, partitionColumns, configuration } };
}

/** DROP COLUMNS: files keep their values, which nothing maps to any more. Raises DELTA_UNSUPPORTED_DROP_COLUMN, DELTA_UNSUPPORTED_DROP_PARTITION_COLUMN. */
export function dropColumns(snapshot: DeltaSnapshot, { columns, ifExists }: Action<"dropColumns">): MetadataChange | undefined {
  requireMapping(snapshot, "DROP");
  const paths = columns.map(namesOf).filter((path) => !ifExists || exists(snapshot.fields, path));
  if (paths.length === 0) return undefined;
  let { fields } = snapshot;
  for (const path of paths) {
    rejectReferenced(snapshot, path, "drop");
    fields = withoutField(fields, path);
    if (snapshot.metadata.partitionColumns.some((name) => overlaps(path, [name]))) throw new SparrowError("DELTA_UNSUPPORTED_DROP_PARTITION_COLUMN", "0AKDC", `Dropping partition columns (${pathText(path)}) is not allowed.`, { columnList: pathText(path) });
    rejectClustering(snapshot, path);
  }
  const change = schemaChange(snapshot, fields, "DROP COLUMNS", { columns: JSON.stringify(paths.map((path) => path.join("."))) });
  const configuration = paths.reduce((properties, path) => withStatisticsColumn(properties, path, undefined), snapshot.metadata.configuration);
  return { ...change, metadata: { ...change.metadata, configuration } };
}

/** REPLACE COLUMNS: the same columns in another order, with other comments, and more of them. Raises DELTA_UNSUPPORTED_ALTER_TABLE_REPLACE_COL_OP. */
export function replaceColumns(snapshot: DeltaSnapshot, { columns }: Action<"replaceColumns">): MetadataChange {
  const wanted = fieldsOf(columns);
  const refuse = (details: string): never => {
    throw new SparrowError("DELTA_UNSUPPORTED_ALTER_TABLE_REPLACE_COL_OP", "0AKDC", `Unsupported ALTER TABLE REPLACE COLUMNS operation. Reason: ${details}`, { details });
  };
  const dropped = snapshot.fields.filter((field) => !wanted.some((other) => other.name.toLowerCase() === field.name.toLowerCase()));
  if (dropped.length > 0) refuse(`dropping column(s) [${dropped.map(({ name }) => name).join(", ")}]`);
  const fields = wanted.map((field): StructField => {
    const at = snapshot.fields.findIndex((known) => known.name.toLowerCase() === field.name.toLowerCase());
    if (at < 0) return field.nullable ? field : refuse(`NOT NULL of the new column ${field.name}`);
    const known = snapshot.fields[at];
    if (!sameType(field.type, snapshot.columns[at].type)) return refuse(`changing the type of column ${known.name} from ${sqlTypeName(known.type)} to ${sqlTypeName(field.type)}`);
    if (known.nullable && !field.nullable) return refuse(`NOT NULL of column ${known.name}`);
    const { comment: _, ...kept } = known.metadata ?? {};
    return { ...known, nullable: field.nullable, metadata: { ...kept, ...field.metadata } };
  });
  return schemaChange(snapshot, fields, "REPLACE COLUMNS", { columns: JSON.stringify(fields.map(({ name }) => name)) });
}

/** ALTER COLUMN: comment, place among its siblings, NOT NULL, type and default. */
export async function alterColumn(session: Session, table: string, snapshot: DeltaSnapshot, action: Action<"alterColumn">, options: RunOptions): Promise<MetadataChange> {
  const path = namesOf(action.column);
  const { type, comment, nullable, position } = action;
  const found = fieldAt(snapshot.fields, path);
  if (action.default !== undefined) {
    if (path.length > 1) throw unsupportedOperation("DEFAULT of a nested column", snapshot.location);
    return alterDefault(session, snapshot, found.field, action.default);
  }
  if (identityOf(found.field) !== undefined && (type ?? nullable) !== undefined) throw identityUnchangeable();
  let fields = snapshot.fields;
  if (found.within.length > 0) {
    if (type === undefined) throw unsupportedOperation("ALTER COLUMN of anything but the type of an element, key or value", snapshot.location);
  } else {
    const change = (field: StructField): StructField => ({ ...field, nullable: nullable ?? field.nullable, ...(comment !== undefined && { metadata: { ...field.metadata, comment } }) });
    fields = withChangedField(fields, found.path, change, position && positionOf(position));
  }
  if (type !== undefined) fields = withType(snapshot, table, fields, path, type);
  const change = schemaChange(snapshot, fields, "CHANGE COLUMN", { column: fieldText(fieldAt(fields, path).field, path.join(".")), ...(position && { position: positionText(position) }) });
  if (nullable !== false || !found.field.nullable) return change;
  await rejectNulls(session, snapshot, path, options);
  return { ...change, reads: READS_TABLE };
}

/**
 * The type must be the same, a text of at least the length, or a wider one that the table allows (`delta.enableTypeWidening`). Raises
 * NOT_SUPPORTED_CHANGE_COLUMN for one that does not hold all values, DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP for one that is not allowed.
 */
function withType(snapshot: DeltaSnapshot, table: string, fields: readonly StructField[], path: ColumnPath, to: DataType): readonly StructField[] {
  const found = fieldAt(snapshot.columns, path);
  const from = typeWithin(found.field.type, found.within);
  if (sameType(from, to)) return fields;
  const [oldField, newField] = [sqlTypeName(from), sqlTypeName(to)];
  if (isStringLike(from) && holdsTextsOf(from, to)) return withChangedField(fields, found.path, (field) => ({ ...field, type: withTypeWithin(field.type, found.within, to) }));
  if (isStringLike(from) || !isUpcast(from, to)) {
    const parameters = { table, originName: pathText(path), originType: `"${oldField}"`, newName: pathText(path), newType: `"${newField}"` };
    throw new SparrowError("NOT_SUPPORTED_CHANGE_COLUMN", "0A000", `ALTER TABLE ALTER/CHANGE COLUMN is not supported for changing ${table}'s column ${pathText(path)} with type "${oldField}" to ${pathText(path)} with type "${newField}".`, parameters);
  }
  const enabled = snapshot.metadata.configuration["delta.enableTypeWidening"]?.toLowerCase() === "true";
  if (!enabled || !canWiden(from, to)) {
    throw new SparrowError("DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP", "0AKDC", `ALTER TABLE CHANGE COLUMN is not supported for changing column ${pathText(path)} from ${oldField} to ${newField}.`, { fieldPath: path.join("."), oldField, newField }, canWiden(from, to) ? { hint: "Set the table's property 'delta.enableTypeWidening' to 'true' first." } : {});
  }
  rejectReferenced(snapshot, path, "change the type of");
  return withChangedField(fields, found.path, (field) => widenedField(field, found.within, to));
}

/** Whether texts of a type are texts of another one as they are stored. CHAR(n) is not padded there, so it can become VARCHAR, but not a longer CHAR. */
function holdsTextsOf(from: DataType, to: DataType): boolean {
  if (to.kind === "string") return true;
  return "length" in from && to.kind === "varchar" && to.length >= from.length;
}

/** Rows that are there must hold to NOT NULL. Raises DELTA_NEW_NOT_NULL_VIOLATION. */
async function rejectNulls(session: Session, snapshot: DeltaSnapshot, path: ColumnPath, options: RunOptions): Promise<void> {
  if (path.length > 1) throw unsupportedOperation("SET NOT NULL of a nested column", snapshot.location);
  const span = { start: 0, end: 0 };
  const column = { kind: "name", name: { parts: [{ name: path[0], quoted: true, span }], span }, span } as const;
  const counts = await matchingRows(session, await targetFiles(session, snapshot), { kind: "isNull", operand: column, negated: false, span }, "target", options);
  const rows = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (rows > 0) throw new SparrowError("DELTA_NEW_NOT_NULL_VIOLATION", "23512", `${rows} rows in ${snapshot.location} violate the new NOT NULL constraint on ${pathText(path)}.`, { numRows: String(rows), tableName: snapshot.location, colName: path[0] }, { origin: "data" });
}

function schemaChange({ metadata }: DeltaSnapshot, columns: readonly StructField[], operation: string, parameters: Readonly<Record<string, unknown>>): MetadataChange {
  return { ...withColumns(metadata, columns), operation, parameters };
}

function requireMapping({ mapping, location }: DeltaSnapshot, verb: "RENAME" | "DROP"): void {
  if (mapping !== "none") return;
  throw new SparrowError(`DELTA_UNSUPPORTED_${verb}_COLUMN`, "0AKDC", `Column ${verb.toLowerCase()} is not supported for the Delta table ${location}: its columns are not mapped to those of its files.`, {}, { hint: "ALTER TABLE ... SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name') maps them; older readers then cannot read the table." });
}

/** Raises DELTA_UNSUPPORTED_DROP_CLUSTERING_COLUMN. */
function rejectClustering(snapshot: DeltaSnapshot, path: ColumnPath): void {
  if (!clusteringColumns(snapshot)?.some((column) => overlaps(path, column.path))) return;
  throw new SparrowError("DELTA_UNSUPPORTED_DROP_CLUSTERING_COLUMN", "0AKDC", `Dropping clustering columns (${pathText(path)}) is not allowed.`, { columnList: pathText(path) });
}

function exists(fields: readonly StructField[], path: ColumnPath): boolean {
  try {
    return fieldAt(fields, path).within.length === 0;
  } catch (error) {
    if (error instanceof SparrowError && error.condition.startsWith("UNRESOLVED_COLUMN")) return false;
    throw error;
  }
}

function namesOf({ parts }: QualifiedName): string[] {
  return parts.map(({ name }) => name);
}

function positionText(position: ColumnPosition): string {
  return position.kind === "first" ? "FIRST" : `AFTER ${position.column.name}`;
}

function positionOf(position: ColumnPosition): FieldPosition {
  return position.kind === "first" ? position : { kind: "after", name: position.column.name };
}
