import type { DataType } from "../../catalog/types.ts";
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import type { Val, ValType } from "../wasm/instructions.ts";
import { f32, f64, i32, i64 } from "../wasm/instructions.ts";
import type { EmittedValue } from "./emitted-value.ts";
import { laneKind, laneTypes } from "./emitted-value.ts";

export const TRUE = i32.const(1);
export const FALSE = i32.const(0);

function zero(type: ValType): Val {
  switch (type) {
    case "i32":
      return i32.const(0);
    case "i64":
      return i64.const(0n);
    case "f32":
      return f32.const(0);
    default:
      return f64.const(0);
  }
}

/** Zero in every lane of the type: bytes of length 0. */
export function zeroLanes(type: DataType): Val[] {
  return laneTypes(laneKind(type)).map(zero);
}

/** The NULL of a type. */
export function nullOf(type: DataType): EmittedValue {
  return { type, lanes: zeroLanes(type), isNull: TRUE };
}

/** Flags joined by OR; undefined is "never". Not yet safe to read twice: see `FunctionBuilder.reusable`. */
export function orFlags(a: Val | undefined, b: Val | undefined): Val | undefined {
  if (a === undefined || a.constant === 0) return b;
  if (b === undefined || b.constant === 0) return a;
  if (a.constant === 1 || b.constant === 1) return TRUE;
  return a.code === b.code ? a : i32.or(a, b);
}

/** Whether any of the values is NULL, safe to read twice; undefined: never. */
export function anyNull(f: FunctionBuilder, values: readonly EmittedValue[]): Val | undefined {
  let flag: Val | undefined;
  const seen: (readonly number[])[] = [];
  for (const { isNull } of values) {
    if (isNull === undefined || seen.some((code) => code.length === isNull.code.length && code.every((byte, i) => byte === isNull.code[i]))) continue;
    seen.push(isNull.code);
    flag = orFlags(flag, isNull);
  }
  return flag && f.reusable(flag);
}

/** i32: `condition` and not NULL. */
export function unlessNull(condition: Val, isNull: Val | undefined): Val {
  if (isNull === undefined || isNull.constant === 0) return condition;
  if (isNull.constant === 1) return FALSE;
  return i32.and(condition, i32.eqz(isNull));
}

/** A result in one lane, made safe to read twice. */
export function oneLane(f: FunctionBuilder, type: DataType, lane: Val, isNull: Val | undefined): EmittedValue {
  return { type, lanes: [f.reusable(lane)], isNull };
}
