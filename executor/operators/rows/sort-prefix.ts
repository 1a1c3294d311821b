import type { EmittedValue } from "../../emit/emitted-value.ts";
import { emitNormalizedKey, emitSortOrder } from "../../emit/row-keys.ts";
import { loadField } from "../../pipeline/row-access.ts";
import type { RowField } from "../../pipeline/row-layout.ts";
import type { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { Local, Val } from "../../wasm/instructions.ts";
import { get, i32 } from "../../wasm/instructions.ts";

export interface OrderField {
  readonly field: RowField;
  readonly ascending: boolean;
  readonly nullsFirst: boolean;
}

/**
 * A uint64 whose order never contradicts the rows' order: the first key's normalized bytes. Rows with equal prefixes are told apart by
 * `emitOrder`.
 */
export function emitSortPrefix(emitter: SegmentEmitter, keys: readonly EmittedValue[], order: readonly OrderField[]): Val {
  return emitNormalizedKey(keys[0], order[0].ascending, order[0].nullsFirst, emitter).key;
}

/** Whether rows with equal prefixes are equal in the whole order: one key that fits into the prefix, its NULL flag included. */
export function prefixDecides(order: readonly OrderField[]): boolean {
  if (order.length !== 1) return false;
  const { kind } = order[0].field.storage;
  if (kind === "i8" || kind === "i16" || kind === "i32" || kind === "f32") return true;
  return (kind === "i64" || kind === "f64") && order[0].field.nullOffset === undefined;
}

/** Writes the body of `compare(state, a, b)`: below, equal to or above 0 as record a goes before, with or after record b. */
export function emitOrder(emitter: SegmentEmitter, order: readonly OrderField[], a: Local, b: Local): void {
  const { f } = emitter;
  for (const { field, ascending, nullsFirst } of order) {
    const left = loadField(emitter, field, a, false);
    const right = loadField(emitter, field, b, false);
    const comparison = f.let(emitSortOrder(left, right, ascending, nullsFirst, emitter));
    f.if(get(comparison), () => f.return(get(comparison)));
  }
  f.result(i32.const(0));
}
