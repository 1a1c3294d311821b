import { mkdtemp, readdir, rm, writeFile, mkdir } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Arena } from "../../executor/memory/arena.ts";
import { BLOCK_BYTES, Pool } from "../../executor/memory/pool.ts";
import type { RecordRun } from "../../executor/pipeline/morsels.ts";
import { SpillFolder } from "../../executor/spill/spill-folder.ts";
import type { SpillLayout } from "../../executor/spill/spill-layout.ts";
import { SpillStore } from "../../executor/spill/spill-store.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sparrow-test-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const pool = Pool.create({ bytes: 64 * BLOCK_BYTES });

interface Item {
  readonly number: number;
  readonly text: string;
  readonly list: readonly string[];
}

const LAYOUT: SpillLayout = { recordBytes: 24, strings: [8], lists: [{ offset: 16, nodeBytes: 16, strings: [8] }] };

function putString(arena: Arena, at: number, text: string): void {
  const bytes = new TextEncoder().encode(text);
  const address = bytes.length === 0 ? 0 : arena.allocate(bytes.length);
  pool.u8.set(bytes, address);
  pool.u32.set([address, bytes.length], at >>> 2);
}

function getString(at: number): string {
  const [address, length] = pool.u32.slice(at >>> 2, (at >>> 2) + 2);
  return new TextDecoder().decode(pool.u8.slice(address, address + length));
}

function store(arena: Arena, items: readonly Item[]): RecordRun {
  const base = arena.allocateZeroed(items.length * LAYOUT.recordBytes);
  items.forEach(({ number, text, list }, i) => {
    const at = base + i * LAYOUT.recordBytes;
    pool.u32[at >>> 2] = number;
    putString(arena, at + 8, text);
    let last = 0;
    for (const entry of list) {
      const node = arena.allocateZeroed(16);
      putString(arena, node + 8, entry);
      if (last === 0) pool.u32[(at + 16) >>> 2] = node;
      else pool.u32[last >>> 2] = node;
      pool.u32[(at + 20) >>> 2] = last = node;
    }
  });
  return { base, count: items.length, stride: LAYOUT.recordBytes };
}

function load({ base, count, stride }: RecordRun): Item[] {
  return Array.from({ length: count }, (_, i) => {
    const at = base + i * stride;
    const list: string[] = [];
    let last = 0;
    for (let node = pool.u32[(at + 16) >>> 2]; node !== 0; node = pool.u32[node >>> 2]) list.push(getString((last = node) + 8));
    expect(pool.u32[(at + 20) >>> 2]).toBe(last);
    return { number: pool.u32[at >>> 2], text: getString(at + 8), list };
  });
}

test("records come back with their strings and lists, at other addresses", () => {
  const items = Array.from({ length: 5000 }, (_, i) => ({ number: i, text: "x".repeat(i % 60), list: Array.from({ length: i % 4 }, (__, k) => `${i}/${k}`.repeat(k)) }));
  const account = pool.accounts.open(Number.POSITIVE_INFINITY);
  const [written, read] = [new Arena(pool, pool.newOwner(), account), new Arena(pool, pool.newOwner(), account)];
  const folder = new SpillFolder(directory).newQuery();
  const spill = new SpillStore(pool, account, folder);
  const pages = spill.write(LAYOUT, [store(written, items)]);
  written.reset();
  expect(pages.length).toBeGreaterThan(1);
  expect(pages.reduce((sum, page) => sum + page.records, 0)).toBe(items.length);
  expect(pool.accounts.spilledBytes(account)).toBe(pages.reduce((sum, page) => sum + page.bytes, 0));
  const other = new SpillStore(pool, account, folder);
  expect(pages.flatMap((page) => load(other.read(page, LAYOUT, read)))).toEqual(items);
  for (const each of [spill, other]) each.close();
  read.reset();
  pool.accounts.close(account);
});

test("a record larger than a page has a page of its own", () => {
  const items = [1, 300_000, 2, 700_000].map((length, number) => ({ number, text: "y".repeat(length), list: [] }));
  const account = pool.accounts.open(Number.POSITIVE_INFINITY);
  const arena = new Arena(pool, pool.newOwner(), account);
  const spill = new SpillStore(pool, account, new SpillFolder(directory).newQuery());
  const pages = spill.write(LAYOUT, [store(arena, items)]);
  expect(pages.flatMap((page) => load(spill.read(page, LAYOUT, arena)))).toEqual(items);
  spill.close();
  arena.reset();
  pool.accounts.close(account);
});

test("a disk that fails is an error of the query that names the file", async () => {
  await writeFile(join(directory, "file"), "");
  const account = pool.accounts.open(Number.POSITIVE_INFINITY);
  const arena = new Arena(pool, pool.newOwner(), account);
  const spill = new SpillStore(pool, account, join(directory, "file", "query-0"));
  expect(() => spill.write(LAYOUT, [store(arena, [{ number: 1, text: "", list: [] }])])).toThrow(expect.objectContaining({ condition: "SPILL_OUT_OF_MEMORY", sqlState: "53000" }));
  arena.reset();
  pool.accounts.close(account);
});

test("folders of dead processes are removed when an engine begins, those of living ones stay", async () => {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  for (const name of [`sparrow-spill-${pid}-0123abcd`, `sparrow-spill-${process.pid}-0123abcd`, "sparrow-spill-x", "other"]) await mkdir(join(directory, name, "query-0"), { recursive: true });
  await new SpillFolder(directory).remove();
  expect((await readdir(directory)).sort()).toEqual(["other", `sparrow-spill-${process.pid}-0123abcd`, "sparrow-spill-x"].sort());
});
