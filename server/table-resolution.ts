import { type Span, SparrowError } from "../catalog/errors.ts";
import type { AnalyzedStatistics, OpenTable, TableEntry, TableVersion, ViewEntry } from "../catalog/ports.ts";
import type { TableSnapshot } from "../catalog/table.ts";
import type { Query, TimeTravel } from "../parser/ast.ts";
import { parseQuery } from "../parser/parse.ts";
import { editDistance } from "../planner/analyzer/analysis-errors.ts";
import type { TableLookup } from "../planner/analyzer/context.ts";
import { collectTableNames, isFileFunction, tableKey, type TableReference } from "../planner/analyzer/table-names.ts";
import { fileFunctionRequest } from "./file-function.ts";
import { displayName, type ObjectName, quoted, schemaNotFound, tableNotFound } from "./object-names.ts";
import { analysisSettingsOf } from "./session-facts.ts";
import type { Session, TemporaryView } from "./session.ts";
import { absolutePath } from "./storage-paths.ts";
import { qualifyTableNames } from "./view-names.ts";

/** Views within views; deeper ones are taken for a circle that no name gave away. */
const MAX_VIEW_DEPTH = 100;

/** Files of one format, as a provider opens them. */
export interface FileSource {
  readonly format: string;
  readonly request: OpenTable;
  /** What ANALYZE TABLE has counted. */
  readonly statistics?: AnalyzedStatistics;
}

/** What every name of one query stands for, pinned: a name that is read twice is one snapshot. */
export class ResolvedTables {
  readonly #byKey = new Map<string, TableLookup>();
  readonly #versions: string[] = [];
  /** Queries of the views that are read, by the views' identities. */
  readonly views = new Map<string, Query>();
  /** Where snapshots come from. */
  readonly sources = new Map<TableSnapshot, FileSource>();

  lookup(reference: TableReference): TableLookup | undefined {
    return this.#byKey.get(tableKey(reference));
  }

