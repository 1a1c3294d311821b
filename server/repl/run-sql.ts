import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { SparrowError } from "../../catalog/errors.ts";
import type { CommandLine, Input } from "../cli-arguments.ts";
import type { Streams } from "../cli.ts";
import { errorText } from "../error-text.ts";
import type { SqlClient } from "./client.ts";
import { Output } from "./output.ts";
import { runScript } from "./run-script.ts";

/** The command without a mode's name: statements from -c and -f, from standard input, or the interactive shell. */
export async function runSql(line: Extract<CommandLine, { kind: "sql" }>, streams: Streams): Promise<number> {
  let client: SqlClient;
  try {
    client = await connect(line);
  } catch (error) {
    streams.stderr.write(errorText(error));
    return 1;
  }
  const output = new Output(streams.stdout, line.format);
  try {
    if (line.inputs.length > 0) return (await runInputs(client, line.inputs, output, streams)) ? 0 : 1;
    if (streams.stdin.isTTY === true) {
      const { runShell } = await import("./shell.ts");
      await runShell(client, output, streams);
      return 0;
    }
    const script = await text(streams.stdin);
    return (await runScript(client, script, output, streams.stderr, "goOn")) ? 0 : 1;
  } finally {
    await client.close();
  }
}

async function connect({ connect: url, settings, demo }: Extract<CommandLine, { kind: "sql" }>): Promise<SqlClient> {
  if (url !== undefined) {
    if (demo) throw new SparrowError("INVALID_COMMAND_LINE", "22023", "--demo belongs to the server: sparrow serve --demo", {});
    const { remoteClient } = await import("./remote-client.ts");
    const client = remoteClient(url);
    for (const [name, value] of Object.entries(settings)) await client.execute(`SET ${name}=${value}`);
    return client;
  }
  const { Engine } = await import("../engine.ts");
  const { embeddedClient } = await import("./client.ts");
  const views = demo ? (await import("../demo.ts")).demoViews() : [];
  return embeddedClient(new Engine({ settings, views }).newSession());
}

/** Stops at the first error. */
async function runInputs(client: SqlClient, inputs: readonly Input[], output: Output, { stderr }: Streams): Promise<boolean> {
  for (const input of inputs) {
    const script = input.kind === "command" ? input.sql : await readScript(input.path).catch((error: unknown) => void stderr.write(errorText(error)));
    if (typeof script !== "string" || !(await runScript(client, script, output, stderr, "stop"))) return false;
  }
  return true;
}

async function readScript(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SparrowError("PATH_NOT_FOUND", "42K03", `Cannot read ${path}: ${why}`, { path }, { cause: error });
  }
}
