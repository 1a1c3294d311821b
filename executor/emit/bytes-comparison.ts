import type { Val } from "../wasm/instructions.ts";
import { get, i32, i64 } from "../wasm/instructions.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";

/**
 * i32: equal length and bytes. The first eight bytes are compared in place, reading beyond the end where the value is shorter and shifting out what was
 * read too much; the rest, rarely reached by unequal values, goes to a kernel.
 */
export function bytesEqual(a: EmittedValue, b: EmittedValue, ctx: EmitContext): Val {
  const { f } = ctx;
  const [aAddress, aLength] = a.lanes;
  const [bAddress, bLength] = b.lanes;
  const equal = f.local("i32");
  f.set(equal, i32.eq(aLength, bLength));
  f.if(get(equal), () =>
    ctx.scoped(() => {
      const difference = i64.xor(i64.load(aAddress), i64.load(bAddress));
      f.if(
        i32.leU(aLength, i32.const(8)),
        () => {
          // Two shifts of half the width each: one shift by 64, for length 0, would be none.
          const half = f.reusable(i64.sub(i64.const(32n), i64.extendI32U(i32.shl(aLength, i32.const(2)))));
          f.set(equal, i64.eqz(i64.shl(i64.shl(difference, half), half)));
        },
        () => {
          f.set(equal, i64.eqz(difference));
          const rest = (address: Val): Val => i32.add(address, i32.const(8));
          f.if(get(equal), () => f.set(equal, f.call(ctx.kernel("memequal"), [rest(aAddress), rest(bAddress), i32.sub(aLength, i32.const(8))])));
        },
      );
    }),
  );
  return get(equal);
}

/** i32: negative, zero or positive, by unsigned bytes and then by length. */
export function bytesOrder(a: EmittedValue, b: EmittedValue, ctx: EmitContext): Val {
  return get(ctx.f.let(ctx.f.call(ctx.kernel("memcompare"), [...a.lanes, ...b.lanes])));
}
