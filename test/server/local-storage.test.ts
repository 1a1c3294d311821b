import { renameSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { localStorage } from "../../server/local-storage.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sparrow-storage-"));
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (data: Uint8Array): string => Buffer.from(data).toString();

test("reads whole objects and ranges, from the end too", async () => {
  const path = join(folder, "deep/er/file.txt");
  await localStorage.write(path, bytes("0123456789"));
  expect(text(await localStorage.read(path))).toBe("0123456789");
  expect(text(await localStorage.readRange(path, 2, 5))).toBe("234");
  expect(text(await localStorage.readRange(path, -3))).toBe("789");
  expect(text(await localStorage.readRange(path, 8, 50))).toBe("89");
  expect((await localStorage.stat(path))?.bytes).toBe(10);
});

test("of many who create one object, one succeeds, and its bytes stand", async () => {
  const path = join(folder, "00000.json");
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => localStorage.putIfAbsent(path, bytes(`writer ${i}`))));
  expect(answers.filter(Boolean)).toHaveLength(1);
  expect(text(await localStorage.read(path))).toBe(`writer ${answers.indexOf(true)}`);
  expect(await readdir(folder)).toEqual(["00000.json"]);
});

test("lists in byte order, recursively, after a path, and nothing for a missing folder", async () => {
  for (const name of ["b.txt", "a/z.txt", "B.txt", "é.txt"]) await localStorage.write(join(folder, name), bytes(name));
  const list = async (options?: { recursive?: boolean; startAfter?: string }): Promise<string[]> => {
    const paths: string[] = [];
    for await (const object of localStorage.list(folder, options)) paths.push(object.path);
    return paths;
  };
  expect(await list({ recursive: true })).toEqual(["B.txt", "a/z.txt", "b.txt", "é.txt"]);
  expect(await list()).toEqual(["B.txt", "b.txt", "é.txt"]);
  expect(await list({ recursive: true, startAfter: "a/z.txt" })).toEqual(["b.txt", "é.txt"]);
  await localStorage.write(join(folder, "😀.txt"), bytes("beyond U+FFFF"));
  await localStorage.write(join(folder, "\uFF5E.txt"), bytes("below it, though its unit is greater"));
  expect(await list({ startAfter: "é.txt" })).toEqual(["\uFF5E.txt", "😀.txt"]);
  expect(await Array.fromAsync(localStorage.list(join(folder, "absent")))).toEqual([]);
});

test("what writers that died have left is no object, but can be found and deleted", async () => {
  await localStorage.write(join(folder, "deep/a.txt"), bytes("a"));
  writeFileSync(join(folder, "deep/.tmp-1-1"), "half");
  expect((await Array.fromAsync(localStorage.list(folder, { recursive: true }))).map(({ path }) => path)).toEqual(["deep/a.txt"]);
  const left = await Array.fromAsync(localStorage.listUnfinished(folder));
  expect(left).toMatchObject([{ path: "deep/.tmp-1-1", bytes: 4 }]);
  await localStorage.delete(join(folder, left[0].path));
  expect(await Array.fromAsync(localStorage.listUnfinished(folder))).toEqual([]);
});

test("a missing object raises PATH_NOT_FOUND", async () => {
  const path = join(folder, "absent");
  await expect(localStorage.read(path)).rejects.toMatchObject({ condition: "PATH_NOT_FOUND", message: `Path does not exist: ${path}.` });
  await expect(localStorage.delete(path)).rejects.toMatchObject({ condition: "PATH_NOT_FOUND" });
  expect(await localStorage.stat(path)).toBeUndefined();
});

test("an object that comes to be while it is read is missing or there, and never empty", async () => {
  for (let i = 0; i < 400; i++) {
    const path = join(folder, `late-${i}`);
    const reading = localStorage.read(path).catch((error: unknown) => error);
    for (let turn = 0; turn < i % 8; turn++) await new Promise((resolve) => setImmediate(resolve));
    writeFileSync(`${path}.new`, "whole");
    renameSync(`${path}.new`, path);
    const found = await reading;
    if (found instanceof Uint8Array) expect(text(found)).toBe("whole");
    else expect(found).toMatchObject({ condition: "PATH_NOT_FOUND" });
  }
});
