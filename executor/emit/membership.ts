import type { InExpr } from "../../catalog/expression.ts";
import { BOOLEAN } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { i32 } from "../wasm/instructions.ts";
import { compareValues } from "./comparison.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { emitExpr } from "./expression.ts";
import { anyNull, FALSE, orFlags, unlessNull } from "./null-flags.ts";

/** `input IN (list)`: TRUE where an element is equal, else NULL where the input or an element is NULL, else FALSE. */
export function emitMembership(expr: InExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const input = emitExpr(expr.input, ctx);
  const list = expr.list.filter((element) => !(element.kind === "literal" && element.value === null)).map((element) => emitExpr(element, ctx));
  const nullInList = list.length < expr.list.length ? i32.const(1) : anyNull(f, list);
  let found: Val = FALSE;
  for (const element of list) {
    const equal = unlessNull(compareValues("=", input, element, ctx), element.isNull);
    found = f.reusable(found === FALSE ? equal : i32.or(found, equal));
  }
  const unknown = nullInList === undefined ? undefined : i32.and(nullInList, i32.eqz(found));
  const isNull = orFlags(input.isNull, unknown);
  return { type: BOOLEAN, lanes: [found], isNull: isNull && f.reusable(isNull) };
}
