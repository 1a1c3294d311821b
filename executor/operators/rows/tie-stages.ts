import { BINARY } from "../../../catalog/types.ts";
import { laneKind } from "../../emit/emitted-value.ts";
import { emitNormalizedKey } from "../../emit/row-keys.ts";
import { loadField } from "../../pipeline/row-access.ts";
import { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { ModuleParts } from "../../pipeline/segment-emitter.ts";
import type { FunctionReference } from "../../wasm/function-builder.ts";
import type { Local, Val } from "../../wasm/instructions.ts";
import { get, i32, i64, select } from "../../wasm/instructions.ts";
import type { PrefixEnd } from "./sort-prefix.ts";
import { emitSortPrefix } from "./sort-prefix.ts";
import type { SortShape, SortWords } from "./sort-module.ts";
import { SORT_ENTRY } from "./sort-module.ts";

/** What tells rows apart that are equal so far. */
export type Stage =
  /** A prefix of the keys from `from` on. */
  | { readonly kind: "keys"; readonly from: number }
  /** Eight bytes of a text key from `offset` on. */
  | { readonly kind: "bytes"; readonly key: number; readonly offset: number }
  /** The 64 bits of a key of which a prefix could not hold the last one. */
  | { readonly kind: "value"; readonly key: number };

/** Fewer rows are compared one with another. */
const MIN_ROWS = 12;
/** Bytes of a text that are looked at by stages; what is longer is compared. */
const MAX_BYTES = 40;

const RANGE = { params: ["i32", "i32", "i32"], results: ["i32"] } as const;

/**
 * Sorting of entries that have equal keys: they are given new keys for what comes next in the order, are sorted by them, and so on. What no stage is left
 * for, or too few rows, is sorted by comparisons (`sortTies`).
 */
export class TieStages {
  readonly #parts: ModuleParts;
  readonly #shape: SortShape;
  readonly #words: SortWords;
  readonly #sortTies: FunctionReference;
  readonly #stages = new Map<string, FunctionReference>();

  constructor(parts: ModuleParts, shape: SortShape, words: SortWords, sortTies: FunctionReference) {
    this.#parts = parts;
    this.#shape = shape;
    this.#words = words;
    this.#sortTies = sortTies;
  }

  /** Code that orders the entries from..to, whose rows have in common what `end` says. */
  emitAfter(emitter: SegmentEmitter, end: PrefixEnd, from: Val, to: Val): void {
    const { f } = emitter;
    const args = [get(emitter.state), from, to];
    const go = (stage: Stage | undefined): void => f.perform(stage === undefined ? this.#sortTies : this.stage(stage), args);
    switch (end.kind) {
      case "all":
        return;
      case "before":
        go({ kind: "keys", from: end.key });
        return;
      case "most":
        go(this.#rest(end.key, end.alone));
        return;
      case "bytes":
        f.if(
          this.#textsEnd(emitter, end, from, to),
          () => this.#afterKey(end.key, go),
          () => go(end.bytes >= MAX_BYTES ? undefined : { kind: "bytes", key: end.key, offset: end.bytes }),
        );
    }
  }

  #afterKey(key: number, go: (stage: Stage) => void): void {
    if (key + 1 < this.#shape.order.length) go({ kind: "keys", from: key + 1 });
  }

  #rest(key: number, alone: boolean): Stage | undefined {
    if (!alone) return { kind: "keys", from: key };
    const kind = laneKind(this.#shape.order[key].field.type);
    return kind === "i64" || kind === "f64" ? { kind: "value", key } : undefined;
  }

  /** i32: all texts have one length, and no more bytes than are equal. */
  #textsEnd(emitter: SegmentEmitter, { key, bytes }: Extract<PrefixEnd, { kind: "bytes" }>, from: Val, to: Val): Val {
    const { f } = emitter;
    const { field } = this.#shape.order[key];
    const lengthAt = (entry: Local): Val => {
      const record = f.let(i32.load(get(entry), SORT_ENTRY.record));
      return loadField(emitter, field, record, false).lanes[1];
    };
    const at = f.let(from);
    const length = f.let(lengthAt(at));
    const result = f.let(i32.leU(get(length), i32.const(bytes)));
    f.while(i32.and(get(result), i32.ltU(get(at), to)), () => {
      f.set(result, i32.eq(lengthAt(at), get(length)));
      f.set(at, i32.add(get(at), i32.const(SORT_ENTRY.bytes)));
    });
    return get(result);
  }

  /** The function of a stage: `(state, from, to)`. */
  stage(stage: Stage): FunctionReference {
    const name = JSON.stringify(stage);
    const known = this.#stages.get(name);
    if (known !== undefined) return known;
    const { reference, builder } = this.#parts.module.function(name, RANGE, false);
    this.#stages.set(name, reference);
    this.#emitStage(new SegmentEmitter(this.#parts, builder), stage);
    return reference;
  }

  #emitStage(emitter: SegmentEmitter, stage: Stage): void {
    const { f } = emitter;
    const state = get(emitter.state);
    const from = get(f.param(1));
    const to = get(f.param(2));
    f.if(i32.ltU(i32.sub(to, from), i32.const(MIN_ROWS * SORT_ENTRY.bytes)), () => {
      f.perform(this.#sortTies, [state, from, to]);
      f.return(i32.const(0));
    });
    const entry = f.let(from);
    let end: PrefixEnd = { kind: "all" };
    f.while(i32.ltU(get(entry), to), () => {
      const record = f.let(i32.load(get(entry), SORT_ENTRY.record));
      const word = this.#word(emitter, stage, record);
      end = word.end;
      f.store("i64", get(entry), word.key, SORT_ENTRY.key);
      f.set(entry, i32.add(get(entry), i32.const(SORT_ENTRY.bytes)));
    });
    f.perform(emitter.kernel("sort_pairs"), [from, i32.shrU(i32.sub(to, from), i32.const(4)), i32.load(state, this.#words.scratch)]);
    emitTies(emitter, from, to, (start, next) => this.emitAfter(emitter, end, get(start), get(next)));
    f.result(i32.const(0));
  }

  #word(emitter: SegmentEmitter, stage: Stage, record: Local): { readonly key: Val; readonly end: PrefixEnd } {
    const { order } = this.#shape;
    switch (stage.kind) {
      case "keys":
        return emitSortPrefix(emitter, order.map(({ field }, i) => (i < stage.from ? { type: field.type, lanes: [], isNull: undefined } : loadField(emitter, field, record, false))), order, stage.from);
      case "value": {
        const { field, ascending, nullsFirst } = order[stage.key];
        const { key } = emitNormalizedKey({ ...loadField(emitter, field, record, false), isNull: undefined }, ascending, nullsFirst, emitter);
        const isLast = stage.key + 1 === order.length;
        return { key, end: isLast ? { kind: "all" } : { kind: "before", key: stage.key + 1 } };
      }
      case "bytes": {
        const { field, ascending, nullsFirst } = order[stage.key];
        const [address, length] = loadField(emitter, field, record, false).lanes;
        const skipped = emitter.f.reusable(select(i32.ltU(length, i32.const(stage.offset)), length, i32.const(stage.offset)));
        const rest = { type: BINARY, lanes: [emitter.f.reusable(i32.add(address, skipped)), emitter.f.reusable(i32.sub(length, skipped))], isNull: undefined };
        return { key: emitNormalizedKey(rest, ascending, nullsFirst, emitter).key, end: { kind: "bytes", key: stage.key, bytes: stage.offset + 8 } };
      }
    }
  }
}

/** Code for every run of at least two entries with equal keys among from..to. */
export function emitTies({ f }: SegmentEmitter, from: Val, to: Val, body: (start: Local, next: Local) => void): void {
  const at = f.let(from);
  const next = f.local("i32");
  const key = f.local("i64");
  f.while(i32.ltU(get(at), to), () => {
    f.set(next, i32.add(get(at), i32.const(SORT_ENTRY.bytes)));
    f.set(key, i64.load(get(at)));
    f.while(i32.ltU(get(next), to), (exit) => {
      f.brIf(exit, i64.ne(i64.load(get(next)), get(key)));
      f.set(next, i32.add(get(next), i32.const(SORT_ENTRY.bytes)));
    });
    f.if(i32.gtU(i32.sub(get(next), get(at)), i32.const(SORT_ENTRY.bytes)), () => body(at, next));
    f.set(at, get(next));
  });
}
