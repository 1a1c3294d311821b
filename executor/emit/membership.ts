import type { Expr, InExpr, LiteralExpr } from "../../catalog/expression.ts";
import { BOOLEAN } from "../../catalog/types.ts";
import type { Local, Val } from "../wasm/instructions.ts";
import { get, i32, i64 } from "../wasm/instructions.ts";
import { equalByBytes } from "./bytes-comparison.ts";
import { compareValues } from "./comparison.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { laneKind } from "./emitted-value.ts";
import { emitExpr } from "./expression.ts";
import { isTabled } from "./expression-traits.ts";
import { anyNull, FALSE, orFlags, unlessNull } from "./null-flags.ts";
import { literalBytes } from "./text-lanes.ts";
import { equalsLiteral } from "./text-predicates.ts";

/** Odd, with well-spread bits. */
const SPREAD = BigInt.asIntN(64, 0x9e3779b97f4a7c15n);

/** `input IN (list)`: TRUE where an element is equal, else NULL where the input or an element is NULL, else FALSE. */
export function emitMembership(expr: InExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const input = emitExpr(expr.input, ctx);
  const given = expr.list.filter((element) => !(element.kind === "literal" && element.value === null));
  const [found, elements] = isTabled(expr) ? [emitTable(input, given.filter((element) => element.kind === "literal"), ctx), []] : emitChain(input, given, ctx);
  const nullInList = given.length < expr.list.length ? i32.const(1) : anyNull(f, elements);
  const unknown = nullInList === undefined ? undefined : i32.and(nullInList, i32.eqz(found));
  const isNull = orFlags(input.isNull, unknown);
  return { type: BOOLEAN, lanes: [found], isNull: isNull && f.reusable(isNull) };
}

function emitChain(input: EmittedValue, list: readonly Expr[], ctx: EmitContext): [Val, readonly EmittedValue[]] {
  const { f } = ctx;
  const elements: EmittedValue[] = [];
  let found: Val = FALSE;
  for (const element of list) {
    const bytes = equalByBytes(input.type) ? literalBytes(element) : undefined;
    let equal: Val;
    if (bytes !== undefined) {
      equal = equalsLiteral(input, bytes, ctx);
    } else {
      const value = emitExpr(element, ctx);
      elements.push(value);
      equal = unlessNull(compareValues("=", input, value, ctx), value.isNull);
    }
    found = f.reusable(found === FALSE ? equal : i32.or(found, equal));
  }
  return [found, elements];
}

/** i32: membership by a hash table of the literals, for integers of one lane and strings. */
function emitTable(input: EmittedValue, list: readonly LiteralExpr[], ctx: EmitContext): Val {
  if (laneKind(input.type) !== "bytes") return lookUpInteger(input, [...new Set(list.map((element) => BigInt(element.value as number | bigint)))], ctx);
  const table = textTable(list.map((element) => literalBytes(element) ?? new Uint8Array(0)));
  return ctx.f.reusable(ctx.f.call(ctx.kernel("in_text_set"), [input.lanes[0], input.lanes[1], get(ctx.constantBytes(table))]));
}

function slotsFor(count: number): number {
  return 2 ** Math.ceil(Math.log2(count * 2));
}

/**
 * A table of 64-bit slots. An empty slot holds the list's first element, which is compared before and never stored: so meeting it ends a search, and no value
 * is lost to a mark.
 */
function lookUpInteger(input: EmittedValue, values: readonly bigint[], ctx: EmitContext): Val {
  const { f } = ctx;
  const [first, ...others] = values;
  const slots = slotsFor(values.length);
  const shift = 64n - BigInt(Math.log2(slots));
  // The mark stands once more behind the slots, where code finds it whatever the list.
  const table = new BigInt64Array(slots + 1).fill(first);
  const home = (value: bigint): number => Number(BigInt.asUintN(64, value * SPREAD) >> shift);
  for (const value of others) {
    let slot = home(value);
    while (table[slot] !== first) slot = (slot + 1) % slots;
    table[slot] = value;
  }
  const base = ctx.constantBytes(new Uint8Array(table.buffer));
  const x = f.reusable(input.lanes[0].type === "i64" ? input.lanes[0] : i64.extendI32S(input.lanes[0]));
  const empty: Local = f.hoisted(i64.load(get(base), 8 * slots));
  const found = f.local("i32");
  const slot = f.local("i32");
  f.set(found, i64.eq(x, get(empty)));
  f.if(i32.eqz(get(found)), () => {
    f.set(slot, i32.wrapI64(i64.shrU(i64.mul(x, i64.const(SPREAD)), i64.const(shift))));
    f.block((done) => {
      f.loop((next) => {
        const value = f.let(i64.load(i32.add(get(base), i32.shl(get(slot), i32.const(3)))));
        f.set(found, i64.eq(get(value), x));
        f.brIf(done, i32.or(get(found), i64.eq(get(value), get(empty))));
        f.set(slot, i32.and(i32.add(get(slot), i32.const(1)), i32.const(slots - 1)));
        f.br(next);
      });
    });
  });
  return get(found);
}

/** The table that the kernel `in_text_set` reads: mask of the slots, padding; slots of {offset of the text + 1, length}; texts. */
function textTable(texts: readonly Uint8Array[]): Uint8Array {
  const slots = slotsFor(texts.length);
  const start = 8 + slots * 8;
  const bytes = new Uint8Array(start + texts.reduce((sum, text) => sum + text.length, 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, slots - 1, true);
  let at = start;
  for (const text of texts) {
    let hash = 0x811c9dc5;
    for (const byte of text) hash = Math.imul(hash ^ byte, 0x01000193);
    let slot = ((hash ^ (hash >>> 15)) >>> 0) & (slots - 1);
    while (view.getUint32(8 + slot * 8, true) !== 0) slot = (slot + 1) % slots;
    view.setUint32(8 + slot * 8, at + 1, true);
    view.setUint32(8 + slot * 8 + 4, text.length, true);
    bytes.set(text, at);
    at += text.length;
  }
  return bytes;
}
