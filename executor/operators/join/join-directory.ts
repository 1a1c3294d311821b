import type { Local, Val } from "../../wasm/instructions.ts";
import { get, i32, i64 } from "../../wasm/instructions.ts";
import { ModuleBuilder } from "../../wasm/module-builder.ts";
import type { FunctionBuilder } from "../../wasm/function-builder.ts";
import { PARTITION_BITS } from "../row-store.ts";
import { BUILD_RECORD } from "./join-build.ts";

/**
 * How a complete build side is found from the probe side. `direct`: one integer key whose values lie close together; the directory is an array of chain
 * heads indexed by key - min, and every record of a chain has the key.
 */
export type JoinDirectory = HashDirectory | { readonly kind: "direct"; readonly address: number; readonly min: bigint; readonly slots: number };

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
const ALWAYS_DIRECT_SLOTS = 64 * 1024;
const MAX_DIRECT_SLOTS = 2 ** 27;

/** Number of slots for keys from min to max; undefined when they lie too far apart. */
export function directSlots(min: bigint, max: bigint, records: number): number | undefined {
  if (max < min || max - min >= BigInt(MAX_DIRECT_SLOTS)) return undefined;
  const slots = Number(max - min) + 1;
  return slots <= Math.max(ALWAYS_DIRECT_SLOTS, MAX_SLOTS_PER_RECORD * records) ? slots : undefined;
}

export function directDirectoryBytes(slots: number): number {
  return 4 * slots;
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

/** Parameters of the direct links: start, end, rowBytes, directory, offset of the key in a record, address of a word that is set when a key repeats, min. */
const DIRECT_LINK = { params: ["i32", "i32", "i32", "i32", "i32", "i32", "i64"], results: [] } as const;

/** A module with `link(start, end, rowBytes, directory, shift, left)`, and `linkDirect32` / `64` by width of the key: they enter the records of one chunk. */
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
  for (const width of [32, 64] as const) writeDirectLink(module.function(`linkDirect${width}`, DIRECT_LINK, true).builder, width);
  linkModule = new WebAssembly.Module(module.encode());
  return linkModule;
}

function writeDirectLink(f: FunctionBuilder, width: 32 | 64): void {
  const [row, end, rowBytes, directory, keyOffset, repeated, min] = [0, 1, 2, 3, 4, 5, 6].map((i) => f.param(i));
  const entry = f.local("i32");
  const old = f.local("i32");
  f.while(i32.ltU(get(row), get(end)), () => {
    f.if(i32.eqz(i32.load8u(get(row), BUILD_RECORD.unlinked)), () => {
      const at = i32.add(get(row), get(keyOffset));
      const slot = i64.sub(width === 32 ? i64.load32s(at) : i64.load(at), get(min));
      f.set(entry, i32.add(get(directory), i32.shl(i32.wrapI64(slot), i32.const(2))));
      f.set(old, i32.load(get(entry)));
      f.if(get(old), () => f.store("i32", get(repeated), i32.const(1)));
      f.store("i32", get(row), get(old), BUILD_RECORD.next);
      f.store("i32", get(entry), get(row));
    });
    f.set(row, i32.add(get(row), get(rowBytes)));
  });
}

/** The slots of one partition's hashes. */
export function partitionSlots({ address, bits }: HashDirectory, partition: number): DirectorySlots {
  const bytes = directoryBytes(bits - PARTITION_BITS);
  return { address: address + partition * bytes, bytes };
}
