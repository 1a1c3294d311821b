import { expect, test } from "vitest";
import { acceptedFormat, sqlRequest } from "../../server/http/sql-request.ts";

test("a body is SQL text, or JSON with what belongs to it", () => {
  expect(sqlRequest("SELECT 1")).toEqual({ sql: "SELECT 1" });
  expect(sqlRequest({ sql: "SELECT ?", parameters: [1, null], settings: { "spark.sql.ansi.enabled": "false" }, session: "s" })).toEqual({
    sql: "SELECT ?",
    parameters: [1, null],
    settings: { "spark.sql.ansi.enabled": "false" },
    session: "s",
  });
});

test.each([
  [null, "the body must be SQL text, or a JSON object with `sql`"],
  [["SELECT 1"], "the body must be SQL text, or a JSON object with `sql`"],
  [{}, "`sql` must be a string"],
  [{ sql: "x", parameters: [{}] }, "`parameters` must be a list or an object of strings, numbers, booleans and nulls"],
  [{ sql: "x", settings: { a: 1 } }, "`settings` must be an object of strings"],
  [{ sql: "x", session: 1 }, "`session` must be a string"],
  [{ sql: "x", query: "y" }, "`query` is not known; there are sql, parameters, settings and session"],
])("%j is refused", (body, why) => {
  expect(() => sqlRequest(body)).toThrow(`The request is invalid: ${why}.`);
});

test("the format follows the Accept header", () => {
  expect(acceptedFormat(undefined)).toBe("json");
  expect(acceptedFormat("text/html, text/csv;q=0.9, application/x-ndjson")).toBe("ndjson");
  expect(acceptedFormat("text/html, */*;q=0.1")).toBe("json");
  expect(acceptedFormat("application/vnd.apache.arrow.stream")).toBe("arrow");
  expect(() => acceptedFormat("image/png")).toThrow("No result format for Accept: image/png.");
});
