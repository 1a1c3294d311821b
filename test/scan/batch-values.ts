import type { ColumnLayout, TableSnapshot } from "../../catalog/table.ts";
import { isCached, plainLayout } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import { isNested } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { instantiateKernels, kernelBytes } from "../../executor/kernels/instantiate.ts";
import { Arena } from "../../executor/memory/arena.ts";
import type { ColumnBatch, ColumnBuffers } from "../../executor/memory/column-buffers.ts";
import { Pool } from "../../executor/memory/pool.ts";
import { decodeValue } from "../../executor/nested/encoding.ts";
import type { PageKernels } from "../../executor/scan/page-decoder.ts";
import { ParquetDecoder } from "../../executor/scan/parquet-decoder.ts";
import { loadParquetWasm } from "../../executor/scan/parquet-wasm.ts";
import { readSplit } from "../../executor/scan/read-split.ts";
import type { ScanContext } from "../../executor/scan/scan-context.ts";

let module: WebAssembly.Module | undefined;
let kernels: WebAssembly.Module | undefined;

/** `pages`: whether the kernels decode what they can; else the library decodes all. */
export function scanContext(pages = true, bytes = 256 * 1024 * 1024): ScanContext {
  const pool = Pool.create({ bytes });
  kernels ??= new WebAssembly.Module(kernelBytes());
  const context = { pool, parquet: new ParquetDecoder(() => (module ??= loadParquetWasm())) };
  return pages ? { ...context, kernels: instantiateKernels(kernels, pool.memory) as unknown as PageKernels } : context;
}

/** All rows of a table as values, by column position; read split by split in the given layouts (plain ones by default). */
export function readTable(table: TableSnapshot, layouts?: readonly ColumnLayout[], context = scanContext()): Value[][] {
  const result: Value[][] = table.columns.map(() => []);
  for (const split of table.splits) {
    const { source } = split;
    if (isCached(source)) throw new Error("no cached splits here");
    const wanted = table.columns.map((column, i) => ({ field: source.fields[i], type: column.type, layout: layouts?.[i] ?? plainLayout(column.type) }));
    const reader = readSplit(split, wanted, context);
    const arena = new Arena(context.pool, context.pool.newOwner());
    for (let batch = reader.next(arena); batch !== undefined; batch = reader.next(arena)) {
      batchValues(batch, table.columns.map((c) => c.type), context.pool).forEach((values, i) => {
        for (const value of values) result[i].push(value);
      });
      arena.reset();
    }
    reader.close();
  }
  return result;
}

export function batchValues(batch: ColumnBatch, types: readonly DataType[], pool: Pool): Value[][] {
  return batch.columns.map((column, i) =>
    Array.from({ length: batch.rows }, (_, row) => {
      if (column.validity !== 0 && !bit(pool, column.validity, row)) return null;
      return valueAt(column, types[i], row, pool);
    }),
  );
}

function bit(pool: Pool, address: number, row: number): boolean {
  return (pool.u8[address + (row >> 3)] & (1 << (row & 7))) !== 0;
}

function valueAt(column: ColumnBuffers, type: DataType, row: number, pool: Pool): Value {
  const { layout } = column;
  switch (layout.kind) {
    case "bits":
      return bit(pool, column.data, row);
    case "fixed": {
      const at = column.data + row * layout.width;
      if (type.kind === "float") return pool.view.getFloat32(at, true);
      if (type.kind === "double") return pool.view.getFloat64(at, true);
      let value = 0n;
      for (let i = layout.width - 1; i >= 0; i--) value = (value << 8n) | BigInt(pool.u8[at + i]);
      if (layout.base === undefined) value = BigInt.asIntN(layout.width * 8, value);
      else value += layout.base;
      return ["long", "decimal", "timestamp", "timestamp_ntz", "time", "interval_dt"].includes(type.kind) ? value : Number(value);
    }
    case "utf8":
      return text(pool, column, row, type);
    case "dictionary": {
      let code = 0;
      for (let i = layout.width - 1; i >= 0; i--) code = code * 256 + pool.u8[column.data + row * layout.width + i];
      return text(pool, column, code, type);
    }
    case "view":
      throw new Error("no views here");
  }
}

function text(pool: Pool, column: ColumnBuffers, index: number, type: DataType): Value {
  const start = pool.i32[(column.offsets >>> 2) + index];
  const end = pool.i32[(column.offsets >>> 2) + index + 1];
  const bytes = pool.u8.slice(column.bytes + start, column.bytes + end);
  if (isNested(type)) return decodeValue(type, bytes);
  return type.kind === "binary" ? bytes : new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}
