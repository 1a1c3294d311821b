import type { Expr, LiteralExpr } from "../../catalog/expression.ts";
import type { ColumnLayout } from "../../catalog/table.ts";
import type { Step } from "../../planner/stages.ts";
import { laneKind } from "../emit/emitted-value.ts";
import { mayRaise } from "../emit/expression-traits.ts";
import type { Label } from "../wasm/function-builder.ts";
import type { Local, Val } from "../wasm/instructions.ts";
import { get, i32, i64, select, simd } from "../wasm/instructions.ts";
import { SLOT } from "./buffer-access.ts";
import type { Binding, SegmentEmitter } from "./segment-emitter.ts";

/**
 * Filters of a scan that compare stored integers with constants, over 64 rows at a time: bytes, dates, numbers and decimals of up to 64 bits as they lie, in vectors of 16
 * bytes. What comes out is one bit a row; the row loop goes from one set bit to the next.
 */

/** Rows of a block; one bit each of an i64. */
export const BLOCK_ROWS = 64;
const GROUP_ROWS = 16;

type Operator = "=" | "<" | "<=" | ">" | ">=";
type StoredBinding = Extract<Binding, { kind: "buffer" }> & { readonly layout: Extract<ColumnLayout, { kind: "fixed" }> & { readonly width: 1 | 2 | 4 | 8 } };

interface Bound {
  readonly operator: Operator;
  readonly literal: LiteralExpr;
}

/** What the values of one column must be. */
interface ColumnTest {
  readonly binding: StoredBinding;
  readonly bounds: Bound[];
}

/** Narrows `mask`, bits of the block's rows, to the rows that pass, and leaves through `none` as soon as there are none. */
export type BlockFilter = (block: Local, mask: Local, none: Label) => void;

/**
 * Takes from the filters at a scan's beginning what can be tested block by block; the other steps stay as they are. What stands behind a filter that may raise is not taken:
 * it must not see other rows than before.
 */
export function takeBlockFilter(steps: readonly Step[], emitter: SegmentEmitter): { readonly filter: BlockFilter | undefined; readonly steps: readonly Step[] } {
  const tests = new Map<number, ColumnTest>();
  const left: Step[] = [];
  let at = 0;
  for (; at < steps.length; at++) {
    const step = steps[at];
    if (step.kind !== "filter" || mayRaise(step.node.condition)) break;
    const found = columnBound(step.node.condition, emitter);
    if (found === undefined) {
      left.push(step);
      continue;
    }
    const test = tests.get(found.binding.slot) ?? { binding: found.binding, bounds: [] };
    test.bounds.push(found.bound);
    tests.set(found.binding.slot, test);
  }
  if (tests.size === 0) return { filter: undefined, steps };
  const masks = [...tests.values()].map((test) => columnMask(test, emitter));
  const filter: BlockFilter = (block, mask, none) => {
    for (const narrow of masks) {
      narrow(block, mask);
      emitter.f.brIf(none, i64.eqz(get(mask)));
    }
  };
  return { filter, steps: [...left, ...steps.slice(at)] };
}

const MIRRORED: Readonly<Record<Operator, Operator>> = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" };

function isOperator(name: string): name is Operator {
  return name in MIRRORED;
}

/** The stored column and the constant that a condition compares. */
function columnBound(condition: Expr, emitter: SegmentEmitter): { readonly binding: StoredBinding; readonly bound: Bound } | undefined {
  if (condition.kind !== "call" || !isOperator(condition.name)) return undefined;
  const [left, right] = condition.args;
  const [column, literal, operator] = left.kind === "column" ? [left, right, condition.name] : [right, left, MIRRORED[condition.name]];
  if (column.kind !== "column" || literal.kind !== "literal" || literal.value === null) return undefined;
  const binding = emitter.binding(column.id);
  return isStored(binding, emitter) ? { binding, bound: { operator, literal } } : undefined;
}

function isStored(binding: Binding, emitter: SegmentEmitter): binding is StoredBinding {
  if (binding.kind !== "buffer" || binding.index !== emitter.position || binding.nulls === "bytes" || binding.layout.kind !== "fixed") return false;
  const lane = laneKind(binding.type);
  if ((lane !== "i32" && lane !== "i64") || binding.layout.width === 16) return false;
  const { width, base } = binding.layout;
  return width === 8 ? base === undefined : isInt64(storedBounds(width, base).min - 1n) && isInt64(storedBounds(width, base).max + 1n);
}

function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

/** Smallest and largest value that `width` bytes hold. */
function storedBounds(width: number, base: bigint | undefined): { readonly min: bigint; readonly max: bigint } {
  const bits = BigInt(8 * width);
  return base === undefined ? { min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n } : { min: base, max: base + 2n ** bits - 1n };
}

function columnMask({ binding, bounds }: ColumnTest, emitter: SegmentEmitter): (block: Local, mask: Local) => void {
  const { f } = emitter;
  const { slot, layout } = binding;
  const data = emitter.stateWord(slot + SLOT.data);
  const { passes, allowed } = layout.width === 8 ? wideTest(bounds, emitter) : narrowTest(bounds, layout.width, layout.base, emitter);
  return (block, mask) => {
    if (allowed !== undefined) f.set(mask, i64.and(get(mask), get(allowed)));
    const first = f.let(i32.add(get(data), layout.width === 1 ? get(block) : i32.shl(get(block), i32.const(Math.log2(layout.width)))));
    for (let group = 0; group < BLOCK_ROWS / GROUP_ROWS; group++) {
      const vectors = Array.from({ length: layout.width }, (_, i) => passes(simd(VECTOR.load, "v128", [get(first)], [0, ...loadOffset(GROUP_ROWS * (layout.width * group + i))])));
      const bits = i64.extendI32U(simd(VECTOR.bitmask, "i32", [bytesOf(vectors, layout.width)]));
      // Of rows that are out already the bits stay 0.
      const shifted = i64.shl(bits, i64.const(BigInt(GROUP_ROWS * group)));
      const others = i64.const(BigInt.asIntN(64, ~(0xffffn << BigInt(GROUP_ROWS * group))));
      f.set(mask, i64.and(get(mask), i64.or(shifted, others)));
    }
    if (binding.nulls === "bits") {
      const validity = emitter.stateWord(slot + SLOT.validity);
      f.if(get(validity), () => f.set(mask, i64.and(get(mask), i64.load(i32.add(get(validity), i32.shrU(get(block), i32.const(3)))))));
    }
  };
}

