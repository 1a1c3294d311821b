import type { CastExpr } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { isIntegral } from "../../catalog/types.ts";
import type { Local, Val } from "../wasm/instructions.ts";
import { f32, f64, get, i32, i64 } from "../wasm/instructions.ts";
import { asDecimalType, asInt128, callWide, decimalValue, OVERFLOW_MARK } from "./decimal-arithmetic.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { failWhere } from "./failure.ts";
import { beyond128 } from "./int128.ts";
import { narrow } from "./integer-arithmetic.ts";
import type { Text } from "./text-lanes.ts";
import { textOf, textValue } from "./text-lanes.ts";
import { toInstant, toLocal } from "./time-zones.ts";
import { powerOfTen } from "./value-range.ts";

/** Text is read by a kernel in its plain form; what is not plain, by the host: rarely, and not for rows that are NULL. */
type CastEmitter = (input: EmittedValue, cast: CastExpr, ctx: EmitContext) => EmittedValue;

/** What a reader gives for text that it cannot read. */
const MALFORMED = -(2n ** 63n);
/** Most bytes that a number or time takes as text. */
const MAX_TEXT = 48;

/** Runs `read` where the value is not NULL and `needed` holds. */
function whereNeeded(ctx: EmitContext, needed: Val, isNull: Val | undefined, read: () => void): void {
  const { f } = ctx;
  f.if(isNull === undefined ? needed : i32.and(needed, i32.eqz(isNull)), read);
}

/** A kernel and a host function that say in `result_high` whether they could read; gives the value's and the failure's locals. */
function readWithStatus(ctx: EmitContext, input: EmittedValue, kernel: string, host: string, hostArgs: readonly Val[]): { value: Local; failed: Local } {
  const { f } = ctx;
  const text = textOf(input, ctx);
  const value = f.let(f.call(ctx.kernel(kernel), [text.address, text.length]));
  const status = f.let(f.call(ctx.kernel("result_high"), []));
  const failed = f.let(i64.ne(get(status), i64.const(0n)));
  whereNeeded(ctx, get(failed), input.isNull, () => {
    f.set(value, f.call(ctx.kernel(host), [text.address, text.length, ...hostArgs]));
    f.set(failed, i64.ne(f.call(ctx.kernel("result_high"), []), i64.const(0n)));
  });
  return { value, failed };
}

const textToInteger: CastEmitter = (input, cast, ctx) => {
  const { f } = ctx;
  const { value, failed } = readWithStatus(ctx, input, "parse_long", "text_to_long", [i32.const(cast.mode === "legacy" ? 1 : 0)]);
  if (cast.type.kind === "long") return { type: cast.type, lanes: [get(value)], isNull: failWhere(ctx, cast, get(failed), input.isNull, [input]) };
  const result = f.reusable(narrow(cast.type, i32.wrapI64(get(value))));
  const misfit = f.reusable(i32.or(get(failed), i64.ne(i64.extendI32S(result), get(value))));
  return { type: cast.type, lanes: [result], isNull: failWhere(ctx, cast, misfit, input.isNull, [input]) };
};

const textToFloat: CastEmitter = (input, cast, ctx) => {
  const { value, failed } = readWithStatus(ctx, input, "parse_double", "text_to_double", []);
  const isNull = failWhere(ctx, cast, get(failed), input.isNull, [input]);
  return { type: cast.type, lanes: [cast.type.kind === "float" ? ctx.f.reusable(f32.demoteF64(get(value))) : get(value)], isNull };
};

const textToDecimal: CastEmitter = (input, cast, ctx) => {
  const { f } = ctx;
  const to = asDecimalType(cast.type);
  const text = textOf(input, ctx);
  const lo = f.let(f.call(ctx.kernel("parse_decimal"), [text.address, text.length, i32.const(to.scale)]));
  const notPlain = f.reusable(i64.ne(f.call(ctx.kernel("result_high"), []), i64.const(0n)));
  const hi = f.let(i64.shrS(get(lo), i64.const(63n)));
  whereNeeded(ctx, notPlain, input.isNull, () => {
    const read = callWide(ctx, "text_to_decimal", [text.address, text.length, i32.const(to.scale)]);
    f.set(lo, read.lo);
    f.set(hi, read.hi);
  });
  const value = { lo: get(lo), hi: get(hi) };
  const failed = f.reusable(i32.or(i64.eq(value.hi, i64.const(OVERFLOW_MARK)), beyond128(value, powerOfTen(to.precision))));
  return decimalValue(to, value, failWhere(ctx, cast, failed, input.isNull, [input]), undefined);
};

const textToBoolean: CastEmitter = (input, cast, ctx) => {
  const { f } = ctx;
  const text = textOf(input, ctx);
  const value = f.let(f.call(ctx.kernel("parse_boolean"), [text.address, text.length]));
  whereNeeded(ctx, i32.eq(get(value), i32.const(2)), input.isNull, () => f.set(value, f.call(ctx.kernel("text_to_boolean"), [text.address, text.length])));
  const isNull = failWhere(ctx, cast, i32.eq(get(value), i32.const(2)), input.isNull, [input]);
  return { type: cast.type, lanes: [f.reusable(i32.and(get(value), i32.const(1)))], isNull };
};

