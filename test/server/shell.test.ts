import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Engine } from "../../server/engine.ts";
import { embeddedClient } from "../../server/repl/client.ts";
import { Output } from "../../server/repl/output.ts";
import { runShell } from "../../server/repl/shell.ts";
import { fakeExecutor } from "./fake-executor.ts";

/** A busy machine may take its time. */
const PATIENCE = { timeout: 30_000 };

let folder: string;
let stdin: PassThrough & { isTTY?: boolean };
let shown: string;
let errors: string;
let ended: Promise<void>;
let executor: ReturnType<typeof fakeExecutor>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sparrow-shell-"));
  stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  shown = "";
  errors = "";
  stdout.on("data", (piece: Buffer) => (shown += piece.toString()));
  stderr.on("data", (piece: Buffer) => (errors += piece.toString()));
  executor = fakeExecutor();
  const engine = new Engine({ catalog: "memory", settings: { "spark.sql.warehouse.dir": folder }, createExecutor: async () => executor });
  ended = runShell(embeddedClient(engine.newSession()), new Output(stdout, "table"), { stdin, stdout, stderr }, join(folder, "history"));
});
afterEach(async () => {
  stdin.write("\\q\n");
  await ended;
  rmSync(folder, { recursive: true });
});

/** Types a line, and waits until the text appears behind what was shown before. */
async function expectAfter(line: string, expected: string | RegExp): Promise<void> {
  const before = shown.length + errors.length;
  stdin.write(`${line}\n`);
  await expect.poll(() => (shown + errors).length > before && (typeof expected === "string" ? (shown + errors).includes(expected) : expected.test(shown + errors)), PATIENCE).toBe(true);
}

test("a statement takes several lines and ends with a semicolon", async () => {
  await expectAfter("SELECT 1 AS a,", "-> ");
  await expectAfter("  'x;y' AS b; -- done", " 1 | x;y\n(1 row)");
  await expectAfter("SELECT nope;", "LINE 1:8: SELECT nope;");
  await expectAfter("SELECT 2 AS still_here;", "          2\n(1 row)");
});

test("meta commands list, describe, and change how results look", async () => {
  await expectAfter("CREATE TEMPORARY VIEW v AS SELECT 1 AS number;", "sparrow> ");
  await expectAfter("\\d", /\| v +\| true/);
  await expectAfter("\\dv", /viewName/);
  await expectAfter("\\dn", "default\n(1 row)");
  await expectAfter("\\d v", " number   | int");
  await expectAfter("\\x", "Expanded display is on.");
  await expectAfter("SELECT * FROM v;", "-[ RECORD 1 ]-\nnumber | 1\n");
  await expectAfter("\\timing on", "Timing is on.");
  await expectAfter("SELECT 3 AS three;", /Time: \d+\.\d{3} ms/);
  await expectAfter("\\nothing", "There is no command \\nothing.");
  await expectAfter("\\?", "\\timing");
});

test("\\i runs a file, \\o sends results to one", async () => {
  writeFileSync(join(folder, "script.sql"), "CREATE TEMPORARY VIEW w AS SELECT 5 AS five;\nSELECT five FROM w;\n");
  await expectAfter(`\\i ${join(folder, "script.sql")}`, "five \n------\n    5");
  await expectAfter(`\\i ${join(folder, "absent.sql")}`, "[PATH_NOT_FOUND] Cannot open");
  await expectAfter(`\\o ${join(folder, "out.txt")}`, "sparrow> ");
  await expectAfter("SELECT 'kept' AS k;", "sparrow> ");
  await expectAfter("\\o", "sparrow> ");
  await expect.poll(() => readFileSync(join(folder, "out.txt"), "utf8"), PATIENCE).toContain(" kept");
  expect(shown).not.toContain("\n kept");
});

test("Ctrl-C cancels what runs, then forgets what was begun, then leaves", async () => {
  stdin.write("SELECT id FROM range(100000000);\n");
  await expect.poll(() => executor.executed.length, PATIENCE).toBe(1);
  stdin.write("\u0003");
  await expect.poll(() => errors, PATIENCE).toContain("[OPERATION_CANCELED]");
  await expectAfter("SELECT 1 AS begun,", "-> ");
  stdin.write("\u0003");
  await expectAfter("SELECT 4 AS fresh;", "     4\n(1 row)");
  stdin.write("\u0003");
  await expect.poll(() => shown, PATIENCE).toContain("press Ctrl-C again");
  stdin.write("\u0003");
  await ended;
});

test("what was typed is remembered", async () => {
  await expectAfter("SELECT 1,", "-> ");
  await expectAfter("2;", "(1 row)");
  await expect.poll(() => readFileSync(join(folder, "history"), "utf8"), PATIENCE).toBe("SELECT 1, 2;\n");
});
