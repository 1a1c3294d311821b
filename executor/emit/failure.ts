import { InternalError, SparrowError } from "../../catalog/errors.ts";
import type { CallExpr, CastExpr } from "../../catalog/expression.ts";
import { operands as operandsOf, typeOf } from "../../catalog/expression.ts";
import type { Value } from "../../catalog/values.ts";
import { evaluate } from "../interpret.ts";
import type { Val } from "../wasm/instructions.ts";
import { i32 } from "../wasm/instructions.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { orFlags } from "./null-flags.ts";

/**
 * What a failed evaluation does. In ANSI mode the row raises where `failed` (i32) holds and no operand is NULL; else the result is NULL there.
 * Gives the result's null flag, safe to read twice. `operands` are the values of all of the node's operands.
 */
export function failWhere(ctx: EmitContext, node: CallExpr | CastExpr, failed: Val, isNull: Val | undefined, operands: readonly EmittedValue[]): Val | undefined {
  if (node.mode === "ansi") return raiseWhere(ctx, node, failed, isNull, operands);
  return nullWhere(ctx, failed, isNull);
}

/** As `failWhere`, for what raises in legacy mode too. */
export function failInEveryMode(ctx: EmitContext, node: CallExpr | CastExpr, failed: Val, isNull: Val | undefined, operands: readonly EmittedValue[]): Val | undefined {
  return node.mode === "try" ? nullWhere(ctx, failed, isNull) : raiseWhere(ctx, node, failed, isNull, operands);
}

function nullWhere(ctx: EmitContext, failed: Val, isNull: Val | undefined): Val | undefined {
  const flag = orFlags(isNull, failed);
  return flag && ctx.f.reusable(flag);
}

function raiseWhere(ctx: EmitContext, node: CallExpr | CastExpr, failed: Val, isNull: Val | undefined, operands: readonly EmittedValue[]): Val | undefined {
  if (failed.constant === 0 || isNull?.constant === 1) return isNull;
  const { f, timeZone } = ctx;
  const site = { operands: operands.map((operand) => operand.type), toError: (values: readonly Value[]) => errorOf(node, values, timeZone) };
  const raise = (): void => ctx.raise(site, operands);
  f.if(failed, () => {
    ctx.scoped(() => {
      if (isNull === undefined) raise();
      else f.if(i32.eqz(isNull), raise);
    });
  });
  return isNull;
}

/** The error that the interpreter raises for these operands: so both word it alike. */
function errorOf(node: CallExpr | CastExpr, values: readonly Value[], timeZone: string): SparrowError {
  const literals = operandsOf(node).map((operand, i) => ({ kind: "literal" as const, type: typeOf(operand), value: values[i] }));
  const expr = node.kind === "cast" ? { ...node, input: literals[0] } : { ...node, args: literals };
  try {
    evaluate(expr, () => null, { timeZone, queryTime: 0n, user: "", database: "", catalog: "" });
  } catch (error) {
    if (error instanceof SparrowError) return error;
    throw error;
  }
  throw new InternalError(`compiled code raises in ${node.kind === "cast" ? "a cast" : node.name} where the interpreter does not`);
}
