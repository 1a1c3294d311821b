import type { EvalMode } from "../../catalog/expression.ts";
import type { Val } from "../wasm/instructions.ts";
import { i32 } from "../wasm/instructions.ts";
import type { EmitContext, ErrorSite } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { orFlags } from "./null-flags.ts";

/**
 * What a failed evaluation does. In ANSI mode the row raises where `failed` (i32) holds and no operand is NULL; else the result is NULL there.
 * Gives the result's null flag, safe to read twice.
 */
export function failWhere(
  ctx: EmitContext,
  mode: EvalMode,
  failed: Val,
  isNull: Val | undefined,
  toError: ErrorSite["toError"],
  operands: readonly EmittedValue[] = [],
): Val | undefined {
  if (failed.constant === 0 || isNull?.constant === 1) return isNull;
  const { f } = ctx;
  if (mode !== "ansi") {
    const flag = orFlags(isNull, failed);
    return flag && f.reusable(flag);
  }
  const raise = (): void => ctx.raise({ operands: operands.map((o) => o.type), toError }, operands);
  f.if(failed, () => {
    ctx.scoped(() => {
      if (isNull === undefined) raise();
      else f.if(i32.eqz(isNull), raise);
    });
  });
  return isNull;
}
