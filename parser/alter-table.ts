import type { AlterAction, ColumnDefinition, ColumnPosition, PartitionItem, QualifiedName } from "./ast.ts";
import { parseColumnDefinition, parseColumnRest, parseSourceText } from "./columns.ts";
import { acceptIfNotExists } from "./create.ts";
import { parseConstraint } from "./create-table.ts";
import { parseSchemaBinding, parseViewQuery } from "./create-view.ts";
import type { Cursor } from "./cursor.ts";
import { acceptIfExists } from "./drop.ts";
import { acceptPartition, parsePartition } from "./partitions.ts";
import { parseProperties, propertyKey } from "./properties.ts";
import { startsQuery } from "./query.ts";
import type { StatementBody } from "./statements.ts";
import { acceptNotNull, parseDataType } from "./types.ts";

export function parseAlter(c: Cursor): StatementBody {
  c.expect("ALTER");
  switch (c.acceptAny("TABLE", "VIEW", "DATABASE", "SCHEMA", "NAMESPACE")) {
    case "TABLE": {
      const name = c.qualifiedName("a table name");
      return { kind: "alterTable", name, action: tableAction(c) };
    }
    case "VIEW":
      return alterView(c);
    case "DATABASE":
    case "SCHEMA":
    case "NAMESPACE":
      return alterDatabase(c);
    default:
      if (c.word === "INDEX") c.refuse("UNSUPPORTED_FEATURE.STATEMENT", "The feature is not supported: the statement ALTER INDEX.", { statement: "ALTER INDEX" }, undefined, "0A000");
      return c.fail();
  }
}

function alterDatabase(c: Cursor): StatementBody {
  const name = c.qualifiedName("a database name");
  c.expect("SET");
  if (c.accept("LOCATION")) return { kind: "alterDatabase", name, location: c.string() };
  c.expectAny("DBPROPERTIES", "PROPERTIES");
  return { kind: "alterDatabase", name, properties: parseProperties(c) };
}

function alterView(c: Cursor): StatementBody {
  const name = c.qualifiedName("a view name");
  if (c.accept("AS") || startsQuery(c) || c.is("(")) return { kind: "alterView", name, ...parseViewQuery(c) };
  if (c.acceptPhrase("WITH", "SCHEMA")) return { kind: "alterViewSchemaBinding", name, binding: parseSchemaBinding(c) };
  if (c.acceptPhrase("RENAME", "TO")) return { kind: "alterTable", name, action: { kind: "rename", to: c.qualifiedName("a view name") }, view: true };
  const set = c.expectAny("SET", "UNSET");
  return { kind: "alterTable", name, action: set === "SET" ? setProperties(c) : unsetProperties(c), view: true };
}

function setProperties(c: Cursor): AlterAction {
  c.expect("TBLPROPERTIES");
  return { kind: "setProperties", properties: parseProperties(c) };
}

function unsetProperties(c: Cursor): AlterAction {
  c.expect("TBLPROPERTIES");
  const ifExists = acceptIfExists(c);
  return { kind: "unsetProperties", keys: c.parenthesizedList(propertyKey), ifExists };
}

function tableAction(c: Cursor): AlterAction {
  const partition = acceptPartition(c);
  if (partition !== undefined) return partitionAction(c, partition);
  switch (c.expectAny("ADD", "DROP", "RENAME", "ALTER", "CHANGE", "SET", "UNSET", "REPLACE", "RECOVER", "CLUSTER")) {
    case "ADD":
      return addAction(c);
    case "DROP":
      return dropAction(c);
    case "RENAME":
      return renameAction(c);
    case "ALTER":
    case "CHANGE":
      c.accept("COLUMN");
      return alterColumn(c);
    case "SET":
      if (c.accept("LOCATION")) return { kind: "setLocation", location: c.string() };
      return c.word === "SERDE" || c.word === "SERDEPROPERTIES" ? refuseSerde(c) : setProperties(c);
    case "UNSET":
      return unsetProperties(c);
    case "REPLACE":
      c.expect("COLUMNS");
      return { kind: "replaceColumns", columns: c.parenthesizedList(parseColumnDefinition) };
    case "RECOVER":
      c.expect("PARTITIONS");
      return { kind: "recoverPartitions" };
    default:
      c.expect("BY");
      return { kind: "clusterBy", columns: c.accept("NONE") ? [] : c.parenthesizedList((x) => x.qualifiedName()) };
  }
}

function refuseSerde(c: Cursor): never {
  return c.refuse("UNSUPPORTED_FEATURE.HIVE_TABLE", `The feature is not supported: ${c.word} of Hive tables.`, { clause: c.word }, undefined, "0A000");
}

/** Actions on one partition. */
function partitionAction(c: Cursor, from: readonly PartitionItem[]): AlterAction {
  if (c.acceptPhrase("RENAME", "TO")) return { kind: "renamePartition", from, to: parsePartition(c) };
  if (c.word === "SET" && (c.wordAt(1) === "SERDE" || c.wordAt(1) === "SERDEPROPERTIES")) {
    c.advance();
    refuseSerde(c);
  }
  if (c.isPhrase("SET", "LOCATION")) c.refuse("UNSUPPORTED_FEATURE.PARTITION_LOCATION", "The feature is not supported: a location of its own for a partition.", {}, undefined, "0A000");
  if (c.is("CHANGE") || c.is("REPLACE")) c.refuse("UNSUPPORTED_FEATURE.PARTITION_COLUMNS", "The feature is not supported: columns of its own for a partition.", {}, undefined, "0A000");
  return c.fail();
}

