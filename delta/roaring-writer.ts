import type { RowRangeSet } from "./row-ranges.ts";
import { ARRAY_MAX, MAGIC, NO_OFFSET_THRESHOLD, SERIAL_COOKIE, SERIAL_COOKIE_NO_RUNS } from "./roaring-format.ts";

const CONTAINER_ROWS = 65_536;
const BITMAP_BYTES = 8192;

/** The rows of one container, by their low 16 bits: ranges [from, to) flattened in pairs. */
interface Container {
  readonly key: number;
  readonly runs: readonly number[];
  readonly cardinality: number;
}

type Encoding = "array" | "bitmap" | "runs";

/** The portable 64-bit Roaring bitmap of some rows: one bucket, each container in its smallest form. Source: as for reading (roaring-bitmap.ts). */
export function encodeDeletedRanges(ranges: RowRangeSet): Uint8Array {
  const containers = containersOf(ranges);
  const encodings = containers.map(smallestEncoding);
  const hasRuns = encodings.includes("runs");
  const hasOffsets = !hasRuns || containers.length >= NO_OFFSET_THRESHOLD;
  const flagBytes = hasRuns ? Math.ceil(containers.length / 8) : 0;
  // Offsets count from the cookie of the 32-bit bitmap.
  const head = (hasRuns ? 4 : 8) + flagBytes + containers.length * 4 + (hasOffsets ? containers.length * 4 : 0);
  const sizes = containers.map((container, i) => encodedBytes(container, encodings[i]));
  const bytes = new Uint8Array(16 + head + sizes.reduce((sum, size) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setBigUint64(4, 1n, true);
  const base = 16;
  let at = base;
  if (hasRuns) {
    view.setUint32(at, SERIAL_COOKIE | ((containers.length - 1) << 16), true);
    encodings.forEach((encoding, i) => encoding === "runs" && (bytes[at + 4 + (i >> 3)] |= 1 << (i & 7)));
  } else {
    view.setUint32(at, SERIAL_COOKIE_NO_RUNS, true);
    view.setUint32(at + 4, containers.length, true);
  }
  at += (hasRuns ? 4 : 8) + flagBytes;
  for (const { key, cardinality } of containers) {
    view.setUint16(at, key, true);
    view.setUint16(at + 2, cardinality - 1, true);
    at += 4;
  }
  if (hasOffsets) {
    let offset = head;
    for (const size of sizes) {
      view.setUint32(at, offset, true);
      offset += size;
      at += 4;
    }
  }
  containers.forEach((container, i) => {
    writeContainer(view, at, container, encodings[i]);
    at += sizes[i];
  });
  return bytes;
}

function containersOf(ranges: RowRangeSet): Container[] {
  const byKey = new Map<number, number[]>();
  for (let i = 0; i < ranges.length; i += 2) {
    for (let from = ranges[i]; from < ranges[i + 1]; ) {
      const key = Math.floor(from / CONTAINER_ROWS);
      const to = Math.min(ranges[i + 1], (key + 1) * CONTAINER_ROWS);
      const runs = byKey.get(key) ?? [];
      byKey.set(key, runs);
      runs.push(from - key * CONTAINER_ROWS, to - key * CONTAINER_ROWS);
      from = to;
    }
  }
  return [...byKey].map(([key, runs]) => ({ key, runs, cardinality: runs.reduce((sum, bound, i) => (i % 2 === 0 ? sum - bound : sum + bound), 0) }));
}

function smallestEncoding(container: Container): Encoding {
  const plain = container.cardinality <= ARRAY_MAX ? "array" : "bitmap";
  return encodedBytes(container, "runs") < encodedBytes(container, plain) ? "runs" : plain;
}

function encodedBytes({ runs, cardinality }: Container, encoding: Encoding): number {
  switch (encoding) {
    case "array":
      return cardinality * 2;
    case "bitmap":
      return BITMAP_BYTES;
    case "runs":
      return 2 + runs.length * 2;
  }
}

function writeContainer(view: DataView, start: number, { runs }: Container, encoding: Encoding): void {
  let at = start;
  const put = (value: number): void => {
    view.setUint16(at, value, true);
    at += 2;
  };
  if (encoding === "runs") put(runs.length / 2);
  for (let i = 0; i < runs.length; i += 2) {
    if (encoding === "runs") {
      put(runs[i]);
      put(runs[i + 1] - runs[i] - 1);
      continue;
    }
    for (let row = runs[i]; row < runs[i + 1]; row++) {
      if (encoding === "array") put(row);
      else view.setUint8(start + (row >> 3), view.getUint8(start + (row >> 3)) | (1 << (row & 7)));
    }
  }
}
