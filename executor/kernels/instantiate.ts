import { readFileSync } from "node:fs";
import { hostFunctions } from "./host-functions.ts";
import type { KernelState } from "./host-functions.ts";

/** The bytes that `build.mjs` has made. */
export function kernelBytes(): Uint8Array {
  return readFileSync(new URL("kernels.wasm", import.meta.url));
}

/** The import object `kernels` for compiled pipelines of one worker: assembled kernels over the shared memory, and host functions. */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Record<string, unknown> {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { ...exports, ...hostFunctions(memory, exports as unknown as KernelState) };
}
