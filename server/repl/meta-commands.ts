import { readFile } from "node:fs/promises";
import type { Writable } from "node:stream";
import { SparrowError } from "../../catalog/errors.ts";
import type { SqlClient } from "./client.ts";
import type { Output } from "./output.ts";
import { runScript } from "./run-script.ts";

export interface MetaCommandContext {
  readonly client: SqlClient;
  readonly output: Output;
  readonly stderr: Writable;
  readonly signal: AbortSignal;
}

const HELP = `  \\d            tables and views        \\d NAME   columns of a table or view
  \\dt           tables                  \\dv       views
  \\dn           databases
  \\timing       show how long statements take (on/off)
  \\x            a line for each column (on/off)
  \\i FILE       run the statements of a file
  \\o [FILE]     results go to a file, or back to the screen
  \\?            this help               \\q        leave
`;

/** A line that begins with a backslash. Raises for one that does not exist. */
export async function runMetaCommand(line: string, { client, output, stderr, signal }: MetaCommandContext): Promise<"leave" | "stay"> {
  const [, name, argument] = /^\\(\S*)\s*(.*?);?$/s.exec(line) ?? [];
  switch (name) {
    case "q":
      return "leave";
    case "?":
      await output.write(HELP);
      break;
    case "d":
      await output.run(client, argument === "" ? "SHOW TABLES" : `DESCRIBE TABLE ${argument}`, signal);
      break;
    case "dt":
      await output.run(client, argument === "" ? "SHOW TABLES" : `SHOW TABLES LIKE '${argument}'`, signal);
      break;
    case "dv":
      await output.run(client, argument === "" ? "SHOW VIEWS" : `SHOW VIEWS LIKE '${argument}'`, signal);
      break;
    case "dn":
      await output.run(client, "SHOW DATABASES", signal);
      break;
    case "timing":
      output.timing = switched(argument, output.timing);
      await output.write(`Timing is ${output.timing ? "on" : "off"}.\n`);
      break;
    case "x":
      output.expanded = switched(argument, output.expanded);
      await output.write(`Expanded display is ${output.expanded ? "on" : "off"}.\n`);
      break;
    case "i":
      await runScript(client, await readFile(argument, "utf8").catch(unreadable(argument)), output, stderr, "stop", signal);
      break;
    case "o":
      await output.redirect(argument === "" ? undefined : argument).catch(unreadable(argument));
      break;
    default:
      throw new SparrowError("NO_SUCH_COMMAND", "42601", `There is no command ${line.split(/\s/, 1)[0]}.`, {}, { hint: "\\? shows the commands." });
  }
  return "stay";
}

function switched(argument: string, now: boolean): boolean {
  return argument === "on" ? true : argument === "off" ? false : !now;
}

function unreadable(path: string): (error: unknown) => never {
  return (error) => {
    throw new SparrowError("PATH_NOT_FOUND", "42K03", `Cannot open ${path}: ${error instanceof Error ? error.message : String(error)}`, { path }, { cause: error });
  };
}
