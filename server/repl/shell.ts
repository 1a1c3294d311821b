import { appendFile, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { isComplete } from "../../parser/parse.ts";
import type { Streams } from "../cli.ts";
import { packageVersion } from "../version.ts";
import { errorText } from "../error-text.ts";
import { runMetaCommand } from "./meta-commands.ts";
import type { SqlClient } from "./client.ts";
import type { Output } from "./output.ts";
import { runScript } from "./run-script.ts";

const PROMPT = "sparrow> ";
const CONTINUATION = "      -> ";
const HISTORY_LINES = 1000;

/**
 * The interactive shell: a statement may take several lines and ends with a semicolon. Ctrl-C cancels what runs, or forgets what was begun; at an
 * empty prompt a second press leaves, as Ctrl-D and `\q` do.
 */
export async function runShell(client: SqlClient, output: Output, { stdin, stdout, stderr }: Streams, historyFile = join(homedir(), ".sparrow_history")): Promise<void> {
  const history = await readHistory(historyFile);
  const readline = createInterface({ input: stdin, output: stdout, terminal: stdin.isTTY === true, history: history.toReversed(), historySize: HISTORY_LINES, prompt: PROMPT });
  stdout.write(`Sparrow ${packageVersion()}. A statement ends with ";", \\? shows the commands.\n`);

  let running: AbortController | undefined;
  let pending = "";
  let interrupted = false;
  readline.on("SIGINT", () => {
    if (running !== undefined) {
      running.abort();
      return;
    }
    if (pending === "" && readline.line === "" && interrupted) {
      readline.close();
      return;
    }
    interrupted = pending === "" && readline.line === "";
    pending = "";
    stdout.write(interrupted ? "\n(press Ctrl-C again to leave)\n" : "\n");
    discardLine(readline);
    readline.setPrompt(PROMPT);
    readline.prompt();
  });

  readline.prompt();
  for await (const line of readline) {
    interrupted = false;
    running = new AbortController();
    const { signal } = running;
    if (pending === "" && line.trimStart().startsWith("\\")) {
      const leave = await runMetaCommand(line.trim(), { client, output, stderr, signal }).catch((error: unknown) => void stderr.write(errorText(error)));
      await remember(historyFile, line);
      if (leave === "leave") break;
    } else {
      pending = pending === "" ? line : `${pending}\n${line}`;
      if (isComplete(pending)) {
        const script = pending;
        pending = "";
        if (script.trim() !== "") {
          await runScript(client, script, output, stderr, "stop", signal);
          await remember(historyFile, script.replaceAll(/\s*\n\s*/g, " "));
        }
      }
    }
    running = undefined;
    readline.setPrompt(pending === "" ? PROMPT : CONTINUATION);
    readline.prompt();
  }
  readline.close();
  await output.redirect(undefined);
}

/** Empties the line that is being typed. */
function discardLine(readline: Interface): void {
  readline.write(null, { ctrl: true, name: "e" });
  readline.write(null, { ctrl: true, name: "u" });
}

async function readHistory(path: string): Promise<string[]> {
  const stored = await readFile(path, "utf8").catch(() => "");
  return stored.split("\n").filter((line) => line !== "").slice(-HISTORY_LINES);
}

/** A history that cannot be written is no reason to stop. */
async function remember(path: string, line: string): Promise<void> {
  await appendFile(path, `${line}\n`, { mode: 0o600 }).catch(() => undefined);
}
