/* oxlint-disable no-underscore-dangle -- the names are wasm-bindgen's */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { InternalError } from "../../catalog/errors.ts";

/**
 * parquet-wasm's binary with an own host around it. The package's host keeps one instance per thread for ever; this one can be dropped and made anew
 * (an instance's memory never shrinks, and after a trap its state is not to be trusted), and it reads and writes synchronously, where bad files
 * give an error and not a trap.
 */
export function loadParquetWasm(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(fileURLToPath(import.meta.resolve("parquet-wasm/esm/parquet_wasm_bg.wasm"))));
  return compiled;
}

/** Of this thread, made at first use: most files are read without it. V8 keeps the machine code once for all threads. */
let compiled: WebAssembly.Module | undefined;

export interface ReadOptions {
  /** Rows of a record batch. */
  readonly batchSize: number;
  readonly offset?: number;
  readonly limit?: number;
}

/** Parquet's compression codecs by parquet-wasm's numbers. */
const COMPRESSION_CODES = { uncompressed: 0, snappy: 1, gzip: 2, brotli: 3, zstd: 5, lz4_raw: 6 } as const;
const STATISTICS_PER_CHUNK = 1;
export type Compression = keyof typeof COMPRESSION_CODES;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly __wbindgen_externrefs: { readonly grow: (by: number) => number; readonly get: (at: number) => unknown; readonly set: (at: number, value: unknown) => void };
  readonly __wbindgen_start: () => void;
  readonly __wbindgen_malloc: (bytes: number, align: number) => number;
  readonly __wbindgen_free: (address: number, bytes: number, align: number) => void;
  readonly __wbindgen_exn_store: (at: number) => void;
  readonly __externref_table_alloc: () => number;
  readonly __externref_table_dealloc: (at: number) => void;
  readonly readParquet: (address: number, bytes: number, options: number) => [number, number, number];
  readonly table_fromIPCStream: (address: number, bytes: number) => [number, number, number];
  readonly table_intoFFI: (table: number) => [number, number, number];
  readonly ffistream_numArrays: (stream: number) => number;
  readonly ffistream_schemaAddr: (stream: number) => number;
  readonly ffistream_arrayAddr: (stream: number, chunk: number) => number;
  readonly ffistream_drop: (stream: number) => void;
  readonly writeParquet: (table: number, properties: number) => [number, number, number, number];
  readonly writerpropertiesbuilder_new: () => number;
  readonly writerpropertiesbuilder_build: (builder: number) => number;
  readonly writerpropertiesbuilder_setCompression: (builder: number, codec: number) => number;
  readonly writerpropertiesbuilder_setMaxRowGroupSize: (builder: number, rows: number) => number;
  readonly writerpropertiesbuilder_setStatisticsEnabled: (builder: number, level: number) => number;
}

/** Record batches in the instance's memory, by the addresses of their C Data Interface structs. `drop` frees them; call it once. */
export interface ForeignTable {
  readonly schema: number;
  readonly batches: readonly number[];
  readonly drop: () => void;
}

export class ParquetWasm {
  readonly #exports: Exports;

  constructor(module: WebAssembly.Module) {
    this.#exports = new WebAssembly.Instance(module, this.#imports(module)).exports as unknown as Exports;
    this.#exports.__wbindgen_start();
  }

  /** The memory as it is now: any call can move it. */
  get buffer(): ArrayBuffer {
    return this.#exports.memory.buffer;
  }

  /**
   * Decodes a whole Parquet file, which `write` puts straight into this memory. Raises Error with the library's words when it is corrupt, and what
   * `write` raises.
   */
  read(bytes: number, write: (into: Uint8Array) => void, options: ReadOptions): ForeignTable {
    const address = this.#exports.__wbindgen_malloc(bytes, 1) >>> 0;
    try {
      write(new Uint8Array(this.buffer, address, bytes));
    } catch (error) {
      this.#exports.__wbindgen_free(address, bytes, 1);
      throw error;
    }
    return this.#foreignTable(this.#take(this.#exports.readParquet(address, bytes, this.#passObject(options))));
  }

