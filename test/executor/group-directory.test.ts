import { expect, test } from "vitest";
import { Arena } from "../../executor/memory/arena.ts";
import { Pool } from "../../executor/memory/pool.ts";
import { Directory, reserveDirectory } from "../../executor/operators/group-directory.ts";
import { StateLayout } from "../../executor/pipeline/state-layout.ts";

/** A directory filled as compiled code fills it; counts the entries that are passed on the way. */
class FilledDirectory {
  readonly directory: Directory;
  readonly pool = Pool.create({ bytes: 16 * 1024 * 1024 });
  steps = 0;
  readonly #words: number;

  constructor(sharedBits: number) {
    const arena = new Arena(this.pool, this.pool.newOwner());
    const layout = new StateLayout();
    const state = reserveDirectory(layout);
    const block = arena.allocateZeroed(layout.template().bytes);
    this.directory = new Directory(this.pool, arena, block, state, sharedBits, 0);
    this.#words = (block + state.words) >>> 2;
  }

  add(tag: number, record: number): void {
    const { u32 } = this.pool;
    if (u32[this.#words + 4] >= u32[this.#words + 5]) this.directory.grow();
    const [address, mask, factor, shift] = u32.subarray(this.#words, this.#words + 4);
    let slot = Math.imul(tag, factor) >>> shift;
    for (; u32[(address >>> 2) + 2 * slot] !== 0; slot = (slot + 1) & mask) this.steps++;
    u32.set([record, tag], (address >>> 2) + 2 * slot);
    u32[this.#words + 4]++;
  }

  /** All records, in the order of the slots. */
  records(): readonly number[] {
    const at = this.pool.u8.length - 4 * this.directory.count;
    this.directory.writeRows(at);
    return [...this.pool.u32.subarray(at >>> 2, (at >>> 2) + this.directory.count)];
  }
}

const RECORDS = 50_000;
/** Hashes below a common prefix, spread evenly. */
const tags = (sharedBits: number): number[] => Array.from({ length: RECORDS }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> sharedBits);

test.each([0, 4])("records in the order of another directory with %s common bits are not entered past one another", (sharedBits) => {
  const first = new FilledDirectory(sharedBits);
  const hashes = tags(sharedBits);
  hashes.forEach((tag, i) => first.add(tag, 16 * (i + 1)));
  expect(first.steps).toBeLessThan(RECORDS);
  const second = new FilledDirectory(sharedBits);
  for (const record of first.records()) second.add(hashes[record / 16 - 1], record);
  expect(second.steps).toBeLessThan(4 * RECORDS);
  expect([...second.records()].sort((a, b) => a - b)).toEqual(hashes.map((_, i) => 16 * (i + 1)));
});

test("records whose hashes have more in common than was said are spread all the same", () => {
  const directory = new FilledDirectory(0);
  tags(4).forEach((tag, i) => directory.add(tag, 16 * (i + 1)));
  expect(directory.steps).toBeLessThan(4 * RECORDS);
});

test("hashes that are all equal are found one after the other", () => {
  const directory = new FilledDirectory(0);
  for (let i = 0; i < 300; i++) directory.add(0, 16 * (i + 1));
  expect(directory.records()).toHaveLength(300);
});
