import { describe, expect, test } from "vitest";
import { SparrowError } from "../../catalog/errors.ts";
import { excerpt, positionOf } from "../../catalog/source-text.ts";
import { parseDataType, parseExpression, parseStatement } from "../../parser/parse.ts";

function refusal(run: () => unknown): SparrowError {
  try {
    run();
  } catch (error) {
    if (error instanceof SparrowError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** Everything that a user sees of an error. */
function report(sql: string): string {
  const error = refusal(() => parseStatement(sql));
  const lines = [`[${error.condition}] ${error.message}`];
  if (error.hint !== undefined) lines.push(error.hint);
  if (error.span !== undefined) {
    const { line, column } = positionOf(sql, error.span.start);
    lines.push(`line ${line}, column ${column}`, excerpt(sql, error.span));
  }
  return lines.join("\n");
}

describe("syntax errors", () => {
  test("a misspelled first word", () => {
    expect(report("SELEC 1")).toBe("[PARSE_SYNTAX_ERROR] Syntax error at or near 'SELEC': expected a statement\nDid you mean SELECT instead of SELEC?\nline 1, column 1\nSELEC 1\n^^^^^");
  });

  test("a misspelled word that was taken for an alias", () => {
    expect(report("SELECT a\nFORM t")).toBe("[PARSE_SYNTAX_ERROR] Syntax error at or near 't'\nDid you mean FROM instead of FORM?\nline 2, column 6\nFORM t\n     ^");
    expect(report("SELECT a FROM t WHRE a = 1")).toBe("[PARSE_SYNTAX_ERROR] Syntax error at or near 'a'\nDid you mean WHERE instead of WHRE?\nline 1, column 22\nSELECT a FROM t WHRE a = 1\n                     ^");
  });

  test("GROUP without BY", () => {
    expect(report("SELECT a FROM t GROUP a")).toBe("[PARSE_SYNTAX_ERROR] Syntax error at or near 'a'\nDid you mean GROUP BY instead of GROUP?\nline 1, column 23\nSELECT a FROM t GROUP a\n                      ^");
  });

  test("an expression that is missing", () => {
    expect(report("SELECT a, FROM t")).toBe("[PARSE_SYNTAX_ERROR] Syntax error at or near 'FROM': expected an expression\nline 1, column 11\nSELECT a, FROM t\n          ^^^^");
    expect(report("SELECT a FROM t WHERE AND b")).toBe("[PARSE_SYNTAX_ERROR] Syntax error at or near 'AND': expected an expression\nline 1, column 23\nSELECT a FROM t WHERE AND b\n                      ^^^");
    expect(report("SELECT")).toBe("[PARSE_SYNTAX_ERROR] Syntax error at or near end of input: expected an expression\nline 1, column 7\nSELECT\n      ^");
  });

  test("a parenthesis that is missing, or too many", () => {
    expect(report("SELECT (1 + 2")).toBe("[PARSE_SYNTAX_ERROR] Syntax error at or near end of input: expected AS, ',', ')'\nThe '(' at line 1, column 8 is not closed\nline 1, column 14\nSELECT (1 + 2\n             ^");
    expect(report("SELECT 1)")).toBe("[PARSE_SYNTAX_ERROR] Syntax error at or near ')'\nThere is no '(' for this ')'\nline 1, column 9\nSELECT 1)\n        ^");
  });

  test("what other systems write", () => {
    expect(report("SELECT TOP 5 * FROM t")).toContain("Write LIMIT at the end of the query instead of TOP");
    expect(report('SELECT a AS "b" FROM t')).toContain("Names are quoted with backquotes: `name`");
    expect(report("SELECT a FROM t FETCH FIRST 5 ROWS ONLY")).toContain("Write LIMIT instead of FETCH");
  });

  test("quotes and comments that do not end", () => {
    expect(report("SELECT 'abc")).toBe("[PARSE_SYNTAX_ERROR] Syntax error: unterminated string: its closing ' is missing\nline 1, column 8\nSELECT 'abc\n       ^");
    expect(report("SELECT `abc")).toBe("[PARSE_SYNTAX_ERROR] Syntax error: unterminated quoted identifier: its closing ` is missing\nline 1, column 8\nSELECT `abc\n       ^");
    expect(report("SELECT 1 /* /* */")).toBe("[UNCLOSED_BRACKETED_COMMENT] Found an unclosed bracketed comment. Please, append */ at the end of the comment.\nline 1, column 10\nSELECT 1 /* /* */\n         ^^");
  });

  test("nothing to run", () => {
    expect(report("  -- only a comment")).toContain("[PARSE_EMPTY_STATEMENT] Syntax error, unexpected empty statement.");
  });

  test("a name with a hyphen", () => {
    expect(report("USE my-db")).toBe(
      "[INVALID_IDENTIFIER] The unquoted identifier my-db is invalid and must be back quoted as: `my-db`. Unquoted identifiers can only contain ASCII letters ('a' - 'z', 'A' - 'Z'), digits ('0' - '9'), and underbar ('_').\nline 1, column 5\nUSE my-db\n    ^^^^^",
    );
  });

  test("types", () => {
    expect(refusal(() => parseDataType("INTT"))).toMatchObject({ message: 'Unsupported data type "INTT".', hint: "Did you mean INT instead of INTT?" });
    expect(refusal(() => parseDataType("decimal(39, 2)")).message).toBe("Decimal precision 39 exceeds max precision 38.");
    expect(refusal(() => parseDataType("varchar")).condition).toBe("DATATYPE_MISSING_SIZE");
    expect(refusal(() => parseDataType("array")).condition).toBe("INCOMPLETE_TYPE_DEFINITION");
  });

  test("literals", () => {
    expect(refusal(() => parseExpression("128Y")).message).toBe("Numeric literal 128 is outside the valid range for tinyint with minimum value of -128 and maximum value of 127. Please adjust the value accordingly.");
    expect(parseExpression("-128Y")).toMatchObject({ kind: "number", text: "-128", suffix: "Y" });
    expect(refusal(() => parseExpression("X'zz'")).message).toBe("The value of the typed literal \"X\" is invalid: 'zz'.");
    expect(refusal(() => parseExpression("GEO '1'")).condition).toBe("UNSUPPORTED_TYPED_LITERAL");
    expect(refusal(() => parseExpression("INTERVAL 1 MONTH 2 DAYS")).message).toBe("Cannot mix year-month and day-time fields: INTERVAL 1 MONTH 2 DAYS.");
  });

  test("a long line is cut around the error", () => {
    const sql = `SELECT ${"a + ".repeat(100)}FROM t${" ".repeat(10)}${"-- and so on".repeat(30)}`;
    const error = refusal(() => parseStatement(sql));
    const [line, carets] = excerpt(sql, error.span!).split("\n");
    expect(line.length).toBeLessThanOrEqual(106);
    expect(line.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)).toBe("FROM");
  });
});
