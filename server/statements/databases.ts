import { join } from "node:path";
import { SparrowError } from "../../catalog/errors.ts";
import type { Statement } from "../../parser/ast.ts";
import { DEFAULT_DATABASE } from "../catalog-store.ts";
import { CATALOG_NAME, quoted, requireDatabaseName, schemaNotFound } from "../object-names.ts";
import type { Session } from "../session.ts";
import { emptyResult, type StatementResult } from "../statement-result.ts";
import { absolutePath } from "../storage-paths.ts";
import { propertiesOf } from "./create-view.ts";
import { dropTableEntry } from "./drop.ts";

export async function runUse(session: Session, { name }: Extract<Statement, { kind: "use" }>): Promise<StatementResult> {
  if (name.parts.length === 1 && name.parts[0].name.toLowerCase() === CATALOG_NAME) return emptyResult();
  const database = await session.engine.catalog.database(requireDatabaseName(name));
  if (database === undefined) throw schemaNotFound(requireDatabaseName(name), name.span);
  session.database = database.name;
  return emptyResult();
}

/** There is one catalog. */
export function runUseCatalog({ name }: Extract<Statement, { kind: "useCatalog" }>): StatementResult {
  if (name.name.toLowerCase() === CATALOG_NAME) return emptyResult();
  throw new SparrowError("CATALOG_NOT_FOUND", "42P08", `The catalog ${quoted(name.name)} not found. Consider to set the SQL config "spark.sql.catalog.${name.name}" to a catalog plugin.`, { catalogName: quoted(name.name), config: `"spark.sql.catalog.${name.name}"` }, { span: name.span, hint: `There is one catalog: ${CATALOG_NAME}.` });
}

export async function runCreateDatabase(session: Session, statement: Extract<Statement, { kind: "createDatabase" }>): Promise<StatementResult> {
  const { engine } = session;
  const name = requireDatabaseName(statement.name);
  if (statement.ifNotExists && (await engine.catalog.database(name)) !== undefined) return emptyResult();
  const location = statement.location === undefined ? join(engine.warehouse, `${name.toLowerCase()}.db`) : absolutePath(statement.location);
  await engine.catalog.createDatabase({ name, location, comment: statement.comment, properties: propertiesOf(statement.properties) });
  return emptyResult();
}

export async function runDropDatabase(session: Session, { name, ifExists, cascade }: Extract<Statement, { kind: "dropDatabase" }>): Promise<StatementResult> {
  const { catalog } = session.engine;
  const database = requireDatabaseName(name);
  const entry = await catalog.database(database);
  if (entry === undefined) {
    if (ifExists) return emptyResult();
    throw schemaNotFound(database, name.span);
  }
  if (entry.name.toLowerCase() === DEFAULT_DATABASE) throw new SparrowError("UNSUPPORTED_FEATURE.DROP_DATABASE", "0A000", `The feature is not supported: Drop the default database ${quoted(CATALOG_NAME, DEFAULT_DATABASE)}.`, { database: quoted(CATALOG_NAME, DEFAULT_DATABASE) }, { span: name.span });
  const tables = await catalog.tables(database);
  const views = await catalog.views(database);
  if (!cascade && tables.length + views.length > 0) {
    throw new SparrowError("SCHEMA_NOT_EMPTY", "2BP01", `Cannot drop a schema ${quoted(database)} because it contains objects. Use DROP SCHEMA ... CASCADE to drop the schema and all its objects.`, { schemaName: quoted(database) }, { span: name.span });
  }
  for (const table of tables) await dropTableEntry(session, table);
  for (const view of views) await catalog.dropView(database, view.name);
  await catalog.dropDatabase(database);
  if (session.database.toLowerCase() === entry.name.toLowerCase()) session.database = DEFAULT_DATABASE;
  return emptyResult();
}

export async function runAlterDatabase(session: Session, { name, properties, location }: Extract<Statement, { kind: "alterDatabase" }>): Promise<StatementResult> {
  const { catalog } = session.engine;
  const entry = await catalog.database(requireDatabaseName(name));
  if (entry === undefined) throw schemaNotFound(requireDatabaseName(name), name.span);
  await catalog.replaceDatabase({
    ...entry,
    properties: { ...entry.properties, ...propertiesOf(properties ?? []) },
    location: location === undefined ? entry.location : absolutePath(location),
  });
  return emptyResult();
}
