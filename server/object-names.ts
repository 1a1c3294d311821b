import { SparrowError } from "../catalog/errors.ts";
import type { QualifiedName } from "../parser/ast.ts";

export const CATALOG_NAME = "spark_catalog";

/** A table or view of the catalog. */
export interface ObjectName {
  readonly database: string;
  readonly name: string;
}

/** As plans show a table. */
export function displayName({ database, name }: ObjectName): string {
  return `${CATALOG_NAME}.${database}.${name}`;
}

/** As messages show a name. */
export function quoted(...parts: readonly string[]): string {
  return parts.map((part) => `\`${part.replaceAll("`", "``")}\``).join(".");
}

export function partsOf(name: QualifiedName): string[] {
  return name.parts.map((part) => part.name);
}

/** `t`, `db.t` or `spark_catalog.db.t`; undefined when the first of three parts is no catalog of ours, or there are more. */
export function objectName(parts: readonly string[], currentDatabase: string): ObjectName | undefined {
  switch (parts.length) {
    case 1:
      return { database: currentDatabase, name: parts[0] };
    case 2:
      return { database: parts[0], name: parts[1] };
    case 3:
      return parts[0].toLowerCase() === CATALOG_NAME ? { database: parts[1], name: parts[2] } : undefined;
  }
  return undefined;
}

/** `objectName` for statements that must have one. Raises REQUIRES_SINGLE_PART_NAMESPACE. */
export function requireObjectName(name: QualifiedName, currentDatabase: string): ObjectName {
  const found = objectName(partsOf(name), currentDatabase);
  if (found !== undefined) return found;
  const namespace = quoted(...partsOf(name).slice(0, -1));
  throw new SparrowError("REQUIRES_SINGLE_PART_NAMESPACE", "42K05", `${CATALOG_NAME} requires a single-part namespace, but got ${namespace}.`, { sessionCatalog: CATALOG_NAME, namespace }, { span: name.span });
}

/** `db` or `spark_catalog.db`. */
export function requireDatabaseName(name: QualifiedName): string {
  const parts = partsOf(name);
  if (parts.length === 1) return parts[0];
  if (parts.length === 2 && parts[0].toLowerCase() === CATALOG_NAME) return parts[1];
  const namespace = quoted(...parts);
  throw new SparrowError("REQUIRES_SINGLE_PART_NAMESPACE", "42K05", `${CATALOG_NAME} requires a single-part namespace, but got ${namespace}.`, { sessionCatalog: CATALOG_NAME, namespace }, { span: name.span });
}

export function tableNotFound(parts: readonly string[], span?: { readonly start: number; readonly end: number }, hint?: string): SparrowError {
  const relationName = quoted(...parts);
  return new SparrowError(
    "TABLE_OR_VIEW_NOT_FOUND",
    "42P01",
    `The table or view ${relationName} cannot be found. Verify the spelling and correctness of the schema and catalog.\nIf you did not qualify the name with a schema, verify the current_schema() output, or qualify the name with the correct schema and catalog.\nTo tolerate the error on drop use DROP VIEW IF EXISTS or DROP TABLE IF EXISTS.`,
    { relationName },
    { span, hint },
  );
}

export function schemaNotFound(database: string, span?: { readonly start: number; readonly end: number }): SparrowError {
  return new SparrowError(
    "SCHEMA_NOT_FOUND",
    "42704",
    `The schema ${quoted(CATALOG_NAME, database)} cannot be found. Verify the spelling and correctness of the schema and catalog.\nIf you did not qualify the name with a catalog, verify the current_schema() output, or qualify the name with the correct catalog.\nTo tolerate the error on drop use DROP SCHEMA IF EXISTS.`,
    { schemaName: quoted(CATALOG_NAME, database) },
    { span },
  );
}

/** An operation that does not exist for this kind of object or format. */
export function unsupportedOperation(operation: string, object: string): SparrowError {
  return new SparrowError("UNSUPPORTED_FEATURE.TABLE_OPERATION", "0A000", `The feature is not supported: Table ${object} does not support ${operation}. Please check the current catalog and table provider.`, { tableName: object, operation });
}
