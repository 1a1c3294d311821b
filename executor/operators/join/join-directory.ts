import type { Local, Val } from "../../wasm/instructions.ts";
import { get, i32, i64 } from "../../wasm/instructions.ts";
import { ModuleBuilder } from "../../wasm/module-builder.ts";
import type { FunctionBuilder } from "../../wasm/function-builder.ts";
import { PARTITION_BITS } from "../row-store.ts";
import { BUILD_RECORD } from "./join-build.ts";
import type { RankedDirectory } from "./ranked-directory.ts";
import { canBeRanked, emitMark, headAddress, wordOffset, writeCount } from "./ranked-directory.ts";

/** How a complete build side is found from the probe side: by the hash of its keys, or by the value of one integer key. */
export type JoinDirectory = HashDirectory | DirectDirectory | RankedDirectory;

/** One integer key whose values lie close together: an array of chain heads indexed by key - min; every record of a chain has the key. */
export interface DirectDirectory {
  readonly kind: "direct";
  readonly address: number;
  readonly min: bigint;
  readonly slots: number;
}

export interface HashDirectory {
  readonly kind: "hash";
  readonly address: number;
  readonly bits: number;
}

/** Memory of a directory. */
export interface DirectorySlots {
  readonly address: number;
  readonly bytes: number;
}

/**
 * A hash directory, one for all workers: 8 bytes an entry: uint32 head of the chain, and 32 Bloom bits of the hashes in it, so that most probes without a
 * match end here. Slot: the upper `bits` bits of the hash; Bloom bit: its lowest five.
 */
export function directoryBits(records: number): number {
  return Math.min(28, Math.max(PARTITION_BITS + 4, Math.ceil(Math.log2(records * 1.5 + 1))));
}

export function directoryBytes(bits: number): number {
  return 8 * 2 ** bits;
}

/** Slots of a direct directory may be this many times the records, ... */
const MAX_SLOTS_PER_RECORD = 8;
/** ... or as many as this, whatever the records. */
const ALWAYS_DIRECT_SLOTS = 1024;

/** What a directory by the values of one integer key is to be. */
export interface KeyedDirectory {
  readonly kind: "direct" | "ranked";
  readonly min: bigint;
  readonly slots: number;
}

/** For integer keys from min to max; undefined when they lie too far apart. `probes`: rows that are looked up, by an estimate. */
export function keyedDirectory(min: bigint, max: bigint, records: number, probes: number): KeyedDirectory | undefined {
  if (max < min || max - min >= 2n ** 31n) return undefined;
  const slots = Number(max - min) + 1;
  if (slots <= Math.max(ALWAYS_DIRECT_SLOTS, MAX_SLOTS_PER_RECORD * records)) return { kind: "direct", min, slots };
  return canBeRanked(slots, records, probes) ? { kind: "ranked", min, slots } : undefined;
}

/** Memory of the heads of chains of a directory by the key, which is zero before records are linked. */
export function headBytes(directory: DirectDirectory | RankedDirectory): number {
  return 4 * (directory.kind === "direct" ? directory.slots : directory.records);
}

/** Head of the chain of a key; 0 outside of the directory. */
export function emitDirectHead(f: FunctionBuilder, key: Val, address: Local, min: Val, slots: Local): Val {
  const head = f.local("i32");
  const slot = f.let(i64.sub(key, min));
  f.set(head, i32.const(0));
  f.if(i64.ltU(get(slot), i64.extendI32U(get(slots))), () => {
    f.set(head, i32.load(i32.add(get(address), i32.shl(i32.wrapI64(get(slot)), i32.const(2)))));
  });
  return get(head);
}

/** Head of the chain that the hash leads to; 0 when the Bloom bits exclude it. `left`: how many upper bits all hashes have in common, where they do. */
export function emitChainHead(f: FunctionBuilder, hash: Local, directory: Local, shift: Local, left?: Local): Val {
  const upper = i32.wrapI64(i64.shrU(get(hash), i64.const(32n)));
  const slot = i32.shrU(left === undefined ? upper : i32.shl(upper, get(left)), get(shift));
  const entry = f.let(i64.load(i32.add(get(directory), i32.shl(slot, i32.const(3)))));
  const bloom = i32.shrU(i32.wrapI64(i64.shrU(get(entry), i64.const(32n))), i32.wrapI64(get(hash)));
  return i32.mul(i32.wrapI64(get(entry)), i32.and(bloom, i32.const(1)));
}

let linkModule: WebAssembly.Module | undefined;

/** Parameters: start, end, rowBytes, address, offset of the key in a record, address of a word that is set when a key repeats, min. */
const DIRECT_LINK = { params: ["i32", "i32", "i32", "i32", "i32", "i32", "i64"], results: [] } as const;
/** Parameters: as of direct links, bits, ranks. */
const RANKED_LINK = { params: [...DIRECT_LINK.params, "i32", "i32"], results: [] } as const;
/** Parameters: start, end, rowBytes, bits, offset of the key in a record, min. */
const MARK = { params: ["i32", "i32", "i32", "i32", "i32", "i64"], results: [] } as const;