const textToDate: CastEmitter = (input, cast, ctx) => {
  const { f } = ctx;
  const text = textOf(input, ctx);
  const value = f.let(f.call(ctx.kernel("parse_date"), [text.address, text.length]));
  whereNeeded(ctx, i64.eq(get(value), i64.const(MALFORMED)), input.isNull, () => f.set(value, f.call(ctx.kernel("text_to_date"), [text.address, text.length])));
  const isNull = failWhere(ctx, cast, i64.eq(get(value), i64.const(MALFORMED)), input.isNull, [input]);
  return { type: cast.type, lanes: [f.reusable(i32.wrapI64(get(value)))], isNull };
};

const textToTimestamp: CastEmitter = (input, cast, ctx) => {
  const { f } = ctx;
  const text = textOf(input, ctx);
  const zoned = cast.type.kind === "timestamp";
  const value = f.let(f.call(ctx.kernel("parse_timestamp"), [text.address, text.length]));
  const zone = new TextEncoder().encode(ctx.timeZone);
  const zoneAddress = get(ctx.constantBytes(zone));
  f.if(
    i64.eq(get(value), i64.const(MALFORMED)),
    () => {
      const read = (): Val =>
        zoned ? f.call(ctx.kernel("text_to_timestamp"), [text.address, text.length, zoneAddress, i32.const(zone.length)]) : f.call(ctx.kernel("text_to_timestamp_ntz"), [text.address, text.length]);
      whereNeeded(ctx, i32.const(1), input.isNull, () => f.set(value, read()));
    },
    zoned ? () => ctx.scoped(() => f.set(value, toInstant(get(value), ctx))) : undefined,
  );
  const isNull = failWhere(ctx, cast, i64.eq(get(value), i64.const(MALFORMED)), input.isNull, [input]);
  return { type: cast.type, lanes: [get(value)], isNull };
};

/** Text that functions write into fresh bytes; those after the first are asked where it gives 0. */
function writtenText(ctx: EmitContext, write: (to: Val) => Val, otherwise?: (to: Val) => Val): Text {
  const { f } = ctx;
  const to = get(ctx.allocate(i32.const(MAX_TEXT)));
  const length = f.let(write(to));
  if (otherwise !== undefined) f.if(i32.eqz(get(length)), () => f.set(length, otherwise(to)));
  return { address: to, length: get(length) };
}

const toText: CastEmitter = (input, cast, ctx) => {
  const { f } = ctx;
  const [lane] = input.lanes;
  const call = (name: string, ...args: Val[]) => (to: Val): Val => f.call(ctx.kernel(name), [...args, to]);
  const result = (text: Text): EmittedValue => textValue(cast.type, text, input.isNull);
  switch (input.type.kind) {
    case "boolean": {
      const words = get(ctx.constantBytes(new TextEncoder().encode("falsetrue")));
      return result({ address: f.reusable(i32.add(words, i32.mul(lane, i32.const(5)))), length: f.reusable(i32.sub(i32.const(5), lane)) });
    }
    case "decimal": {
      const { lo, hi } = asInt128(input);
      return result(writtenText(ctx, call("write_decimal", lo, hi, i32.const(input.type.scale))));
    }
    case "date":
      return result(writtenText(ctx, call("write_date", lane), call("date_text", lane)));
    case "timestamp":
    case "timestamp_ntz": {
      const local = input.type.kind === "timestamp" ? toLocal(lane, ctx) : lane;
      return result(writtenText(ctx, call("write_timestamp", local), call("timestamp_text", local)));
    }
    case "double":
      return result(writtenText(ctx, call("write_double", lane), call("double_text", lane)));
    case "float": {
      const wide = f.reusable(f64.promoteF32(lane));
      return result(writtenText(ctx, call("write_double", wide), call("float_text", wide)));
    }
    default:
      return result(writtenText(ctx, call("write_long", lane.type === "i64" ? lane : i64.extendI32S(lane))));
  }
};

/** Casts from text. */
export function castFromText(to: DataType): CastEmitter | undefined {
  if (isIntegral(to)) return textToInteger;
  switch (to.kind) {
    case "float":
    case "double":
      return textToFloat;
    case "decimal":
      return textToDecimal;
    case "boolean":
      return textToBoolean;
    case "date":
      return textToDate;
    case "timestamp":
    case "timestamp_ntz":
      return textToTimestamp;
    case "binary":
      return (input, cast) => ({ type: cast.type, lanes: input.lanes, isNull: input.isNull });
    default:
      return undefined;
  }
}

/** Casts to text. */
export function castToText(from: DataType): CastEmitter | undefined {
  switch (from.kind) {
    case "boolean":
    case "byte":
    case "short":
    case "int":
    case "long":
    case "decimal":
    case "float":
    case "double":
    case "date":
    case "timestamp":
    case "timestamp_ntz":
      return toText;
    default:
      return undefined;
  }
}
