import { SparrowError } from "../../catalog/errors.ts";
import type { Property, QualifiedName, Query, Statement } from "../../parser/ast.ts";
import { parseQuery } from "../../parser/parse.ts";
import { collectTableNames } from "../../planner/analyzer/table-names.ts";
import { CATALOG_NAME, partsOf, quoted, requireObjectName, tableNotFound } from "../object-names.ts";
import { prepareQuery, type RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { emptyResult, type StatementResult } from "../statement-result.ts";
import { absolutePath } from "../storage-paths.ts";
import { findInCatalog, recursiveView, resolveTables, viewIdentity } from "../table-resolution.ts";
import { fieldsOf } from "./column-definitions.ts";
import { uncacheView } from "./drop.ts";

type CreateView = Extract<Statement, { kind: "createView" }>;

/** CREATE [OR REPLACE] [TEMPORARY] VIEW. The query is analyzed now, and its text read as it will be, so that a view that could never be read is refused. */
export async function runCreateView(session: Session, statement: CreateView, options: RunOptions): Promise<StatementResult> {
  if (statement.global) throw new SparrowError("UNSUPPORTED_FEATURE.GLOBAL_TEMPORARY_VIEW", "0A000", "The feature is not supported: global temporary views.", {}, { span: statement.name.span, hint: "CREATE TEMPORARY VIEW makes one for this session." });
  if (statement.ifNotExists && (await exists(session, statement))) return emptyResult();
  parseQuery(statement.queryText);
  await rejectSelfReference(session, statement.name, statement.query, statement.temporary);
  const prepared = await prepareQuery(session, statement.query, viewOptions(session, statement.name, statement.temporary, options));
  const columns = statement.columns.map(({ name, comment }) => ({ name: name.name, ...(comment === undefined ? {} : { comment }) }));
  if (columns.length > 0 && columns.length !== prepared.columns.length) throw columnCountMismatch(statement, columns.length, prepared.columns.length);
  const settings = Object.fromEntries(session.settings.given().filter(([name]) => name.startsWith("spark.sql.") && name !== "spark.sql.session.timeZone"));
  if (statement.orReplace) await uncacheView(session, statement.name);
  if (statement.temporary) {
    const [name] = partsOf(statement.name);
    session.putTemporaryView({ kind: "query", name, text: statement.queryText, columns, settings, database: session.database, comment: statement.comment }, statement.orReplace);
    return emptyResult();
  }
  const { database, name } = requireObjectName(statement.name, session.database);
  const { catalog } = session.engine;
  if ((await catalog.table(database, name)) !== undefined) {
    const relationName = quoted(database, name);
    throw new SparrowError("TABLE_OR_VIEW_ALREADY_EXISTS", "42P07", `Cannot create table or view ${relationName} because it already exists. Choose a different name, drop or replace the existing object, or add the IF NOT EXISTS clause to tolerate pre-existing objects.`, { relationName }, { span: statement.name.span });
  }
  const properties = propertiesOf(statement.properties);
  const entry = { database, name, text: statement.queryText, columns, settings: { ...settings, database: session.database }, properties, comment: statement.comment, createdMs: Date.now() };
  await catalog.putView(entry, statement.orReplace ? "replace" : "create");
  return emptyResult();
}

/** How a view's query is analyzed: one of the catalog outlives the session, and so may not read the session's variables. */
function viewOptions(session: Session, view: QualifiedName, temporary: boolean, options: RunOptions): RunOptions {
  if (temporary) return { ...options, text: undefined };
  const lookupVariable = (name: string): undefined => {
    if (session.variables.get(name) === undefined) return undefined;
    const object = requireObjectName(view, session.database);
    const parameters = { obj: "VIEW", objName: quoted(CATALOG_NAME, object.database, object.name), tempObj: "VARIABLE", tempObjName: quoted(name) };
    throw new SparrowError("INVALID_TEMP_OBJ_REFERENCE", "42K0F", `Cannot create the persistent object ${parameters.objName} of the type VIEW because it reads the temporary object ${parameters.tempObjName} of the type VARIABLE. Make the one persistent, or the other temporary.`, parameters, { span: view.span });
  };
  return { ...options, text: undefined, lookupVariable };
}

/** CREATE TEMPORARY VIEW v USING format OPTIONS (path '...'): files under a name. */
export function runCreateTemporaryViewUsing(session: Session, statement: Extract<Statement, { kind: "createTempViewUsing" }>): StatementResult {
  const { path, ...options } = propertiesOf(statement.options);
  if (path === undefined) throw new SparrowError("DATA_SOURCE_PATH_MISSING", "42K03", `CREATE TEMPORARY VIEW ... USING ${statement.provider} needs OPTIONS (path '...').`, { provider: statement.provider }, { span: statement.span });
  const schema = statement.columns.length === 0 ? undefined : fieldsOf(statement.columns);
  session.putTemporaryView({ kind: "files", name: partsOf(statement.name)[0], format: statement.provider, location: absolutePath(path), schema, options }, statement.orReplace);
  return emptyResult();
}

export async function runAlterView(session: Session, { name, query, queryText }: Extract<Statement, { kind: "alterView" }>, options: RunOptions): Promise<StatementResult> {
  parseQuery(queryText);
  const temporary = session.temporaryView(partsOf(name));
  await rejectSelfReference(session, name, query, temporary !== undefined);
  await prepareQuery(session, query, viewOptions(session, name, temporary !== undefined, options));
  await uncacheView(session, name);
  if (temporary?.kind === "query") {
    session.putTemporaryView({ ...temporary, text: queryText, database: session.database }, true);
    return emptyResult();
  }
  const found = await findInCatalog(session, partsOf(name));
  if (found?.kind !== "view") throw tableNotFound(partsOf(name), name.span);
  await session.engine.catalog.putView({ ...found.entry, text: queryText, settings: { ...found.entry.settings, database: session.database } }, "replace");
  return emptyResult();
}

/** A view may not read itself, through others either. */
async function rejectSelfReference(session: Session, name: QualifiedName, query: Query, temporary: boolean): Promise<void> {
  const { views } = await resolveTables(session, collectTableNames(query));
  const object = requireObjectName(name, session.database);
  const identity = temporary ? quoted(object.name.toLowerCase()) : viewIdentity(object);
  const read = [...views.keys()];
  if (views.has(identity)) throw recursiveView(identity, [identity, ...read.slice(0, read.indexOf(identity))], name.span);
}

export function propertiesOf(properties: readonly Property[]): Record<string, string> {
  return Object.fromEntries(properties.map(({ key, value }) => [key, value]));
}

async function exists(session: Session, { name, temporary }: CreateView): Promise<boolean> {
  return temporary ? session.temporaryView(partsOf(name)) !== undefined : (await findInCatalog(session, partsOf(name))) !== undefined;
}

function columnCountMismatch({ name, columns }: CreateView, wanted: number, given: number): SparrowError {
  const condition = wanted > given ? "NOT_ENOUGH_DATA_COLUMNS" : "TOO_MANY_DATA_COLUMNS";
  const reason = wanted > given ? "not enough data columns" : "too many data columns";
  const viewName = quoted(...partsOf(name));
  return new SparrowError(`CREATE_VIEW_COLUMN_ARITY_MISMATCH.${condition}`, "21S01", `Cannot create view ${viewName}, the reason is ${reason}: ${wanted} columns are named, and the query gives ${given}.`, { viewName, viewColumns: columns.map((column) => quoted(column.name.name)).join(", ") }, { span: name.span });
}
