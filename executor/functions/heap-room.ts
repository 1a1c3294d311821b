import { getHeapStatistics } from "node:v8";
import { SparrowError } from "../../catalog/errors.ts";

/** An element of an array that is being made: its place, twice while the array grows, and a number of 64 bits. */
const BYTES_PER_ELEMENT = 48;
/** A byte of UTF-8 as part of a JavaScript string that is not all Latin. */
const BYTES_PER_TEXT_BYTE = 2;
/** Part of a thread's heap that one value may take. */
const PART = 0.5;

let limit: number | undefined;

/**
 * Makes sure that an array of so many elements, with so many bytes of UTF-8 in all of them together, has room in the thread's heap. V8 ends the whole process where a heap overflows by a large step, and only the thread where it
 * does by small ones. Raises MEMORY_LIMIT_EXCEEDED.
 */
export function checkHeapRoom(elements: number, textBytes = 0): void {
  limit ??= getHeapStatistics().heap_size_limit * PART;
  const requested = elements * BYTES_PER_ELEMENT + textBytes * BYTES_PER_TEXT_BYTE;
  if (requested <= limit) return;
  throw new SparrowError(
    "MEMORY_LIMIT_EXCEEDED",
    "53200",
    `An array of ${elements} elements is more than a thread holds at a time: it needs ${requested} bytes of ${Math.floor(limit)}.`,
    { requested: String(requested), used: "0", limit: String(Math.floor(limit)) },
    { origin: "resource", hint: "Use range() or a table for many values, or give Node a larger heap (--max-old-space-size)." },
  );
}
