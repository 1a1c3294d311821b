import { InternalError } from "../../catalog/errors.ts";
import type { CastExpr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import { isFractional, isIntegral, isStringLike, sameType } from "../../catalog/types.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { castDecimalToDecimal, castDecimalToFloat, castDecimalToInteger, castFloatToDecimal, castIntegerToDecimal } from "./decimal-casts.ts";
import { nullOf } from "./null-flags.ts";
import { castBoolean, castFloatToFloat, castFloatToInteger, castIntegerToFloat, castIntegerToInteger, castToBoolean } from "./numeric-casts.ts";
import { temporalCast } from "./temporal-casts.ts";
import { castFromText, castToText } from "./text-casts.ts";
import { isPlainText } from "./text-lanes.ts";
import { contains, typeRange } from "./value-range.ts";

type CastEmitter = (input: EmittedValue, cast: CastExpr, ctx: EmitContext) => EmittedValue;

/** The cast between two types, or undefined where it is left to the TypeScript implementation. */
function castEmitter({ input, type: to, mode }: CastExpr): CastEmitter | undefined {
  const from = typeOf(input);
  if (sameType(from, to) || (isStringLike(from) && to.kind === "string" && to.collation === undefined)) return (input, cast) => ({ ...input, type: cast.type });
  if (from.kind === "null") return (_input, cast) => nullOf(cast.type);
  if (isIntegral(from)) {
    if (isIntegral(to)) return castIntegerToInteger;
    if (isFractional(to)) return castIntegerToFloat;
    if (to.kind === "decimal") return castIntegerToDecimal;
    if (to.kind === "boolean") return castToBoolean;
  }
  if (isFractional(from)) {
    if (isIntegral(to)) return castFloatToInteger;
    if (isFractional(to)) return castFloatToFloat;
    if (to.kind === "decimal") return castFloatToDecimal;
    if (to.kind === "boolean") return castToBoolean;
  }
  if (from.kind === "decimal") {
    // What overflows in legacy mode is the interpreter's to say.
    if (isIntegral(to)) return mode === "legacy" ? undefined : castDecimalToInteger;
    if (isFractional(to)) return castDecimalToFloat;
    if (to.kind === "decimal") return castDecimalToDecimal;
    if (to.kind === "boolean") return castToBoolean;
  }
  if (isPlainText(from)) return castFromText(to);
  // Outside of ANSI mode Spark writes small decimals in scientific notation.
  if (to.kind === "string" && isPlainText(to) && !(from.kind === "decimal" && mode === "legacy")) return castToText(from);
  const temporal = temporalCast(from, to);
  if (temporal !== undefined) return temporal;
  if (from.kind === "boolean" && (isIntegral(to) || isFractional(to) || (to.kind === "decimal" && to.precision > to.scale && to.scale <= 18))) return castBoolean;
  return undefined;
}

export function acceptsCast(cast: CastExpr): boolean {
  return castEmitter(cast) !== undefined;
}

export function emitCast(input: EmittedValue, cast: CastExpr, ctx: EmitContext): EmittedValue {
  const emit = castEmitter(cast);
  if (emit === undefined) throw new InternalError(`no code for a cast from ${typeOf(cast.input).kind} to ${cast.type.kind}`);
  if (input.isNull?.constant === 1) return nullOf(cast.type);
  return emit(input, cast, ctx);
}

export function castMayRaise(cast: CastExpr): boolean {
  if (cast.mode !== "ansi") return false;
  const from = typeOf(cast.input);
  const to = cast.type;
  if (sameType(from, to)) return false;
  switch (to.kind) {
    case "string":
    case "boolean":
      return isStringLike(from) && to.kind === "boolean";
    case "float":
    case "double":
      return isStringLike(from);
    case "byte":
    case "short":
    case "int":
    case "long":
      return !(from.kind === "boolean" || (isIntegral(from) && contains(typeRange(to), typeRange(from))));
    case "decimal":
      if (from.kind === "decimal") return to.precision - to.scale < from.precision - from.scale + (to.scale < from.scale ? 1 : 0);
      return !(isIntegral(from) && to.precision - to.scale >= String(typeRange(from).max).length);
    case "date":
    case "timestamp":
    case "timestamp_ntz":
      return isStringLike(from);
    default:
      return true;
  }
}

/** Rough instructions. */
export function castCost(cast: CastExpr): number {
  const from = typeOf(cast.input);
  return isStringLike(from) || cast.type.kind === "string" ? 40 : from.kind === "decimal" || cast.type.kind === "decimal" ? 3 : 1;
}
