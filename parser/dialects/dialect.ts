import type { LexerOptions } from "../lexer.ts";

/** What is known of an SQL dialect beyond its grammar: how it reads its literals, and where its meaning differs from Spark's. */
export interface Dialect {
  readonly name: DialectName;
  readonly lexer: LexerOptions;
  /** Where NULLs sort without NULLS FIRST | LAST: as less than, or greater than all values, or always at the end. Spark: lowest. */
  readonly nulls: "lowest" | "highest" | "last";
  /** `7 / 2` is 3, where Spark's is 3.5. */
  readonly integerDivision: boolean;
  /** `CAST(1.5 AS INT)` is 2, where Spark's is 1. */
  readonly castsRound: boolean;
  /** `a || b` is OR, not concatenation. */
  readonly pipesAreOr: boolean;
  /** The character that escapes `%` and `_` in LIKE patterns without ESCAPE is the backslash, as in Spark. */
  readonly likeBackslash: boolean;
  /** `concat` leaves NULLs out, where Spark's gives NULL. */
  readonly concatSkipsNulls: boolean;
  /** `least` and `greatest` give NULL when any argument is, where Spark's leave NULLs out. */
  readonly leastOfNullIsNull: boolean;
}

const STANDARD = { lexer: { doubleQuotedIdentifiers: true, plainBackslashes: true }, pipesAreOr: false, castsRound: false, integerDivision: true, likeBackslash: false, concatSkipsNulls: false, leastOfNullIsNull: false } as const;
const BACKSLASHES = { lexer: {}, pipesAreOr: false, castsRound: false, integerDivision: false, likeBackslash: true, concatSkipsNulls: false, leastOfNullIsNull: true, nulls: "lowest" } as const;
const POSTGRES = { ...STANDARD, castsRound: true, nulls: "highest", likeBackslash: true, concatSkipsNulls: true } as const;
const MYSQL = { ...BACKSLASHES, lexer: { hashComments: true }, castsRound: true, pipesAreOr: true } as const;
const TRINO = { ...STANDARD, castsRound: true, nulls: "last", leastOfNullIsNull: true } as const;

/** The dialects that node-sql-parser has a grammar for; each name is its file under `node-sql-parser/build`. */
export const DIALECTS = {
  postgresql: { name: "postgresql", ...POSTGRES },
  redshift: { name: "redshift", ...POSTGRES, concatSkipsNulls: false },
  noql: { name: "noql", ...POSTGRES },
  mysql: { name: "mysql", ...MYSQL },
  mariadb: { name: "mariadb", ...MYSQL },
  bigquery: { name: "bigquery", ...BACKSLASHES, castsRound: true, lexer: { hashComments: true } },
  snowflake: { name: "snowflake", ...STANDARD, castsRound: true, lexer: { doubleQuotedIdentifiers: true }, nulls: "highest", integerDivision: false, leastOfNullIsNull: true },
  trino: { name: "trino", ...TRINO },
  athena: { name: "athena", ...TRINO },
  hive: { name: "hive", ...BACKSLASHES },
  flinksql: { name: "flinksql", ...STANDARD, lexer: { plainBackslashes: true }, nulls: "lowest", leastOfNullIsNull: true },
  db2: { name: "db2", ...STANDARD, nulls: "highest", leastOfNullIsNull: true },
  sqlite: { name: "sqlite", ...STANDARD, nulls: "lowest", leastOfNullIsNull: true },
  transactsql: { name: "transactsql", ...STANDARD, nulls: "lowest", concatSkipsNulls: true },
} as const satisfies Readonly<Record<string, Omit<Dialect, "name"> & { readonly name: string }>>;

export type DialectName = keyof typeof DIALECTS;

export function isDialectName(name: string): name is DialectName {
  return Object.hasOwn(DIALECTS, name);
}