type AddedColumn = Extract<AlterAction, { kind: "addColumns" }>["columns"][number];

function addAction(c: Cursor): AlterAction {
  if (c.accept("COLUMNS") || c.accept("COLUMN")) return { kind: "addColumns", columns: c.is("(") ? c.parenthesizedList(addedColumn) : c.commaList(addedColumn) };
  if (c.word === "CONSTRAINT") return { kind: "addConstraint", ...parseConstraint(c) };
  const ifNotExists = acceptIfNotExists(c);
  const partitions: PartitionItem[][] = [];
  do {
    partitions.push(parsePartition(c));
    if (c.is("LOCATION")) c.refuse("UNSUPPORTED_FEATURE.PARTITION_LOCATION", "The feature is not supported: a location of its own for a partition.", {}, undefined, "0A000");
  } while (c.is("PARTITION"));
  return { kind: "addPartition", partitions, ifNotExists };
}

/** A column, perhaps within a struct (`point.z DOUBLE`), and its place. */
function addedColumn(c: Cursor): AddedColumn {
  const path = c.qualifiedName("a column name");
  const definition: ColumnDefinition = parseColumnRest(c, path.parts[path.parts.length - 1], false);
  const position = acceptPosition(c);
  return { ...definition, path, ...(position && { position }) };
}

function acceptPosition(c: Cursor): ColumnPosition | undefined {
  if (c.accept("FIRST")) return { kind: "first" };
  return c.accept("AFTER") ? { kind: "after", column: c.plainIdentifier("a column name") } : undefined;
}

function dropAction(c: Cursor): AlterAction {
  if (c.accept("COLUMNS") || c.accept("COLUMN")) {
    const ifExists = acceptIfExists(c);
    const column = (x: Cursor): QualifiedName => x.qualifiedName("a column name");
    return { kind: "dropColumns", columns: c.is("(") ? c.parenthesizedList(column) : c.commaList(column), ifExists };
  }
  if (c.accept("CONSTRAINT")) {
    const ifExists = acceptIfExists(c);
    return { kind: "dropConstraint", name: c.plainIdentifier("a constraint name").name, ifExists };
  }
  if (c.accept("FEATURE")) {
    const feature = c.kind === "string" ? c.string() : c.plainIdentifier("a table feature").name;
    return { kind: "dropFeature", feature, truncateHistory: c.acceptPhrase("TRUNCATE", "HISTORY") };
  }
  const ifExists = acceptIfExists(c);
  const partitions = c.commaList(parsePartition);
  c.accept("PURGE");
  return { kind: "dropPartition", partitions, ifExists };
}

function renameAction(c: Cursor): AlterAction {
  if (c.accept("TO")) return { kind: "rename", to: c.qualifiedName("a table name") };
  c.expect("COLUMN");
  const column = c.qualifiedName("a column name");
  c.expect("TO");
  return { kind: "renameColumn", column, to: c.plainIdentifier("a column name") };
}

function alterColumn(c: Cursor): AlterAction {
  const start = c.start;
  const column = c.qualifiedName("a column name");
  if (c.acceptPhrase("SYNC", "IDENTITY")) return { kind: "syncIdentity", column };
  if (c.accept("TYPE")) return { kind: "alterColumn", column, type: parseDataType(c) };
  if (c.accept("COMMENT")) return { kind: "alterColumn", column, comment: c.string() };
  const position = acceptPosition(c);
  if (position !== undefined) return { kind: "alterColumn", column, position };
  if (c.accept("SET")) {
    if (acceptNotNull(c)) return { kind: "alterColumn", column, nullable: false };
    c.expect("DEFAULT");
    return { kind: "alterColumn", column, default: parseSourceText(c) };
  }
  if (c.accept("DROP")) {
    if (acceptNotNull(c)) return { kind: "alterColumn", column, nullable: true };
    c.expect("DEFAULT");
    return { kind: "alterColumn", column, default: null };
  }
  if (!c.isIdentifier()) c.refuse("_LEGACY_ERROR_TEMP_0035", "Operation not allowed: ALTER TABLE table ALTER COLUMN requires a TYPE, a SET/DROP, a COMMENT, or a FIRST/AFTER.", { message: "ALTER TABLE table ALTER COLUMN requires a TYPE, a SET/DROP, a COMMENT, or a FIRST/AFTER" }, start);
  return hiveChangeColumn(c, column, start);
}

/** Hive's form, which repeats the name: `CHANGE COLUMN a a BIGINT COMMENT '...' AFTER b`. */
function hiveChangeColumn(c: Cursor, column: QualifiedName, start: number): AlterAction {
  const definition = parseColumnDefinition(c);
  const position = acceptPosition(c);
  const last = column.parts[column.parts.length - 1].name;
  if (last.toLowerCase() !== definition.name.name.toLowerCase()) c.refuse("UNSUPPORTED_FEATURE.RENAME_BY_CHANGE_COLUMN", "The feature is not supported: renaming a column by CHANGE COLUMN; use ALTER TABLE ... RENAME COLUMN.", {}, start, "0A000");
  return { kind: "alterColumn", column, type: definition.type, ...(definition.comment !== undefined && { comment: definition.comment }), ...(definition.nullable ? {} : { nullable: false }), ...(position && { position }) };
}
