import { ParquetWasm } from "./parquet-wasm.ts";

/** An instance whose memory is larger than this when it is given back is dropped: its memory never shrinks. */
const DEFAULT_KEEP_BYTES = 192 * 1024 * 1024;

/** The thread's parquet-wasm instance: made when first needed, made anew after a trap or when it has grown beyond its share. */
export class ParquetDecoder {
  readonly #module: () => WebAssembly.Module;
  readonly #keepBytes: number;
  #instance: ParquetWasm | undefined;

  constructor(module: () => WebAssembly.Module, keepBytes: number = DEFAULT_KEEP_BYTES) {
    this.#module = module;
    this.#keepBytes = keepBytes;
  }

  /** What it has decoded stays readable for whoever holds it, also after the thread has gone on to another instance. */
  instance(): ParquetWasm {
    this.#instance ??= new ParquetWasm(this.#module());
    return this.#instance;
  }

  /** To be called when a use of the instance has ended, in success or in `error`. */
  giveBack(instance: ParquetWasm, error?: unknown): void {
    if (instance !== this.#instance) return;
    if (error instanceof WebAssembly.RuntimeError || instance.buffer.byteLength > this.#keepBytes) this.#instance = undefined;
  }
}
