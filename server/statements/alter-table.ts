import { rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SparrowError } from "../../catalog/errors.ts";
import type { TableEntry } from "../../catalog/ports.ts";
import { sameType, sqlTypeName } from "../../catalog/types.ts";
import type { AlterAction, Statement } from "../../parser/ast.ts";
import { findDeltaTarget } from "../delta/delta-target.ts";
import type { RunOptions } from "../run-query.ts";
import { CATALOG_NAME, quoted, requireObjectName, unsupportedOperation } from "../object-names.ts";
import type { Session } from "../session.ts";
import { emptyResult, type StatementResult } from "../statement-result.ts";
import { absolutePath } from "../storage-paths.ts";
import { findInCatalog } from "../table-resolution.ts";
import { fieldsOf } from "./column-definitions.ts";
import { propertiesOf } from "./create-view.ts";
import { requireTable } from "./require-table.ts";

/** ALTER TABLE, as far as it means something for a table over files: what would have to rewrite them is refused. */
export async function runAlterTable(session: Session, { name, action }: Extract<Statement, { kind: "alterTable" }>, options: RunOptions): Promise<StatementResult> {
  const delta = action.kind === "rename" ? undefined : await findDeltaTarget(session, name);
  if (delta !== undefined && action.kind !== "rename") return (await import("./delta/alter-table.ts")).alterDeltaTable(session, delta, action, options);
  const table = await requireTable(session, name, "ALTER TABLE");
  if (action.kind === "rename") {
    await renameTable(session, table, action);
    return emptyResult();
  }
  if (action.kind === "recoverPartitions") return emptyResult();
  await session.engine.catalog.putTable(altered(table, action), "replace");
  session.engine.cache.locationChanged(table.location);
  return emptyResult();
}

function altered(table: TableEntry, action: Exclude<AlterAction, { kind: "rename" | "recoverPartitions" }>): TableEntry {
  const tableName = quoted(table.database, table.name);
  switch (action.kind) {
    case "setProperties":
      return { ...table, properties: { ...table.properties, ...propertiesOf(action.properties) } };
    case "unsetProperties":
      return { ...table, properties: Object.fromEntries(Object.entries(table.properties).filter(([key]) => !action.keys.includes(key))) };
    case "setLocation":
      return { ...table, location: absolutePath(action.location), external: true };
    case "addColumns":
      return withAddedColumns(table, action);
    case "alterColumn":
      return withAlteredColumn(table, action);
    case "renameColumn":
      throw unsupportedOperation("RENAME COLUMN", tableName);
    case "dropColumns":
      throw unsupportedOperation("DROP COLUMN", tableName);
    case "replaceColumns":
      throw unsupportedOperation("REPLACE COLUMNS", tableName);
    case "addConstraint":
    case "dropConstraint":
      throw unsupportedOperation("constraints", tableName);
    case "addPartition":
    case "dropPartition":
    case "renamePartition":
      throw unsupportedOperation("ADD, DROP and RENAME PARTITION", tableName);
    case "clusterBy":
    case "dropFeature":
    case "syncIdentity":
      throw unsupportedOperation("clustering, table features and identity columns", tableName);
  }
}

/** A comment may change; a type, only to itself. */
function withAlteredColumn(table: TableEntry, { column, type, comment, ...rest }: Extract<AlterAction, { kind: "alterColumn" }>): TableEntry {
  const tableName = quoted(CATALOG_NAME, table.database, table.name);
  const wanted = column.parts[column.parts.length - 1].name;
  const field = table.schema.find((candidate) => candidate.name.toLowerCase() === wanted.toLowerCase());
  if (field === undefined) {
    const proposal = table.schema.map((candidate) => quoted(candidate.name)).join(", ");
    throw new SparrowError("UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703", `A column, variable, or function parameter with name ${quoted(wanted)} cannot be resolved. Did you mean one of the following? [${proposal}].`, { objectName: quoted(wanted), proposal }, { span: column.span });
  }
  if (type !== undefined && !sameType(type, field.type)) {
    const [originType, newType] = [field.type, type].map((one) => `"${sqlTypeName(one)}"`);
    const name = quoted(field.name);
    throw new SparrowError("NOT_SUPPORTED_CHANGE_COLUMN", "0A000", `ALTER TABLE ALTER/CHANGE COLUMN is not supported for changing ${tableName}'s column ${name} with type ${originType} to ${name} with type ${newType}.`, { table: tableName, originName: name, originType, newName: name, newType }, { span: column.span });
  }
  if (rest.nullable !== undefined || rest.default !== undefined || rest.position !== undefined) throw unsupportedOperation("ALTER COLUMN of anything but its comment", tableName);
  if (comment === undefined) return table;
  return { ...table, schema: table.schema.map((candidate) => (candidate === field ? { ...field, metadata: { ...field.metadata, comment } } : candidate)) };
}

/** New columns stand before the partition columns; files that lack them give NULL. */
function withAddedColumns(table: TableEntry, action: Extract<AlterAction, { kind: "addColumns" }>): TableEntry {
  const added = fieldsOf(action.columns);
  for (const field of added) {
    if (!table.schema.some((column) => column.name.toLowerCase() === field.name.toLowerCase())) continue;
    throw new SparrowError("FIELD_ALREADY_EXISTS", "42710", `Cannot add column, because ${quoted(field.name)} already exists in the table's schema.`, { op: "add", fieldNames: quoted(field.name) });
  }
  const stored = table.schema.length - table.partitionColumns.length;
  return { ...table, schema: [...table.schema.slice(0, stored), ...added, ...table.schema.slice(stored)] };
}

/** A table of the catalog's own moves its files along. */
async function renameTable(session: Session, table: TableEntry, { to }: Extract<AlterAction, { kind: "rename" }>): Promise<void> {
  const target = requireObjectName(to, table.database);
  if ((await findInCatalog(session, [target.database, target.name])) !== undefined) {
    const relationName = quoted(target.database, target.name);
    throw new SparrowError("TABLE_OR_VIEW_ALREADY_EXISTS", "42P07", `Cannot rename the table to ${relationName} because a table or view of that name already exists.`, { relationName }, { span: to.span });
  }
  const location = table.external ? table.location : join(dirname(table.location), target.name.toLowerCase());
  if (!table.external) await rename(table.location, location);
  await session.engine.catalog.putTable({ ...table, ...target, location }, "create");
  await session.engine.catalog.dropTable(table.database, table.name);
  session.engine.cache.locationDropped(table.location);
}
