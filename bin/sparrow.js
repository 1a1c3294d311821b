#!/usr/bin/env node
// The `sparrow` command: in a checkout it runs the TypeScript sources as they are, in the published package the build (which has no sources).
import "./require-node.js";
import { existsSync } from "node:fs";

// Not imported by name: an old Node would fail over the missing export before it is told which one is needed.
const { enableCompileCache } = await import("node:module");
// Compiled code is kept in the system's folder for temporary files, for the next start.
enableCompileCache();

const sources = new URL("../server/main.ts", import.meta.url);
const build = new URL("../dist/sparrow.js", import.meta.url);
await import(existsSync(sources) ? sources.href : build.href);
