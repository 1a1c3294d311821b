import { InternalError } from "../../catalog/errors.ts";
import type { ArrowColumn } from "./arrow-column.ts";
import { formatWidth, offsetWidth } from "./arrow-column.ts";

/**
 * Reads C Data Interface structs of a 32-bit WebAssembly memory into views over that memory. The views are good until the memory grows or the
 * structs' owner is dropped.
 * Source: Arrow's C data interface specification; offsets are those of wasm32's C ABI.
 */
export function readForeignBatch(buffer: ArrayBuffer, schemaAddress: number, arrayAddress: number): ArrowColumn {
  return readColumn(buffer, new DataView(buffer), schemaAddress, arrayAddress);
}

const SCHEMA = { format: 0, name: 4, childCount: 24, children: 32, dictionary: 36 };
const ARRAY = { length: 0, nullCount: 8, offset: 16, bufferCount: 24, buffers: 40, children: 44, dictionary: 48 };

function readColumn(buffer: ArrayBuffer, view: DataView, schema: number, array: number): ArrowColumn {
  const format = cString(buffer, view.getUint32(schema + SCHEMA.format, true));
  const length = long(view, array + ARRAY.length);
  const offset = long(view, array + ARRAY.offset);
  const bufferCount = long(view, array + ARRAY.bufferCount);
  const buffersAddress = view.getUint32(array + ARRAY.buffers, true);
  const addresses = Array.from({ length: bufferCount }, (_, i) => view.getUint32(buffersAddress + i * 4, true));
  const schemaChildren = view.getUint32(schema + SCHEMA.children, true);
  const arrayChildren = view.getUint32(array + ARRAY.children, true);
  const children = Array.from({ length: long(view, schema + SCHEMA.childCount) }, (_, i) =>
    readColumn(buffer, view, view.getUint32(schemaChildren + i * 4, true), view.getUint32(arrayChildren + i * 4, true)),
  );
  const schemaDictionary = view.getUint32(schema + SCHEMA.dictionary, true);
  const dictionary = schemaDictionary === 0 ? undefined : readColumn(buffer, view, schemaDictionary, view.getUint32(array + ARRAY.dictionary, true));
  const nameAddress = view.getUint32(schema + SCHEMA.name, true);
  return {
    name: nameAddress === 0 ? "" : cString(buffer, nameAddress),
    format,
    length,
    nullCount: long(view, array + ARRAY.nullCount),
    offset,
    buffers: bufferViews(buffer, view, format, offset + length, addresses),
    children,
    dictionary,
  };
}

function bufferViews(buffer: ArrayBuffer, view: DataView, format: string, rows: number, addresses: readonly number[]): (Uint8Array | undefined)[] {
  if (addresses.length === 0) return [];
  const at = (address: number, bytes: number): Uint8Array => new Uint8Array(buffer, bytes === 0 ? 0 : address, bytes);
  const validity = addresses[0] === 0 ? undefined : at(addresses[0], Math.ceil(rows / 8));
  if (addresses.length === 1) return [validity];
  const width = formatWidth(format);
  if (width !== undefined) return [validity, at(addresses[1], width === 0 ? Math.ceil(rows / 8) : rows * width)];
  const offsets = offsetWidth(format);
  if (offsets === undefined) throw new InternalError(`Arrow format ${format} has buffers of unknown size`);
  // The specification lets an empty array have no offsets.
  if (rows === 0) return [validity, new Uint8Array(offsets), new Uint8Array(0)];
  const offsetBytes = at(addresses[1], (rows + 1) * offsets);
  if (addresses.length === 2) return [validity, offsetBytes];
  const end = offsets === 4 ? view.getInt32(addresses[1] + rows * 4, true) : long(view, addresses[1] + rows * 8);
  return [validity, offsetBytes, at(addresses[2], end)];
}

function long(view: DataView, address: number): number {
  return Number(view.getBigInt64(address, true));
}

function cString(buffer: ArrayBuffer, address: number): string {
  const bytes = new Uint8Array(buffer);
  const end = bytes.indexOf(0, address);
  return new TextDecoder().decode(bytes.subarray(address, end));
}
