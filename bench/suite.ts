/** A query of a benchmark. `sql` is in Spark's dialect and, unless `duckdb` is given, in DuckDB's too. */
export interface BenchQuery {
  readonly id: string;
  readonly sql: string;
  readonly duckdb?: string;
  /** What is run to compare answers, where LIMIT cuts between equals and the query itself has more than one right answer. */
  readonly comparable?: string;
  readonly comparableDuckDB?: string;
}

/** One Parquet file under the name that the queries use. */
export interface BenchTable {
  readonly name: string;
  readonly path: string;
}

/** Data that is ready on disk, and the queries over it. */
export interface Suite {
  readonly name: string;
  /** Scale factor, or rows in millions. */
  readonly size: number;
  readonly tables: readonly BenchTable[];
  readonly queries: readonly BenchQuery[];
  /** The same query with other literals, by number of the run; the text itself when it has none that may change. */
  readonly vary: (sql: string, run: number) => string;
}

/** `hot`: tables are loaded into the engines' memory first. `parquet`: every run reads the files. */
export type BenchMode = "hot" | "parquet";
