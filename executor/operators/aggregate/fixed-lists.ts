import { typeOf } from "../../../catalog/expression.ts";
import type { AggregateCall } from "../../../catalog/expression.ts";
import type { Arena } from "../../memory/arena.ts";
import type { Pool } from "../../memory/pool.ts";
import { fixedWidth } from "../../nested/encoding.ts";
import type { RowField } from "../../pipeline/row-layout.ts";

/** Whether a call gives what it has collected as an array whose elements lie in it as they lie in records: numbers, dates and times. */
export function collectsFixedList({ name, args: [arg], distinct, orderBy }: AggregateCall): boolean {
  if (name !== "collect_list" || distinct || orderBy !== undefined) return false;
  const type = typeOf(arg);
  return type.kind !== "null" && type.kind !== "calendar_interval" && fixedWidth(type) !== undefined;
}

/** Address and length of the array of the nodes' values, NULLs left out: see nested/encoding.ts for the form. */
export function writeFixedList(pool: Pool, arena: Arena, nodes: readonly number[], field: RowField): { readonly address: number; readonly bytes: number } {
  const { u8 } = pool;
  const { nullOffset } = field;
  const present = nullOffset === undefined ? nodes : nodes.filter((node) => u8[node + nullOffset] === 0);
  const width = fixedWidth(field.type) ?? 0;
  const bitmap = Math.ceil(present.length / 8);
  const bytes = 4 + bitmap + present.length * width;
  const address = arena.allocate(bytes);
  pool.view.setUint32(address, present.length, true);
  for (let i = 0; i < bitmap; i++) u8[address + 4 + i] = 8 * (i + 1) <= present.length ? 0xff : (1 << (present.length & 7)) - 1;
  const write = elementWriter(pool, field, width);
  let to = address + 4 + bitmap;
  for (const node of present) {
    write(node + field.offset, to);
    to += width;
  }
  return { address, bytes };
}

/** Copies a value; floating-point numbers have one zero. */
function elementWriter({ u8, u32, f32, f64, view }: Pool, { type }: RowField, width: number): (from: number, to: number) => void {
  if (type.kind === "double") return (from, to) => view.setFloat64(to, f64[from >>> 3] + 0, true);
  if (type.kind === "float") return (from, to) => view.setFloat32(to, f32[from >>> 2] + 0, true);
  if (width < 4) {
    return (from, to) => {
      for (let i = 0; i < width; i++) u8[to + i] = u8[from + i];
    };
  }
  return (from, to) => {
    for (let i = 0; i < width; i += 4) view.setUint32(to + i, u32[(from + i) >>> 2], true);
  };
}
