import { isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** A path as SQL gives it (`data/x`, `/data/x`, `file:/data/x`, `file:///data/x`), absolute; relative ones from the working folder. */
export function absolutePath(path: string): string {
  const local = path.startsWith("file://") ? fileURLToPath(path) : path.startsWith("file:") ? path.slice("file:".length) : path;
  return isAbsolute(local) ? local : resolve(local);
}
