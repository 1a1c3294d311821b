import { packageVersion } from "./version.ts";

if (process.argv.includes("--version")) process.stdout.write(`sparrow ${packageVersion()}\n`);
