import type { DataType } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { get, i32, i64 } from "../wasm/instructions.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { FALSE, orFlags } from "./null-flags.ts";

function isCollated(type: DataType): boolean {
  return type.kind === "string" && type.collation !== undefined && type.collation !== "UTF8_BINARY";
}

/** Whether values of a `bytes` type are equal only if their bytes are. Encoded arrays and structs are written so that they are; maps are equal in any order of their entries. */
export function equalByBytes(type: DataType): boolean {
  switch (type.kind) {
    case "array":
      return equalByBytes(type.element);
    case "map":
      return false;
    case "struct":
      return type.fields.every((field) => equalByBytes(field.type));
    default:
      return !isCollated(type);
  }
}

/** Whether values of a `bytes` type stand in the order of their bytes. */
export function orderedByBytes(type: DataType): boolean {
  return type.kind !== "array" && type.kind !== "map" && type.kind !== "struct" && !isCollated(type);
}

/** i64: equal for values that are equal under the collations in their type, by the host. */
export function hostHash(value: EmittedValue, ctx: EmitContext): Val {
  const { f } = ctx;
  const type = new TextEncoder().encode(JSON.stringify(value.type));
  const hash = f.local("i64");
  f.set(hash, i64.const(0n));
  // The bytes of a NULL decode to nothing.
  f.if(i32.eqz(value.isNull ?? FALSE), () => f.set(hash, f.call(ctx.kernel("hash_value"), [...value.lanes, get(ctx.constantBytes(type)), i32.const(type.length)])));
  return get(hash);
}

/** i32: -1, 0 or 1, by the host, for values that are not in the order of their bytes. */
function hostOrder(a: EmittedValue, b: EmittedValue, ctx: EmitContext): Val {
  const { f } = ctx;
  const type = new TextEncoder().encode(JSON.stringify(a.type));
  const order = f.local("i32");
  f.set(order, i32.const(0));
  // The bytes of a NULL decode to nothing.
  f.if(i32.eqz(orFlags(a.isNull, b.isNull) ?? FALSE), () => {
    f.set(order, f.call(ctx.kernel("compare_values"), [...a.lanes, ...b.lanes, get(ctx.constantBytes(type)), i32.const(type.length)]));
  });
  return get(order);
}

/**
 * i32: equal length and bytes. The first eight bytes are compared in place, reading beyond the end where the value is shorter and shifting out what was
 * read too much; the rest, rarely reached by unequal values, goes to a kernel.
 */
export function bytesEqual(a: EmittedValue, b: EmittedValue, ctx: EmitContext): Val {
  if (!equalByBytes(a.type)) return i32.eqz(hostOrder(a, b, ctx));
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

/** i32: -1, 0 or 1. Strings and binaries by unsigned bytes and then by length. */
export function bytesOrder(a: EmittedValue, b: EmittedValue, ctx: EmitContext): Val {
  if (!orderedByBytes(a.type)) return hostOrder(a, b, ctx);
  return get(ctx.f.let(ctx.f.call(ctx.kernel("memcompare"), [...a.lanes, ...b.lanes])));
}
