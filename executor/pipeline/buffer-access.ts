import type { ColumnLayout } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import type { EmittedValue } from "../emit/emitted-value.ts";
import { laneKind } from "../emit/emitted-value.ts";
import { storedRange } from "../emit/value-range.ts";
import type { Local, StoreWidth, Val } from "../wasm/instructions.ts";
import { f32, f64, get, i32, i64 } from "../wasm/instructions.ts";
import type { Binding } from "./binding.ts";
import type { SegmentEmitter } from "./segment-emitter.ts";

/** Reading columns (catalog/table.ts layouts) at a row index, and writing output columns. */

export const SLOT_BYTES = 16;
export const SLOT = { data: 0, validity: 4, offsets: 8, bytes: 12 } as const;

type BufferBinding = Extract<Binding, { kind: "buffer" }>;

export function loadBuffer(emitter: SegmentEmitter, binding: BufferBinding): EmittedValue {
  const isNull = loadNull(emitter, binding);
  const { layout, type } = binding;
  if (layout.kind === "dictionary") return loadDictionary(emitter, binding, layout, isNull);
  return { type, lanes: loadLanes(emitter, binding, layout, isNull), isNull, range: storedRange(type, layout) };
}

function loadNull(emitter: SegmentEmitter, binding: BufferBinding): Val | undefined {
  const { f } = emitter;
  const index = get(binding.index);
  switch (binding.nulls) {
    case "none":
      return undefined;
    case "bytes":
      return get(f.let(i32.load8u(i32.add(get(emitter.stateWord(binding.slot + SLOT.validity)), index))));
    case "bits": {
      const validity = emitter.stateWord(binding.slot + SLOT.validity);
      const isNull = f.local("i32");
      f.set(isNull, i32.const(0));
      f.if(get(validity), () => f.set(isNull, i32.eqz(bitAt(get(validity), index))));
      return get(isNull);
    }
  }
}

function bitAt(bitmap: Val, index: Val): Val {
  return i32.and(i32.shrU(i32.load8u(i32.add(bitmap, i32.shrU(index, i32.const(3)))), i32.and(index, i32.const(7))), i32.const(1));
}

function loadLanes(emitter: SegmentEmitter, binding: BufferBinding, layout: ColumnLayout, isNull: Val | undefined): readonly Val[] {
  const { f } = emitter;
  const data = get(emitter.stateWord(binding.slot + SLOT.data));
  const index = get(binding.index);
  switch (layout.kind) {
    case "bits":
      return [get(f.let(bitAt(data, index)))];
    case "fixed":
      return loadFixed(emitter, binding.type, data, index, layout.width, layout.base).map((v) => get(f.let(v)));
    case "utf8": {
      const at = i32.add(get(emitter.stateWord(binding.slot + SLOT.offsets)), i32.shl(index, i32.const(2)));
      return stringLanes(emitter, at, emitter.stateWord(binding.slot + SLOT.bytes));
    }
    case "view": {
      const at = f.let(i32.add(data, i32.shl(index, i32.const(3))));
      return [get(f.let(i32.load(get(at)))), get(f.let(safeLength(i32.load(get(at), 4), isNull)))];
    }
    case "dictionary":
      return [];
  }
}

/** A NULL's view may be unwritten; its length must read as 0. */
function safeLength(length: Val, isNull: Val | undefined): Val {
  return isNull === undefined ? length : i32.mul(length, i32.eqz(isNull));
}

function stringLanes(emitter: SegmentEmitter, offsetAt: Val, bytes: Local): readonly Val[] {
  const { f } = emitter;
  const at = f.let(offsetAt);
  const start = f.let(i32.load(get(at)));
  const length = f.let(i32.sub(i32.load(get(at), 4), get(start)));
  return [get(f.let(i32.add(get(bytes), get(start)))), get(length)];
}

/** Fixed-width lanes from storage of `width` bytes; with a base (frame of reference) the stored value is unsigned and added to it. */
function loadFixed(emitter: SegmentEmitter, type: DataType, data: Val, index: Val, width: number, base: bigint | undefined): Val[] {
  const lane = laneKind(type);
  const address = i32.add(data, width === 1 ? index : i32.shl(index, i32.const(Math.log2(width))));
  switch (lane) {
    case "f32":
      return [f32.load(address)];
    case "f64":
      return [f64.load(address)];
    case "i128": {
      if (width === 16) {
        const at = emitter.f.let(address);
        return [i64.load(get(at)), i64.load(get(at), 8)];
      }
      const low = get(emitter.f.let(loadInt64(address, width, base)));
      return [low, i64.shrS(low, i64.const(63n))];
    }
    case "i64":
      return [loadInt64(address, width, base)];
    case "i32": {
      if (base === undefined) return [width === 1 ? i32.load8s(address) : width === 2 ? i32.load16s(address) : i32.load(address)];
      const stored = width === 1 ? i32.load8u(address) : width === 2 ? i32.load16u(address) : i32.load(address);
      return [base === 0n ? stored : i32.add(stored, i32.const(Number(base)))];
    }
    case "bytes":
      throw new Error("bytes are not fixed-width");
  }
}

