import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROJECT_ROOT } from "../architecture/source-files.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sparrow-command-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command as a process of its own in an empty folder. */
async function sparrow(args: readonly string[], input = ""): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [join(PROJECT_ROOT, "bin/sparrow.js"), ...args], { cwd: folder, env: { ...process.env, HOME: folder } });
  child.stdin.end(input);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (stdout += piece));
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (stderr += piece));
  const [status] = (await once(child, "close")) as [number | null];
  return { status, stdout, stderr };
}

test("-c prints tables, one after the other, and ends with 0", async () => {
  expect(await sparrow(["-c", "SELECT 1 AS a, NULL AS b; SELECT 'x' AS s", "-c", "SET spark.sql.ansi.enabled"])).toEqual({
    status: 0,
    stdout: " a |  b   \n---+------\n 1 | NULL\n(1 row)\n\n s \n---\n x\n(1 row)\n\n          key           | value \n------------------------+-------\n spark.sql.ansi.enabled | true\n(1 row)\n\n",
    stderr: "",
  });
});

describe("a failing statement ends -c with 1, one clear error, and its place", () => {
  test.each([
    ["SELECT a FORM t", "ERROR: [PARSE_SYNTAX_ERROR]", "LINE 1:15: SELECT a FORM t\n                         ^"],
    ["SELECT 1; SELECT idd FROM range(1)", "ERROR: [UNRESOLVED_COLUMN.WITH_SUGGESTION] A column, variable, or function parameter with name `idd` cannot be resolved. Did you mean one of the following? [`id`].", "LINE 1:18: SELECT 1; SELECT idd FROM range(1)\n                            ^^^"],
    ["SELECT 1 + array(1)", "ERROR: [DATATYPE_MISMATCH", "LINE 1:8"],
    ["SELECT * FROM parquet.`/no/such/file.parquet`", "ERROR: [PATH_NOT_FOUND] Path does not exist: /no/such/file.parquet.", "SQLSTATE: 42K03"],
    ["SELECT CAST(id AS INT) DIV 0 FROM range(3)", "ERROR: [DIVIDE_BY_ZERO]", "SQLSTATE: 22012"],
    ["SELECT 9223372036854775807 + id FROM range(2)", "ERROR: [ARITHMETIC_OVERFLOW]", "SQLSTATE: 22003"],
    [`SELECT ${"(".repeat(10_000)}1${")".repeat(10_000)}`, "ERROR: [", "SQLSTATE: "],
  ])("%.60s", async (sql, message, place) => {
    const { status, stderr } = await sparrow(["-c", sql, "-c", "SELECT 'not reached'"]);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).toContain(place);
    expect(stderr.match(/^ERROR/gm)).toHaveLength(1);
  });
});

test("standard input goes on after an error, and ends with 1", async () => {
  const { status, stdout, stderr } = await sparrow(["--format", "csv"], "SELECT 1 AS a;\nSELECT nope;\nSELECT ';' AS b -- ; no end\n;");
  expect([status, stdout]).toEqual([1, "a\n1\nb\n;\n"]);
  expect(stderr).toContain("LINE 2:8: SELECT nope;");
  expect(await sparrow([], "")).toEqual({ status: 0, stdout: "", stderr: "" });
});

test("-f runs a file; tables outlive the process; formats", async () => {
  writeFileSync(join(folder, "make.sql"), "CREATE TABLE t AS SELECT id, concat('n', CAST(id AS STRING)) AS name FROM range(3);\n");
  expect(await sparrow(["-f", "make.sql"])).toEqual({ status: 0, stdout: "", stderr: "" });
  expect((await sparrow(["--format", "json", "-c", "SELECT * FROM t ORDER BY id LIMIT 1"])).stdout).toBe('{"schema":[{"name":"id","type":"bigint","nullable":true},{"name":"name","type":"string","nullable":true}],"rows":[\n[0,"n0"]],"rowCount":1}\n');
  expect((await sparrow(["--format", "ndjson", "-c", "SELECT max(name) AS m FROM t"])).stdout).toBe('{"m":"n2"}\n');
  expect(await sparrow(["-f", "absent.sql"])).toMatchObject({ status: 1, stderr: expect.stringContaining("[PATH_NOT_FOUND] Cannot read absent.sql") as string });
});

test("bad files are told apart from bad statements", async () => {
  writeFileSync(join(folder, "broken.parquet"), "PAR1 this is no footer PAR1");
  writeFileSync(join(folder, "wide.csv"), "a,b\n1,2\n3,4,5\n");
  const { status, stderr } = await sparrow([], "SELECT * FROM parquet.`broken.parquet`;\nSELECT * FROM read_files('wide.csv', mode => 'FAILFAST');\n");
  expect(status).toBe(1);
  const errors = stderr.split("\n").filter((line) => line.startsWith("ERROR"));
  expect(errors).toHaveLength(2);
  expect(errors[0]).toContain("broken.parquet");
  expect(errors[1]).toContain("wide.csv");
});

test("settings on the command line are checked", async () => {
  expect(await sparrow(["--set", "spark.sql.session.timeZone=Asia/Tokyo", "--format", "csv", "-c", "SELECT CAST(TIMESTAMP '2024-01-01 00:00:00 UTC' AS STRING) AS t"])).toMatchObject({ status: 0, stdout: "t\n2024-01-01 09:00:00\n" });
  expect(await sparrow(["--set", "sparrow.wrong=1", "-c", "SELECT 1"])).toMatchObject({ status: 1, stderr: expect.stringContaining('The SQL config "sparrow.wrong" cannot be found.') as string });
});

test("a reader that leaves early ends the command quietly", async () => {
  const child = spawn(process.execPath, [join(PROJECT_ROOT, "bin/sparrow.js"), "--format", "csv", "-c", "SELECT id FROM range(3000000)"], { cwd: folder });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (stderr += piece));
  await once(child.stdout, "data");
  child.stdout.destroy();
  const [status] = (await once(child, "close")) as [number | null];
  expect([status, stderr]).toEqual([0, ""]);
});
