import { orderedByBytes } from "../../emit/bytes-comparison.ts";
import type { EmittedValue } from "../../emit/emitted-value.ts";
import { laneKind } from "../../emit/emitted-value.ts";
import { emitNormalizedKey, emitSortOrder } from "../../emit/row-keys.ts";
import { loadField } from "../../pipeline/row-access.ts";
import type { RowField } from "../../pipeline/row-layout.ts";
import { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import { StateLayout } from "../../pipeline/state-layout.ts";
import type { Local, Val } from "../../wasm/instructions.ts";
import { get, i32, i64 } from "../../wasm/instructions.ts";
import { ModuleBuilder } from "../../wasm/module-builder.ts";

export interface OrderField {
  readonly field: RowField;
  readonly ascending: boolean;
  readonly nullsFirst: boolean;
}

/** A uint64 whose order never contradicts the order of rows that are equal in the keys before its own. */
export interface SortPrefix {
  readonly key: Val;
  /** Only so many of its highest bits can be set. */
  readonly bits: number;
  readonly end: PrefixEnd;
}

/** What rows with equal prefixes have in common. */
export type PrefixEnd =
  /** All keys. */
  | { readonly kind: "all" }
  /** The keys before `key`. */
  | { readonly kind: "before"; readonly key: number }
  /** And the first bytes of `key`, or that it is NULL. */
  | { readonly kind: "bytes"; readonly key: number; readonly bytes: number }
  /** And most of `key`, or that it is NULL; `alone`: the prefix has no other key. */
  | { readonly kind: "most"; readonly key: number; readonly alone: boolean };

/** The normalized bits of the keys from `from` on, one after the other from the highest bit down, as far as 64 bits go and each key is told wholly by its bits. */
export function emitSortPrefix(emitter: SegmentEmitter, keys: readonly EmittedValue[], order: readonly OrderField[], from = 0): SortPrefix {
  const { f } = emitter;
  let packed: Val = i64.const(0n);
  let used = 0;
  for (let i = from; i < order.length; i++) {
    const { ascending, nullsFirst } = order[i];
    const value = keys[i];
    const { key, bits, exact } = emitNormalizedKey(value, ascending, nullsFirst, emitter);
    const left = 64 - used;
    const kept = Math.min(bits, left);
    const placed = bits > left ? i64.shrU(key, i64.const(BigInt(bits - left))) : i64.shl(key, i64.const(BigInt(left - bits)));
    packed = used === 0 ? placed : i64.or(packed, placed);
    used += kept;
    if (!exact || kept < bits) return { key: f.reusable(packed), bits: used, end: cutAt(value, i, kept, i === from) };
    if (used === 64 && i + 1 < order.length) return { key: f.reusable(packed), bits: used, end: { kind: "before", key: i + 1 } };
  }
  return { key: f.reusable(packed), bits: used, end: { kind: "all" } };
}

/** `kept`: bits of the key that the prefix has, that of NULL included. */
function cutAt(value: EmittedValue, key: number, kept: number, alone: boolean): PrefixEnd {
  if (laneKind(value.type) !== "bytes") return { kind: "most", key, alone };
  if (!orderedByBytes(value.type)) return { kind: "most", key, alone: true };
  return { kind: "bytes", key, bytes: Math.floor((kept - (value.isNull === undefined ? 0 : 1)) / 8) };
}

/** What is known of the order's prefixes without the rows: all that feed a sort make them alike. */
export function prefixExtent(order: readonly OrderField[]): { readonly prefixBits: number; readonly prefixEnd: PrefixEnd } {
  const { builder } = new ModuleBuilder().function("prefix", { params: ["i32", "i32", "i32"], results: ["i32"] }, false);
  const emitter = new SegmentEmitter({ module: new ModuleBuilder(), state: new StateLayout(), sites: [], hosted: [], timeZone: "UTC", measure: false }, builder);
  const keys = order.map(({ field }) => loadField(emitter, field, builder.param(1), false));
  const { bits, end } = emitSortPrefix(emitter, keys, order);
  return { prefixBits: bits, prefixEnd: end };
}

/** Leaves the function with a value below or above 0 as record a goes before or after record b; falls through where they are equal in the order. */
export function emitOrder(emitter: SegmentEmitter, order: readonly OrderField[], a: Local, b: Local, differ: (comparison: Val) => void): void {
  const { f } = emitter;
  for (const { field, ascending, nullsFirst } of order) {
    const left = loadField(emitter, field, a, false);
    const right = loadField(emitter, field, b, false);
    const comparison = f.let(emitSortOrder(left, right, ascending, nullsFirst, emitter));
    f.if(i32.ne(get(comparison), i32.const(0)), () => differ(get(comparison)));
  }
}
