import { SparrowError } from "../../catalog/errors.ts";

/**
 * The binary form of variants, which Parquet files have too. Source: parquet-format's VariantEncoding.md. The engine carries one as the length of its metadata
 * (uint32), the metadata (a dictionary of field names) and the value.
 */
export function variantBytes(metadata: Uint8Array, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(METADATA_START + metadata.length + value.length);
  new DataView(bytes.buffer).setUint32(0, metadata.length, true);
  bytes.set(metadata, METADATA_START);
  bytes.set(value, METADATA_START + metadata.length);
  return bytes;
}

/** Metadata and value of a variant, as Parquet files have them. */
export function variantParts(bytes: Uint8Array): { readonly metadata: Uint8Array; readonly value: Uint8Array } {
  const end = METADATA_START + new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  return { metadata: bytes.subarray(METADATA_START, end), value: bytes.subarray(end) };
}

/** Where the metadata begins in the engine's form. */
export const METADATA_START = 4;
/** Low two bits of a value's first byte. */
export const BasicType = { primitive: 0, shortString: 1, object: 2, array: 3 } as const;
/** Numbers of primitive types: the upper six bits of the first byte. */
export const Primitive = { null: 0, true: 1, false: 2, int8: 3, int16: 4, int32: 5, int64: 6, double: 7, decimal4: 8, decimal8: 9, decimal16: 10, date: 11, timestamp: 12, timestampNtz: 13, float: 14, binary: 15, string: 16, time: 17, timestampNanos: 18, timestampNtzNanos: 19, uuid: 20 } as const;
/** Bytes of UTF-8 that a short string can have. */
export const MAX_SHORT_STRING = 63;

export function malformedVariant(cause?: unknown): SparrowError {
  return new SparrowError("MALFORMED_VARIANT", "22023", "Variant binary is malformed. Please check the data source is valid.", {}, { origin: "data", cause });
}
