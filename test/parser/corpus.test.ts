import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { SparrowError } from "../../catalog/errors.ts";
import type { LexerOptions } from "../../parser/lexer.ts";
import { parseStatement } from "../../parser/parse.ts";

const CORPUS = fileURLToPath(new URL("../../../shared/corpus/", import.meta.url));
const present = existsSync(CORPUS);
if (!present) console.log(`skipped: no corpus at ${CORPUS}; TPC-DS, ClickBench and Spark's golden statements are not parsed`);

function failure(sql: string, options?: LexerOptions): SparrowError | undefined {
  try {
    parseStatement(sql, options, () => "name");
    return undefined;
  } catch (error) {
    if (error instanceof SparrowError) return error;
    throw error;
  }
}

interface Golden {
  readonly file: string;
  readonly sql: string;
  /** Set when Spark's own parser refuses the statement. */
  readonly refusedWith: string | undefined;
}

function goldens(): Golden[] {
  const root = `${CORPUS}spark-sql`;
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.includes(".sql.out"));
  return files.sort().flatMap((file) =>
    readFileSync(`${root}/${file}`, "utf8")
      .split(/^-- !query$/m)
      .slice(1)
      .map((block) => {
        const [sql] = block.split(/^-- !query schema$/m);
        const output = block.split(/^-- !query output$/m)[1] ?? "";
        const isParseError = output.trimStart().startsWith("org.apache.spark.sql.catalyst.parser.ParseException");
        return { file, sql: sql.trim(), refusedWith: isParseError ? (/"(?:errorClass|condition)" : "([^"]*)"/.exec(output)?.[1] ?? "") : undefined };
      }),
  );
}

test("all TPC-H queries parse", () => {
  const root = new URL("../../bench/tpch/queries/", import.meta.url);
  const files = readdirSync(root).filter((file) => file.endsWith(".sql"));
  expect(files.length).toBe(22);
  const refused = files.flatMap((file) => readFileSync(new URL(file, root), "utf8").split(/;\s*$/m).filter((sql) => sql.trim() !== "" && failure(sql) !== undefined));
  expect(refused).toEqual([]);
});

describe.skipIf(!present)("statements that others wrote", () => {
  test("all TPC-DS queries parse", () => {
    const files = readdirSync(`${CORPUS}tpcds`).filter((file) => file.endsWith(".sql"));
    expect(files.length).toBeGreaterThanOrEqual(99);
    const refused = files.filter((file) => failure(readFileSync(`${CORPUS}tpcds/${file}`, "utf8")) !== undefined);
    expect(refused).toEqual([]);
  });

  test("all ClickBench queries parse", () => {
    const queries = readFileSync(`${CORPUS}clickbench/queries.sql`, "utf8").split("\n").filter((line) => line.trim() !== "");
    expect(queries.length).toBe(43);
    expect(queries.filter((sql) => failure(sql) !== undefined)).toEqual([]);
  });

  /** The share of statements that Spark accepts and we too: only to be raised. */
  const ACCEPTED_FLOOR = 0.999;

  /** One file sets that double quotes are for identifiers. */
  const settingsOf = (golden: Golden): LexerOptions => ({ doubleQuotedIdentifiers: golden.file.startsWith("double-quoted-identifiers-enabled") });

  test("statements that Spark parses, we parse", () => {
    const accepted = goldens().filter((golden) => golden.refusedWith === undefined);
    const failures = accepted.filter((golden) => failure(golden.sql, settingsOf(golden)) !== undefined);
    const share = 1 - failures.length / accepted.length;
    console.log(`Spark's golden statements: ${accepted.length - failures.length} of ${accepted.length} parse`);
    expect(accepted.length).toBeGreaterThan(8000);
    expect(share).toBeGreaterThanOrEqual(ACCEPTED_FLOOR);
  });

  test("what Spark's grammar refuses, we refuse", () => {
    // EXECUTE IMMEDIATE reads its text when it runs.
    const refused = goldens().filter((golden) => golden.refusedWith === "PARSE_SYNTAX_ERROR" && !/^EXECUTE IMMEDIATE/i.test(golden.sql));
    const accepted = refused.filter((golden) => failure(golden.sql, settingsOf(golden)) === undefined).map((golden) => golden.sql);
    expect(refused.length).toBeGreaterThan(30);
    expect(accepted).toEqual([]);
  });
});
