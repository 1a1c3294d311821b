import { isDeepStrictEqual } from "node:util";
import { array, assert, constantFrom, letrec, oneof, property, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { SparrowError } from "../../catalog/errors.ts";
import { parseDialect } from "../../parser/dialects/parse-dialect.ts";
import { parseStatement } from "../../parser/parse.ts";
import { withoutSpans } from "./without-spans.ts";

async function outcome(dialect: string, sql: string): Promise<unknown> {
  try {
    return withoutSpans(await parseDialect(sql, dialect));
  } catch (error) {
    if (error instanceof SparrowError) return `[${error.condition}] ${error.message}`;
    throw error;
  }
}

const refusal = (dialect: string, construct: string): string => `[UNSUPPORTED_DIALECT_CONSTRUCT] SQL in the dialect ${dialect} is not supported here: ${construct}`;

describe("what node-sql-parser misreads is repaired", () => {
  const andOr = "SELECT a FROM t WHERE a = 1 OR b = 2 AND c = 3";
  test.each([
    // AND and OR with one precedence, in most of its dialects.
    ...["postgresql", "mysql", "mariadb", "snowflake", "noql", "redshift", "sqlite", "trino", "athena", "db2", "flinksql", "hive", "bigquery", "transactsql"].map((dialect): [string, string] => [dialect, andOr]),
    // Words that join, read as aliases.
    ["postgresql", "SELECT * FROM a NATURAL JOIN b"],
    ["bigquery", "SELECT * FROM a NATURAL JOIN b"],
    ["postgresql", "SELECT * FROM t ANTI JOIN u ON t.a = u.a"],
    ["mysql", "SELECT * FROM t SEMI JOIN u ON t.a = u.a"],
    ["postgresql", "SELECT * FROM t CROSS JOIN u"],
    // A relation after a join condition, read as one more condition.
    ["postgresql", "SELECT * FROM a LEFT JOIN b ON a.x = b.x, c"],
    ["bigquery", "SELECT * FROM a JOIN b ON a.x = b.x, c WHERE c.y = 1"],
    // NOT before a parenthesis, read as a function.
    ["postgresql", "SELECT NOT (a + b) > 5 FROM t"],
    ["bigquery", "SELECT NOT (a + b) > 5 AND c FROM t"],
    // NOT, AND, OR without comparisons.
    ["mysql", "SELECT a AND NOT b OR c AND d FROM t"],
    ["bigquery", "SELECT NOT a OR b AND NOT c FROM t"],
    ["trino", "SELECT a FROM t WHERE x IS NULL AND y OR z LIKE 'p' AND w IN (1, 2)"],
    // Numbers that pass through a double.
    ["postgresql", "SELECT 0.12345678901234567890123, -9223372036854775808, -0.0"],
    ["mysql", "SELECT 12345678901234567890.10"],
    // INTERSECT without its precedence.
    ["postgresql", "SELECT 1 UNION ALL SELECT 2 INTERSECT SELECT 3"],
    ["mysql", "SELECT 1 UNION SELECT 2 UNION SELECT 3 EXCEPT SELECT 4"],
    // Escapes that it resolves by half.
    ["mysql", "SELECT 'it''s', 'it\\'s', 'a\\\\b\\n' FROM t"],
    // A pattern that is put together.
    ["snowflake", "SELECT a FROM t WHERE a NOT LIKE ('x' || 'y')"],
    // Frames, which it keeps as text.
    ["postgresql", "SELECT sum(a) OVER (PARTITION BY b ROWS BETWEEN 1 PRECEDING AND UNBOUNDED FOLLOWING) FROM t"],
    // BETWEEN and its AND.
    ["mysql", "SELECT a BETWEEN 1 AND 2 AND b OR c FROM t"],
    ["postgresql", "SELECT ((a + b)) * c, (a), ((a)), -(a), - -a FROM t"],
  ])("%s: %s", async (dialect, sql) => {
    expect(await outcome(dialect, sql)).toEqual(withoutSpans(parseStatement(sql)));
  });
});

describe("what it misreads and cannot be repaired, or means something else in Spark, is refused by name", () => {
  test.each([
    ["postgresql", "SELECT 1L", "the number 1L"],
    ["mysql", "SELECT X'1F'", "the expression at X"],
    ["mysql", "SELECT 'a' 'b'", "the part at 'b' is not read reliably"],
    ["mysql", "SELECT r'x'", "the part at r'x' is not read reliably"],
    ["mysql", "SELECT /*+ BROADCAST(t) */ a FROM t", "the part at /*+ is not read reliably"],
    ["mysql", "SELECT a || b FROM t", "||, which is OR there; write CONCAT or OR"],
    ["postgresql", "SELECT a || b + c FROM t", "operators side by side that dialects group differently; put parentheses"],
    ["postgresql", "SELECT a = b = c FROM t", "operators side by side that dialects group differently; put parentheses"],
    ["mysql", "SELECT a & b + c FROM t", "operators side by side that dialects group differently; put parentheses"],
    ["postgresql", "SELECT a / b FROM t", "/, which drops the remainder of integers there; cast a side, or write DIV in Spark SQL"],
    ["postgresql", "SELECT a::int FROM t", "a cast to an integer, which rounds there and cuts in Spark; cast ROUND(...) or FLOOR(...) of it"],
    ["postgresql", "SELECT DISTINCT ON (a) a, b FROM t", "DISTINCT ON"],
    ["postgresql", "SELECT f(x -> x + 1)", "the operator ->"],
    ["postgresql", "SELECT a ->> 'x' FROM t", "the operator ->>"],
    ["postgresql", "SELECT a[1] FROM t", "an index, whose first position differs"],
    ["bigquery", "SELECT a[OFFSET(0)] FROM t", "an index, whose first position differs"],
    ["postgresql", "SELECT extract(dow FROM d) FROM t", "the field dow of EXTRACT"],
    ["postgresql", "SELECT E'a\\n'", "the expression at E"],
    ["postgresql", "SELECT $$a$$", "the expression at $"],
    ["postgresql", "SELECT * FROM generate_series(1, 10)", "the table function generate_series"],
    ["postgresql", "SELECT * FROM a JOIN LATERAL (SELECT 1) b ON true", "LATERAL"],
    ["postgresql", "SELECT * FROM a JOIN (b JOIN c ON b.x = c.x) ON a.x = b.x", "relations in parentheses"],
    ["postgresql", "SELECT to_char(d, 'YYYY') FROM t", "the function to_char: its patterns are others"],
    ["transactsql", "SELECT avg(a) FROM t", "the function avg: it cuts the average of integers"],
    ["postgresql", "SELECT left(a, b) FROM t", "a length of left that is not a literal, which may be negative there"],
    ["trino", "SELECT split(a, '.') FROM t", "the function split: its separator is no regular expression"],
    ["bigquery", "SELECT greatest(a, b) FROM t", "the function greatest: it gives NULL when an argument is NULL"],
    ["postgresql", "SELECT substr(a, 0, 2) FROM t", "a start of SUBSTRING that is not a positive literal"],
    ["trino", "SELECT a FROM t WHERE a LIKE 'x\\%'", "a backslash in a LIKE pattern without ESCAPE"],
    ["bigquery", "SELECT 1 UNION ALL SELECT 2 EXCEPT DISTINCT SELECT 3", "different set operations without parentheses between them"],
    ["mysql", "SELECT a FROM t GROUP BY a WITH ROLLUP", "the part at WITH is not read reliably"],
    ["mysql", "SELECT 5--1", "the comment --1"],
    ["mysql", "SELECT /*!50000 1 */ 2", "the comment /*!50000 1 */"],
    ["mysql", "SELECT a = ANY (SELECT 1) FROM t", "a comparison with ANY (...)"],
    ["postgresql", "INSERT INTO t VALUES (1)", "the statement INSERT; only queries are read in it"],
    ["postgresql", "SELECT 1; SELECT 2", "several statements at once"],
    ["mysql", `SELECT ${"(".repeat(1000)}1${")".repeat(1000)}`, "more than 30 nested parentheses"],
    ["mysql", `SELECT a${" + a".repeat(2000)}`, "a statement that nests deeper than 500 levels"],
    ["mysql", `SELECT a${", a".repeat(20_000)}`, "a statement of more than 20000 words and symbols"],
  ])("%s: %s", async (dialect, sql, construct) => {
    expect(await outcome(dialect, sql)).toBe(refusal(dialect, construct));
  });

  test("text that is no SQL of the dialect", async () => {
    expect(await outcome("postgresql", "SELEC 1")).toBe("[PARSE_SYNTAX_ERROR] Syntax error at or near '1': not understood as postgresql");
    expect(await outcome("postgresql", " ")).toBe("[PARSE_EMPTY_STATEMENT] Syntax error, unexpected empty statement.");
    expect(await outcome("oracle", "SELECT 1")).toBe("[UNSUPPORTED_DIALECT] The SQL dialect oracle is not known. Known are: spark, postgresql, redshift, noql, mysql, mariadb, bigquery, snowflake, trino, athena, hive, flinksql, db2, sqlite, transactsql.");
  });
});

describe("a query in another dialect is the Spark query of the same meaning", () => {
  test.each([
    ["postgresql", 'SELECT "A b".c::text, round(a)::bigint, CAST(a AS double precision) FROM "A b"', "SELECT `A b`.c::string, round(a)::bigint, CAST(a AS double) FROM `A b`"],
    ["postgresql", "SELECT a FROM t ORDER BY a, b DESC, c NULLS FIRST", "SELECT a FROM t ORDER BY a NULLS LAST, b DESC NULLS FIRST, c NULLS FIRST"],
    ["trino", "SELECT a FROM t ORDER BY a, b DESC", "SELECT a FROM t ORDER BY a NULLS LAST, b DESC NULLS LAST"],
    ["mysql", "SELECT a FROM t ORDER BY a LIMIT 10, 5", "SELECT a FROM t ORDER BY a LIMIT 5 OFFSET 10"],
    ["postgresql", "SELECT a FROM t OFFSET 3 LIMIT 5", "SELECT a FROM t LIMIT 5 OFFSET 3"],
    ["postgresql", "SELECT trim(a, 'x'), ltrim(a, 'x'), rtrim(a), left(a, 2) FROM t", "SELECT btrim(a, 'x'), ltrim('x', a), rtrim(a), left(a, 2) FROM t"],
    ["mysql", "SELECT STDDEV(a), STDDEV_SAMP(a) FROM t", "SELECT stddev_pop(a), STDDEV_SAMP(a) FROM t"],
    ["mysql", "SELECT GROUP_CONCAT(DISTINCT a ORDER BY b SEPARATOR '; '), GROUP_CONCAT(c) FROM t", "SELECT string_agg(DISTINCT a, '; ') WITHIN GROUP (ORDER BY b), string_agg(c, ',') FROM t"],
    ["mysql", "SELECT IFNULL(`a b`, 'x') FROM `t`", "SELECT IFNULL(`a b`, 'x') FROM t"],
    ["mysql", 'SELECT DATE_SUB(d, INTERVAL 2 DAY), length(s), "x" FROM t', "SELECT d - INTERVAL 2 DAY, octet_length(s), 'x' FROM t"],
    ["bigquery", "SELECT SAFE_CAST(a AS FLOAT64), countif(b > 1), safe_divide(a, b) FROM `p.d.t`", "SELECT TRY_CAST(a AS DOUBLE), count_if(b > 1), try_divide(a, b) FROM p.d.t"],
    ["postgresql", "SELECT string_agg(a, ','), concat(a, b), random(), date_trunc('month', d) FROM t WHERE a ILIKE 'x%'", "SELECT string_agg(a, ','), concat_ws('', a, b), rand(), date_trunc('month', d) FROM t WHERE a ILIKE 'x%'"],
    ["snowflake", "SELECT iff(a > 1, 2, 3) FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY b) = 1", "SELECT if(a > 1, 2, 3) FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY b NULLS LAST) = 1"],
    ["postgresql", "WITH c(x) AS (SELECT 1) SELECT (SELECT max(y) FROM u WHERE u.x = c.x) AS m FROM c WHERE NOT EXISTS (SELECT 1 FROM v) AND x NOT IN (SELECT y FROM w)", undefined],
    ["postgresql", "SELECT CASE WHEN a > 1 THEN 'x' ELSE 'y' END, CASE a WHEN 1 THEN 2 END, sum(a) FILTER (WHERE b > 1), a IS DISTINCT FROM b, a IS NOT TRUE FROM t", undefined],
    ["postgresql", "SELECT date '2020-01-01' + interval '1 day', extract(year FROM d), a / 2.0 FROM t", undefined],
    ["mysql", "SELECT t.*, count(DISTINCT a) AS n, a + b * c - d % e FROM t JOIN u USING (x) GROUP BY a, b HAVING count(*) > 1", undefined],
  ])("%s: %s", async (dialect, sql, spark) => {
    expect(await outcome(dialect, sql)).toEqual(withoutSpans(parseStatement(spark ?? sql)));
  });
});

describe("random expressions", () => {
  const { expression } = letrec<{ expression: string; operand: string }>((tie) => ({
    operand: oneof({ weight: 4, arbitrary: constantFrom("a", "b", "t.c", "1", "2.50", "'s'", "NULL", "TRUE") }, { weight: 2, arbitrary: tie("expression").map((e) => `(${e})`) }, { weight: 1, arbitrary: tie("operand").map((e) => `coalesce(${e}, a)`) }, { weight: 1, arbitrary: tuple(tie("operand"), tie("operand")).map(([when, then]) => `CASE WHEN ${when} = a THEN ${then} ELSE b END`) }),
    expression: oneof(
      { maxDepth: 3, withCrossShrink: true },
      tie("operand"),
      tuple(tie("expression"), constantFrom("AND", "OR", "AND", "OR", "=", "<", ">=", "<>", "+", "-", "*", "%"), tie("expression")).map((parts) => parts.join(" ")),
      tie("expression").map((e) => `NOT ${e}`),
      tuple(tie("operand"), constantFrom("IS NULL", "IS NOT NULL", "IN (1, 2)", "NOT IN (3)", "LIKE 'x'", "NOT LIKE 'y'", "BETWEEN 1 AND 2")).map((parts) => parts.join(" ")),
      tie("operand").map((e) => `- ${e}`),
    ),
  }));

  test.each(["postgresql", "mysql", "snowflake", "bigquery", "trino", "hive", "sqlite"])("%s reads them as Spark does, or refuses them", async (dialect) => {
    const expressions = array(expression, { minLength: 100, maxLength: 100 });
    const texts: string[] = [];
    assert(
      property(expressions, (list) => {
        texts.push(...list);
        return true;
      }),
      { numRuns: 1, seed: 20_260 },
    );
    const read: [sql: string, found: unknown][] = [];
    for (const text of texts) {
      const sql = `SELECT ${text} AS z FROM t`;
      read.push([sql, await outcome(dialect, sql)]);
    }
    const accepted = read.filter(([, found]) => typeof found !== "string");
    expect(accepted.filter(([sql, found]) => !isDeepStrictEqual(found, withoutSpans(parseStatement(sql)))).map(([sql]) => sql)).toEqual([]);
    // Too few, and the comparison would mean nothing.
    expect(accepted.length).toBeGreaterThan(40);
  });
});
