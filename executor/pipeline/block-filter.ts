import type { Expr } from "../../catalog/expression.ts";
import type { Step } from "../../planner/stages.ts";
import { laneKind } from "../emit/emitted-value.ts";
import { mayRaise } from "../emit/expression-traits.ts";
import { unsigned } from "../wasm/encoding.ts";
import type { Label } from "../wasm/function-builder.ts";
import type { Local } from "../wasm/instructions.ts";
import { get, i32, i64, simd } from "../wasm/instructions.ts";
import { SLOT } from "./buffer-access.ts";
import type { Binding } from "./binding.ts";
import type { SegmentEmitter } from "./segment-emitter.ts";
import type { Bound, Lanes, Operator, StoredBinding, VectorTest } from "./vector-tests.ts";
import { bitsOf, columnsTest, constantsTest, storedBounds } from "./vector-tests.ts";

/**
 * Filters of a scan that compare stored integers with constants or with each other, over 64 rows at a time: bytes, dates, numbers and decimals of up to 64 bits as they
 * lie, in vectors of 16 bytes. What comes out is one bit a row; the row loop goes from one set bit to the next.
 */

/** Rows of a block; one bit each of an i64. */
export const BLOCK_ROWS = 64;
const GROUP_ROWS = 16;

/** Narrows `mask`, bits of the block's rows, to the rows that pass, and leaves through `none` as soon as there are none. */
export type BlockFilter = (block: Local, mask: Local, none: Label) => void;

/**
 * Takes from the filters at a scan's beginning what can be tested block by block; the other steps stay as they are. What stands behind a filter that may raise is not taken:
 * it must not see other rows than before.
 */
export function takeBlockFilter(steps: readonly Step[], emitter: SegmentEmitter): { readonly filter: BlockFilter | undefined; readonly steps: readonly Step[] } {
  const bounds = new Map<StoredBinding, Bound[]>();
  const ofColumns: VectorTest[] = [];
  const left: Step[] = [];
  let at = 0;
  for (; at < steps.length; at++) {
    const step = steps[at];
    if (step.kind !== "filter" || mayRaise(step.node.condition)) break;
    const found = comparisonOf(step.node.condition, emitter);
    const test = found?.kind === "columns" ? columnsTest(found.operator, found.left, found.right, emitter) : undefined;
    if (found?.kind === "constant") bounds.set(found.column, [...(bounds.get(found.column) ?? []), found.bound]);
    else if (test !== undefined) ofColumns.push(test);
    else left.push(step);
  }
  const tests = [...[...bounds].map(([column, own]) => constantsTest(column, own, emitter)), ...ofColumns];
  if (tests.length === 0) return { filter: undefined, steps };
  const filter: BlockFilter = (block, mask, none) => {
    for (const test of tests) {
      narrow(test, block, mask, emitter);
      emitter.f.brIf(none, i64.eqz(get(mask)));
    }
  };
  return { filter, steps: [...left, ...steps.slice(at)] };
}

type Comparison = { readonly kind: "constant"; readonly column: StoredBinding; readonly bound: Bound } | { readonly kind: "columns"; readonly operator: Operator; readonly left: StoredBinding; readonly right: StoredBinding };

const MIRRORED: Readonly<Record<Operator, Operator>> = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" };

function isOperator(name: string): name is Operator {
  return name in MIRRORED;
}

/** A comparison of a stored column with a constant or another stored column. */
function comparisonOf(condition: Expr, emitter: SegmentEmitter): Comparison | undefined {
  if (condition.kind !== "call" || !isOperator(condition.name)) return undefined;
  const [left, right] = condition.args.map((arg) => storedColumn(arg, emitter));
  const [first, second] = condition.args;
  if (left !== undefined && right !== undefined) return { kind: "columns", operator: condition.name, left, right };
  if (left !== undefined && second.kind === "literal" && second.value !== null) return { kind: "constant", column: left, bound: { operator: condition.name, literal: second } };
  if (right !== undefined && first.kind === "literal" && first.value !== null) return { kind: "constant", column: right, bound: { operator: MIRRORED[condition.name], literal: first } };
  return undefined;
}

function storedColumn(expr: Expr, emitter: SegmentEmitter): StoredBinding | undefined {
  if (expr.kind !== "column") return undefined;
  const binding = emitter.binding(expr.id);
  return isStored(binding, emitter) ? binding : undefined;
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

function narrow({ columns, passes, allowed }: VectorTest, block: Local, mask: Local, emitter: SegmentEmitter): void {
  const { f } = emitter;
  if (allowed !== undefined) f.set(mask, i64.and(get(mask), get(allowed)));
  const first = columns.map(({ slot, layout }) => f.let(i32.add(get(emitter.stateWord(slot + SLOT.data)), i32.shl(get(block), i32.const(Math.log2(layout.width))))));
  for (let group = 0; group < BLOCK_ROWS / GROUP_ROWS; group++) {
    const stored = columns.map(({ layout: { width } }, c): Lanes => ({ bytes: width, vectors: Array.from({ length: width }, (_, i) => simd(LOAD, "v128", [get(first[c])], [0, ...unsigned(GROUP_ROWS * (width * group + i))])) }));
    const bits = i64.shl(i64.extendI32U(bitsOf(passes(stored))), i64.const(BigInt(GROUP_ROWS * group)));
    const others = i64.const(BigInt.asIntN(64, ~(0xffffn << BigInt(GROUP_ROWS * group))));
    f.set(mask, i64.and(get(mask), i64.or(bits, others)));
  }
  for (const { nulls, slot } of columns) {
    if (nulls === "none") continue;
    const validity = emitter.stateWord(slot + SLOT.validity);
    f.if(get(validity), () => f.set(mask, i64.and(get(mask), i64.load(i32.add(get(validity), i32.shrU(get(block), i32.const(3)))))));
  }
}

/** v128.load; vectors may reach beyond the end of a column, and what stands there means nothing. */
const LOAD = 0x00;
