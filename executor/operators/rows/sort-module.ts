import type { RowField } from "../../pipeline/row-layout.ts";
import { compileModule } from "../../pipeline/module-cache.ts";
import { loadField, setRecord } from "../../pipeline/row-access.ts";
import { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { ModuleParts } from "../../pipeline/segment-emitter.ts";
import type { StateTemplate } from "../../pipeline/state-layout.ts";
import { StateLayout } from "../../pipeline/state-layout.ts";
import type { FunctionReference } from "../../wasm/function-builder.ts";
import type { Local } from "../../wasm/instructions.ts";
import { get, i32, i64 } from "../../wasm/instructions.ts";
import { ModuleBuilder } from "../../wasm/module-builder.ts";
import type { DirectoryState } from "../group-directory.ts";
import { emitLookup, ensureEntry, insertEntry, reserveDirectory } from "../group-directory.ts";
import { keysEqual } from "../keys.ts";
import type { OrderField, PrefixEnd } from "./sort-prefix.ts";
import { emitOrder } from "./sort-prefix.ts";
import { emitTies, TieStages } from "./tie-stages.ts";

/** Entry of what is sorted: uint64 key, uint32 record, uint32 number of its partition. The kernel `sort_pairs` sorts by key, `settle` the entries that have one key. */
export const SORT_ENTRY = { key: 0, record: 8, partition: 12, bytes: 16 } as const;

/** Records that are sorted: order-preserving prefix; where partitions are kept apart, uint32 number of the partition in its first record, uint32 hash of its keys. */
export const SORT_RECORD = { prefix: 0, partition: 8, hash: 12, header: 8, partitionedHeader: 16 } as const;

/** What decides the order of records: they fall into partitions by `partitionBy`, and lie in `order` within each. */
export interface SortShape {
  readonly partitionBy: readonly RowField[];
  readonly order: readonly OrderField[];
  /** Highest bits of the prefix that are in use; what records with one prefix have in common. */
  readonly prefixBits: number;
  readonly prefixEnd: PrefixEnd;
}

export interface SortWords {
  /** uint32 each: where the run of records that is entered begins, and its stride (0: addresses). */
  readonly base: number;
  readonly stride: number;
  /** uint32: where the next entry goes. */
  readonly next: number;
  /** uint32: as many bytes as the entries have. */
  readonly scratch: number;
  /** uint32: highest bits of a key that number the partition. */
  readonly partitionBits: number;
  readonly directory: DirectoryState;
}

/**
 * Code that sorts records: `enter(state, from, to)` makes entries of the records from..to of a run; `settle(state, start, end)` orders entries with equal keys, whose keys it changes;
 * `compare(state, a, b)` tells two records of one partition apart.
 */
export interface SortModule {
  readonly module: WebAssembly.Module;
  readonly state: StateTemplate;
  readonly words: SortWords;
}

const RUN = { params: ["i32", "i32", "i32"], results: ["i32"] } as const;

/** With the shape, which is that of a plan that may run again. */
const compiled = new WeakMap<SortShape, SortModule>();

export function sortCode(shape: SortShape): SortModule {
  const made = compiled.get(shape) ?? compileSort(shape);
  compiled.set(shape, made);
  return made;
}

function compileSort(shape: SortShape): SortModule {
  const module = new ModuleBuilder();
  const state = new StateLayout();
  const words = reserveSort(state);
  emitSortFunctions({ module, state, sites: [], hosted: [], timeZone: "UTC", measure: false }, shape, words);
  return { module: compileModule(module.encode()), state: state.template(), words };
}

export function reserveSort(state: StateLayout): SortWords {
  const word = (): number => state.reserve(4, 4);
  return { base: word(), stride: word(), next: word(), scratch: word(), partitionBits: word(), directory: reserveDirectory(state) };
}

export function emitSortFunctions(parts: ModuleParts, shape: SortShape, words: SortWords): void {
  emitEnter(new SegmentEmitter(parts, parts.module.function("enter", RUN, true).builder), shape, words);
  const compare = emitCompare(parts, shape);
  const sortTies = parts.module.function("sortTies", RUN, false);
  emitMergeSort(new SegmentEmitter(parts, sortTies.builder), words, compare);
  const stages = new TieStages(parts, shape, words, sortTies.reference);
  const settle = new SegmentEmitter(parts, parts.module.function("settle", RUN, true).builder);
  // The number of its partition leaves a row's key fewer bits of the prefix than there are.
  const end: PrefixEnd = shape.partitionBy.length === 0 || shape.order.length === 0 ? shape.prefixEnd : { kind: "before", key: 0 };
  emitTies(settle, get(settle.f.param(1)), get(settle.f.param(2)), (from, to) => stages.emitAfter(settle, end, get(from), get(to)));
  settle.f.result(i32.const(0));
}

/** The function `compare`. */
export function emitCompare(parts: ModuleParts, { order }: SortShape): FunctionReference {
  const { reference, builder } = parts.module.function("compare", RUN, true);
  const emitter = new SegmentEmitter(parts, builder);
  emitOrder(emitter, order, builder.param(1), builder.param(2), (comparison) => builder.return(comparison));
  builder.result(i32.const(0));
  return reference;
}

function emitEnter(emitter: SegmentEmitter, shape: SortShape, words: SortWords): void {
  const { f } = emitter;
  const record = f.local("i32");
  emitter.atRowStart(() => setRecord(emitter, record, words.base, words.stride));
  const bits = emitter.hoistedOnce("partition bits", () => i64.extendI32U(i32.load(get(emitter.state), words.partitionBits)));
  emitter.forEachRow(() => {
    const key = f.local("i64");
    const prefix = shape.order.length === 0 ? i64.const(0n) : i64.load(get(record), SORT_RECORD.prefix);
    if (shape.partitionBy.length === 0) {
      f.set(key, prefix);
    } else {
      const partition = emitPartitionNumber(emitter, shape, words, record);
      f.store("i32", i32.load(get(emitter.state), words.next), get(partition), SORT_ENTRY.partition);
      f.set(key, i64.or(i64.shl(i64.extendI32U(get(partition)), i64.sub(i64.const(64n), get(bits))), i64.shrU(prefix, get(bits))));
    }
    const block = get(emitter.state);
    const entry = f.let(i32.load(block, words.next));
    f.store("i64", get(entry), get(key), SORT_ENTRY.key);
    f.store("i32", get(entry), get(record), SORT_ENTRY.record);
    f.store("i32", block, i32.add(get(entry), i32.const(SORT_ENTRY.bytes)), words.next);
  });
}

/** Partitions are numbered in the order in which their first records come. */
function emitPartitionNumber(emitter: SegmentEmitter, { partitionBy }: SortShape, words: SortWords, record: Local): Local {
  const { f } = emitter;
  const values = partitionBy.map((field) => loadField(emitter, field, record, false));
  const hash = f.let(i64.load(get(record), SORT_RECORD.partition));
  const lookup = emitLookup(emitter, words.directory, get(hash), (row) => keysEqual(emitter, values, partitionBy, row));
  const number = f.local("i32");
  f.if(
    get(lookup.row),
    () => f.set(number, i32.load(get(lookup.row), SORT_RECORD.partition)),
    () => {
      ensureEntry(emitter, words.directory);
      f.set(number, insertEntry(emitter, words.directory, lookup, record));
      f.store("i32", get(record), get(number), SORT_RECORD.partition);
    },
  );
  return number;
}

/** Merge sort of entries from..to by their records, from the bottom up: runs of `width` bytes are merged to and fro between the entries and the scratch. */
function emitMergeSort({ f }: SegmentEmitter, words: SortWords, compare: FunctionReference): void {
  const state = get(f.param(0));
  const from = get(f.param(1));
  const bytes = get(f.let(i32.sub(get(f.param(2)), from)));
  const source = f.let(from);
  const target = f.let(i32.load(state, words.scratch));
  const width = f.let(i32.const(SORT_ENTRY.bytes));
  const [start, middle, end, left, right, out] = Array.from({ length: 6 }, () => f.local("i32"));
  const takeRight = f.local("i32");
  const within = (at: Local): ReturnType<typeof get> => i32.add(get(source), get(at));
  const atMost = (to: Local): void => f.if(i32.gtU(get(to), bytes), () => f.set(to, bytes));
  const recordAt = (at: Local): ReturnType<typeof get> => i32.load(within(at), SORT_ENTRY.record);
  const move = (at: Local): void => {
    f.store("i64", i32.add(get(target), get(out)), i64.load(within(at)));
    f.store("i64", i32.add(get(target), get(out)), i64.load(within(at), 8), 8);
    f.set(at, i32.add(get(at), i32.const(SORT_ENTRY.bytes)));
  };
  f.while(i32.ltU(get(width), bytes), () => {
    f.set(start, i32.const(0));
    f.while(i32.ltU(get(start), bytes), () => {
      f.set(middle, i32.add(get(start), get(width)));
      atMost(middle);
      f.set(end, i32.add(get(middle), get(width)));
      atMost(end);
      f.set(left, get(start));
      f.set(right, get(middle));
      f.set(out, get(start));
      f.while(i32.ltU(get(out), get(end)), () => {
        f.set(takeRight, i32.eq(get(left), get(middle)));
        f.if(i32.and(i32.eqz(get(takeRight)), i32.ltU(get(right), get(end))), () =>
          f.set(takeRight, i32.gtS(f.call(compare, [state, recordAt(left), recordAt(right)]), i32.const(0))),
        );
        f.if(get(takeRight), () => move(right), () => move(left));
        f.set(out, i32.add(get(out), i32.const(SORT_ENTRY.bytes)));
      });
      f.set(start, get(end));
    });
    f.set(out, get(source));
    f.set(source, get(target));
    f.set(target, get(out));
    f.set(width, i32.shl(get(width), i32.const(1)));
  });
  f.if(i32.ne(get(source), from), () => f.copyMemory(from, get(source), bytes));
  f.result(i32.const(0));
}
