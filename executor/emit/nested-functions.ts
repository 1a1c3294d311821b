import { InternalError } from "../../catalog/errors.ts";
import type { CallExpr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { DataType, StructType } from "../../catalog/types.ts";
import { INT } from "../../catalog/types.ts";
import { fixedWidth, structSlots } from "../nested/encoding.ts";
import type { Val } from "../wasm/instructions.ts";
import { f32, f64, i32, i64, select } from "../wasm/instructions.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { laneKind } from "./emitted-value.ts";
import { failInEveryMode, failWhere } from "./failure.ts";
import type { FunctionEmitter, FunctionEmitters } from "./function-emitter.ts";
import { anyNull, FALSE, oneLane, orFlags } from "./null-flags.ts";

/** Fields and elements read in place from encoded bytes (executor/nested/encoding.ts). */

/** Where the value's bytes start; for NULL the start of memory's first page, from which anything can be read. */
function safeAddress(value: EmittedValue, isNull: Val | undefined, ctx: EmitContext): Val {
  return ctx.f.reusable(isNull === undefined ? value.lanes[0] : select(isNull, i32.const(0), value.lanes[0]));
}

/** i32: whether bit `index` of a bitmap is 0. */
function bitIsClear(bitmap: Val, index: Val): Val {
  const byte = i32.load8u(i32.add(bitmap, i32.shrU(index, i32.const(3))));
  return i32.eqz(i32.and(i32.shrU(byte, i32.and(index, i32.const(7))), i32.const(1)));
}

/** Lanes of a value of fixed width. */
function loadFixed(type: DataType, address: Val, ctx: EmitContext): readonly Val[] {
  const { f } = ctx;
  switch (laneKind(type)) {
    case "i32": {
      const width = fixedWidth(type);
      return [f.reusable(width === 4 ? i32.load(address) : width === 2 ? i32.load16s(address) : width === 1 ? (type.kind === "boolean" ? i32.and(i32.load8u(address), i32.const(1)) : i32.load8s(address)) : i32.const(0))];
    }
    case "i64":
      return [f.reusable(i64.load(address))];
    case "f32":
      return [f.reusable(f32.load(address))];
    case "f64":
      return [f.reusable(f64.load(address))];
    case "i128":
      return [f.reusable(i64.load(address)), f.reusable(i64.load(address, 8))];
    case "bytes":
      throw new InternalError(`${type.kind} has no fixed width`);
  }
}

/** Bytes between two end offsets; none where the value is NULL, whose offsets mean nothing. */
function bytesBetween(data: Val, start: Val, end: Val, isNull: Val | undefined, ctx: EmitContext): readonly Val[] {
  const { f } = ctx;
  const from = f.reusable(start);
  const lanes = [i32.add(data, from), i32.sub(end, from)];
  return lanes.map((lane) => f.reusable(isNull === undefined ? lane : select(isNull, i32.const(0), lane)));
}

function fieldPosition(call: CallExpr): number | undefined {
  const [base, position] = call.args;
  const type = typeOf(base);
  if (type.kind !== "struct" || position.kind !== "literal") return undefined;
  const at = typeof position.value === "string" ? type.fields.findIndex((f) => f.name.toLowerCase() === String(position.value).toLowerCase()) : Number(position.value);
  return type.fields[at] === undefined ? undefined : at;
}

function emitField(base: EmittedValue, type: StructType, position: number, call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const field = type.fields[position];
  const address = safeAddress(base, base.isNull, ctx);
  const absent = field.nullable ? bitIsClear(address, i32.const(position)) : undefined;
  const flag = orFlags(base.isNull, absent);
  const isNull = flag && f.reusable(flag);
  const { offsets, size, previousVariable } = structSlots(type);
  const slots = (type.fields.length + 7) >> 3;
  if (fixedWidth(field.type) !== undefined) return { type: call.type, lanes: loadFixed(field.type, f.reusable(i32.add(address, i32.const(slots + offsets[position]))), ctx), isNull };
  const previous = previousVariable[position];
  const start = previous < 0 ? i32.const(0) : i32.load(address, slots + offsets[previous]);
  const data = f.reusable(i32.add(address, i32.const(slots + size)));
  return { type: call.type, lanes: bytesBetween(data, start, i32.load(address, slots + offsets[position]), isNull, ctx), isNull };
}

/** The element at a position from 0 that is within the array wherever `outside` (i32) does not hold. */
function emitElement(array: EmittedValue, element: DataType, position: Val, outside: Val | undefined, call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const address = safeAddress(array, outside, ctx);
  const index = f.reusable(outside === undefined ? position : select(outside, i32.const(0), position));
  const isNull = f.reusable(orFlags(outside, bitIsClear(i32.add(address, i32.const(4)), index)) ?? FALSE);
  const count = f.reusable(outside === undefined ? i32.load(address) : select(outside, i32.const(0), i32.load(address)));
  const slots = f.reusable(i32.add(i32.add(address, i32.const(4)), i32.shrU(i32.add(count, i32.const(7)), i32.const(3))));
  const width = fixedWidth(element);
  if (width !== undefined) return { type: call.type, lanes: loadFixed(element, f.reusable(i32.add(slots, i32.mul(index, i32.const(width)))), ctx), isNull };
  const end = f.reusable(i32.add(slots, i32.shl(index, i32.const(2))));
  const start = select(index, i32.load(i32.sub(end, select(index, i32.const(4), i32.const(0)))), i32.const(0));
  const data = f.reusable(i32.add(slots, i32.shl(count, i32.const(2))));
  return { type: call.type, lanes: bytesBetween(data, start, i32.load(end), isNull, ctx), isNull };
}

function isArrayAccess(call: CallExpr): boolean {
  return typeOf(call.args[0]).kind === "array" && ["byte", "short", "int"].includes(typeOf(call.args[1]).kind);
}

/** Element by position from 0. Outside of the array: an error in ANSI mode if `checked`, else NULL. */
function elementAccess(checked: boolean): FunctionEmitter {
  return {
    accepts: isArrayAccess,
    raises: (call) => checked && call.mode === "ansi",
    cost: 10,
    emit: (args, call, ctx) => {
      const { f } = ctx;
      const [array, position] = args;
      const type = typeOf(call.args[0]);
      if (type.kind !== "array") throw new InternalError("elements are taken from arrays");
      const isNull = anyNull(f, args);
      const count = i32.load(safeAddress(array, isNull, ctx));
      const outOfBounds = f.reusable(i32.geU(position.lanes[0], count));
      if (checked) failWhere(ctx, call, outOfBounds, isNull, args);
      const outside = f.reusable(orFlags(isNull, outOfBounds) ?? FALSE);
      return emitElement(array, type.element, position.lanes[0], outside, call, ctx);
    },
  };
}

/** `element_at`: from 1, or from -1 at the end. 0 is an error in every mode. */
function emitElementAt(args: readonly EmittedValue[], call: CallExpr, ctx: EmitContext): EmittedValue {
  const { f } = ctx;
  const [array, position] = args;
  const type = typeOf(call.args[0]);
  if (type.kind !== "array") throw new InternalError("elements are taken from arrays");
  const isNull = anyNull(f, args);
  const [given] = position.lanes;
  const zero = f.reusable(i32.eqz(given));
  const afterZero = failInEveryMode(ctx, call, zero, isNull, args);
  const count = f.reusable(i32.load(safeAddress(array, isNull, ctx)));
  const index = f.reusable(select(i32.gtS(given, i32.const(0)), i32.sub(given, i32.const(1)), i32.add(count, given)));
  const outOfBounds = f.reusable(i32.or(i32.geU(index, count), zero));
  if (call.name === "element_at") failWhere(ctx, call, outOfBounds, afterZero, args);
  return emitElement(array, type.element, index, f.reusable(orFlags(isNull, outOfBounds) ?? FALSE), call, ctx);
}

export const nestedFunctionEmitters: FunctionEmitters = {
  "getfield": {
    accepts: (call) => fieldPosition(call) !== undefined,
    cost: 6,
    emit: ([base], call, ctx) => {
      const type = typeOf(call.args[0]);
      const position = fieldPosition(call);
      if (type.kind !== "struct" || position === undefined) throw new InternalError("fields are taken from structs by literal position");
      return emitField(base, type, position, call, ctx);
    },
  },
  "getitem": elementAccess(true),
  "get": elementAccess(false),
  "element_at": { accepts: isArrayAccess, raises: (call) => call.mode !== "try", cost: 12, emit: emitElementAt },
  "try_element_at": { accepts: isArrayAccess, raises: (call) => call.mode !== "try", cost: 12, emit: emitElementAt },
  "array_size": {
    accepts: (call) => typeOf(call.args[0]).kind === "array",
    emit: ([array], _call, ctx) => oneLane(ctx.f, INT, i32.load(safeAddress(array, array.isNull, ctx)), array.isNull),
  },
  "size": {
    accepts: (call) => call.mode !== "legacy" && ["array", "map"].includes(typeOf(call.args[0]).kind),
    // A map is the length of its keys' bytes, then the keys as an array.
    emit: ([collection], _call, ctx) => oneLane(ctx.f, INT, i32.load(safeAddress(collection, collection.isNull, ctx), collection.type.kind === "map" ? 4 : 0), collection.isNull),
  },
};
