import type { WindowLimit } from "../../../planner/physical.ts";
import type { EmittedValue } from "../../emit/emitted-value.ts";
import type { Arena } from "../../memory/arena.ts";
import type { Pool } from "../../memory/pool.ts";
import { BLOCK_BYTES } from "../../memory/pool.ts";
import { keepsBytes, storeField } from "../../pipeline/row-access.ts";
import type { RowField, RowLayout } from "../../pipeline/row-layout.ts";
import { rowLayout } from "../../pipeline/row-layout.ts";
import type { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { StateLayout } from "../../pipeline/state-layout.ts";
import type { Label } from "../../wasm/function-builder.ts";
import type { Local } from "../../wasm/instructions.ts";
import { get, i32, i64 } from "../../wasm/instructions.ts";
import type { DirectoryState, Lookup } from "../group-directory.ts";
import { Directory, emitLookup, insertEntry, reserveDirectory } from "../group-directory.ts";
import { keysEqual } from "../keys.ts";

/**
 * The first order keys of each partition that a window's sink has met, by which it drops rows that cannot be among the first of their partition. It knows
 * so many partitions as stay in the second-level cache; where there are more it gives up, and all rows are kept. Record of a partition: uint32 number of
 * prefixes | ascending prefixes of its first rows | partition keys.
 */
const COUNT = 0;
const PREFIXES = 8;
const MAX_PARTITIONS = 16_384;
/** Part of the memory that a query can still have. */
const MAX_SHARE = 0.02;

export interface GroupLimitShape extends WindowLimit {
  readonly layout: RowLayout;
  readonly keys: readonly RowField[];
}

export interface GroupLimitState {
  readonly directory: DirectoryState;
  /** uint32: the next record, the end of the room for them; both 0 once it has given up. */
  readonly next: number;
  readonly end: number;
}

/** Undefined where keys would have to be copied. */
export function groupLimitShape(limit: WindowLimit | undefined, partitionBy: readonly RowField[]): GroupLimitShape | undefined {
  if (limit === undefined || partitionBy.some(keepsBytes)) return undefined;
  const requests = partitionBy.map(({ id, type, nullOffset, storage }) => ({ column: { id, name: "key", type, nullable: nullOffset !== undefined }, dictionary: storage.kind === "code" ? storage.dictionary : undefined }));
  const layout = rowLayout(PREFIXES + 8 * limit.rows, [...new Map(requests.map((r) => [r.column.id, r])).values()]);
  return { ...limit, layout, keys: partitionBy.map((field) => layout.fields.find((f) => f.id === field.id)!) };
}

export function reserveGroupLimit(state: StateLayout): GroupLimitState {
  return { directory: reserveDirectory(state), next: state.reserve(4, 4), end: state.reserve(4, 4) };
}

/** Gives a fresh instance its room, and the directory of its partitions; undefined where memory is scarce. */
export function openGroupLimit(pool: Pool, arena: Arena, block: number, shape: GroupLimitShape, state: GroupLimitState): Directory | undefined {
  const bytes = MAX_PARTITIONS * shape.layout.bytes;
  if (bytes > MAX_SHARE * pool.freeBlocks(arena.account) * BLOCK_BYTES) return undefined;
  const address = arena.allocate(bytes);
  pool.u32[(block + state.next) >>> 2] = address;
  pool.u32[(block + state.end) >>> 2] = address + bytes;
  return new Directory(pool, arena, block, state.directory, 0, MAX_PARTITIONS);
}

/** Drops a row that cannot be among the first of its partition. Gives code that enters the row, to be written where nothing can stop it any more. */
export function emitGroupLimit(emitter: SegmentEmitter, shape: GroupLimitShape, state: GroupLimitState, keys: readonly EmittedValue[], hash: Local, prefix: Local, skip: Label): () => void {
  const { f } = emitter;
  const block = get(emitter.state);
  const open = f.let(i32.load(block, state.next));
  const found = f.local("i32");
  const row = f.local("i32");
  f.set(row, i32.const(0));
  let lookup: Lookup | undefined;
  f.if(get(open), () =>
    emitter.scoped(() => {
      lookup = emitLookup(emitter, state.directory, get(hash), (at) => keysEqual(emitter, keys, shape.keys, at));
      f.set(row, get(lookup.row));
      f.if(get(row), () => {
        f.set(found, i32.load(get(row), COUNT));
        const isFull = i32.eq(get(found), i32.const(shape.rows));
        f.brIf(skip, i32.and(isFull, i64.gtU(get(prefix), i64.load(get(row), PREFIXES + 8 * (shape.rows - 1)))));
      });
    }),
  );
  const end = lookup;
  if (end === undefined) throw new Error("a limit looks its partitions up");
  return () => {
    f.if(get(open), () => {
      f.if(i32.eqz(get(row)), () => enterPartition(emitter, shape, state, keys, end, row));
      f.if(get(row), () => enterPrefix(emitter, shape, row, prefix));
    });
  };
}

function enterPartition(emitter: SegmentEmitter, shape: GroupLimitShape, state: GroupLimitState, keys: readonly EmittedValue[], lookup: Lookup, row: Local): void {
  const { f } = emitter;
  const block = get(emitter.state);
  const next = f.let(i32.load(block, state.next));
  f.if(
    i32.eq(get(next), i32.load(block, state.end)),
    () => f.store("i32", block, i32.const(0), state.next),
    () => {
      f.set(row, get(next));
      f.store("i32", block, i32.add(get(next), i32.const(shape.layout.bytes)), state.next);
      f.store("i32", get(row), i32.const(0), COUNT);
      shape.keys.forEach((field, i) => storeField(emitter, field, get(row), keys[i]));
      insertEntry(emitter, state.directory, lookup, row);
    },
  );
}

/** Inserts the prefix among the first ones; the last falls off. Of `distinct` ones, one that is there already changes nothing. */
function enterPrefix(emitter: SegmentEmitter, shape: GroupLimitShape, row: Local, prefix: Local): void {
  const { f } = emitter;
  const count = f.let(i32.load(get(row), COUNT));
  const at = f.let(i32.add(get(row), i32.shl(get(count), i32.const(3))));
  const first = get(row);
  f.block((done) => {
    if (shape.distinct) {
      const seen = f.let(get(at));
      f.while(i32.gtU(get(seen), first), () => {
        f.brIf(done, i64.eq(i64.load(get(seen), PREFIXES - 8), get(prefix)));
        f.set(seen, i32.sub(get(seen), i32.const(8)));
      });
    }
    f.if(
      i32.ltU(get(count), i32.const(shape.rows)),
      () => f.store("i32", first, i32.add(get(count), i32.const(1)), COUNT),
      () => f.set(at, i32.sub(get(at), i32.const(8))),
    );
    f.while(i32.gtU(get(at), first), (exit) => {
      f.brIf(exit, i64.leU(i64.load(get(at), PREFIXES - 8), get(prefix)));
      f.store("i64", get(at), i64.load(get(at), PREFIXES - 8), PREFIXES);
      f.set(at, i32.sub(get(at), i32.const(8)));
    });
    f.store("i64", get(at), get(prefix), PREFIXES);
  });
}