  /** Equal for queries that read the same tables in the same state through the same views. */
  get version(): string {
    return JSON.stringify(this.#versions);
  }

  has(reference: TableReference): boolean {
    return this.#byKey.has(tableKey(reference));
  }

  add(reference: TableReference, lookup: TableLookup, version: string): void {
    this.#byKey.set(tableKey(reference), lookup);
    this.#versions.push(tableKey(reference), version);
  }
}

/** Asks temporary views, the catalog and the file system for every name, and again for the names within the views that were found. */
export async function resolveTables(session: Session, references: readonly TableReference[]): Promise<ResolvedTables> {
  const resolved = new ResolvedTables();
  await resolveAll(session, references, resolved, []);
  return resolved;
}

async function resolveAll(session: Session, references: readonly TableReference[], resolved: ResolvedTables, within: readonly string[]): Promise<void> {
  for (const reference of references) {
    await resolveOne(session, reference, resolved, within);
  }
}

/** As messages show a view of the catalog. */
export function viewIdentity({ database, name }: ObjectName): string {
  return quoted(database.toLowerCase(), name.toLowerCase());
}

function referenceIdentity(session: Session, parts: readonly string[]): string {
  const name = session.temporaryView(parts) === undefined ? session.resolveName(parts) : undefined;
  return name === undefined ? quoted(...parts.map((part) => part.toLowerCase())) : viewIdentity(name);
}

/** `cycle`: the views, each read by the one before, that lead back to `viewIdent`. */
export function recursiveView(viewIdent: string, cycle: readonly string[], span: Span): SparrowError {
  const newPath = [...cycle, viewIdent].join(" -> ");
  return new SparrowError("RECURSIVE_VIEW", "42K0H", `Recursive view ${viewIdent} detected (cycle: ${newPath}).`, { viewIdent, newPath }, { span });
}

async function resolveOne(session: Session, reference: TableReference, resolved: ResolvedTables, within: readonly string[]): Promise<void> {
  const identity = referenceIdentity(session, reference.name);
  if (within.includes(identity) || within.length >= MAX_VIEW_DEPTH) throw recursiveView(identity, within, reference.span);
  if (resolved.has(reference)) return;
  const temporary = session.temporaryView(reference.name);
  if (temporary !== undefined && reference.version !== undefined) throw noTimeTravel(reference);
  if (temporary?.kind === "files") {
    return addFiles(session, reference, { format: temporary.format, request: temporaryFilesRequest(temporary, reference) }, resolved);
  }
  if (temporary?.kind === "query") {
    await addView(session, reference, temporary, (parts) => qualifyInTemporaryView(session, temporary, parts), resolved, within);
    return;
  }
  if (reference.call !== undefined && isFileFunction(reference.name[0])) {
    if (/^table_changes/i.test(reference.name[0])) {
      const snapshot = await (await import("./delta/table-changes.ts")).openTableChanges(session, reference);
      resolved.add(reference, { kind: "table", snapshot }, snapshot.version);
      return;
    }
    return addFiles(session, reference, fileFunctionRequest(reference), resolved);
  }
  const found = await findInCatalog(session, reference.name);
  if (found?.kind === "table") {
    return addFiles(session, reference, tableSource(found.entry, reference), resolved);
  }
  if (found?.kind === "view") {
    const { entry } = found;
    if (reference.version !== undefined) throw noTimeTravel(reference);
    await addView(session, reference, entry, (parts) => (parts.length === 1 ? [entry.settings.database ?? entry.database, ...parts] : parts), resolved, within);
    return;
  }
  const source = await pathSource(session, reference.name, optionsOf(reference));
  if (source !== undefined) return addFiles(session, reference, source, resolved);
  throw await notFound(session, reference);
}

/** A location named directly: ``parquet.`path` ``, ``delta.`path@v12` ``; undefined for names of another form. */
async function pathSource(session: Session, name: readonly string[], options: Readonly<Record<string, string>>): Promise<FileSource | undefined> {
  const [format, written] = name;
  if (name.length !== 2 || (await session.engine.findProvider(format)) === undefined) return undefined;
  const { path, version } = format.toLowerCase() === "delta" ? (await import("./time-travel.ts")).splitVersionSuffix(written) : { path: written, version: undefined };
  const asOf = version === undefined ? undefined : await versionOf(session, version);
  return { format, request: { name: `${format.toLowerCase()}.\`${written}\``, location: absolutePath(path), schema: undefined, partitionColumns: [], options, ...(asOf !== undefined && { asOf }) } };
}

/** What evaluates versions is loaded when a query names one. */
async function versionOf(session: Session, version: TimeTravel): Promise<TableVersion> {
  return (await import("./time-travel.ts")).tableVersion(session, version);
}

function noTimeTravel({ name, span }: TableReference): SparrowError {
  const relationId = quoted(...name);
  return new SparrowError("UNSUPPORTED_FEATURE.TIME_TRAVEL", "0A000", `The feature is not supported: Time travel on the relation: ${relationId}.`, { relationId }, { span });
}

export type CatalogObject = { readonly kind: "table"; readonly entry: TableEntry } | { readonly kind: "view"; readonly entry: ViewEntry };

/** A table or view of the catalog by its written name. */
export async function findInCatalog(session: Session, parts: readonly string[]): Promise<CatalogObject | undefined> {
  const name = session.resolveName(parts);
  if (name === undefined) return undefined;
  const { catalog } = session.engine;
  const table = await catalog.table(name.database, name.name);
  if (table !== undefined) return { kind: "table", entry: table };
  const view = await catalog.view(name.database, name.name);
  return view === undefined ? undefined : { kind: "view", entry: view };
}

function tableSource(entry: TableEntry, reference: TableReference): FileSource {
  const request: OpenTable = {
    name: displayName(entry),
    location: entry.location,
    schema: entry.schema.length === 0 ? undefined : entry.schema,
    partitionColumns: entry.partitionColumns,
    options: { ...entry.options, ...optionsOf(reference) },
  };
  return { format: entry.format, request, statistics: entry.statistics };
}

/** Pins what files hold now; what they held when they were cached, where they are. */
async function addFiles(session: Session, reference: TableReference, { format, request: given, statistics }: FileSource, resolved: ResolvedTables): Promise<void> {
  if (reference.version !== undefined && format.toLowerCase() !== "delta") throw noTimeTravel(reference);
  const asOf = reference.version === undefined ? given.asOf : await versionOf(session, reference.version);
  const source = { format, request: { ...given, options: withTimeZone(session, format, given.options), ...(asOf !== undefined && { asOf }) } };
  const snapshot = session.engine.cache.pinned(sourceIdentity(source)) ?? withAnalyzed(await (await session.engine.provider(format)).open(source.request), statistics);
  resolved.sources.set(snapshot, source);
  resolved.add(reference, { kind: "table", snapshot }, snapshot.version);
}

/** Equal for what is the same table, or the same of its earlier states, whatever it holds now. */
export function sourceIdentity({ format, request: { name, location, files, schema, options, asOf } }: FileSource): string {
  return JSON.stringify([format.toLowerCase(), name, location, files && [...files], schema, options, asOf], (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

interface ViewText {
  readonly name: string;
  readonly text: string;
  readonly columns: readonly { readonly name: string }[];
  readonly settings: Readonly<Record<string, string>>;
  /** Of temporary views. */
  readonly kind?: "query";
}

async function addView(session: Session, reference: TableReference, view: ViewText, qualify: (parts: readonly string[]) => readonly string[], resolved: ResolvedTables, within: readonly string[]): Promise<void> {
  const query: Query = qualifyTableNames(parseQuery(view.text), qualify);
  const columns = view.columns.length === 0 ? undefined : view.columns.map((column) => column.name);
  const settings = analysisSettingsOf(session, view.settings);
  resolved.add(reference, { kind: "view", query, columns, settings, ...(view.kind === "query" && { isTemporary: true }) }, JSON.stringify([view.text, view.columns, view.settings]));
  resolved.views.set(referenceIdentity(session, reference.name), query);
  await resolveAll(session, collectTableNames(query), resolved, [...within, referenceIdentity(session, reference.name)]);
}

/** Other temporary views stay visible in one; everything else is looked for in the database that was current when it was made. */
function qualifyInTemporaryView(session: Session, view: Extract<TemporaryView, { kind: "query" }>, parts: readonly string[]): readonly string[] {
  const other = session.temporaryView(parts);
  return parts.length > 1 || (other !== undefined && other !== view) ? parts : [view.database, ...parts];
}

function temporaryFilesRequest(view: Extract<TemporaryView, { kind: "files" }>, reference: TableReference): OpenTable {
  return { name: view.name, location: view.location, ...(view.files !== undefined && { files: view.files }), schema: view.schema, partitionColumns: [], options: { ...view.options, ...optionsOf(reference) } };
}

/** Adds what ANALYZE TABLE has counted to what the files tell; the files are right where both do. */
function withAnalyzed(snapshot: TableSnapshot, analyzed: AnalyzedStatistics | undefined): TableSnapshot {
  if (analyzed === undefined) return snapshot;
  const { rows, bytes, columns } = snapshot.statistics;
  const merged = new Map(columns);
  for (const [i, { name }] of snapshot.columns.entries()) {
    const counted = analyzed.columns[name];
    const known = columns.get(i);
    if (counted !== undefined) merged.set(i, { min: known?.min ?? null, max: known?.max ?? null, nulls: known?.nulls ?? counted.nulls, distinct: known?.distinct ?? counted.distinct });
  }
  return { ...snapshot, statistics: { rows: rows ?? analyzed.rows, bytes, columns: merged }, version: `${snapshot.version} ${JSON.stringify(analyzed)}` };
}

/** Timestamps without a zone in text files, and in partition values of Delta tables, are in the session's zone, unless their options name one. */
export function withTimeZone(session: Session, format: string, options: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return /^(csv|json|delta)$/i.test(format) ? { timeZone: session.timeZone, ...options } : options;
}

function optionsOf(reference: TableReference): Record<string, string> {
  return Object.fromEntries((reference.options ?? []).map(({ key, value }) => [key, value]));
}

/** The error for a name that nothing answers to, with the nearest table's name. */
async function notFound(session: Session, reference: TableReference): Promise<SparrowError> {
  const name = session.resolveName(reference.name);
  if (name !== undefined && reference.name.length > 1 && (await session.engine.catalog.database(name.database)) === undefined) {
    return reference.name.length === 3 ? schemaNotFound(name.database, reference.span) : tableNotFound(reference.name, reference.span);
  }
  const candidates = name === undefined ? [] : [...(await session.engine.catalog.tables(name.database)), ...(await session.engine.catalog.views(name.database))].map((entry) => entry.name);
  if (reference.name.length === 1) candidates.push(...[...session.temporaryViews.values()].map((view) => view.name));
  const nearest = nearestName(reference.name[reference.name.length - 1], candidates);
  return tableNotFound(reference.name, reference.span, nearest === undefined ? undefined : `Did you mean ${nearest}?`);
}

/** The candidate that differs in at most a third of its letters, the nearest of them. */
function nearestName(name: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates.map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }));
  const [best] = ranked.toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.ceil(best.candidate.length / 3) ? best.candidate : undefined;
}
