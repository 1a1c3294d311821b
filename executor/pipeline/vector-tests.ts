import type { LiteralExpr } from "../../catalog/expression.ts";
import type { ColumnLayout } from "../../catalog/table.ts";
import type { Local, Val } from "../wasm/instructions.ts";
import { get, i32, i64, select, simd } from "../wasm/instructions.ts";
import type { Binding } from "./binding.ts";
import type { SegmentEmitter } from "./segment-emitter.ts";

/** Comparisons of stored integers over vectors of 16 bytes: with constants, and of two columns. Source of the numbers of instructions: WebAssembly core specification. */

export type Operator = "=" | "<" | "<=" | ">" | ">=";
export type StoredBinding = Extract<Binding, { kind: "buffer" }> & { readonly layout: Extract<ColumnLayout, { kind: "fixed" }> & { readonly width: LaneBytes } };
type LaneBytes = 1 | 2 | 4 | 8;

export interface Bound {
  readonly operator: Operator;
  readonly literal: LiteralExpr;
}

/** Lanes of so many bytes each; 16 rows in all. */
export interface Lanes {
  readonly bytes: LaneBytes;
  readonly vectors: readonly Val[];
}

export interface VectorTest {
  readonly columns: readonly StoredBinding[];
  /** Of each column the values of 16 rows as they are stored; gives lanes with all bits set where a row passes, NULLs aside, and none elsewhere. */
  readonly passes: (stored: readonly Lanes[]) => Lanes;
  /** i64, once known: 0 where no row can pass, else all bits. */
  readonly allowed?: Local;
}

/** What all rows of one column must hold. */
export function constantsTest(column: StoredBinding, bounds: readonly Bound[], emitter: SegmentEmitter): VectorTest {
  const { width, base } = column.layout;
  return { columns: [column], ...(width === 8 ? wideTest(bounds, emitter) : intervalTest(bounds, width, base, emitter)) };
}

/** All bounds together are one interval, and a value is in it if it is not farther from its beginning than its end is: one subtraction, one unsigned comparison. */
function intervalTest(bounds: readonly Bound[], width: 1 | 2 | 4, base: bigint | undefined, emitter: SegmentEmitter): Omit<VectorTest, "columns"> {
  const { f } = emitter;
  const { min, max } = storedBounds(width, base);
  let [low, high] = [i64.const(min), i64.const(max)];
  for (const { operator, literal } of bounds) {
    const value = get(f.hoisted(asInt64(emitter, literal)));
    if (operator === ">=" || operator === "=") low = larger(emitter, low, value);
    if (operator === "<=" || operator === "=") high = smaller(emitter, high, value);
    // Where the next value would be beyond 64 bits nothing that is stored is beyond this one.
    if (operator === ">") low = larger(emitter, low, select(i64.geS(value, i64.const(max)), i64.const(max + 1n), i64.add(value, i64.const(1n))));
    if (operator === "<") high = smaller(emitter, high, select(i64.leS(value, i64.const(min)), i64.const(min - 1n), i64.sub(value, i64.const(1n))));
  }
  const word = (value: Val): Local => f.hoisted(simd(NARROW[width].splat, "v128", [i32.wrapI64(value)]));
  const from = word(base === undefined ? low : i64.sub(low, i64.const(base)));
  const span = word(i64.sub(high, low));
  const allowed = f.hoisted(i64.sub(i64.const(0n), i64.extendI32U(i64.leS(low, high))));
  const isWithin = (value: Val): Val => simd(comparison("<=", width, false), "v128", [simd(NARROW[width].subtract, "v128", [value, get(from)]), get(span)]);
  return { passes: ([{ bytes, vectors }]) => ({ bytes, vectors: vectors.map(isWithin) }), allowed };
}

/** Of 64 bits there are signed comparisons only. */
function wideTest(bounds: readonly Bound[], emitter: SegmentEmitter): Omit<VectorTest, "columns"> {
  const limits = bounds.map(({ operator, literal }) => ({ operator, value: emitter.f.hoisted(simd(SPLAT_64, "v128", [asInt64(emitter, literal)])) }));
  const isWithin = (vector: Val): Val => {
    const value = get(emitter.f.let(vector));
    return limits.map((limit) => simd(comparison(limit.operator, 8, true), "v128", [value, get(limit.value)])).reduce((a, b) => simd(AND, "v128", [a, b]));
  };
  return { passes: ([{ bytes, vectors }]) => ({ bytes, vectors: vectors.map(isWithin) }) };
}

