import type { Pool } from "../../memory/pool.ts";
import type { Local, Val } from "../../wasm/instructions.ts";
import { get, i32, i64 } from "../../wasm/instructions.ts";
import { ModuleBuilder } from "../../wasm/module-builder.ts";
import type { FunctionBuilder } from "../../wasm/function-builder.ts";
import { PARTITION_BITS } from "../row-store.ts";
import { BUILD_RECORD } from "./join-build.ts";

/**
 * The directory of a join's hash table, one for all workers: 8 bytes an entry: uint32 head of the chain, and 32 Bloom bits of the hashes in it,
 * so that most probes without a match end here. Slot: the upper `bits` bits of the hash; Bloom bit: its lowest five.
 */
export interface JoinDirectory {
  readonly address: number;
  /** 32 - bits */
  readonly shift: number;
}

export function directoryBits(records: number): number {
  return Math.min(28, Math.max(PARTITION_BITS + 4, Math.ceil(Math.log2(records * 1.5 + 1))));
}

export function directoryBytes(bits: number): number {
  return 8 * 2 ** bits;
}

/** Head of the chain that the hash leads to; 0 when the Bloom bits exclude it. */
export function emitChainHead(f: FunctionBuilder, hash: Local, directory: Local, shift: Local): Val {
  const slot = i32.shrU(i32.wrapI64(i64.shrU(get(hash), i64.const(32n))), get(shift));
  const entry = f.let(i64.load(i32.add(get(directory), i32.shl(slot, i32.const(3)))));
  const bloom = i32.shrU(i32.wrapI64(i64.shrU(get(entry), i64.const(32n))), i32.wrapI64(get(hash)));
  return i32.mul(i32.wrapI64(get(entry)), i32.and(bloom, i32.const(1)));
}

let linkModule: WebAssembly.Module | undefined;

/** A module with `link(start, end, rowBytes, directory, shift)`: enters the records of one chunk. */
export function joinLinkModule(): WebAssembly.Module {
  if (linkModule !== undefined) return linkModule;
  const module = new ModuleBuilder();
  const { builder: f } = module.function("link", { params: ["i32", "i32", "i32", "i32", "i32"], results: [] }, true);
  const [row, end, rowBytes, directory, shift] = [0, 1, 2, 3, 4].map((i) => f.param(i));
  const hash = f.local("i64");
  const entry = f.local("i32");
  const old = f.local("i64");
  f.while(i32.ltU(get(row), get(end)), () => {
    f.if(i32.eqz(i32.load8u(get(row), BUILD_RECORD.unlinked)), () => {
      f.set(hash, i64.load(get(row), BUILD_RECORD.hash));
      const slot = i32.shrU(i32.wrapI64(i64.shrU(get(hash), i64.const(32n))), get(shift));
      f.set(entry, i32.add(get(directory), i32.shl(slot, i32.const(3))));
      f.set(old, i64.load(get(entry)));
      f.store("i32", get(row), i32.wrapI64(get(old)), BUILD_RECORD.next);
      const bloom = i64.shl(i64.const(1n), i64.add(i64.and(get(hash), i64.const(31n)), i64.const(32n)));
      const kept = i64.and(get(old), i64.const(0xffffffff00000000n));
      f.store("i64", get(entry), i64.or(i64.or(kept, bloom), i64.extendI32U(get(row))));
    });
    f.set(row, i32.add(get(row), get(rowBytes)));
  });
  linkModule = new WebAssembly.Module(module.encode());
  return linkModule;
}

/** Empties the slots of one partition. */
export function clearPartition(pool: Pool, address: number, bits: number, partition: number): void {
  const bytes = directoryBytes(bits - PARTITION_BITS);
  pool.zero(address + partition * bytes, bytes);
}
