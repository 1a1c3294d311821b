import { SparrowError } from "../../../catalog/errors.ts";
import { LONG, sqlTypeName, type StructField } from "../../../catalog/types.ts";
import { isLoaded, loadedActions } from "../../../delta/loaded-files.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import { csvProvider } from "../../../executor/scan/csv-provider.ts";
import { type DataFile, listDataFiles } from "../../../executor/scan/file-listing.ts";
import type { Query, Statement } from "../../../parser/ast.ts";
import { parseQuery } from "../../../parser/parse.ts";
import { collectTableNames } from "../../../planner/analyzer/table-names.ts";
import { rerunOnConflict } from "../../delta/commit-statement.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { quoted, unsupportedOperation } from "../../object-names.ts";
import { pathMatcher } from "../../path-pattern.ts";
import { prepareQuery, type RunOptions } from "../../run-query.ts";
import type { Session } from "../../session.ts";
import type { StatementResult } from "../../statement-result.ts";
import { absolutePath } from "../../storage-paths.ts";
import { valueResult } from "../../value-batch.ts";
import { propertiesOf } from "../create-view.ts";
import { insertOnce } from "./insert.ts";

type CopyInto = Extract<Statement, { kind: "copyInto" }>;

const FORMATS = ["parquet", "csv", "json"];
/** The name under which the query reads the files. */
const FILES = "__copied_files";
const COPY_COLUMNS = ["num_affected_rows", "num_inserted_rows", "num_skipped_corrupt_files"].map((name) => ({ name, type: LONG, nullable: true }));

/** What is to be loaded. */
interface Copy {
  readonly statement: CopyInto;
  /** Folder, file or pattern. */
  readonly location: string;
  /** Of the statement's own, over the name `FILES`; undefined: all columns. */
  readonly query: Query | undefined;
  readonly formatOptions: Readonly<Record<string, string>>;
  readonly force: boolean;
  readonly mergeSchema: boolean;
}

/**
 * COPY INTO: loads the files of a folder that have not been loaded yet, by their paths and times of change, in one commit. Columns are matched by name, those of CSV
 * files without a header by position; texts of CSV and JSON files are cast to the types of the table.
 */
export async function runCopyInto(session: Session, target: DeltaTarget, statement: CopyInto, options: RunOptions): Promise<StatementResult> {
  const copy = copyOf(target, statement);
  const rows = BigInt(await rerunOnConflict(() => copyOnce(session, target, copy, options)));
  return valueResult(COPY_COLUMNS, [[rows, rows, 0n]]);
}

function copyOf(target: DeltaTarget, statement: CopyInto): Copy {
  const { format, source, formatOptions } = statement;
  const table = quoted(...target.name);
  if (!FORMATS.includes(format)) throw unsupportedOperation(`COPY INTO with FILEFORMAT = ${format.toUpperCase()}`, table);
  const copyOptions = new Map(Object.entries(propertiesOf(statement.copyOptions)).map(([key, value]) => [key.toLowerCase(), value.toLowerCase() === "true"]));
  const unknown = [...copyOptions.keys()].find((key) => key !== "force" && key !== "mergeschema");
  if (unknown !== undefined) throw unsupportedOperation(`COPY INTO with the copy option ${unknown}`, table);
  return {
    statement,
    ...("path" in source ? { location: source.path, query: undefined } : querySource(source.query, format, table)),
    formatOptions: propertiesOf(formatOptions),
    force: copyOptions.get("force") ?? false,
    mergeSchema: copyOptions.get("mergeschema") ?? false,
  };
}

/** A query over `'path'`, or ``format.`path` ``, as one over the files that are to be loaded. */
function querySource(query: Query, format: string, table: string): Pick<Copy, "location" | "query"> {
  const references = collectTableNames(query);
  const [first] = references;
  if (references.length !== 1 || first.name.length !== 2 || (first.name[0] !== "" && first.name[0].toLowerCase() !== format)) throw unsupportedOperation(`COPY INTO from a query over anything but one path`, table);
  return { location: first.name[1], query: overFiles(query) };
}

/** The query with its one table named `FILES`. */
function overFiles<T>(node: T): T {
  if (node === null || typeof node !== "object" || node instanceof Uint8Array) return node;
  if (Array.isArray(node)) return node.map((item: unknown) => overFiles(item)) as T;
  if ("kind" in node && node.kind === "table" && "name" in node) {
    const { name } = node as unknown as { readonly name: CopyInto["name"] };
    return { ...node, name: { ...name, parts: [{ ...name.parts[0], name: FILES }] } };
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, overFiles(value)])) as T;
}