function loadInt64(address: Val, width: number, base: bigint | undefined): Val {
  if (base === undefined) {
    return width === 1 ? i64.load8s(address) : width === 2 ? i64.load16s(address) : width === 4 ? i64.load32s(address) : i64.load(address);
  }
  const stored = width === 1 ? i64.load8u(address) : width === 2 ? i64.load16u(address) : width === 4 ? i64.load32u(address) : i64.load(address);
  return base === 0n ? stored : i64.add(stored, i64.const(base));
}

function loadDictionary(
  emitter: SegmentEmitter,
  binding: BufferBinding,
  layout: ColumnLayout & { kind: "dictionary" },
  isNull: Val | undefined,
): EmittedValue {
  const { f } = emitter;
  const data = get(emitter.stateWord(binding.slot + SLOT.data));
  const index = get(binding.index);
  const code = get(
    f.let(
      layout.width === 1
        ? i32.load8u(i32.add(data, index))
        : layout.width === 2
          ? i32.load16u(i32.add(data, i32.shl(index, i32.const(1))))
          : i32.load(i32.add(data, i32.shl(index, i32.const(2)))),
    ),
  );
  return dictionaryValue(emitter, {
    type: binding.type,
    isNull,
    code,
    key: binding.dictionary?.key ?? `slot ${binding.slot}`,
    entries: layout.entries,
    offsets: emitter.stateWord(binding.slot + SLOT.offsets),
    bytes: emitter.stateWord(binding.slot + SLOT.bytes),
  });
}

/** A dictionary-coded value whose bytes are looked up only where somebody reads the lanes. */
export function dictionaryValue(
  emitter: SegmentEmitter,
  source: {
    readonly type: DataType;
    readonly isNull: Val | undefined;
    readonly code: Val;
    readonly key: string;
    readonly entries: number | undefined;
    readonly offsets: Local;
    readonly bytes: Local;
  },
): EmittedValue {
  const { type, isNull, code, key, entries, offsets, bytes } = source;
  const lookupKey = `${key} at ${code.code.join()}`;
  return {
    type,
    isNull,
    dictionary: { code, key, entries, offsets, bytes },
    get lanes() {
      return emitter.dictionaryEntry(lookupKey, code, offsets, bytes);
    },
  };
}

/** The code of a NULL may be anything that was stored: writers store 0, so that the look-up is always inside the dictionary. */
export function loadDictionaryEntry(emitter: SegmentEmitter, code: Val, offsets: Local, bytes: Local): readonly Val[] {
  return stringLanes(emitter, i32.add(get(offsets), i32.shl(code, i32.const(2))), bytes);
}

/** Stores a value's lanes in an output column at `index`: fixed widths in full, booleans as bytes, strings as views. NULL flags go to the validity bytes. */
export function storeOutput(emitter: SegmentEmitter, slot: number, index: Val, value: EmittedValue, nullable: boolean): void {
  const { f } = emitter;
  const data = get(emitter.stateWord(slot + SLOT.data));
  if (nullable) {
    f.store("i32.8", i32.add(get(emitter.stateWord(slot + SLOT.validity)), index), value.isNull ?? i32.const(0));
  }
  const at = (width: number) => i32.add(data, width === 1 ? index : i32.shl(index, i32.const(Math.log2(width))));
  switch (laneKind(value.type)) {
    case "i32": {
      const width = outputWidth(value.type);
      const store: StoreWidth = width === 1 ? "i32.8" : width === 2 ? "i32.16" : "i32";
      f.store(store, at(width), value.lanes[0]);
      return;
    }
    case "i64":
      f.store("i64", at(8), value.lanes[0]);
      return;
    case "f32":
      f.store("f32", at(4), value.lanes[0]);
      return;
    case "f64":
      f.store("f64", at(8), value.lanes[0]);
      return;
    case "i128": {
      const address = get(f.let(at(16)));
      f.store("i64", address, value.lanes[0]);
      f.store("i64", address, value.lanes[1], 8);
      return;
    }
    case "bytes": {
      const address = get(f.let(at(8)));
      f.store("i32", address, value.lanes[0]);
      f.store("i32", address, value.lanes[1], 4);
      return;
    }
  }
}

/** Bytes a row of an output column takes. */
export function outputWidth(type: DataType): 1 | 2 | 4 | 8 | 16 {
  switch (type.kind) {
    case "null":
    case "boolean":
    case "byte":
      return 1;
    case "short":
      return 2;
    default: {
      const lane = laneKind(type);
      return lane === "i128" ? 16 : lane === "i64" || lane === "f64" || lane === "bytes" ? 8 : 4;
    }
  }
}

/** The layout of an output column, as the next segment or the result reads it. */
export function outputLayout(type: DataType): ColumnLayout {
  return laneKind(type) === "bytes" ? { kind: "view" } : { kind: "fixed", width: outputWidth(type) };
}
