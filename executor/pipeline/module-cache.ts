import { SparrowError } from "../../catalog/errors.ts";

/**
 * Compiled modules by their bytes. Bytes hold no literals and no addresses, so that the same query with other constants, and many different queries, find
 * their code ready and already optimized by the machine.
 */
const MAX_MODULES = 512;
const modules = new Map<string, WebAssembly.Module>();

export function compileModule(bytes: Uint8Array): WebAssembly.Module {
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const known = modules.get(key);
  if (known !== undefined) {
    // Least recently used first.
    modules.delete(key);
    modules.set(key, known);
    return known;
  }
  const module = compile(bytes);
  modules.set(key, module);
  if (modules.size > MAX_MODULES) modules.delete(modules.keys().next().value!);
  return module;
}

/** Raises STATEMENT_TOO_COMPLEX where the code is beyond what a WebAssembly function may have. */
function compile(bytes: Uint8Array): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    if (!(error instanceof Error && error.name === "CompileError" && /too large|maximum/.test(error.message))) throw error;
    throw new SparrowError("STATEMENT_TOO_COMPLEX", "54001", "The statement is too complex: the code for one of its steps is larger than can be compiled.", {}, { hint: "Select fewer columns, or split the statement." });
  }
}