async function copyOnce(session: Session, target: DeltaTarget, copy: Copy, options: RunOptions): Promise<number> {
  const snapshot = await target.log.latest();
  checkWrite(snapshot, "append");
  const files = (await wantedFiles(copy)).filter((file) => copy.force || !isLoaded(snapshot.transactions, file));
  if (files.length === 0) return 0;
  const { statement, location, formatOptions } = copy;
  const { name, format, span } = statement;
  const reading = session.withTemporaryView({ kind: "files", name: FILES, format, location: absolutePath(location), files: new Set(files.map(({ path }) => path)), schema: undefined, options: formatOptions });
  const source = copy.query ?? parseQuery(`SELECT * FROM ${FILES}`);
  const hasHeader = format === "csv" && formatOptions.header?.toLowerCase() === "true";
  if (hasHeader) await requireOneHeader(files, formatOptions);
  const { columns } = await prepareQuery(reading, source, { ...options, text: undefined });
  const isUnnamed = copy.query === undefined && format === "csv" && !hasHeader;
  const query = copy.query ?? parseQuery(`SELECT ${columns.map((column, i) => columnText(column, isUnnamed ? snapshot.columns[i] : sameName(snapshot, column))).join(", ")} FROM ${FILES}`);
  return insertOnce(reading, target, snapshot, { kind: "insert", mode: "into", table: name, schemaEvolution: copy.mergeSchema, byName: true, ifNotExists: false, query, span }, { ...options, text: undefined }, {
    operation: "COPY INTO",
    operationParameters: { source: location, fileFormat: format, force: copy.force, mergeSchema: copy.mergeSchema },
    actions: loadedActions(files, Date.now()),
  });
}

/** The files of the location, those of FILES or PATTERN only. Raises PATH_NOT_FOUND. */
async function wantedFiles({ statement: { files: names, pattern }, location }: Copy): Promise<DataFile[]> {
  const root = absolutePath(location).replace(/(?<=.)\/+$/, "");
  const files = await listDataFiles(root);
  const relative = ({ path }: DataFile): string => (path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path);
  const known = new Set(files.map(relative));
  const missing = names.find((name) => !known.has(name));
  if (missing !== undefined) throw new SparrowError("PATH_NOT_FOUND", "42K03", `Path does not exist: ${root}/${missing}.`, { path: `${root}/${missing}` }, { origin: "data" });
  const matches = pattern === undefined ? () => true : pathMatcher(pattern);
  return files.filter((file) => (names.length === 0 || names.includes(relative(file))) && matches(relative(file)));
}

/** CSV files are read together by the header of the first. Raises CANNOT_MERGE_SCHEMAS for one with other names, or in another order. */
async function requireOneHeader(files: readonly DataFile[], options: Readonly<Record<string, string>>): Promise<void> {
  let first: string | undefined;
  for (const { path } of files) {
    const { columns } = await csvProvider.open({ name: path, location: path, schema: undefined, partitionColumns: [], options: { ...options, inferSchema: "false" } });
    const header = columns.map(({ name }) => name).join(", ");
    first ??= header;
    if (header === first) continue;
    throw new SparrowError("CANNOT_MERGE_SCHEMAS", "42KD9", `Failed merging schemas: the first file has the header (${first}), and ${path} has (${header}). Files with different headers are loaded one by one, by FILES or PATTERN.`, { left: first, right: header }, { origin: "data" });
  }
}

function sameName({ columns }: DeltaSnapshot, { name }: Pick<StructField, "name">): StructField | undefined {
  return columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
}

/** A source column as one of the table; texts are cast to its type. A column that the table does not have stays, for the insert to refuse. */
function columnText({ name, type }: Pick<StructField, "name" | "type">, target: StructField | undefined): string {
  if (target === undefined) return quoted(name);
  const isText = (kind: string): boolean => kind === "string" || kind === "char" || kind === "varchar";
  const value = type.kind === "string" && !isText(target.type.kind) ? `CAST(${quoted(name)} AS ${sqlTypeName(target.type)})` : quoted(name);
  return `${value} AS ${quoted(target.name)}`;
}
