import { runCommand } from "./cli.ts";

/** The command's entry: what `bin/sparrow.js` and the built `dist/sparrow.js` run. */
process.exitCode = await runCommand(process.argv.slice(2), { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr });
