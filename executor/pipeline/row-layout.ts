import type { Column, ColumnId } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { laneKind } from "../emit/emitted-value.ts";

/**
 * Rows in hash tables, sort runs and materialized results: fixed-size records, strings as (address, length) of bytes that the record's owner keeps.
 *
 *     header (operator's own: hash, next pointer, match flag) | null bytes, one per nullable field | fields, widest first
 */
export interface RowField {
  readonly id: ColumnId;
  readonly type: DataType;
  readonly offset: number;
  /** Offset of the null byte (1 = NULL); undefined: never NULL. */
  readonly nullOffset: number | undefined;
  readonly storage: FieldStorage;
}

/** How a field's lanes are stored. `code`: dictionary code of a column whose dictionary outlives the query (cached table); see DictionaryColumn. */
export type FieldStorage =
  | { readonly kind: "i8" | "i16" | "i32" | "i64" | "f32" | "f64" | "i128" | "bytes" }
  | { readonly kind: "code"; readonly dictionary: DictionaryColumn };

/** A dictionary that serves a whole cached column: int32 offsets and bytes in the pool. */
export interface DictionaryColumn {
  readonly key: string;
  readonly entries: number;
  readonly offsets: number;
  readonly bytes: number;
}

export interface RowLayout {
  readonly header: number;
  readonly bytes: number;
  readonly fields: readonly RowField[];
}

export interface RowFieldRequest {
  readonly column: Column;
  readonly dictionary?: DictionaryColumn;
}

export function rowLayout(header: number, requests: readonly RowFieldRequest[]): RowLayout {
  let at = header;
  const nullOffsets = requests.map((r) => (r.column.nullable ? at++ : undefined));
  const storages = requests.map((r) => (r.dictionary ? ({ kind: "code", dictionary: r.dictionary } as const) : storageOf(r.column.type)));
  const offsets: number[] = [];
  for (const width of [16, 8, 4, 2, 1]) {
    storages.forEach((storage, i) => {
      if (storageBytes(storage) !== width) return;
      const align = Math.min(width, 8);
      at = Math.ceil(at / align) * align;
      offsets[i] = at;
      at += width;
    });
  }
  const fields = requests.map((r, i) => ({
    id: r.column.id,
    type: r.column.type,
    offset: offsets[i],
    nullOffset: nullOffsets[i],
    storage: storages[i],
  }));
  return { header, bytes: Math.max(8, Math.ceil(at / 8) * 8), fields };
}

function storageOf(type: DataType): FieldStorage {
  switch (type.kind) {
    case "null":
    case "boolean":
    case "byte":
      return { kind: "i8" };
    case "short":
      return { kind: "i16" };
    default:
      return { kind: laneKind(type) };
  }
}

export function storageBytes(storage: FieldStorage): number {
  switch (storage.kind) {
    case "i8":
      return 1;
    case "i16":
      return 2;
    case "i32":
    case "f32":
    case "code":
      return 4;
    case "i64":
    case "f64":
    case "bytes":
      return 8;
    case "i128":
      return 16;
  }
}

export function fieldOf(layout: RowLayout, id: ColumnId): RowField {
  const field = layout.fields.find((f) => f.id === id);
  if (field === undefined) throw new Error(`row has no column ${id}`);
  return field;
}
