import { expect, test } from "vitest";
import { SparrowError } from "../../catalog/errors.ts";
import { errorText } from "../../server/error-text.ts";

test("an error shows its line in the script, a caret, detail, hint and SQLSTATE", () => {
  const script = "SELECT 1;\nSELECT a FORM t;";
  const error = new SparrowError("PARSE_SYNTAX_ERROR", "42601", "Syntax error at or near 't'", {}, { span: { start: 14, end: 15 }, detail: "More.", hint: "Did you mean FROM instead of FORM?" });
  expect(errorText(error, script, 10)).toBe(
    [
      "ERROR: [PARSE_SYNTAX_ERROR] Syntax error at or near 't'",
      "LINE 2:15: SELECT a FORM t;",
      "                         ^",
      "DETAIL: More.",
      "HINT: Did you mean FROM instead of FORM?",
      "SQLSTATE: 42601",
      "",
    ].join("\n"),
  );
});

test("a fault of ours says so and keeps its stack", () => {
  expect(errorText(new Error("oops"))).toMatch(/^ERROR: \[INTERNAL_ERROR\] This is a fault in Sparrow, not in your statement\.\nError: oops\n {4}at /);
});
