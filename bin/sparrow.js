#!/usr/bin/env node
// The `sparrow` command: in a checkout it runs the TypeScript sources as they are, in the published package the build (which has no sources).
import "./require-node.js";
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";

const sources = new URL("../server/main.ts", import.meta.url);
const build = new URL("../dist/sparrow.js", import.meta.url);
// Compiled code is kept in the system's folder for temporary files: a second start is a third faster.
enableCompileCache();
await import(existsSync(sources) ? sources.href : build.href);