/** Two columns of one width; undefined where their values cannot be compared in lanes of twice that width. */
export function columnsTest(operator: Operator, a: StoredBinding, b: StoredBinding, emitter: SegmentEmitter): VectorTest | undefined {
  const { width, base } = a.layout;
  if (b.layout.width !== width) return undefined;
  const columns = [a, b];
  if (base === b.layout.base) {
    const opcode = comparison(operator, width, base === undefined);
    return { columns, passes: ([x, y]) => ({ bytes: width, vectors: x.vectors.map((vector, i) => simd(opcode, "v128", [vector, y.vectors[i]])) }) };
  }
  // Stored values lie this far apart.
  const apart = (base ?? 0n) - (b.layout.base ?? 0n);
  const limit = 2n ** BigInt(16 * width - 2);
  if (width === 4 || width === 8 || apart < -limit || apart > limit) return undefined;
  const wide = width === 1 ? 2 : 4;
  const shift = emitter.f.hoisted(simd(NARROW[wide].splat, "v128", [i32.const(Number(apart))]));
  const opcode = comparison(operator, wide, true);
  return {
    columns,
    passes: ([x, y]) => {
      const shifted = widened(x, a.layout.base === undefined, emitter).map((vector) => simd(NARROW[wide].add, "v128", [vector, get(shift)]));
      const others = widened(y, b.layout.base === undefined, emitter);
      return { bytes: wide, vectors: shifted.map((vector, i) => simd(opcode, "v128", [vector, others[i]])) };
    },
  };
}

/** Lanes of twice the width, in order. */
function widened({ bytes, vectors }: Lanes, signed: boolean, emitter: SegmentEmitter): readonly Val[] {
  const opcode = (bytes === 1 ? 0x87 : 0xa7) + (signed ? 0 : 2);
  return vectors.flatMap((vector) => {
    const stored = get(emitter.f.let(vector));
    return [simd(opcode, "v128", [stored]), simd(opcode + 1, "v128", [stored])];
  });
}

/** 16 bits of an i32, one for each row. */
export function bitsOf({ bytes, vectors }: Lanes): Val {
  if (bytes === 1) return simd(BITMASK, "i32", vectors);
  const pairs = Array.from({ length: vectors.length / 2 }, (_, i) => [vectors[2 * i], vectors[2 * i + 1]]);
  const half = (bytes / 2) as LaneBytes;
  return bitsOf({ bytes: half, vectors: pairs.map((pair) => (bytes === 8 ? simd(SHUFFLE, "v128", pair, LOWER_HALVES) : simd(bytes === 4 ? NARROW_32 : NARROW_16, "v128", pair))) });
}

/** Smallest and largest value that `width` bytes hold; with a base they are stored without a sign. */
export function storedBounds(width: number, base: bigint | undefined): { readonly min: bigint; readonly max: bigint } {
  const bits = BigInt(8 * width);
  return base === undefined ? { min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n } : { min: base, max: base + 2n ** bits - 1n };
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

const SHUFFLE = 0x0d;
const SPLAT_64 = 0x12;
const AND = 0x4e;
const BITMASK = 0x64;
const NARROW_16 = 0x65;
const NARROW_32 = 0x85;
const NARROW = {
  1: { splat: 0x0f, subtract: 0x71, add: 0x6e },
  2: { splat: 0x10, subtract: 0x91, add: 0x8e },
  4: { splat: 0x11, subtract: 0xb1, add: 0xae },
} as const;
/** Of two vectors of 64-bit lanes the lower half of each lane. */
const LOWER_HALVES = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];

/** From that of `=`: of lanes up to 32 bits with a sign, 1 more without; of 64 bits with a sign only. */
const COMPARISONS = { "=": 0, "<": 2, ">": 4, "<=": 6, ">=": 8 } as const;
const WIDE_COMPARISONS = { "=": 0xd6, "<": 0xd8, ">": 0xd9, "<=": 0xda, ">=": 0xdb } as const;
const EQUAL = { 1: 0x23, 2: 0x2d, 4: 0x37 } as const;

function comparison(operator: Operator, bytes: LaneBytes, signed: boolean): number {
  if (bytes === 8) return WIDE_COMPARISONS[operator];
  return EQUAL[bytes] + COMPARISONS[operator] + (signed || operator === "=" ? 0 : 1);
}
