import type { EmittedValue } from "../emit/emitted-value.ts";
import type { Local, Val } from "../wasm/instructions.ts";
import { f32, f64, get, i32, i64, select } from "../wasm/instructions.ts";
import { dictionaryValue } from "./buffer-access.ts";
import type { DictionaryColumn, RowField } from "./row-layout.ts";
import type { SegmentEmitter } from "./segment-emitter.ts";

/** Reading and writing the fields of records (row-layout.ts) behind a pointer. Address 0 reads as zeros: page 0 is never handed out. */

/** Sets `pointer` to the record of the row at hand: of a run that begins at the state's word `base`, with the stride at `stride` (0: addresses of records). */
export function setRecord(emitter: SegmentEmitter, pointer: Local, base: number, stride: number): void {
  const { f } = emitter;
  const first = get(emitter.stateWord(base));
  const bytes = get(emitter.stateWord(stride));
  f.if(
    bytes,
    () => f.set(pointer, i32.add(first, i32.mul(get(emitter.position), bytes))),
    () => f.set(pointer, i32.load(i32.add(first, i32.shl(get(emitter.position), i32.const(2))))),
  );
}

export function loadField(emitter: SegmentEmitter, field: RowField, pointer: Local, optional: boolean): EmittedValue {
  const { f } = emitter;
  const row = get(pointer);
  const stored = field.nullOffset === undefined ? undefined : i32.load8u(row, field.nullOffset);
  const missing = optional ? i32.eqz(row) : undefined;
  const isNull = stored && missing ? i32.or(stored, missing) : (stored ?? missing);
  const flag = isNull && get(f.let(isNull));
  const { storage, type, offset } = field;
  switch (storage.kind) {
    case "i8":
      return { type, lanes: [get(f.let(i32.load8s(row, offset)))], isNull: flag };
    case "i16":
      return { type, lanes: [get(f.let(i32.load16s(row, offset)))], isNull: flag };
    case "i32":
      return { type, lanes: [get(f.let(i32.load(row, offset)))], isNull: flag };
    case "i64":
      return { type, lanes: [get(f.let(i64.load(row, offset)))], isNull: flag };
    case "f32":
      return { type, lanes: [get(f.let(f32.load(row, offset)))], isNull: flag };
    case "f64":
      return { type, lanes: [get(f.let(f64.load(row, offset)))], isNull: flag };
    case "i128":
      return { type, lanes: [get(f.let(i64.load(row, offset))), get(f.let(i64.load(row, offset + 8)))], isNull: flag };
    case "bytes":
      return { type, lanes: [get(f.let(i32.load(row, offset))), get(f.let(i32.load(row, offset + 4)))], isNull: flag };
    case "code": {
      const { dictionary } = storage;
      return dictionaryValue(emitter, {
        type,
        isNull: flag,
        code: get(f.let(i32.load(row, offset))),
        key: dictionary.key,
        entries: dictionary.entries,
        ...dictionaryAddresses(emitter, dictionary),
      });
    }
  }
}

/** Addresses of a query-wide dictionary, from the state block. */
function dictionaryAddresses(emitter: SegmentEmitter, dictionary: DictionaryColumn): { offsets: Local; bytes: Local } {
  const words = new Uint8Array(new Uint32Array([dictionary.offsets, dictionary.bytes]).buffer);
  const at = emitter.parts.state.constant(words);
  return { offsets: emitter.stateWord(at), bytes: emitter.stateWord(at + 4) };
}

/**
 * Stores a value into a record's field. The bytes of a string must already be where they stay: `lanes` overrides the value's own.
 * The lanes of a NULL are stored as zeros, so that equal records have equal bytes and no wild address is kept.
 */
export function storeField(emitter: SegmentEmitter, field: RowField, row: Val, value: EmittedValue, lanes?: readonly Val[]): void {
  const { f } = emitter;
  const { storage, offset } = field;
  const { isNull } = value;
  if (field.nullOffset !== undefined) f.store("i32.8", row, isNull ?? i32.const(0), field.nullOffset);
  if (storage.kind === "code") {
    const code = value.dictionary?.code;
    if (code === undefined) throw new Error("a coded field needs a coded value");
    f.store("i32", row, isNull === undefined ? code : i32.mul(code, i32.eqz(isNull)), offset);
    return;
  }
  const own = lanes ?? value.lanes;
  const zeroed = own.map((lane) => (isNull === undefined ? lane : orZero(lane, isNull)));
  switch (storage.kind) {
    case "i8":
      f.store("i32.8", row, zeroed[0], offset);
      return;
    case "i16":
      f.store("i32.16", row, zeroed[0], offset);
      return;
    case "i32":
      f.store("i32", row, zeroed[0], offset);
      return;
    case "i64":
      f.store("i64", row, zeroed[0], offset);
      return;
    case "f32":
      f.store("f32", row, zeroed[0], offset);
      return;
    case "f64":
      f.store("f64", row, zeroed[0], offset);
      return;
    case "i128":
      f.store("i64", row, zeroed[0], offset);
      f.store("i64", row, zeroed[1], offset + 8);
      return;
    case "bytes":
      f.store("i32", row, zeroed[0], offset);
      f.store("i32", row, zeroed[1], offset + 4);
      return;
  }
}

function orZero(lane: Val, isNull: Val): Val {
  switch (lane.type) {
    case "i32":
      return select(isNull, i32.const(0), lane);
    case "i64":
      return select(isNull, i64.const(0n), lane);
    case "f32":
      return select(isNull, f32.const(0), lane);
    case "f64":
      return select(isNull, f64.const(0), lane);
    case "v128":
      throw new Error("a lane is a scalar");
  }
}

/** Whether a value is kept as bytes outside of the record, so that its bytes may have to be copied. */
export function keepsBytes(field: RowField): boolean {
  return field.storage.kind === "bytes";
}