/** `passes`: all bits of a lane set where its value is one that is wanted. `allowed`: 0 where none is. */
interface VectorTest {
  readonly passes: (vector: Val) => Val;
  readonly allowed?: Local;
}

/** All bounds together are one interval, and a value is in it if it is not farther from its beginning than its end is: one subtraction, one unsigned comparison. */
function narrowTest(bounds: readonly Bound[], width: 1 | 2 | 4, base: bigint | undefined, emitter: SegmentEmitter): VectorTest {
  const { f } = emitter;
  const { min, max } = storedBounds(width, base);
  const limits = bounds.map(({ operator, literal }) => ({ operator, value: get(f.hoisted(asInt64(emitter, literal))) }));
  let [low, high] = [i64.const(min), i64.const(max)];
  for (const { operator, value } of limits) {
    if (operator === ">=" || operator === "=") low = larger(emitter, low, value);
    if (operator === "<=" || operator === "=") high = smaller(emitter, high, value);
    // Where the next value would be beyond 64 bits nothing that is stored is beyond this one.
    if (operator === ">") low = larger(emitter, low, select(i64.geS(value, i64.const(max)), i64.const(max + 1n), i64.add(value, i64.const(1n))));
    if (operator === "<") high = smaller(emitter, high, select(i64.leS(value, i64.const(min)), i64.const(min - 1n), i64.sub(value, i64.const(1n))));
  }
  const { splat, subtract, atMost } = NARROW[width];
  const word = (value: Val): Local => f.hoisted(simd(splat, "v128", [i32.wrapI64(value)]));
  const from = word(base === undefined ? low : i64.sub(low, i64.const(base)));
  const span = word(i64.sub(high, low));
  const allowed = f.hoisted(i64.sub(i64.const(0n), i64.extendI32U(i64.leS(low, high))));
  return { passes: (vector) => simd(atMost, "v128", [simd(subtract, "v128", [vector, get(from)]), get(span)]), allowed };
}

/** Of 64 bits there are signed comparisons only. */
function wideTest(bounds: readonly Bound[], emitter: SegmentEmitter): VectorTest {
  const limits = bounds.map(({ operator, literal }) => ({ opcode: WIDE[operator], value: emitter.f.hoisted(simd(VECTOR.splat64, "v128", [asInt64(emitter, literal)])) }));
  return {
    passes: (vector) => {
      const value = get(emitter.f.let(vector));
      return limits.map(({ opcode, value: limit }) => simd(opcode, "v128", [value, get(limit)])).reduce((a, b) => simd(VECTOR.and, "v128", [a, b]));
    },
  };
}

function asInt64(emitter: SegmentEmitter, literal: LiteralExpr): Val {
  const [lane] = emitter.literal(literal).lanes;
  return lane.type === "i32" ? i64.extendI32S(lane) : lane;
}

function larger({ f }: SegmentEmitter, a: Val, b: Val): Val {
  const [x, y] = [get(f.hoisted(a)), get(f.hoisted(b))];
  return get(f.hoisted(select(i64.gtS(x, y), x, y)));
}

function smaller({ f }: SegmentEmitter, a: Val, b: Val): Val {
  const [x, y] = [get(f.hoisted(a)), get(f.hoisted(b))];
  return get(f.hoisted(select(i64.ltS(x, y), x, y)));
}

/** 16 lanes of all or no bits, as bytes. */
function bytesOf(vectors: readonly Val[], width: number): Val {
  if (width === 1) return vectors[0];
  const pairs = Array.from({ length: vectors.length / 2 }, (_, i) => [vectors[2 * i], vectors[2 * i + 1]]);
  const halves = pairs.map((pair) => (width === 8 ? simd(VECTOR.shuffle, "v128", pair, LOWER_HALVES) : simd(width === 4 ? VECTOR.narrow32 : VECTOR.narrow16, "v128", pair)));
  return bytesOf(halves, width / 2);
}

/** An unsigned LEB128 of at most two bytes. */
function loadOffset(bytes: number): readonly number[] {
  return bytes < 0x80 ? [bytes] : [(bytes & 0x7f) | 0x80, bytes >> 7];
}

/** Numbers of instructions. Source: WebAssembly core specification, vector instructions. */
const VECTOR = { load: 0x00, shuffle: 0x0d, splat64: 0x12, and: 0x4e, bitmask: 0x64, narrow16: 0x65, narrow32: 0x85 } as const;
const NARROW = {
  1: { splat: 0x0f, subtract: 0x71, atMost: 0x2a },
  2: { splat: 0x10, subtract: 0x91, atMost: 0x34 },
  4: { splat: 0x11, subtract: 0xb1, atMost: 0x3e },
} as const;
const WIDE: Readonly<Record<Operator, number>> = { "=": 0xd6, "<": 0xd8, ">": 0xd9, "<=": 0xda, ">=": 0xdb };
/** Of two vectors of 64-bit lanes the lower half of each lane. */
const LOWER_HALVES = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];
