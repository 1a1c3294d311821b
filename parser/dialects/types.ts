import type { DataType } from "../../catalog/types.ts";
import { BINARY, BOOLEAN, decimal, DOUBLE, FLOAT, INT, LONG, SHORT, STRING, TIMESTAMP, TIMESTAMP_NTZ } from "../../catalog/types.ts";
import type { Cursor } from "../cursor.ts";
import { parseDataType } from "../types.ts";
import type { Dialect, DialectName } from "./dialect.ts";

/** Names that mean one and the same in every dialect that has them, and that Spark has not. */
const SYNONYMS: ReadonlyMap<string, DataType> = new Map([
  ["TEXT", STRING],
  ["INT2", SHORT],
  ["INT4", INT],
  ["INT8", LONG],
  ["INT64", LONG],
  ["FLOAT4", FLOAT],
  ["FLOAT8", DOUBLE],
  ["FLOAT64", DOUBLE],
  ["BOOL", BOOLEAN],
  ["BYTES", BINARY],
  ["BYTEA", BINARY],
  ["DATETIME", TIMESTAMP_NTZ],
  ["TIMESTAMPTZ", TIMESTAMP],
  ["SIGNED", LONG],
]);

/** Names that Spark has too, and that mean something else there. */
const MEANINGS: Readonly<Partial<Record<DialectName, ReadonlyMap<string, DataType>>>> = {
  postgresql: new Map([["FLOAT", DOUBLE]]),
  redshift: new Map([["FLOAT", DOUBLE]]),
  snowflake: new Map<string, DataType>([["FLOAT", DOUBLE], ["REAL", DOUBLE], ["INT", decimal(38, 0)], ["INTEGER", decimal(38, 0)], ["BIGINT", decimal(38, 0)], ["SMALLINT", decimal(38, 0)], ["NUMBER", decimal(38, 0)], ["NUMERIC", decimal(38, 0)], ["DECIMAL", decimal(38, 0)]]),
  bigquery: new Map<string, DataType>([["INT", LONG], ["INTEGER", LONG], ["SMALLINT", LONG], ["BIGINT", LONG], ["NUMERIC", decimal(38, 9)], ["DECIMAL", decimal(38, 9)]]),
  trino: new Map([["REAL", FLOAT]]),
  sqlite: new Map([["REAL", DOUBLE], ["INTEGER", LONG], ["INT", LONG]]),
};

/** Dialects in which TIMESTAMP is a point in time; in the others it is a local date and time. */
const INSTANT_TIMESTAMPS: ReadonlySet<DialectName> = new Set(["bigquery"]);

/** Dialects in which DECIMAL without digits takes any number of them. */
const UNBOUNDED_DECIMALS: ReadonlySet<DialectName> = new Set(["postgresql", "noql"]);

/** The type that stands here, as the dialect means it; undefined when Spark has none of that meaning. */
export function dialectType(c: Cursor, dialect: Dialect): DataType | undefined {
  const word = c.word;
  const isBare = c.wordAt(1) !== "(";
  if (word === "DOUBLE" && c.wordAt(1) === "PRECISION") return passed(c, 2, DOUBLE);
  if (word === "CHARACTER" && c.wordAt(1) === "VARYING") c.advance();
  else if (word === "TIMESTAMP" && isBare) return timestampType(c, dialect);
  else if (isBare) {
    const meaning = MEANINGS[dialect.name]?.get(word) ?? SYNONYMS.get(word);
    if (meaning !== undefined) return passed(c, 1, meaning);
    if (word === "DECIMAL" || word === "NUMERIC") return UNBOUNDED_DECIMALS.has(dialect.name) ? undefined : parseDataType(c);
  }
  if ((c.word === "VARCHAR" || c.word === "VARYING") && c.wordAt(1) !== "(") return passed(c, 1, STRING);
  if (c.word === "VARYING" || (c.word === "NUMBER" && !isBare)) return undefined;
  return parseDataType(c);
}

function passed(c: Cursor, tokens: number, type: DataType): DataType {
  c.position += tokens;
  return type;
}

function timestampType(c: Cursor, dialect: Dialect): DataType {
  c.advance();
  if (c.acceptPhrase("WITH", "TIME", "ZONE")) return TIMESTAMP;
  if (c.acceptPhrase("WITHOUT", "TIME", "ZONE")) return TIMESTAMP_NTZ;
  return INSTANT_TIMESTAMPS.has(dialect.name) ? TIMESTAMP : TIMESTAMP_NTZ;
}