  /** A Parquet file of the record batches in an Arrow IPC stream, with statistics per column chunk. */
  write(ipcStream: Uint8Array, compression: Compression, rowGroupRows: number): Uint8Array {
    const e = this.#exports;
    const table = this.#take(e.table_fromIPCStream(this.#passBytes(ipcStream), ipcStream.length));
    let builder = e.writerpropertiesbuilder_new();
    builder = e.writerpropertiesbuilder_setCompression(builder, COMPRESSION_CODES[compression]);
    builder = e.writerpropertiesbuilder_setMaxRowGroupSize(builder, rowGroupRows);
    builder = e.writerpropertiesbuilder_setStatisticsEnabled(builder, STATISTICS_PER_CHUNK);
    const [address, length, error, failed] = e.writeParquet(table, e.writerpropertiesbuilder_build(builder));
    if (failed !== 0) throw this.#takeObject(error);
    const start = address >>> 0;
    const bytes = new Uint8Array(this.buffer).slice(start, start + length);
    e.__wbindgen_free(address, length, 1);
    return bytes;
  }

  #foreignTable(table: number): ForeignTable {
    const e = this.#exports;
    const stream = this.#take(e.table_intoFFI(table));
    const batches: number[] = [];
    for (let i = 0; i < e.ffistream_numArrays(stream); i++) batches.push(e.ffistream_arrayAddr(stream, i) >>> 0);
    return { schema: e.ffistream_schemaAddr(stream) >>> 0, batches, drop: () => e.ffistream_drop(stream) };
  }

  #take([value, error, failed]: readonly [number, number, number]): number {
    if (failed !== 0) throw this.#takeObject(error);
    return value;
  }

  #passBytes(bytes: Uint8Array): number {
    const address = this.#exports.__wbindgen_malloc(bytes.length, 1) >>> 0;
    new Uint8Array(this.buffer).set(bytes, address);
    return address;
  }

  #passObject(value: unknown): number {
    const at = this.#exports.__externref_table_alloc();
    this.#exports.__wbindgen_externrefs.set(at, value);
    return at;
  }

  #takeObject(at: number): unknown {
    const value = this.#exports.__wbindgen_externrefs.get(at);
    this.#exports.__externref_table_dealloc(at);
    return value;
  }

  #string(address: number, length: number): string {
    return new TextDecoder().decode(new Uint8Array(this.buffer, address >>> 0, length));
  }

  /** What the synchronous functions ask of their host; the rest of the binary's imports belong to its network reader and raise when called. */
  #imports(module: WebAssembly.Module): Record<string, Record<string, unknown>> {
    const set = (address: number, present: boolean, write: (view: DataView, at: number) => void): void => {
      const view = new DataView(this.buffer);
      write(view, (address >>> 0) + 8);
      view.setInt32(address >>> 0, present ? 1 : 0, true);
    };
    const host: Record<string, unknown> = {
      __wbindgen_init_externref_table: () => {
        const table = this.#exports.__wbindgen_externrefs;
        const at = table.grow(4);
        table.set(0, undefined);
        for (const [i, value] of [undefined, null, true, false].entries()) table.set(at + i, value);
      },
      __wbg_Error: (address: number, length: number) => new Error(this.#string(address, length)),
      __wbg___wbindgen_throw: (address: number, length: number) => {
        throw new Error(this.#string(address, length));
      },
      __wbg_Number: Number,
      __wbg_get_with_ref_key: (object: Record<string, unknown>, key: string) => object[key],
      __wbg_isSafeInteger: Number.isSafeInteger,
      __wbg___wbindgen_in: (key: string, object: object) => key in object,
      __wbg___wbindgen_is_bigint: (value: unknown) => typeof value === "bigint",
      __wbg___wbindgen_is_object: (value: unknown) => typeof value === "object" && value !== null,
      __wbg___wbindgen_is_undefined: (value: unknown) => value === undefined,
      // The library's own loose comparison with null.
      __wbg___wbindgen_jsval_loose_eq: (a: unknown, b: unknown) => a === b || (a === undefined && b === null) || (a === null && b === undefined),
      __wbg___wbindgen_number_get: (address: number, value: unknown) =>
        set(address, typeof value === "number", (view, at) => view.setFloat64(at, typeof value === "number" ? value : 0, true)),
      __wbg___wbindgen_bigint_get_as_i64: (address: number, value: unknown) =>
        set(address, typeof value === "bigint", (view, at) => view.setBigInt64(at, typeof value === "bigint" ? value : 0n, true)),
      __wbindgen_generic_0000000000000005: (address: number, length: number) => this.#string(address, length),
    };
    const imports: Record<string, Record<string, unknown>> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      const known = host[name] ?? host[name.replace(/_[0-9a-f]{16}$/, "")];
      imports[from] ??= {};
      imports[from][name] =
        known ??
        (() => {
          throw new InternalError(`parquet-wasm asks for ${name}, which synchronous reading and writing do not need`);
        });
    }
    return imports;
  }
}
