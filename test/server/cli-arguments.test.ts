import { expect, test } from "vitest";
import { parseCommandLine } from "../../server/cli-arguments.ts";

test("statements and files keep their order", () => {
  expect(parseCommandLine(["-c", "SELECT 1", "-f", "a.sql", "--command=SELECT 2", "--format", "csv", "--set", "sparrow.workers=2", "--set", "a=b=c"])).toEqual({
    kind: "sql",
    inputs: [
      { kind: "command", sql: "SELECT 1" },
      { kind: "file", path: "a.sql" },
      { kind: "command", sql: "SELECT 2" },
    ],
    format: "csv",
    settings: { "sparrow.workers": "2", a: "b=c" },
    connect: undefined,
    demo: false,
  });
});

test("serve, help and version", () => {
  expect(parseCommandLine(["serve", "--port", "0", "--demo"])).toEqual({ kind: "serve", port: 0, settings: {}, demo: true });
  expect(parseCommandLine(["serve"])).toMatchObject({ port: 8765 });
  expect(parseCommandLine(["-c", "SELECT 1", "--help"])).toEqual({ kind: "help" });
  expect(parseCommandLine(["-v"])).toEqual({ kind: "version" });
});

test.each([
  [["SELECT 1"], "unexpected argument SELECT 1"],
  [["serve", "now"], "unexpected argument now"],
  [["serve", "--port", "http"], "--port http: expected a number up to 65535"],
  [["--port", "80"], "--port belongs to sparrow serve"],
  [["--format", "xml"], "--format xml: there are table, csv, json, ndjson, arrow"],
  [["--set", "sparrow.workers"], "--set sparrow.workers: expected NAME=VALUE"],
  [["--frmat", "csv"], "Unknown option '--frmat'"],
  [["-c"], "Option '-c, --command <value>' argument missing"],
])("%j is refused", (args, message) => {
  let caught: { condition?: string; message?: string } = {};
  try {
    parseCommandLine(args);
  } catch (error) {
    caught = error as typeof caught;
  }
  expect(caught.condition).toBe("INVALID_COMMAND_LINE");
  expect(caught.message).toBe(message);
});
