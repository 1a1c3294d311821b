#!/usr/bin/env node
// The `sparrow` command: in a checkout it runs the TypeScript sources as they are, in the published package the build (which has no sources).
import "./require-node.js";
import { existsSync } from "node:fs";

const sources = new URL("../server/main.ts", import.meta.url);
const build = new URL("../dist/sparrow.js", import.meta.url);
await import(existsSync(sources) ? sources.href : build.href);
