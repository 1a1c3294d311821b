import type { CallExpr, Expr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { isStringLike } from "../../catalog/types.ts";
import type { Local, Val } from "../wasm/instructions.ts";
import { get, i32, i64 } from "../wasm/instructions.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";

/** Bytes in memory: address and length, safe to read twice. */
export interface Text {
  readonly address: Val;
  readonly length: Val;
}

export function textOf(value: EmittedValue, ctx: EmitContext): Text {
  return { address: ctx.f.reusable(value.lanes[0]), length: ctx.f.reusable(value.lanes[1]) };
}

export function textValue(type: DataType, text: Text, isNull: Val | undefined): EmittedValue {
  return { type, lanes: [text.address, text.length], isNull };
}

/** The part that a kernel has named: offset << 32 | bytes. */
export function partOf(text: Text, range: Val, ctx: EmitContext): Text {
  const { f } = ctx;
  const packed = f.reusable(range);
  return {
    address: f.reusable(i32.add(text.address, i32.wrapI64(i64.shrU(packed, i64.const(32n))))),
    length: f.reusable(i32.wrapI64(packed)),
  };
}

/** Strings that compare and match by their bytes. */
export function isPlainText(type: DataType): boolean {
  return isStringLike(type) && (type.kind !== "string" || type.collation === undefined || type.collation === "UTF8_BINARY");
}

export function allPlainText(call: CallExpr): boolean {
  return call.args.every((arg) => isPlainText(typeOf(arg)));
}

/** The bytes of a literal string, or undefined for anything else. */
export function literalBytes(expr: Expr): Uint8Array | undefined {
  if (expr.kind !== "literal" || expr.value === null) return undefined;
  if (typeof expr.value === "string") return new TextEncoder().encode(expr.value);
  return expr.value instanceof Uint8Array ? expr.value : undefined;
}

/** Whether equality with this many known bytes is tested without a call. */
const INLINE_BYTES = 16;

/**
 * i32: whether the bytes at `address` are the `count` known ones at `constant`, hoisted words of which are compared. Code depends on the count only. Reads up
 * to 16 bytes whatever lies there; lengths are the caller's to test.
 */
export function bytesAre(address: Val, constant: Local, count: number, ctx: EmitContext): Val {
  const { f } = ctx;
  if (count === 0) return i32.const(1);
  if (count <= 8) {
    const mask = i64.const(BigInt.asIntN(64, 2n ** BigInt(8 * count) - 1n));
    const wanted = get(f.hoisted(count === 8 ? i64.load(get(constant)) : i64.and(i64.load(get(constant)), mask)));
    return i64.eq(count === 8 ? i64.load(address) : i64.and(i64.load(address), mask), wanted);
  }
  const first = i64.xor(i64.load(address), get(f.hoisted(i64.load(get(constant)))));
  if (count > INLINE_BYTES) {
    const equal = f.local("i32");
    f.set(equal, i64.eqz(first));
    const rest = (at: Val): Val => i32.add(at, i32.const(8));
    f.if(get(equal), () => f.set(equal, f.call(ctx.kernel("memequal"), [rest(address), rest(get(constant)), i32.const(count - 8)])));
    return get(equal);
  }
  const last = i64.xor(i64.load(address, count - 8), get(f.hoisted(i64.load(get(constant), count - 8))));
  return i64.eqz(i64.or(first, last));
}
