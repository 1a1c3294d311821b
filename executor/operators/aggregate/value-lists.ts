import type { Expr } from "../../../catalog/expression.ts";
import { typeOf } from "../../../catalog/expression.ts";
import type { DataType } from "../../../catalog/types.ts";
import type { Value } from "../../../catalog/values.ts";
import type { EmittedValue } from "../../emit/emitted-value.ts";
import { laneKind } from "../../emit/emitted-value.ts";
import { canonicalFloat } from "../../emit/row-keys.ts";
import type { OrderedValues } from "../../functions/statistics.ts";
import type { Arena } from "../../memory/arena.ts";
import type { RowField } from "../../pipeline/row-layout.ts";
import type { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { ThreadContext } from "../../thread-context.ts";
import type { Local, Val } from "../../wasm/instructions.ts";
import { f64, get, i32, i64 } from "../../wasm/instructions.ts";
import type { RowStoreState } from "../row-store.ts";

/**
 * A group's values in lists of nodes, each value a uint64 that orders as it does: what percentiles and modes need.
 * Node: uint32 next node, uint32 number of words, words.
 */
export const VALUES_NODE = { next: 0, count: 4, words: 8, capacity: 7, bytes: 64 } as const;

const SIGN = -(2n ** 63n);
const SIGN_HALF = 0x8000_0000;

/** Whether values of the type fit into a word. */
export function isWord(type: DataType): boolean {
  const kind = laneKind(type);
  return kind !== "bytes" && kind !== "i128" && type.kind !== "null";
}

/** Whether an argument is the same for all rows. */
export function isConstant(expr: Expr | undefined): boolean {
  return expr === undefined || expr.kind === "literal";
}

/** i64: the value as an unsigned word in the same order. Doubles: one NaN, no negative zero. */
function orderedWord({ f }: SegmentEmitter, { lanes: [lane] }: EmittedValue): Val {
  switch (lane.type) {
    case "i32":
      return i64.xor(i64.extendI32S(lane), i64.const(SIGN));
    case "i64":
      return i64.xor(lane, i64.const(SIGN));
    default: {
      const bits = f.let(i64.reinterpretF64(canonicalFloat(lane.type === "f32" ? f64.promoteF32(lane) : lane)));
      return i64.xor(get(bits), i64.or(i64.shrS(get(bits), i64.const(63n)), i64.const(SIGN)));
    }
  }
}

/** Appends the value to the list of the record at `row`; `link` hangs a new node behind the list's end. Room for a node has been ensured. */
export function appendValue(emitter: SegmentEmitter, list: RowField, row: Val, value: EmittedValue, store: RowStoreState, link: (node: Local) => void): void {
  const { f } = emitter;
  const block = get(emitter.state);
  const node = f.let(i32.load(row, list.offset + 4));
  const full = i32.eq(i32.load(get(node), VALUES_NODE.count), i32.const(VALUES_NODE.capacity));
  f.if(i32.or(i32.eqz(get(node)), full), () => {
    f.set(node, i32.and(i32.add(i32.load(block, store.bytes), i32.const(7)), i32.const(-8)));
    f.store("i32", block, i32.add(get(node), i32.const(VALUES_NODE.bytes)), store.bytes);
    f.store("i64", get(node), i64.const(0n), VALUES_NODE.next);
    link(node);
  });
  const count = f.let(i32.load(get(node), VALUES_NODE.count));
  f.store("i64", i32.add(get(node), i32.shl(get(count), i32.const(3))), orderedWord(emitter, value), VALUES_NODE.words);
  f.store("i32", get(node), i32.add(get(count), i32.const(1)), VALUES_NODE.count);
}

/** The words of one group after the other, put in order as far as somebody asks. */
export class GroupWords implements OrderedValues {
  length = 0;
  readonly #context: ThreadContext;
  readonly #arena: Arena;
  readonly #type: DataType;
  readonly #isFloat: boolean;
  #base = 0;
  #capacity = 0;
  /** Index of the word that was asked for last: it is in its place, and parts the others. */
  #placed = -1;

  constructor(context: ThreadContext, arena: Arena, arg: Expr) {
    this.#context = context;
    this.#arena = arena;
    this.#type = typeOf(arg);
    this.#isFloat = this.#type.kind === "float" || this.#type.kind === "double";
  }

  /** Takes the words of the list that begins at a node. */
  load(first: number): void {
    const { u32 } = this.#context.pool;
    let nodes = 0;
    for (let node = first; node !== 0; node = u32[node >>> 2]) nodes++;
    const bytes = nodes * VALUES_NODE.capacity * 8;
    if (bytes > this.#capacity) {
      this.#capacity = 2 * bytes;
      this.#base = this.#arena.allocate(this.#capacity);
    }
    this.length = (this.#context.kernels["gather_words"] as (first: number, to: number) => number)(first, this.#base);
    this.#placed = -1;
  }

  at(index: number): Value {
    if (index !== this.#placed) {
      const from = index > this.#placed ? this.#placed + 1 : 0;
      const to = index < this.#placed ? this.#placed : this.length;
      (this.#context.kernels["select_word"] as (base: number, count: number, k: number) => bigint)(this.#base + 8 * from, to - from, index - from);
      this.#placed = index;
    }
    const at = (this.#base >>> 2) + 2 * index;
    const { u32 } = this.#context.pool;
    return this.#value(u32[at], u32[at + 1]);
  }

  /** The value that occurs most often, of several the first in the order. */
  mode(descending: boolean): Value {
    const words = this.#context.pool.i64.slice(this.#base >>> 3, (this.#base >>> 3) + this.length);
    const sorted = new BigUint64Array(words.buffer).sort();
    let best = 0;
    let most = 0;
    for (let from = 0; from < sorted.length; ) {
      let to = from + 1;
      while (to < sorted.length && sorted[to] === sorted[from]) to++;
      if (to - from > most || (descending && to - from === most)) {
        most = to - from;
        best = from;
      }
      from = to;
    }
    return this.#value(Number(sorted[best] & 0xffff_ffffn), Number(sorted[best] >> 32n));
  }

  #value(low: number, high: number): Value {
    const positive = high >= SIGN_HALF;
    if (this.#isFloat) {
      DECODED.setUint32(0, positive ? (high ^ SIGN_HALF) >>> 0 : ~high >>> 0);
      DECODED.setUint32(4, positive ? low : ~low >>> 0);
      return DECODED.getFloat64(0);
    }
    DECODED.setUint32(0, (high ^ SIGN_HALF) >>> 0);
    DECODED.setUint32(4, low);
    if (laneKind(this.#type) === "i64") return DECODED.getBigInt64(0);
    const value = DECODED.getInt32(4);
    return this.#type.kind === "boolean" ? value !== 0 : value;
  }
}

const DECODED = new DataView(new ArrayBuffer(8));
