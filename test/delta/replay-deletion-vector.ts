import { readFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import type { DeletionVector } from "./replay-log.ts";

/** Positions of rows in a data file. */
export type DeletedRows = ReadonlySet<number>;

const Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
/** Little-endian, at the begin of the bitmap array. */
const MAGIC = 1681511377;
const COOKIE_WITH_RUNS = 12347;
const COOKIE_WITHOUT_RUNS = 12346;
/** Containers with more values are bitmaps. */
const MAX_ARRAY = 4096;
const BITMAP_BYTES = 8192;
/** Below this, containers have no offsets when there are runs. */
const MIN_CONTAINERS_WITH_OFFSETS = 4;

/** Reads a deletion vector by the protocol alone: the file's framing, its checksum, the 64-bit Roaring bitmap, and the number of rows. */
export function readDeletedRows(location: string, vector: DeletionVector): DeletedRows {
  const bytes = vector.storageType === "i" ? decodeZ85(vector.pathOrInlineDv).subarray(0, vector.sizeInBytes) : storedBytes(location, vector);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getInt32(0, true) !== MAGIC) throw new Error("a deletion vector has another magic number");
  const rows = new Set<number>();
  let at = 12;
  for (let bucket = 0n; bucket < view.getBigInt64(4, true); bucket++) {
    const high = view.getUint32(at, true) * 2 ** 32;
    at = readBitmap(view, at + 4, (low) => rows.add(high + low));
  }
  if (at !== vector.sizeInBytes || rows.size !== vector.cardinality) throw new Error(`a deletion vector has ${at} bytes and ${rows.size} rows, and the log says ${vector.sizeInBytes} and ${vector.cardinality}`);
  return rows;
}

/** The file that a deletion vector is in, unless it is in the log itself. */
export function deletionVectorFile(location: string, { storageType, pathOrInlineDv }: DeletionVector): string | undefined {
  if (storageType === "i") return undefined;
  return storageType === "p" ? pathOrInlineDv.replace(/^file:(?:\/\/)?(?=\/)/, "") : relativePath(location, pathOrInlineDv);
}

function storedBytes(location: string, vector: DeletionVector): Uint8Array {
  const { offset = 1, sizeInBytes } = vector;
  const file = readFileSync(deletionVectorFile(location, vector) as string);
  if (file[0] !== 1) throw new Error("a file of deletion vectors has another version");
  const data = file.subarray(offset + 4, offset + 4 + sizeInBytes);
  if (file.readInt32BE(offset) !== sizeInBytes || file.readUInt32BE(offset + 4 + sizeInBytes) !== crc32(data)) throw new Error("a deletion vector has another size or checksum");
  return data;
}

function relativePath(location: string, text: string): string {
  const hex = Buffer.from(decodeZ85(text.slice(-20))).toString("hex");
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  const prefix = text.slice(0, -20);
  return `${location}/${prefix === "" ? "" : `${prefix}/`}deletion_vector_${uuid}.bin`;
}

function decodeZ85(text: string): Uint8Array {
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let group = 0; group < text.length / 5; group++) {
    let value = 0;
    for (const char of text.slice(group * 5, group * 5 + 5)) value = value * 85 + Z85.indexOf(char);
    bytes.writeUInt32BE(value % 2 ** 32, group * 4);
  }
  return bytes;
}

/** Reads one 32-bit Roaring bitmap; gives where it ends. */
function readBitmap(view: DataView, start: number, add: (value: number) => void): number {
  const cookie = view.getUint32(start, true);
  const withRuns = (cookie & 0xffff) === COOKIE_WITH_RUNS;
  if (!withRuns && cookie !== COOKIE_WITHOUT_RUNS) throw new Error("a Roaring bitmap has another cookie");
  const containers = withRuns ? (cookie >>> 16) + 1 : view.getUint32(start + 4, true);
  let at = start + (withRuns ? 4 : 8);
  const isRun = (i: number): boolean => withRuns && (view.getUint8(start + 4 + (i >> 3)) & (1 << (i & 7))) !== 0;
  if (withRuns) at += Math.ceil(containers / 8);
  const headers = Array.from({ length: containers }, (_, i) => ({ high: view.getUint16(at + i * 4, true) * 65536, count: view.getUint16(at + i * 4 + 2, true) + 1 }));
  at += containers * 4;
  if (!withRuns || containers >= MIN_CONTAINERS_WITH_OFFSETS) at += containers * 4;
  headers.forEach(({ high, count }, i) => {
    if (isRun(i)) {
      const runs = view.getUint16(at, true);
      at += 2;
      for (let run = 0; run < runs; run++, at += 4) for (let value = 0; value <= view.getUint16(at + 2, true); value++) add(high + view.getUint16(at, true) + value);
    } else if (count > MAX_ARRAY) {
      for (let bit = 0; bit < BITMAP_BYTES * 8; bit++) if ((view.getUint8(at + (bit >> 3)) & (1 << (bit & 7))) !== 0) add(high + bit);
      at += BITMAP_BYTES;
    } else {
      for (let value = 0; value < count; value++, at += 2) add(high + view.getUint16(at, true));
    }
  });
  return at;
}
