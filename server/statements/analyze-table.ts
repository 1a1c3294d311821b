import type { AnalyzedStatistics, TableEntry } from "../../catalog/ports.ts";
import { isNested } from "../../catalog/types.ts";
import type { Statement } from "../../parser/ast.ts";
import { parseQuery } from "../../parser/parse.ts";
import { valueReader } from "../../executor/result-values.ts";
import { CATALOG_NAME, quoted, requireDatabaseName, tableNotFound } from "../object-names.ts";
import { runQuery, type RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { emptyResult, type StatementResult } from "../statement-result.ts";
import { requireTable } from "./require-table.ts";

type AnalyzeTable = Extract<Statement, { kind: "analyzeTable" }>;

/**
 * ANALYZE TABLE ... COMPUTE STATISTICS [FOR COLUMNS ... | FOR ALL COLUMNS]: counts rows, NULLs and (approximately) distinct values, and keeps the numbers
 * in the catalog, where the planner finds them. NOSCAN has nothing to do: sizes are read from the files each time.
 */
export async function runAnalyzeTable(session: Session, statement: AnalyzeTable, options: RunOptions): Promise<StatementResult> {
  const table = await requireTable(session, statement.name, "ANALYZE TABLE");
  if (!statement.noScan) await analyze(session, table, columnsToCount(table, statement), options);
  return emptyResult();
}

/** ANALYZE TABLES [IN database]. */
export async function runAnalyzeTables(session: Session, { database, noScan }: Extract<Statement, { kind: "analyzeTables" }>, options: RunOptions): Promise<StatementResult> {
  const tables = await session.engine.catalog.tables(database === undefined ? session.database : requireDatabaseName(database));
  if (!noScan) for (const table of tables) await analyze(session, table, [], options);
  return emptyResult();
}

function columnsToCount(table: TableEntry, { columns, name }: AnalyzeTable): string[] {
  if (columns === "none") return [];
  const countable = table.schema.filter((field) => !isNested(field.type)).map((field) => field.name);
  if (columns === "all") return countable;
  return columns.map((column) => {
    const found = countable.find((candidate) => candidate.toLowerCase() === column.name.toLowerCase());
    if (found === undefined) throw tableNotFound([...name.parts.map((part) => part.name), column.name], column.span);
    return found;
  });
}

async function analyze(session: Session, table: TableEntry, columns: readonly string[], options: RunOptions): Promise<void> {
  const counts = columns.flatMap((column) => [`approx_count_distinct(${quoted(column)})`, `count(${quoted(column)})`]);
  const query = parseQuery(`SELECT ${["count(*)", ...counts].join(", ")} FROM ${quoted(CATALOG_NAME, table.database, table.name)}`);
  const numbers: number[] = [];
  for await (const batch of (await runQuery(session, query, { signal: options.signal })).batches) numbers.push(...batch.columns.map((column) => Number(valueReader(column)(0))));
  const [rows, ...found] = numbers;
  const counted = Object.fromEntries(columns.map((column, i) => [column, { distinct: found[2 * i], nulls: rows - found[2 * i + 1] }]));
  const statistics: AnalyzedStatistics = { rows, columns: { ...table.statistics?.columns, ...counted } };
  await session.engine.catalog.putTable({ ...table, statistics }, "replace");
}
