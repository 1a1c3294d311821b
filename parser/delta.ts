import type { Property, QualifiedName, TimeTravel } from "./ast.ts";
import { parseTableOrPath } from "./create-table.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression, parseValue } from "./expressions.ts";
import { acceptOptions } from "./properties.ts";
import { parseQuery, startsQuery } from "./query.ts";
import { parseTimeTravel } from "./relations.ts";
import type { StatementBody } from "./statements.ts";
import { structField } from "./types.ts";

/** OPTIMIZE table [FULL] [WHERE predicate] [ZORDER BY (columns)]. */
export function parseOptimize(c: Cursor): StatementBody {
  c.expect("OPTIMIZE");
  const name = parseTableOrPath(c);
  const full = c.accept("FULL");
  const where = c.accept("WHERE") ? parseExpression(c) : undefined;
  const column = (x: Cursor): QualifiedName => x.qualifiedName("a column name");
  const zOrderBy = !c.acceptPhrase("ZORDER", "BY") ? [] : c.is("(") ? c.parenthesizedList(column) : c.commaList(column);
  return { kind: "optimize", name, full, ...(where && { where }), zOrderBy };
}

type Vacuum = Extract<StatementBody, { kind: "vacuum" }>;

/** VACUUM table, and its modifiers in any order. */
export function parseVacuum(c: Cursor): Vacuum {
  c.expect("VACUUM");
  const name = parseTableOrPath(c);
  let modifiers: Pick<Vacuum, "mode" | "retainHours" | "inventory" | "dryRun"> = { dryRun: false };
  for (;;) {
    if (c.accept("LITE")) modifiers = { ...modifiers, mode: "lite" };
    else if (c.accept("FULL")) modifiers = { ...modifiers, mode: "full" };
    else if (c.acceptPhrase("DRY", "RUN")) modifiers = { ...modifiers, dryRun: true };
    else if (c.accept("RETAIN")) {
      modifiers = { ...modifiers, retainHours: parseValue(c) };
      c.expectAny("HOURS", "HOUR");
    } else if (c.acceptPhrase("USING", "INVENTORY")) modifiers = { ...modifiers, inventory: inventory(c) };
    else return { kind: "vacuum", name, ...modifiers };
  }
}

function inventory(c: Cursor): Vacuum["inventory"] {
  if (!c.accept("(")) return c.qualifiedName("a table name");
  const query = startsQuery(c) ? parseQuery(c) : c.fail("a query");
  c.expect(")");
  return query;
}

/** RESTORE [TABLE] table [TO] [FOR] VERSION | TIMESTAMP AS OF ... */
export function parseRestore(c: Cursor): StatementBody {
  c.expect("RESTORE");
  if (c.word === "TABLE" && (c.isIdentifierAt(1) || c.kindAt(1) === "string")) c.advance();
  const name = parseTableOrPath(c);
  c.accept("TO");
  const to: TimeTravel | undefined = parseTimeTravel(c);
  if (to === undefined) c.fail("VERSION AS OF or TIMESTAMP AS OF");
  return { kind: "restore", name, to };
}

/** CONVERT TO DELTA table [NO STATISTICS] [PARTITIONED BY (columns)]. */
export function parseConvert(c: Cursor): StatementBody {
  c.expectPhrase("CONVERT", "TO", "DELTA");
  const name = c.qualifiedName("a table name");
  const noStatistics = c.acceptPhrase("NO", "STATISTICS");
  const partitionedBy = c.acceptPhrase("PARTITIONED", "BY") ? c.parenthesizedList(structField) : [];
  return { kind: "convertToDelta", name, noStatistics, partitionedBy };
}

/** REORG TABLE table [WHERE predicate] APPLY (PURGE | UPGRADE UNIFORM (ICEBERG_COMPAT_VERSION = n)); the parts after the name may stand in parentheses. */
export function parseReorg(c: Cursor): StatementBody {
  c.expectPhrase("REORG", "TABLE");
  const name = parseTableOrPath(c);
  const enclosed = c.accept("(");
  const where = c.accept("WHERE") ? parseExpression(c) : undefined;
  c.expect("APPLY");
  c.expect("(");
  let icebergCompatVersion: number | undefined;
  if (!c.accept("PURGE")) {
    c.expectPhrase("UPGRADE", "UNIFORM", "(", "ICEBERG_COMPAT_VERSION", "=");
    icebergCompatVersion = Number(c.integer());
    c.expect(")");
  }
  c.expect(")");
  if (enclosed) c.expect(")");
  return { kind: "reorg", name, ...(where && { where }), action: icebergCompatVersion === undefined ? "purge" : "upgradeUniform", ...(icebergCompatVersion !== undefined && { icebergCompatVersion }) };
}

/** GENERATE symlink_format_manifest FOR TABLE table. */
export function parseGenerate(c: Cursor): StatementBody {
  c.expect("GENERATE");
  const mode = c.kind === "string" ? c.string() : c.identifier("a kind of manifest").name;
  c.expectPhrase("FOR", "TABLE");
  return { kind: "generateManifest", name: parseTableOrPath(c), mode };
}

type CopyInto = Extract<StatementBody, { kind: "copyInto" }>;

/** COPY INTO table FROM 'path' | (query) FILEFORMAT = format [FILES | PATTERN] [FORMAT_OPTIONS] [COPY_OPTIONS]; its syntax is Databricks'. */
export function parseCopyInto(c: Cursor): CopyInto {
  c.expectPhrase("COPY", "INTO");
  const name = parseTableOrPath(c);
  c.expect("FROM");
  const source = copySource(c);
  c.expectPhrase("FILEFORMAT", "=");
  const format = c.identifier("a file format").name.toLowerCase();
  let files: string[] = [];
  let pattern: string | undefined;
  let formatOptions: Property[] = [];
  let copyOptions: Property[] = [];
  for (;;) {
    if (c.acceptPhrase("FILES", "=")) files = c.parenthesizedList((x) => x.string("a file name"));
    else if (c.acceptPhrase("PATTERN", "=")) pattern = c.string();
    else if (c.is("FORMAT_OPTIONS")) formatOptions = acceptOptions(c, "FORMAT_OPTIONS") ?? [];
    else if (c.is("COPY_OPTIONS")) copyOptions = acceptOptions(c, "COPY_OPTIONS") ?? [];
    else return { kind: "copyInto", name, source, format, files, ...(pattern !== undefined && { pattern }), formatOptions, copyOptions };
  }
}

function copySource(c: Cursor): CopyInto["source"] {
  if (c.kind === "string") return { path: c.string() };
  if (!c.accept("(")) c.fail("a path or a query in parentheses");
  c.pathsAreTables = true;
  const query = parseQuery(c);
  c.pathsAreTables = false;
  c.expect(")");
  return { query };
}
