/** A place where Spark's text of a TPC-DS query is not DuckDB's. */
interface Rewriting {
  readonly why: string;
  readonly pattern: RegExp;
  readonly replacement: string;
}

const REWRITINGS: readonly Rewriting[] = [
  { why: "quoted names stand in backticks in Spark, in double quotes in DuckDB", pattern: /`([^`]*)`/g, replacement: '"$1"' },
  { why: "RETURNS is reserved in DuckDB and cannot name a column without AS", pattern: /(?<!as )\breturns\b(?=\s*[,\n])/gi, replacement: '"returns"' },
  { why: "AT is reserved in DuckDB", pattern: /\)\s+at\b(?=\s*,)/gi, replacement: ') AS "at"' },
  {
    why: "a cast to INT rounds in DuckDB and truncates in Spark",
    pattern: /cast\(\((revenue \/ 50)\) AS INT\)/gi,
    replacement: "CAST(trunc($1) AS INT)",
  },
];

/** Spark's text of a TPC-DS query as DuckDB takes it. */
export function tpcdsForDuckDB(sql: string): string {
  return REWRITINGS.reduce((text, { pattern, replacement }) => text.replace(pattern, replacement), sql);
}

/** The query without its last LIMIT, which cuts between rows that its ORDER BY leaves equal: so that results can be compared. */
export function withoutLimit(sql: string): string {
  return sql.trim().replace(/;$/, "").replace(/\bLIMIT\s+\d+\s*$/i, "");
}
