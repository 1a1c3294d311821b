import { readFileSync } from "node:fs";
import type { BenchQuery } from "../suite.ts";

const BENCHMARK_ROWS = 100_000_000;

/**
 * The queries of a file, one a line, numbered from 0 as ClickBench does. Spark's text is the file's but for one thing, which no smaller table
 * can do without: groups that must have more than 100,000 of 100 million rows must have as great a share of the table.
 * DuckDB's text differs where its dialect does: a replacement names a group `\1`, not `$1`, and a backslash in a literal is itself.
 */
export function clickbenchQueries(file: string, rows: number): readonly BenchQuery[] {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.trim().replace(/;$/, ""))
    .filter((line) => line !== "");
  return lines.map((line, i) => {
    const sql = line.replace(/COUNT\(\*\) > 100000\b/g, `COUNT(*) > ${Math.round((100_000 * rows) / BENCHMARK_ROWS)}`);
    return { id: `q${String(i).padStart(2, "0")}`, sql, duckdb: forDuckDB(sql), comparable: totalOrder(sql), comparableDuckDB: totalOrder(forDuckDB(sql)) };
  });
}

/** Spark reads `\.` in a literal as `.`. */
function forDuckDB(sql: string): string {
  return sql.replaceAll("\\.", ".").replaceAll("'$1'", "'\\1'");
}

/**
 * The query with an order that leaves no ties, so that LIMIT cuts at the same row in every engine: all output columns follow the sort keys.
 * A LIMIT without ORDER BY chooses any rows: then only their number is compared.
 */
function totalOrder(sql: string): string {
  const limit = /\bLIMIT \d+( OFFSET \d+)?$/.exec(sql);
  if (limit === null) return sql;
  if (!/\bORDER BY\b/.test(sql)) return `SELECT COUNT(*) FROM (${sql}) AS t`;
  const body = sql.slice(0, limit.index).trim();
  const list = /^SELECT (.*?) FROM /s.exec(sql)![1];
  const keys = list === "*" ? "WatchID" : selectItems(list).map((_, i) => String(i + 1)).join(", ");
  return `${body}, ${keys} ${limit[0]}`;
}

/** The items of a SELECT list: split at commas outside of parentheses. */
function selectItems(list: string): string[] {
  const items: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < list.length; i++) {
    if (list[i] === "(") depth++;
    else if (list[i] === ")") depth--;
    else if (list[i] === "," && depth === 0) {
      items.push(list.slice(from, i));
      from = i + 1;
    }
  }
  return [...items, list.slice(from)];
}
