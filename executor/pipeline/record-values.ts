import type { Value } from "../../catalog/values.ts";
import type { Pool } from "../memory/pool.ts";
import { readBytes, readLanes } from "./column-values.ts";
import type { RowField } from "./row-layout.ts";

/** The value of a record's field. */
export function readField(pool: Pool, field: RowField, record: number): Value {
  if (field.nullOffset !== undefined && pool.u8[record + field.nullOffset] !== 0) return null;
  const at = record + field.offset;
  if (field.storage.kind !== "code") return readLanes(pool, field.type, at);
  const { dictionary } = field.storage;
  const entry = (dictionary.offsets >>> 2) + pool.u32[at >>> 2];
  const start = pool.u32[entry];
  return readBytes(pool, field.type, dictionary.bytes + start, pool.u32[entry + 1] - start);
}
