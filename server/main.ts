import { enableCompileCache } from "node:module";

/** The command's entry: what `bin/sparrow.js` and the built `dist/sparrow.js` run. */
// Compiled code is kept in the system's folder for temporary files: reading the build takes most of a start
enableCompileCache();
const { runCommand } = await import("./cli.ts");

// A reader that has seen enough (`| head`) is no error
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
process.exitCode = await runCommand(process.argv.slice(2), { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr });
