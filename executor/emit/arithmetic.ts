import type { CallExpr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { isFractional, isIntegral, isNumeric, sameType } from "../../catalog/types.ts";
import type { Val } from "../wasm/instructions.ts";
import { f32, f64, i32, i64 } from "../wasm/instructions.ts";
import { acceptsDecimalRemainder, acceptsDecimalSum, acceptsWholeQuotient, asInt128, decimalMayOverflow, decimalValue, emitDecimalProduct, emitDecimalQuotient, emitDecimalRemainder, emitDecimalSum, emitWholeQuotient } from "./decimal-arithmetic.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { failWhere } from "./failure.ts";
import type { FunctionEmitters } from "./function-emitter.ts";
import { fromInt64, negate128 } from "./int128.ts";
import { emitIntegerArithmetic, emitIntegerDivision, emitSignChange, harmlessDivisor } from "./integer-arithmetic.ts";
import { anyNull, oneLane } from "./null-flags.ts";
import { rangeOf } from "./value-range.ts";
import { acceptsTemporal, emitTemporal, temporalRaises } from "./temporal-arithmetic.ts";

function operandTypes(call: CallExpr): readonly DataType[] {
  return call.args.map(typeOf);
}

function allOf(call: CallExpr, test: (type: DataType) => boolean): boolean {
  return operandTypes(call).every(test);
}

function isDecimal(type: DataType): boolean {
  return type.kind === "decimal";
}

function sameAsResult(call: CallExpr): boolean {
  return operandTypes(call).every((type) => sameType(type, call.type));
}

function floatOperator(name: "add" | "sub" | "mul", [a, b]: readonly EmittedValue[], call: CallExpr, ctx: EmitContext): EmittedValue {
  const lane = call.type.kind === "float" ? f32 : f64;
  return oneLane(ctx.f, call.type, lane[name](a.lanes[0], b.lanes[0]), anyNull(ctx.f, [a, b]));
}

function raisesInAnsi(call: CallExpr): boolean {
  if (call.mode !== "ansi" || isFractional(call.type)) return false;
  return isIntegral(call.type) || decimalMayOverflow(call);
}

function raisesInDivision(call: CallExpr): boolean {
  return call.mode === "ansi" && !(isIntegral(typeOf(call.args[1])) && harmlessDivisor(call.args[1]));
}

/** Division of doubles and floats: by zero it fails as it does for integers. */
function emitFloatDivision(name: "/" | "%" | "pmod", [a, b]: readonly EmittedValue[], call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const single = call.type.kind === "float";
  const lane = single ? f32 : f64;
  const zero = lane.eq(b.lanes[0], lane.const(0));
  const isNull = failWhere(ctx, call, zero, anyNull(f, [a, b]), [a, b]);
  if (name === "/") return oneLane(f, call.type, lane.div(a.lanes[0], b.lanes[0]), isNull);
  const wide = (value: Val): Val => (single ? f64.promoteF32(value) : value);
  const remainder = f.call(ctx.kernel(name === "%" ? "float_remainder" : "float_positive_remainder"), [wide(a.lanes[0]), wide(b.lanes[0])]);
  return oneLane(f, call.type, single ? f32.demoteF64(remainder) : remainder, isNull);
}

function emitNegative(value: EmittedValue, call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  if (isIntegral(call.type)) return emitSignChange("negative", value, call, ctx);
  if (isDecimal(call.type)) {
    const { min, max } = rangeOf(value);
    const negated = value.lanes.length === 1 ? fromInt64(f.reusable(i64.sub(i64.const(0n), value.lanes[0]))) : negate128(f, asInt128(value));
    return decimalValue(call.type, negated, value.isNull, { min: -max, max: -min });
  }
  const lane = call.type.kind === "float" ? f32 : f64;
  return oneLane(f, call.type, lane.neg(value.lanes[0]), value.isNull);
}

function sum(operator: "+" | "-"): FunctionEmitters[string] {
  return {
    accepts: (call) => {
      if (!isNumeric(call.type)) return acceptsTemporal(call);
      return isDecimal(call.type) ? allOf(call, isDecimal) && acceptsDecimalSum(call) : sameAsResult(call);
    },
    raises: (call) => (isNumeric(call.type) ? raisesInAnsi(call) : temporalRaises(call)),
    emit: (args, call, ctx) => {
      if (!isNumeric(call.type)) return emitTemporal(operator, args, call, ctx);
      if (isFractional(call.type)) return floatOperator(operator === "+" ? "add" : "sub", args, call, ctx);
      if (isDecimal(call.type)) return emitDecimalSum(operator, args[0], args[1], call, ctx);
      return emitIntegerArithmetic(operator, args[0], args[1], call, ctx);
    },
  };
}

function division(name: "%" | "pmod"): FunctionEmitters[string] {
  return {
    accepts: (call) => isNumeric(call.type) && allOf(call, isNumeric) && (isDecimal(call.type) ? allOf(call, isDecimal) && acceptsDecimalRemainder(call) : sameAsResult(call)),
    raises: raisesInDivision,
    cost: 8,
    emit: (args, call, ctx) => {
      if (isFractional(call.type)) return emitFloatDivision(name, args, call, ctx);
      if (isDecimal(call.type)) return emitDecimalRemainder(name, args[0], args[1], call, ctx);
      return emitIntegerDivision(name, args[0], args[1], call, ctx);
    },
  };
}

function bitwise(name: "and" | "or" | "xor"): FunctionEmitters[string] {
  return {
    accepts: (call) => isIntegral(call.type) && sameAsResult(call),
    emit: ([a, b], call, ctx) => oneLane(ctx.f, call.type, (call.type.kind === "long" ? i64 : i32)[name](a.lanes[0], b.lanes[0]), anyNull(ctx.f, [a, b])),
  };
}

function shift(name: "shl" | "shrS" | "shrU"): FunctionEmitters[string] {
  return {
    accepts: (call) => (call.type.kind === "int" || call.type.kind === "long") && typeOf(call.args[1]).kind === "int",
    emit: ([a, b], call, ctx) => {
      const [count] = b.lanes;
      const shifted = call.type.kind === "long" ? i64[name](a.lanes[0], i64.extendI32U(count)) : i32[name](a.lanes[0], count);
      return oneLane(ctx.f, call.type, shifted, anyNull(ctx.f, [a, b]));
    },
  };
}

/** Operators on numbers. Decimal operands keep the scales they come with: the result's type says how they meet. */
export const arithmeticEmitters: FunctionEmitters = {
  "+": sum("+"),
  "-": sum("-"),
  "*": {
    accepts: (call) => (sameAsResult(call) && (isIntegral(call.type) || isFractional(call.type))) || (isDecimal(call.type) && allOf(call, isDecimal)),
    raises: raisesInAnsi,
    cost: 2,
    emit: (args, call, ctx) => {
      if (isFractional(call.type)) return floatOperator("mul", args, call, ctx);
      if (isDecimal(call.type)) return emitDecimalProduct(args[0], args[1], call, ctx);
      return emitIntegerArithmetic("*", args[0], args[1], call, ctx);
    },
  },
  "/": {
    accepts: (call) => (isFractional(call.type) && sameAsResult(call)) || (isDecimal(call.type) && allOf(call, isDecimal)),
    raises: (call) => call.mode === "ansi",
    cost: 8,
    emit: (args, call, ctx) => (isDecimal(call.type) ? emitDecimalQuotient(args[0], args[1], call, ctx) : emitFloatDivision("/", args, call, ctx)),
  },
  "div": {
    accepts: (call) => call.type.kind === "long" && (allOf(call, (type) => type.kind === "long") || (allOf(call, isDecimal) && acceptsWholeQuotient(call))),
    raises: raisesInDivision,
    cost: 8,
    emit: (args, call, ctx) => (isDecimal(args[0].type) ? emitWholeQuotient(args[0], args[1], call, ctx) : emitIntegerDivision("div", args[0], args[1], call, ctx)),
  },
  "%": division("%"),
  "pmod": division("pmod"),
  "negative": {
    accepts: (call) => isNumeric(call.type),
    raises: (call) => call.mode === "ansi" && isIntegral(call.type),
    emit: (args, call, ctx) => emitNegative(args[0], call, ctx),
  },
  "positive": { accepts: (call) => isNumeric(call.type), emit: (args) => args[0] },
  "&": bitwise("and"),
  "|": bitwise("or"),
  "^": bitwise("xor"),
  "~": {
    accepts: (call) => isIntegral(call.type),
    emit: ([a], call, ctx) => oneLane(ctx.f, call.type, call.type.kind === "long" ? i64.xor(a.lanes[0], i64.const(-1n)) : i32.xor(a.lanes[0], i32.const(-1)), a.isNull),
  },
  "<<": shift("shl"),
  ">>": shift("shrS"),
  ">>>": shift("shrU"),
};
