import { ThriftType, type ThriftWriter } from "./thrift-compact.ts";

/**
 * The value of a Parquet file's `ARROW:schema` key: an Arrow schema as base64 of an IPC message. parquet-rs takes from it how a column is to come
 * out: as dictionary, as 64-bit decimal, in microseconds. `none` leaves the choice to it.
 * Source: Arrow's Schema.fbs and Message.fbs, and the FlatBuffers internals page for the bytes.
 */
export type ArrowHint =
  | { readonly kind: "none" }
  | { readonly kind: "dictionary"; readonly values: "utf8" | "binary" }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number; readonly bits: 64 | 128 }
  | { readonly kind: "timestampMicros"; readonly utc: boolean }
  | { readonly kind: "list"; readonly element: HintedField }
  | { readonly kind: "map"; readonly key: HintedField; readonly value: HintedField }
  | { readonly kind: "struct"; readonly fields: readonly HintedField[] };

export interface HintedField {
  readonly name: string;
  readonly hint: ArrowHint;
}

export function arrowSchemaHint(columns: readonly HintedField[]): string {
  const schema: Slot = { table: [undefined, { vector: columns.map(fieldTable) }] };
  const message = flatBuffer([{ int: METADATA_V5, bytes: 2 }, { int: HEADER_SCHEMA, bytes: 1 }, schema]);
  const framed = new Uint8Array(8 + message.length);
  const view = new DataView(framed.buffer);
  view.setUint32(0, 0xffffffff, true);
  view.setUint32(4, message.length, true);
  framed.set(message, 8);
  return Buffer.from(framed).toString("base64");
}

/** The key among a footer's `key_value_metadata` (parquet.thrift, FileMetaData field 5), the only one there. */
export function writeArrowSchema(writer: ThriftWriter, arrowSchema: string): void {
  writer.field(5, ThriftType.list);
  writer.listHeader(ThriftType.struct, 1);
  writer.struct(() => {
    writer.field(1, ThriftType.binary);
    writer.string("ARROW:schema");
    writer.field(2, ThriftType.binary);
    writer.string(arrowSchema);
  });
}

function fieldTable({ name, hint }: HintedField): Slot {
  const type = hintType(hint);
  const dictionary: Slot = hint.kind === "dictionary" ? { table: [undefined, { table: [{ int: 32, bytes: 4 }, { int: 1, bytes: 1 }] }] } : undefined;
  return { table: [{ string: name }, { int: 1, bytes: 1 }, { int: type.code, bytes: 1 }, { table: type.fields }, dictionary, { vector: childHints(hint).map(fieldTable) }] };
}

function childHints(hint: ArrowHint): readonly HintedField[] {
  switch (hint.kind) {
    case "list":
      return [hint.element];
    case "map":
      return [{ name: "entries", hint: { kind: "struct", fields: [hint.key, hint.value] } }];
    case "struct":
      return hint.fields;
    case "none":
    case "dictionary":
    case "decimal":
    case "timestampMicros":
      return [];
  }
}

const METADATA_V5 = 4;
const HEADER_SCHEMA = 1;
const TYPE = { null: 1, binary: 4, utf8: 5, decimal: 7, timestamp: 10, list: 12, struct: 13, map: 17 };
const UNIT_MICROSECOND = 2;

function hintType(hint: ArrowHint): { readonly code: number; readonly fields: readonly Slot[] } {
  switch (hint.kind) {
    case "none":
      return { code: TYPE.null, fields: [] };
    case "dictionary":
      return { code: hint.values === "utf8" ? TYPE.utf8 : TYPE.binary, fields: [] };
    case "decimal":
      return { code: TYPE.decimal, fields: [{ int: hint.precision, bytes: 4 }, { int: hint.scale, bytes: 4 }, { int: hint.bits, bytes: 4 }] };
    case "timestampMicros":
      return { code: TYPE.timestamp, fields: [{ int: UNIT_MICROSECOND, bytes: 2 }, hint.utc ? { string: "UTC" } : undefined] };
    case "list":
      return { code: TYPE.list, fields: [] };
    case "map":
      return { code: TYPE.map, fields: [] };
    case "struct":
      return { code: TYPE.struct, fields: [] };
  }
}

/** A field of a FlatBuffers table; undefined is left out. */
type Slot =
  | undefined
  | { readonly int: number; readonly bytes: 1 | 2 | 4 }
  | { readonly string: string }
  | { readonly table: readonly Slot[] }
  | { readonly vector: readonly Slot[] };

/** Written from front to back: what is pointed at follows what points at it. */
function flatBuffer(root: readonly Slot[]): Uint8Array {
  let bytes = new Uint8Array(1024);
  let view = new DataView(bytes.buffer);
  let length = 4;
  const reserve = (count: number, align: number): number => {
    const at = Math.ceil(length / align) * align;
    if (at + count > bytes.length) {
      const larger = new Uint8Array((at + count) * 2);
      larger.set(bytes);
      bytes = larger;
      view = new DataView(bytes.buffer);
    }
    length = at + count;
    return at;
  };
  const point = (from: number, slot: Exclude<Slot, undefined | { int: number }>): void => {
    let at: number;
    if ("string" in slot) {
      const text = new TextEncoder().encode(slot.string);
      at = reserve(4 + text.length + 1, 4);
      view.setUint32(at, text.length, true);
      bytes.set(text, at + 4);
    } else if ("vector" in slot) {
      at = reserve(4 + slot.vector.length * 4, 4);
      view.setUint32(at, slot.vector.length, true);
      slot.vector.forEach((element, i) => {
        if (element !== undefined && !("int" in element)) point(at + 4 + i * 4, element);
      });
    } else at = table(slot.table);
    // Not before here: writing what is pointed at may have moved the bytes.
    view.setUint32(from, at - from, true);
  };
  const table = (slots: readonly Slot[]): number => {
    let size = 4;
    const offsets = slots.map((slot) => {
      if (slot === undefined) return 0;
      const width = "int" in slot ? slot.bytes : 4;
      const at = Math.ceil(size / width) * width;
      size = at + width;
      return at;
    });
    const vtable = reserve(4 + slots.length * 2, 4);
    view.setUint16(vtable, 4 + slots.length * 2, true);
    view.setUint16(vtable + 2, size, true);
    offsets.forEach((offset, i) => view.setUint16(vtable + 4 + i * 2, offset, true));
    const at = reserve(size, 4);
    view.setInt32(at, at - vtable, true);
    slots.forEach((slot, i) => {
      if (slot === undefined) return;
      const to = at + offsets[i];
      if (!("int" in slot)) point(to, slot);
      else if (slot.bytes === 1) view.setUint8(to, slot.int);
      else if (slot.bytes === 2) view.setInt16(to, slot.int, true);
      else view.setInt32(to, slot.int, true);
    });
    return at;
  };
  const start = table(root);
  view.setUint32(0, start, true);
  return bytes.slice(0, Math.ceil(length / 8) * 8);
}
