import { crc32 } from "node:zlib";
import { fileNotExist } from "../catalog/file-errors.ts";
import type { Storage } from "../catalog/ports.ts";
import type { AddFile, DeletionVectorDescriptor } from "./actions.ts";
import { deletionVectorError } from "./errors.ts";
import { encodeExactJson, type ExactJson, parseExactJson } from "./exact-json.ts";
import { absoluteFilePath } from "./file-paths.ts";
import { readDeletedRanges } from "./roaring-bitmap.ts";
import { encodeDeletedRanges } from "./roaring-writer.ts";
import { rowCount, type RowRangeSet } from "./row-ranges.ts";
import { decodeZ85, encodeZ85 } from "./z85.ts";

const FILE_VERSION = 1;
/** A UUID's 16 bytes in Z85. */
const UUID_CHARACTERS = 20;

/** The rows that a deletion vector takes out, as sorted ranges [from, to) of positions in the file. Raises DELTA_DELETION_VECTOR_*, FAILED_READ_FILE.FILE_NOT_EXIST. */
export async function readDeletionVector(storage: Storage, location: string, descriptor: DeletionVectorDescriptor): Promise<RowRangeSet> {
  const path = descriptor.storageType === "i" ? `the log of ${location}` : deletionVectorPath(location, descriptor);
  const bytes = descriptor.storageType === "i" ? inlineBytes(descriptor, path) : await storedBytes(storage, descriptor, path);
  let ranges: RowRangeSet;
  try {
    ranges = readDeletedRanges(bytes);
  } catch (error) {
    throw deletionVectorError("INVALID", path, error instanceof Error ? error.message : String(error));
  }
  const rows = rowCount(ranges);
  if (rows !== descriptor.cardinality) throw deletionVectorError("CARDINALITY_MISMATCH", path, `it has ${rows} rows, and the log says ${descriptor.cardinality}`);
  return ranges;
}

/** Absolute path of the file that holds a stored deletion vector. */
export function deletionVectorPath(location: string, { storageType, pathOrInlineDv }: DeletionVectorDescriptor): string {
  if (storageType === "p") return absoluteFilePath(location, pathOrInlineDv);
  const prefix = pathOrInlineDv.slice(0, -UUID_CHARACTERS);
  const uuid = decodeZ85(pathOrInlineDv.slice(-UUID_CHARACTERS), 16);
  if (storageType !== "u" || uuid === undefined) throw deletionVectorError("INVALID", location, `its descriptor ${storageType}${pathOrInlineDv} names no file`);
  const hex = Buffer.from(uuid).toString("hex");
  const name = `deletion_vector_${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}.bin`;
  return prefix === "" ? `${location}/${name}` : `${location}/${prefix}/${name}`;
}

function inlineBytes({ pathOrInlineDv, sizeInBytes }: DeletionVectorDescriptor, path: string): Uint8Array {
  const bytes = decodeZ85(pathOrInlineDv, sizeInBytes);
  if (bytes === undefined) throw deletionVectorError("INVALID", path, "it is no Z85 text of its size");
  return bytes;
}

/** In a file: a version byte; at `offset` the size, the data, and the data's CRC-32. */
async function storedBytes(storage: Storage, { offset = 1, sizeInBytes }: DeletionVectorDescriptor, path: string): Promise<Uint8Array> {
  if ((await storage.stat(path)) === undefined) throw fileNotExist(path);
  const [version] = await storage.readRange(path, 0, 1);
  if (version !== FILE_VERSION) throw deletionVectorError("INVALID", path, `the file has format version ${version}, and ${FILE_VERSION} is known`);
  const framed = await storage.readRange(path, offset, offset + sizeInBytes + 8);
  if (framed.length !== sizeInBytes + 8) throw deletionVectorError("SIZE_MISMATCH", path, "the file ends inside of it");
  const view = new DataView(framed.buffer, framed.byteOffset, framed.byteLength);
  if (view.getInt32(0) !== sizeInBytes) throw deletionVectorError("SIZE_MISMATCH", path, `it has ${view.getInt32(0)} bytes, and the log says ${sizeInBytes}`);
  const data = framed.subarray(4, 4 + sizeInBytes);
  if (crc32(data) !== view.getUint32(4 + sizeInBytes)) throw deletionVectorError("CHECKSUM_MISMATCH", path, "its checksum differs");
  return data;
}

/** A file of deletion vectors that is to be written, and how actions name each of them. */
export interface DeletionVectorFile {
  /** Absolute. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly descriptors: readonly DeletionVectorDescriptor[];
}

/** One file for the deletion vectors of a commit. `uuid`: names the file. */
export function deletionVectorFile(location: string, vectors: readonly RowRangeSet[], uuid: string): DeletionVectorFile {
  const pathOrInlineDv = encodeZ85(Buffer.from(uuid.replaceAll("-", ""), "hex"));
  const encoded = vectors.map(encodeDeletedRanges);
  const bytes = new Uint8Array(1 + encoded.reduce((sum, data) => sum + data.length + 8, 0));
  const view = new DataView(bytes.buffer);
  bytes[0] = FILE_VERSION;
  let offset = 1;
  const descriptors = encoded.map((data, i): DeletionVectorDescriptor => {
    const descriptor = { storageType: "u", pathOrInlineDv, offset, sizeInBytes: data.length, cardinality: rowCount(vectors[i]) };
    view.setInt32(offset, data.length);
    bytes.set(data, offset + 4);
    view.setUint32(offset + 4 + data.length, crc32(data));
    offset += data.length + 8;
    return descriptor;
  });
  return { path: deletionVectorPath(location, { storageType: "u", pathOrInlineDv, sizeInBytes: 0, cardinality: 0 }), bytes, descriptors };
}

/** A live file under a new deletion vector. Its bounds stay those of all `rows` that the file has, so they are no longer tight. */
export function withDeletionVector(add: AddFile, deletionVector: DeletionVectorDescriptor, rows: number): AddFile {
  return { ...add, dataChange: true, deletionVector, stats: encodeExactJson({ ...statisticsOf(add), numRecords: rows, tightBounds: false }) };
}

function statisticsOf({ stats }: AddFile): Readonly<Record<string, ExactJson>> {
  try {
    const json = parseExactJson(stats ?? "{}");
    return json !== null && typeof json === "object" ? (json as Record<string, ExactJson>) : {};
  } catch (error) {
    // Statistics that cannot be read say nothing.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
