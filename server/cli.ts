import type { Readable, Writable } from "node:stream";
import { type CommandLine, HELP, parseCommandLine } from "./cli-arguments.ts";
import { errorText } from "./error-text.ts";

/** The standard streams, or what stands for them in tests. */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable;
}

/** Runs the command; its exit status. What a mode needs is loaded when the mode is known. */
export async function runCommand(args: readonly string[], streams: Streams): Promise<number> {
  let line: CommandLine;
  try {
    line = parseCommandLine(args);
  } catch (error) {
    streams.stderr.write(errorText(error));
    return 1;
  }
  switch (line.kind) {
    case "help":
      streams.stdout.write(HELP);
      return 0;
    case "version": {
      const { packageVersion } = await import("./version.ts");
      streams.stdout.write(`sparrow ${packageVersion()}\n`);
      return 0;
    }
    case "serve": {
      const { runServer } = await import("./http/serve.ts");
      return runServer(line, streams);
    }
    case "sql": {
      const { runSql } = await import("./repl/run-sql.ts");
      return runSql(line, streams);
    }
  }
}
