import { parseArgs } from "node:util";
import { SparrowError } from "../catalog/errors.ts";

export const OUTPUT_FORMATS = ["table", "csv", "json", "ndjson", "arrow"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** A statement or a file to run, in the order in which they stand on the command line. */
export type Input = { readonly kind: "command"; readonly sql: string } | { readonly kind: "file"; readonly path: string };

export type CommandLine =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "serve"; readonly port: number; readonly settings: Readonly<Record<string, string>>; readonly demo: boolean }
  | {
      readonly kind: "sql";
      readonly inputs: readonly Input[];
      readonly format: OutputFormat;
      readonly settings: Readonly<Record<string, string>>;
      readonly connect: string | undefined;
      readonly demo: boolean;
    };

export const DEFAULT_PORT = 8765;

export const HELP = `sparrow: Spark SQL for one machine

  sparrow                       interactive shell, or SQL from standard input
  sparrow -c SQL [-c SQL ...]   run statements and leave
  sparrow -f FILE [-f FILE ...] run the statements of files and leave
  sparrow serve [--port N]      HTTP server on the loopback interface (default port ${DEFAULT_PORT})

  --connect URL                 use a server instead of an engine in this process
  --format FORMAT               ${OUTPUT_FORMATS.join(", ")} (default: table)
  --set NAME=VALUE              give a setting; may be repeated (SET -v lists them)
  --demo                        the tables flights and airports, in a source checkout
  --version, --help

Exit status: 0, or 1 after an error.
`;

const OPTIONS = {
  command: { type: "string", short: "c", multiple: true },
  file: { type: "string", short: "f", multiple: true },
  format: { type: "string" },
  set: { type: "string", multiple: true },
  connect: { type: "string" },
  port: { type: "string" },
  demo: { type: "boolean" },
  version: { type: "boolean", short: "v" },
  help: { type: "boolean", short: "h" },
} as const;

/** Raises INVALID_COMMAND_LINE with the option's name. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values, positionals, tokens } = parsed(args);
  if (values.help === true) return { kind: "help" };
  if (values.version === true) return { kind: "version" };
  const settings = Object.fromEntries((values.set ?? []).map(assignment));
  const demo = values.demo === true;
  if (positionals[0] === "serve") {
    if (positionals.length > 1) throw invalid(`unexpected argument ${positionals[1]}`);
    return { kind: "serve", port: portNumber(values.port), settings, demo };
  }
  if (positionals.length > 0) throw invalid(`unexpected argument ${positionals[0]}`, "SQL is given with -c, a file with -f.");
  if (values.port !== undefined) throw invalid("--port belongs to sparrow serve");
  const format = OUTPUT_FORMATS.find((known) => known === (values.format ?? "table"));
  if (format === undefined) throw invalid(`--format ${values.format}: there are ${OUTPUT_FORMATS.join(", ")}`);
  const inputs = tokens.flatMap((token): Input[] => {
    if (token.kind !== "option" || token.value === undefined) return [];
    if (token.name === "command") return [{ kind: "command", sql: token.value }];
    return token.name === "file" ? [{ kind: "file", path: token.value }] : [];
  });
  return { kind: "sql", inputs, format, settings, connect: values.connect, demo };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, tokens: true });
  } catch (error) {
    if (error instanceof TypeError) throw invalid(error.message.split(". ")[0]);
    throw error;
  }
}

function assignment(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw invalid(`--set ${text}: expected NAME=VALUE`);
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

function portNumber(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw invalid(`--port ${text}: expected a number up to 65535`);
  return port;
}

function invalid(why: string, hint = "sparrow --help shows what there is."): SparrowError {
  return new SparrowError("INVALID_COMMAND_LINE", "22023", why, {}, { hint });
}
