import { assert } from "../catalog/errors.ts";
import type { Split } from "../catalog/table.ts";
import { CachedBatchReader, CachedFileReader } from "./cache/cached-file.ts";
import { instantiateKernels } from "./kernels/instantiate.ts";
import type { Account } from "./memory/accounts.ts";
import { Pool } from "./memory/pool.ts";
import type { recordsWithFlag, runJoinPart } from "./operators/join/join-part.ts";
import type { partRecords } from "./operators/run-finish-task.ts";
import type { ScanColumn } from "./pipeline/sources.ts";
import { fileField } from "./pipeline/sources.ts";
import type { PageKernels } from "./scan/page-decoder.ts";
import { ParquetDecoder } from "./scan/parquet-decoder.ts";
import { loadParquetWasm } from "./scan/parquet-wasm.ts";
import type { readSplit } from "./scan/read-split.ts";
import type { SplitReader } from "./scan/scan-context.ts";
import type { RowFilter } from "./scan/selected-rows.ts";
import type { SpillStore } from "./spill/spill-store.ts";

/** What crosses to a new worker: compiled code and the shared memory. */
export interface ThreadSetup {
  readonly memory: WebAssembly.Memory;
  readonly firstBlock: number;
  readonly canaries: boolean;
  readonly kernels: WebAssembly.Module;
}

/** What workers alone do. */
export interface DiskWork {
  /** Opens a split of a file. */
  readonly readSplit: typeof readSplit;
  /** Opens what a job of the account's query writes to its folder, and reads from it. */
  readonly openSpill: (pool: Pool, account: Account, folder: string, eager: boolean) => SpillStore;
  /** Completes a part of a breaker for a pipeline that reads part after part. */
  readonly partRecords: typeof partRecords;
  /** Joins a part for a pipeline whose build side does not fit. */
  readonly runJoinPart: typeof runJoinPart;
  readonly recordsWithFlag: typeof recordsWithFlag;
}

/** What a thread has to run pipelines with: the pool, its own kernel instance, its own Parquet decoder. */
export class ThreadContext {
  readonly pool: Pool;
  readonly kernels: Record<string, unknown>;
  /** Absent in the main thread, which must not wait for a disk. */
  readonly disk: DiskWork | undefined;
  readonly #decoder: ParquetDecoder;
  readonly #instances = new WeakMap<WebAssembly.Module, WebAssembly.Instance>();

  constructor(setup: ThreadSetup, pool = Pool.attach(setup.memory, setup.firstBlock, setup.canaries), disk?: DiskWork) {
    this.disk = disk;
    this.pool = pool;
    this.kernels = instantiateKernels(setup.kernels, setup.memory);
    this.#decoder = new ParquetDecoder(loadParquetWasm);
  }

  /** This thread's instance of code that needs nothing but memory. */
  instanceOf(module: WebAssembly.Module): WebAssembly.Instance {
    const instance = this.#instances.get(module) ?? new WebAssembly.Instance(module, { env: { memory: this.pool.memory } });
    this.#instances.set(module, instance);
    return instance;
  }

  /** `batchBytes`: what a batch may take of the pool; absent: as much as readers like. `filter`: rows that do not meet it may be left out. */
  openSplit(split: Split, columns: readonly ScanColumn[], batchBytes?: number, filter?: RowFilter): SplitReader {
    const { source, rows } = split;
    if (source.kind === "cachedFile") return new CachedFileReader(source, rows ?? 0, columns, this.pool, batchBytes);
    if (source.kind === "cached") return new CachedBatchReader(source.columns, rows ?? 0, columns);
    assert(this.disk !== undefined, "files are read by workers");
    const wanted = columns.map((column) => ({ ...column, field: fileField(split, column.field) }));
    return this.disk.readSplit(split, wanted, { pool: this.pool, parquet: this.#decoder, kernels: this.kernels as unknown as PageKernels, batchBytes, filter });
  }
}
