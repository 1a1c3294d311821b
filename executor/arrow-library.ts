import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type * as Arrow from "apache-arrow";

let library: typeof Arrow | undefined;

/** apache-arrow for synchronous code, loaded when first needed; the same modules that `import("apache-arrow")` gives, so instances can be told by class. */
export function arrowLibrary(): typeof Arrow {
  library ??= createRequire(import.meta.url)(fileURLToPath(import.meta.resolve("apache-arrow"))) as typeof Arrow;
  return library;
}
