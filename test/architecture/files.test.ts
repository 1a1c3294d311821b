import { expect, test } from "vitest";
import { projectFiles, readProjectFile } from "./source-files.ts";

const MAX_LINES = 600;
const FORBIDDEN_NAME = /(^|[/-])(utils?|helpers?|common|misc|index)(\.(test\.)?ts$|\/)/;

const sources = projectFiles().filter((path) => path.endsWith(".ts"));

test(`no source file has over ${MAX_LINES} lines`, () => {
  const long = sources.map((path) => ({ path, lines: readProjectFile(path).split("\n").length - 1 })).filter(({ lines }) => lines > MAX_LINES);
  expect(long.map(({ path, lines }) => `${path} has ${lines} lines: split it along what it holds`)).toEqual([]);
});

test("files are named after what they hold", () => {
  const vague = sources.filter((path) => FORBIDDEN_NAME.test(path));
  expect(vague.map((path) => `${path}: name it after what it holds, and import from where things are`)).toEqual([]);
});

test("the rule on names knows vague ones", () => {
  const names = ["server/utils.ts", "planner/helpers/join.ts", "catalog/index.ts", "executor/scan-utils.ts", "parser/common.test.ts", "planner/index-join.ts", "executor/write/indexing.ts"];
  expect(names.filter((name) => FORBIDDEN_NAME.test(name))).toEqual(names.slice(0, 5));
});