/**
 * A module with `link(start, end, rowBytes, directory, shift, left)`, and by width of the key `linkDirect32` / `64`, `linkRanked32` / `64`, which enter the records
 * of one chunk, `mark32` / `64`, which mark their keys, and `countKeys(bits, ranks, words)`.
 */
export function joinLinkModule(): WebAssembly.Module {
  if (linkModule !== undefined) return linkModule;
  const module = new ModuleBuilder();
  const { builder: f } = module.function("link", { params: ["i32", "i32", "i32", "i32", "i32", "i32"], results: [] }, true);
  const [row, end, rowBytes, directory, shift, left] = [0, 1, 2, 3, 4, 5].map((i) => f.param(i));
  const hash = f.local("i64");
  const entry = f.local("i32");
  const old = f.local("i64");
  f.while(i32.ltU(get(row), get(end)), () => {
    f.if(i32.eqz(i32.load8u(get(row), BUILD_RECORD.unlinked)), () => {
      f.set(hash, i64.load(get(row), BUILD_RECORD.hash));
      const slot = i32.shrU(i32.shl(i32.wrapI64(i64.shrU(get(hash), i64.const(32n))), get(left)), get(shift));
      f.set(entry, i32.add(get(directory), i32.shl(slot, i32.const(3))));
      f.set(old, i64.load(get(entry)));
      f.store("i32", get(row), i32.wrapI64(get(old)), BUILD_RECORD.next);
      const bloom = i64.shl(i64.const(1n), i64.add(i64.and(get(hash), i64.const(31n)), i64.const(32n)));
      const kept = i64.and(get(old), i64.const(0xffffffff00000000n));
      f.store("i64", get(entry), i64.or(i64.or(kept, bloom), i64.extendI32U(get(row))));
    });
    f.set(row, i32.add(get(row), get(rowBytes)));
  });
  for (const width of [32, 64] as const) {
    writeKeyedLink(module.function(`linkDirect${width}`, DIRECT_LINK, true).builder, width, (_f, slot, address) => i32.add(get(address), i32.shl(get(slot), i32.const(2))));
    writeKeyedLink(module.function(`linkRanked${width}`, RANKED_LINK, true).builder, width, (ranked, slot, heads) => {
      const [bits, ranks] = [ranked.param(7), ranked.param(8)];
      return headAddress(ranked, ranked.let(i64.load(i32.add(get(bits), wordOffset(slot)))), slot, { heads, ranks });
    });
    writeMark(module.function(`mark${width}`, MARK, true).builder, width);
  }
  writeCount(module.function("countKeys", { params: ["i32", "i32", "i32"], results: [] }, true).builder);
  linkModule = new WebAssembly.Module(module.encode());
  return linkModule;
}

/** `entryOf`: address of the head of a slot's chain. */
function writeKeyedLink(f: FunctionBuilder, width: 32 | 64, entryOf: (f: FunctionBuilder, slot: Local, address: Local) => Val): void {
  const [start, end, rowBytes, address, keyOffset, repeated, min] = [0, 1, 2, 3, 4, 5, 6].map((i) => f.param(i));
  forEachKey(f, width, { start, end, rowBytes, keyOffset, min }, (slot) => {
    const entry = f.let(entryOf(f, slot, address));
    const old = f.let(i32.load(get(entry)));
    f.if(get(old), () => f.store("i32", get(repeated), i32.const(1)));
    f.store("i32", get(start), get(old), BUILD_RECORD.next);
    f.store("i32", get(entry), get(start));
  });
}

function writeMark(f: FunctionBuilder, width: 32 | 64): void {
  const [start, end, rowBytes, bits, keyOffset, min] = [0, 1, 2, 3, 4, 5].map((i) => f.param(i));
  forEachKey(f, width, { start, end, rowBytes, keyOffset, min }, (slot) => emitMark(f, bits, slot));
}

/** The records with a key from `start` on, which moves on, and the slots of their keys. */
function forEachKey(f: FunctionBuilder, width: 32 | 64, { start, end, rowBytes, keyOffset, min }: Readonly<Record<"start" | "end" | "rowBytes" | "keyOffset" | "min", Local>>, body: (slot: Local) => void): void {
  f.while(i32.ltU(get(start), get(end)), () => {
    f.if(i32.eqz(i32.load8u(get(start), BUILD_RECORD.unlinked)), () => {
      const at = i32.add(get(start), get(keyOffset));
      body(f.let(i32.wrapI64(i64.sub(width === 32 ? i64.load32s(at) : i64.load(at), get(min)))));
    });
    f.set(start, i32.add(get(start), get(rowBytes)));
  });
}

/** The slots of one partition's hashes. */
export function partitionSlots({ address, bits }: HashDirectory, partition: number): DirectorySlots {
  const bytes = directoryBytes(bits - PARTITION_BITS);
  return { address: address + partition * bytes, bytes };
}
